"""A simulated night is the same for one seed, whatever it runs on; and what judges it sees what it is there for."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.night.__main__ import main
from benchmarks.night.arrivals import arrivals
from benchmarks.night.idle import length, without
from benchmarks.night.law import Law, Work
from benchmarks.night.night import Size, Told, live_through
from benchmarks.night.oracle import kept_from, lost, unlawful
from benchmarks.night.seen import Seen
from benchmarks.night.town import BEGINS, town
from tests.flows.served import forget_endpoints

SMALL = Size(studies=20, readers=3, facilities=6)
NOON = datetime.fromisoformat("2026-01-16T12:00:00+00:00")
LAST, TOMORROW, YESTERDAY = date(2026, 1, 16), date(2026, 1, 17), date(2026, 1, 15)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Leave nothing of a night's product behind."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(drop_missing=True)])
    yield
    structlog.reset_defaults()
    forget_endpoints()


def night(seed: int, database_url: str, folder: Path) -> Told:
    folder.mkdir()
    return live_through(seed, SMALL, database_url, folder)


def test_one_seed_is_one_night_on_either_database_and_another_is_another(
    sqlite_database_url: str, postgresql_database_url: str, tmp_path: Path
) -> None:
    """Summary and record are the same, word for word and action for action; nothing is amiss in any."""
    one = night(7, sqlite_database_url, tmp_path / "one")
    other = night(7, postgresql_database_url, tmp_path / "other")
    stranger = night(8, f"sqlite:///{tmp_path / 'stranger.db'}", tmp_path / "stranger")
    assert one == other
    assert one.complaints == stranger.complaints == ()
    assert one.summary != stranger.summary
    assert one.actions != stranger.actions
    assert "A night of 20 studies, 3 readers, 6 facilities in 6 states" in one.summary
    assert one.actions.count("study:receive") == SMALL.studies
    assert one.actions.count("read:claim") > SMALL.studies // 2


def directory(**over: Any) -> dict[str, Any]:
    """Return a directory in which the one reader may read at the one site; ``over`` changes its parts."""
    parts: dict[str, dict[str, Any]] = {
        "site": {"zone": "UTC", "pool": "night", "baa": {"effective": date(2020, 1, 1), "expires": LAST}},
        "reader": {
            "licenses": [{"state": "NY", "expires": LAST}],
            "privileges": [{"facilities": ["mercy"], "modalities": ["CT"], "expires": LAST}],
        },
        "pool": {"members": ["lee"]},
        "proxy": {"effective": date(2020, 1, 1), "expires": LAST, "list_as_of": date(2026, 1, 6), "list_limit": "10d"},
    }
    changed = {name: {**part, **over.get(name, {})} for name, part in parts.items()}
    return {
        "defaults": {},
        "facilities": {"mercy": changed["site"]},
        "radiologists": {"lee": changed["reader"]},
        "pools": {"night": changed["pool"]},
        "proxy_agreements": {"apex": changed["proxy"]},
    }


CT = Work("mercy", "NY", "CT", "stat")
BY_PROXY = {"privileges": [{"facilities": ["mercy"], "proxy": "apex"}]}


@pytest.mark.parametrize(
    ("over", "held", "broken"),
    [
        pytest.param({}, 9, [], id="nothing"),
        pytest.param({"pool": {"members": ["stone"]}}, 0, ["pool"], id="no-member"),
        pytest.param({"reader": {"service": {"begins": TOMORROW}}}, 0, ["service"], id="not-yet-in-service"),
        pytest.param({"reader": {"service": {"ends": YESTERDAY}}}, 0, ["service"], id="not-in-service-any-more"),
        pytest.param({"reader": {"licenses": [{"state": "IL", "expires": LAST}]}}, 0, ["license"], id="another-state"),
        pytest.param(
            {"reader": {"licenses": [{"state": "NY", "expires": YESTERDAY}]}}, 0, ["license"], id="license-expired"
        ),
        pytest.param(
            {"reader": {"privileges": [{"facilities": ["lakeside"]}]}}, 0, ["privilege"], id="privilege-elsewhere"
        ),
        pytest.param(
            {"reader": {"privileges": [{"facilities": ["mercy"], "modalities": ["MR"]}]}},
            0,
            ["privilege"],
            id="MR-only",
        ),
        pytest.param({"reader": BY_PROXY}, 0, [], id="by-proxy"),
        pytest.param({"reader": BY_PROXY, "proxy": {"expires": YESTERDAY}}, 0, ["privilege"], id="proxy-expired"),
        pytest.param({"reader": BY_PROXY, "proxy": {"list_limit": "9d"}}, 0, ["privilege"], id="proxy-list-stale"),
        pytest.param({"site": {"baa": None}}, 0, ["agreement"], id="no-agreement"),
        pytest.param({"reader": {"located": "AU"}}, 0, ["abroad"], id="abroad"),
        pytest.param({"reader": {"located": "AU"}, "site": {"finals_from_abroad": True}}, 0, [], id="abroad-taken"),
        pytest.param({"pool": {"members": ["lee"], "queue_cap": 2}}, 1, [], id="below-the-cap"),
        pytest.param({"pool": {"members": ["lee"], "queue_cap": 2}}, 2, ["queue"], id="at-the-pool-s-cap"),
        pytest.param({"reader": {"queue_cap": 1}}, 1, ["queue"], id="at-the-reader-s-cap"),
    ],
)
def test_the_law_knows_every_rule(over: dict[str, Any], held: int, broken: list[str]) -> None:
    """Each rule by itself, as the directory's page says it."""
    assert Law(directory(**over)).broken("lee", CT, NOON, held) == broken


def test_the_law_exempts_stroke_and_trauma_from_the_cap() -> None:
    """They wait for no queue."""
    law = Law(directory(reader={"queue_cap": 1}))
    assert [law.broken("lee", Work("mercy", "NY", "CT", one), NOON, 5) for one in ("stroke", "trauma")] == [[], []]


def test_the_law_counts_days_in_the_site_s_zone() -> None:
    """At 02:00 UTC it is still the last day in New York."""
    night_there = NOON + timedelta(hours=14)
    assert Law(directory(site={"zone": "America/New_York"})).broken("lee", CT, night_there) == []
    assert Law(directory()).broken("lee", CT, night_there) == ["license", "privilege", "agreement"]


def entry(action: str, read: str, minute: int, actor: str = "radiologist:lee", **facts: str) -> dict[str, Any]:
    at = (NOON + timedelta(minutes=minute)).isoformat()
    return {"action": action, "subject": read, "actor": actor, "at": at, "case": "12345678", "facts": facts}


def seen(entries: Sequence[dict[str, Any]]) -> Seen:
    works = {str(one["subject"]): CT for one in entries}
    return Seen(NOON + timedelta(hours=1), tuple(entries), (), {}, {}, (), (), (), {}, works)


CAPPED = Law(directory(reader={"queue_cap": 1}))


def test_a_claim_over_the_cap_is_named_unless_it_was_waived() -> None:
    """Two held at once by somebody who may hold one; a reported one is not held any more."""
    first, second = entry("read:claim", "a", 1), entry("read:claim", "b", 2)
    (sentence,) = unlawful(seen([first, second]), CAPPED)
    assert "against: queue" in sentence
    assert not list(unlawful(seen([first, {**second, "facts": {"waived": "queue_full"}}]), CAPPED))
    assert not list(unlawful(seen([first, entry("read:end", "a", 2, "robot"), second]), CAPPED))


def test_a_read_that_two_hold_is_named() -> None:
    """One read, one holder."""
    (sentence,) = unlawful(seen([entry("read:claim", "a", 1), entry("read:claim", "a", 2)]), Law(directory()))
    assert "while lee held it" in sentence


def test_who_is_told_that_nothing_waits_while_something_does_is_named() -> None:
    """Before it came and after it was claimed they were told the truth."""
    record = seen([entry("read:open", "a", 1, "robot"), entry("read:claim", "a", 5)])
    for minute, named in ((0, 0), (3, 1), (6, 0)):
        told = {"lee": [NOON + timedelta(minutes=minute)]}
        assert len(list(kept_from(record, Law(directory()), told))) == named


def test_a_study_that_was_sent_and_is_not_here_is_named() -> None:
    """Each of them."""
    chance = random.Random(1)
    sent = arrivals(chance, town(chance, facilities=3, readers=3), 5)
    assert len(list(lost(seen([]), sent))) == 5


spans = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(
    lambda pair: (BEGINS + timedelta(minutes=min(pair)), BEGINS + timedelta(minutes=max(pair)))
)


@given(spans, st.lists(spans, max_size=6))
def test_what_is_taken_and_what_is_left_make_the_whole(
    whole: tuple[datetime, datetime], taken: list[tuple[datetime, datetime]]
) -> None:
    """Minute by minute, however the taken spans overlap."""
    left = list(without(whole, taken))
    minutes = int((whole[1] - whole[0]) / timedelta(minutes=1))
    free = [
        at
        for at in (whole[0] + timedelta(minutes=minute) for minute in range(minutes))
        if not any(begun <= at < ended for begun, ended in taken)
    ]
    assert length(left) == timedelta(minutes=len(free))
    assert all(any(begun <= at < ended for begun, ended in left) for at in free)


def test_a_night_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the option and the rule."""
    with pytest.raises(SystemExit) as ended:
        main(["--studies", "0"])
    assert ended.value.code == 2
    assert "--studies: must be at least 1" in capsys.readouterr().err
