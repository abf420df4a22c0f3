"""When an account at the vendor counts as out: many failures in a row, about more than one thing, within a short while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handlers.domain.outage import FAILURES, FIRST, PROBE, WITHIN, VendorHealth, answered, failed

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
WELL = VendorHealth(id=FIRST, facility="system", used=True, failures=0, things="", failing_since=NOON)


def after(*things: str, every: timedelta = timedelta(seconds=1)) -> VendorHealth:
    health = WELL
    for count, thing in enumerate(things):
        health = failed(health, thing, NOON + count * every)
    return health


def test_several_failures_about_several_things_are_an_outage() -> None:
    """The fourth in a row, where a probe failed as well as a call."""
    assert after("call", PROBE, PROBE).out_since is None
    assert after("call", PROBE, PROBE, PROBE).out_since == NOON + timedelta(seconds=3)
    assert FAILURES == 4


def test_one_number_alone_is_never_an_outage() -> None:
    """However often one attempt fails."""
    assert after(*["call"] * 50).out_since is None


def test_failures_far_apart_are_no_outage() -> None:
    """Each begins to count anew when the last began too long ago."""
    assert after("one", "two", "three", "four", "five", every=WITHIN).out_since is None


def test_any_answer_ends_it() -> None:
    """A refusal too: whoever refuses is there."""
    out = after("one", "two", "one", "two")
    assert out.out_since is not None
    well = answered(out)
    assert (well.failures, well.things, well.out_since) == (0, "", None)


def test_an_outage_begins_when_it_was_noticed_and_stays() -> None:
    """Later failures do not move its beginning."""
    out = after("one", "two", "one", "two")
    later = failed(out, "three", NOON + timedelta(hours=1))
    assert later.out_since == out.out_since
