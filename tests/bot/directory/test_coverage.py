"""Coverage agreements in the file: what they become, what is wrong with them, and the gaps that they leave ahead."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.directory import Severity, read
from bot.directory.calendar import public_holidays
from bot.directory.cli import app
from bot.directory.gaps import gaps
from bot.directory.scalars import STATES
from bot.directory.stretches import AHEAD, Gap
from handlers.domain.agreements import CoverageModel, OwedRead
from handlers.domain.classes import Priority
from handlers.domain.coverage import Exam, covering
from tests.bot.directory.sample import GOOD, inspected, line_of, many

DATES = "effective: 2026-01-01, expires: 2027-12-31"
NIGHT = 'hours: {days: mon-sun, from: "19:00", to: "07:00"}'
AGREEMENTS = f"""\
subspecialties:
  neuro: {{modalities: [CT, MR], body_parts: [head, Brain]}}
coverage:
  neuro: {{model: subspecialty, subspecialty: neuro, facilities: [north], pool: night, {DATES}}}
  busy: {{model: overflow, facilities: "*", modalities: [CT], overflow: {{opens: 9, closes: 4}}, {DATES}}}
  hawk: {{model: nighthawk, facilities: [north], {NIGHT}, holidays: true, targets: {{stroke: 9m}}, {DATES}}}
  rest: {{model: final, facilities: [north], policy: [{{use: critical, categories: [1]}}], {DATES}}}
"""
HERSELF = "    slack_user: U000000001\n"
EXPERT = f"{HERSELF}    subspecialties: [neuro]\n"
COVERED = GOOD.replace(HERSELF, EXPERT, 1) + AGREEMENTS
MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_agreements_are_of_their_facility_in_the_order_of_the_file() -> None:
    """Each with what its model usually makes, its ladder filled in, and its days of the state's calendar."""
    north = read(COVERED).facilities["north"]
    neuro, busy, hawk, rest = north.coverage
    assert [one.id for one in north.coverage] == ["neuro", "busy", "hawk", "rest"]
    assert {one.facility for one in north.coverage} == {"north"}
    assert hawk.reads == (OwedRead.PRELIMINARY, OwedRead.CLIENT_FINAL)
    assert rest.reads == busy.reads == neuro.reads == (OwedRead.FINAL,)
    assert neuro.subspecialty is not None
    assert neuro.subspecialty.body_parts == ("HEAD", "BRAIN")
    assert neuro.general_after == 50
    later = COVERED.replace("subspecialty: neuro, facilities", "subspecialty: neuro, general_after: 70, facilities")
    assert read(later).facilities["north"].coverage[0].general_after == 70
    assert busy.overflow is not None
    assert (busy.overflow.opens, busy.overflow.closes, busy.overflow.late) == (9, 4, 3)
    assert hawk.targets == {Priority.STROKE: timedelta(minutes=9)}
    assert date(2026, 12, 25) in hawk.holidays
    assert not rest.holidays
    assert rest.rules[0].policy.steps[1].to == "north-charge"
    assert read(GOOD).facilities["north"].coverage == ()
    assert inspected(COVERED).problems == ()


def test_holidays_are_the_states_own_with_their_observed_days() -> None:
    """Lincoln's birthday is one of Illinois, not of Indiana; Independence Day of 2026, a Saturday, is observed on Friday."""
    year = date(2026, 1, 1), date(2026, 12, 31)
    assert date(2026, 2, 12) in public_holidays("IL", *year)
    assert date(2026, 2, 12) not in public_holidays("IN", *year)
    assert {date(2026, 7, 3), date(2026, 7, 4)} <= public_holidays("NY", *year)
    assert public_holidays("IL", date(2026, 12, 26), date(2026, 12, 31)) == frozenset()


def test_every_state_and_territory_has_a_calendar() -> None:
    """New Year's Day is one of each; a state that the library did not know would fail here, not when a site is added."""
    day = date(2027, 1, 1)
    assert {state for state in STATES if day not in public_holidays(state, day, day)} == set()


def covered(old: str, new: str) -> str:
    """Return the covered sample with one passage changed."""
    assert old in COVERED
    return COVERED.replace(old, new, 1)


#: (what is written, instead of what, on which line it is found, what is said)
ERRORS = [
    ("model: final,", "model: finall,", "rest:", 'Did you mean "final"?'),
    (
        "rest: {model: final, facilities: [north]",
        "rest: {model: final, facilities: [nroth]",
        "nroth",
        'Did you mean "north"?',
    ),
    ("subspecialty: neuro,", "subspecialty: nuero,", "nuero", 'no subspecialty "nuero". Did you mean "neuro"?'),
    ("subspecialty: neuro, ", "", "  neuro: {model", "subspecialty is missing"),
    ("pool: night, effective", "pool: nihgt, effective", "nihgt", 'no pool "nihgt". Did you mean "night"?'),
    ("{use: critical, categories: [1]}", "{use: critcal}", "critcal", 'no policy "critcal"'),
    ("overflow: {opens: 9, closes: 4}, ", "", "busy:", "overflow is missing"),
    ("opens: 9, closes: 4", "opens: 4, closes: 4", "busy:", "closes is the lower one"),
    ("rest: {model: final", "rest: {overflow: {opens: 2, closes: 1}, model: final", "rest:", "only the model overflow"),
    ("rest: {model: final", "rest: {reads: [final, client_final], model: final", "rest:", "a study has one final"),
    ("rest: {model: final", "rest: {reads: [], model: final", "rest:", "this makes no read"),
    (
        "rest: {model: final",
        "rest: {reads: [final], model: pacs_administration",
        "rest:",
        "makes no read: leave reads out",
    ),
    (DATES, "effective: 2027-01-01, expires: 2026-01-01", "  neuro: {model", "before it begins"),
    (DATES, "effective: 2026-01-01, expires: 2126-01-01", "  neuro: {model", "longer than 50 years"),
    (DATES, "effective: 2026-01-01", "  neuro: {model", '"expires" is missing'),
]
WARNINGS = [
    (DATES, "effective: 2025-01-01, expires: 2026-01-01", "  neuro: {model", "covers nothing any more"),
    ("rest: {model: final", "rest: {final_pool: night, model: final", "rest:", "are for [preliminary, final]"),
    (
        "  neuro: {model: subspecialty, subspecialty: neuro,",
        "  neuro: {model: final,",
        "busy:",
        "is never reached at north",
    ),
    (
        "rest: {model: final,",
        'rest: {model: final, hours: {from: "06:00", to: "20:00"},',
        "rest:",
        "overlaps with hawk on mon-sun 06:00–07:00, mon-sun 19:00–20:00: hawk wins",
    ),
]


def test_an_agreement_with_an_error_is_no_reason_to_warn_of_others() -> None:
    """Without its subspecialty it is about everything: that is the one thing to say."""
    found = inspected(covered("subspecialty: neuro, ", "").replace("holidays: true, ", "")).problems
    assert [one.sentence.partition(":")[0] for one in found] == ["subspecialty is missing"]


@pytest.mark.parametrize(("old", "new", "where", "said"), [*ERRORS, *WARNINGS])
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, where: str, said: str) -> None:
    """Unknown names, agreements that cannot hold, and those that only their order decides between."""
    text = covered(old, new)
    if "never reached" in said:
        text = text.replace("holidays: true, ", "")
    fitting = [one for one in inspected(text).problems if said in one.sentence]
    assert fitting, [str(one) for one in inspected(text).problems]
    assert fitting[0].line == line_of(text, where)
    expected = Severity.WARNING if (old, new, where, said) in WARNINGS else Severity.ERROR
    assert fitting[0].severity is expected


# --- gaps ahead ------------------------------------------------------------------------------------------------------


def found(text: str, now: datetime = MONDAY) -> list[Gap]:
    """Return the gaps of a directory's text."""
    return gaps(read(text), now)


def test_a_directory_with_readers_and_contacts_has_no_gap() -> None:
    """By night, by day and while overflow is open."""
    assert found(COVERED) == []


def test_a_gap_of_everything_is_told() -> None:
    """No license in the facility's state: nobody may read anything, all the time."""
    (gap,) = found(GOOD.replace("{state: IL,", "{state: WI,"))
    assert gap.whole
    assert str(gap) == (
        "north: all modalities: nobody of the pool night may read them (license missing 1): all 14 days."
    )


def test_a_license_that_ends_leaves_a_gap_from_the_next_midnight_on() -> None:
    """In the facility's own time, not in UTC."""
    (gap,) = found(GOOD.replace("IL-1, expires: 2035-12-31", "IL-1, expires: 2026-06-05"))
    assert gap.ranges == ((datetime(2026, 6, 6, 5, tzinfo=UTC), MONDAY + AHEAD),)
    assert "Sat 2026-06-06 00:00 CDT to Mon 2026-06-15 07:00 CDT" in str(gap)


def test_hours_that_no_agreement_covers_are_told() -> None:
    """Fourteen nights; modalities of one fate are one line."""
    day = f'{AGREEMENTS.split("  hawk", maxsplit=1)[0]}  rest: {{model: final, facilities: [north], hours: {{from: "07:00", to: "19:00"}}, {DATES}}}\n'
    text = GOOD.replace(HERSELF, EXPERT, 1) + day
    (night,) = [
        gap
        for gap in found(text)
        if "no agreement" in gap.why and "overflow" not in gap.what and "neuro" not in gap.what
    ]
    assert night.what == "CT, MR, other modalities"
    assert len(night.ranges) == 14
    assert night.ranges[0] == (datetime(2026, 6, 2, 0, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC))


def test_the_overflow_pool_is_judged_too() -> None:
    """A gap that exists only while overflow is open says so."""
    pool = "  spare: {channel: C000000009, members: [kim]}\nradiologists:\n"
    kim = '  kim: {name: Dr. Kim, slack_user: U000000009, npi: "1000000012", phone: "+13125550142"}\ncontacts:\n'
    text = COVERED.replace("radiologists:\n", pool, 1).replace("contacts:\n", kim, 1)
    (gap,) = found(text.replace("modalities: [CT], overflow", "modalities: [CT], pool: spare, overflow", 1))
    assert gap.what == "CT while overflow is open"
    assert gap.why == "nobody of the pool spare may read them (license missing 1, privilege missing 1)"


def test_what_the_client_reads_needs_no_reader_of_ours() -> None:
    """Nor does administration."""
    mine = f"coverage:\n  theirs: {{model: final, reads: [client_final], facilities: [north], {DATES}}}\n"
    no_license = GOOD.replace("{state: IL,", "{state: WI,")
    assert found(no_license + mine) == []
    assert found(no_license + mine.replace("model: final, reads: [client_final]", "model: pacs_administration")) == []


def test_a_ladder_that_calls_nobody_is_a_gap() -> None:
    """Every rung leads to nobody whom the robot may call: only the desk would ring."""
    steps = GOOD[GOOD.index("      - {to: ordering") : GOOD.index("    ended_by")]
    text = GOOD.replace(steps, "      - {to: ordering}\n").replace("consent: 2026-01-15, v", "v")
    (gap,) = found(text)
    assert gap.whole
    assert gap.why == "nobody on the ladder critical can be called, only its desk"
    assert gap.what.startswith("findings of category 1, emergency, findings of category 1, inpatient")


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(["America/New_York", "America/Phoenix", "America/Indiana/Indianapolis"]),
    begins=st.sampled_from([datetime(2026, 3, 1, 17, 23, tzinfo=UTC), datetime(2026, 10, 25, 4, 7, tzinfo=UTC)]),
    start=st.integers(0, 95),
    end=st.integers(0, 95),
)
def test_cutting_time_finds_what_looking_at_every_quarter_hour_finds(
    zone: str, begins: datetime, start: int, end: int
) -> None:
    """Over both changes of the clocks: each instant lies in a gap just when no agreement covers it."""
    hours = [f'"{at // 4:02}:{at % 4 * 15:02}"' for at in (start, end)]
    one = f"coverage:\n  day: {{model: final, facilities: [north], hours: {{from: {hours[0]}, to: {hours[1]}}}, {DATES}}}\n"
    directory = read((GOOD + one).replace("America/Chicago", zone))
    facility = directory.facilities["north"]
    ranges = [span for gap in gaps(directory, begins) for span in gap.ranges]
    assert all(first < last for first, last in ranges)
    for quarter in range(14 * 24 * 4):
        at = begins + timedelta(minutes=15 * quarter)
        inside = sum(first <= at < last for first, last in ranges)
        assert inside == (covering(facility, Exam(modality="", body_part=""), at) is None), at


@pytest.mark.parametrize("modality", ["CT", "*"])
def test_sixty_sites_and_a_hundred_readers_are_judged_in_seconds(modality: str) -> None:
    """With night, day and overflow at each of them, and whether everybody may read or, of most modalities, nobody.

    The bound is loose, for a busy machine.
    """
    covers = f"""\
coverage:
  busy: {{model: overflow, facilities: "*", overflow: {{opens: 9, closes: 4}}, {DATES}}}
  hawk: {{model: nighthawk, facilities: "*", {NIGHT}, holidays: true, {DATES}}}
  rest: {{model: final, facilities: "*", {DATES}}}
"""
    directory = read(many(60) + covers)
    lee = directory.radiologists["lee"]
    held = tuple(replace(one, modalities=(modality,)) for one in lee.privileges)
    readers = {f"r{at}": replace(lee, id=f"r{at}", privileges=held) for at in range(100)}
    pools = {"night": replace(directory.pools["night"], members=tuple(readers))}
    begun = time.process_time()
    ahead = gaps(replace(directory, radiologists=readers, pools=pools), MONDAY)
    assert time.process_time() - begun < 10
    assert len(ahead) == (0 if modality == "*" else 60)


def test_the_command_prints_gaps_before_its_summary(tmp_path: Path) -> None:
    """They change no exit code: what is ahead can be mended."""
    path = tmp_path / "directory.yaml"
    path.write_text(GOOD.replace("{state: IL,", "{state: WI,"))
    done = CliRunner().invoke(app, ["check", str(path)])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[-2].startswith(f"{path}: gap: north: all modalities: nobody of the pool night may read them")
    assert lines[-1].startswith(f"{path}: usable: 0 errors")


def test_explain_says_which_agreement_makes_which_reads(tmp_path: Path) -> None:
    """In the order in which they are asked, with their hours in words."""
    path = tmp_path / "directory.yaml"
    path.write_text(COVERED)
    done = CliRunner().invoke(app, ["check", "--explain", str(path)])
    dates = "2026-01-01 to 2027-12-31"
    assert (
        f"  coverage hawk, nighthawk, {dates}; all modalities; mon-sun 19:00–07:00 and on holidays"
        " → preliminary (pool night), client final (awaited)\n"
    ) in done.output
    assert f"  coverage neuro, subspecialty, {dates}; all modalities of neuro; at all hours → final" in done.output


def test_every_model_has_its_usual_reads() -> None:
    """An agreement need not say what its model says."""
    for model in CoverageModel:
        more = {
            CoverageModel.OVERFLOW: "overflow: {opens: 2, closes: 1}, ",
            CoverageModel.SUBSPECIALTY: "subspecialty: neuro, ",
        }.get(model, "")
        text = f"{AGREEMENTS.split('coverage:', maxsplit=1)[0]}coverage:\n  one: {{model: {model}, {more}facilities: [north], {DATES}}}\n"
        (one,) = read(GOOD + text).facilities["north"].coverage
        assert bool(one.reads) is (model is not CoverageModel.PACS_ADMINISTRATION)
