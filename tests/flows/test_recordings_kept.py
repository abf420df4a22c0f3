"""How long a recording is kept, who keeps it longer, and that the vendor has really deleted it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import retention
from handlers.domain.errors import Rejection
from handlers.domain.recordings import LegalHold
from handlers.domain.relays import RecordingState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange.recordings import Recording as Kept
from sandbox.exchange.records import Refusal
from tests.flows.acts import hear_the_finding
from tests.flows.ringing import over
from tests.flows.stage import Stage
from tests.flows.test_pin import PIN, rings_with_pin
from tests.flows.test_read_back_heard import read_back
from tests.flows.test_recorded_read_back import kept, reads_back, rings_at_lakeside, sound

SIX_YEARS = 2192 * 24 * 60
PACS = '    pacs_link: "https://pacs.mercy.example'


def pass_time(stage: Stage, minutes: float) -> None:
    """Let years pass at once: nothing is due meanwhile."""
    stage.clock.instant += timedelta(minutes=minutes)


def test_after_six_years_its_sound_is_destroyed(stage: Stage) -> None:
    """Not a day before; row, checksum and entries stay, and the record says why."""
    read_back(stage)
    checksum = kept(stage).sha256
    pass_time(stage, SIX_YEARS - 24 * 60)
    assert retention.destroy_old(stage.service.house) == 0
    pass_time(stage, 24 * 60)
    assert retention.destroy_old(stage.service.house) == 1
    assert (kept(stage).state, kept(stage).audio, kept(stage).sha256) == (RecordingState.DESTROYED, b"", checksum)
    assert stage.actions().count("recording:destroy") == 1
    assert retention.destroy_old(stage.service.house) == 0


def test_a_site_keeps_them_for_as_long_as_it_says(stage: Stage) -> None:
    """``recordings_kept: 30d``."""
    stage.load("    recording: true\n", "    recording: true\n    recordings_kept: 30d\n")
    read_back(stage)
    pass_time(stage, 30 * 24 * 60)
    assert retention.destroy_old(stage.service.house) == 1


def test_a_legal_hold_keeps_it_until_it_is_released(stage: Stage) -> None:
    """Held with a reason that names nobody, listed, released: each in the record; then its time counts again."""
    read_back(stage)
    house, case = stage.service.house, stage.case()
    assert case in retention.hold(house, case, "litigation")
    assert [line.split()[:3] for line in retention.holds(house)] == [[case, "lakeside", "litigation"]]
    pass_time(stage, SIX_YEARS)
    assert retention.destroy_old(house) == 0
    with pytest.raises(Rejection, match="held already"):
        retention.hold(house, case, "other")
    with pytest.raises(Rejection, match="no name and no sentence"):
        retention.hold(house, case, "the Smith lawsuit")
    retention.release(house, case)
    assert not retention.holds(house)
    assert [one.released_by for one in stage.all(LegalHold)] == ["command line"]
    assert retention.destroy_old(house) == 1
    assert [stage.actions().count(f"recordings:{what}") for what in ("hold", "release")] == [1, 1]


def test_the_vendor_is_asked_whether_it_is_gone(stage: Stage) -> None:
    """Deleted, looked for, and not there any more: only then the record says so."""
    read_back(stage)
    assert kept(stage).gone_at is not None
    assert stage.actions().count("recording:deleted_at_vendor") == 1


class Undying(dict[str, Kept]):
    """The vendor's recordings, none of which can be deleted."""

    def __delitem__(self, sid: str) -> None:
        raise Refusal(500, 20500, f"Internal server error for {sid}")


def test_what_cannot_be_deleted_is_told_to_the_desk_until_it_is(stage: Stage) -> None:
    """Eight failures, and the desk has a task; it ends by itself once the vendor has deleted it."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    there = stage.exchange.recordings.all = Undying(stage.exchange.recordings.all)
    over(stage, call)
    stage.advance(minutes=10)
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.RECORDING_AT_VENDOR
    assert kept(stage).state is RecordingState.STORED
    assert kept(stage).gone_at is None
    assert "recording:deleted_at_vendor" not in stage.actions()
    stage.exchange.recordings.all = dict(there)
    stage.advance(minutes=30)
    assert [one.state for one in stage.tasks(kind=TaskKind.RECORDING_AT_VENDOR)] == [TaskState.DONE]
    assert kept(stage).gone_at is not None
    assert not stage.exchange.recordings.all


def test_no_recording_runs_while_a_pin_is_keyed(stage: Stage) -> None:
    """No call is recorded whole: a recording is begun by a key, after the PIN and the finding, and holds neither."""
    stage.load(PACS, f"    recording: true\n{PACS}")
    call = rings_with_pin(stage)
    stage.press(call, f"{PIN}#")
    keyed_at = stage.clock.instant
    assert not stage.exchange.recordings.all
    reads_back(stage, call, sound())
    (made,) = stage.exchange.recordings.all.values()
    assert made.source == "RecordVerb"
    assert made.start_time > keyed_at
    over(stage, call)
    stage.advance(minutes=2)
    assert kept(stage).state is RecordingState.STORED
    assert not any(one.plan.record for one in stage.exchange.calls)
