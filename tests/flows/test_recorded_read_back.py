"""Where a facility records: the finding is read back aloud, and the recording is kept, sealed, and played to few."""

from __future__ import annotations

import hashlib
import io
import wave
from pathlib import Path

import pytest

from handlers import cases
from handlers.domain.relays import Ending, Outcome, Recording, RecordingState, RelayState
from handlers.session import Session
from sandbox.exchange import Call
from sandbox.exchange.recordings import Recording as Kept
from sandbox.exchange.records import Refusal
from sandbox.hospital import Site
from tests.flows.acts import hear_out, hear_the_finding, key_back
from tests.flows.ringing import over, until_rings
from tests.flows.stage import LEE, SILVA, Stage

OKAFOR, LAKESIDE_CHARGE = "+12125550111", "+12125550112"
LAKESIDE = Site("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician", "inpatient": "lakeside-ed-physician"})
RECORDING_LATE_MINUTES = 11


def sound(seconds: int = 6) -> bytes:
    """Return a read-back that is easily found again in a file: the same odd bytes over and over."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"read-back of Dr. Okafor " * (16000 * seconds // 24))
    return made.getvalue()


def rings_at_lakeside(stage: Stage) -> Call:
    """Let a critical stroke of Lakeside ring its ordering physician."""
    stage.hospital.site = LAKESIDE
    stage.stroke_ct()
    stage.finding()
    call = stage.rings(OKAFOR)
    hear_out(stage, OKAFOR)
    return call


def reads_back(stage: Stage, call: Call, content: bytes | str, seconds: int = 6) -> None:
    """Press 1 after the finding, wait for the tone, and speak."""
    said = stage.press(call, "1")
    assert "after the tone" in said.lower()
    stage.listen(call)
    call.record(content, seconds, key="#")
    stage.settle()


def kept(stage: Stage) -> Recording:
    """Return the one recording."""
    (recording,) = stage.all(Recording)
    return recording


def page_session(stage: Stage, user: str) -> Session:
    """Open the case page as somebody."""
    link = cases.open_link(stage.service.house, stage.case(), user, f"open by {user}")
    return cases.redeem(stage.service.house, link.removeprefix("/open/"))


@pytest.mark.usefixtures("fault")
def test_one_records_the_read_back_and_ends_the_relay(stage: Stage) -> None:
    """Announced, recorded, ended; afterwards fetched with credentials, kept with its checksum, deleted at the vendor."""
    call = rings_at_lakeside(stage)
    said = hear_the_finding(stage, call)
    assert "subdural hematoma" in said.lower()
    assert "recorded: press 1" in said
    assert " ".join(stage.code()) not in said.replace(",", "")
    spoken = sound()
    reads_back(stage, call, spoken)
    assert "on the record" in call.last_heard
    relay = stage.relay()
    assert (relay.state, relay.ending) == (RelayState.ENDED, Ending.READ_BACK_RECORDED)
    over(stage, call)
    stage.advance(minutes=2)
    assert kept(stage).state is RecordingState.STORED
    assert kept(stage).sha256 == hashlib.sha256(spoken).hexdigest()
    assert not stage.exchange.recordings.all
    assert stage.actions().count("recording:store") == 1
    assert "READ BACK BY RECEIVER, RECORDED" in cases.statement(stage.service.house, stage.case())


def test_it_is_played_on_the_case_page_and_every_play_is_on_the_record(stage: Stage) -> None:
    """The radiologist and the auditor hear the very bytes; each play is an entry of the record."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    spoken = sound()
    reads_back(stage, call, spoken)
    over(stage, call)
    stage.advance(minutes=2)
    for plays, user in enumerate((LEE, SILVA), start=1):
        audio, media_type = cases.recording(stage.service.house, page_session(stage, user), kept(stage).id)
        assert (audio, media_type) == (spoken, "audio/x-wav")
        assert stage.actions().count("recording:play") == plays


def test_it_cannot_be_read_in_the_database_file(stage: Stage) -> None:
    """Neither the sound nor the finding is in the bytes of the database's files."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    over(stage, call)
    stage.advance(minutes=2)
    assert kept(stage).audio
    files: list[Path] = list(stage.folder.glob("radrelay.db*"))
    stored = b"".join(file.read_bytes() for file in files)
    with stage.service.store.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM recording").fetchall()
    stored += b"".join(bytes(value) for row in rows for value in row if isinstance(value, bytes | memoryview))
    assert len(stored) > len(kept(stage).audio)
    assert b"read-back of Dr. Okafor" not in stored
    assert b"subdural" not in stored


@pytest.mark.usefixtures("fault")
def test_eight_declines_and_goes_on_unrecorded(stage: Stage) -> None:
    """Nothing is recorded; the code confirms instead."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    said = stage.press(call, "8")
    assert "Not recorded" in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    over(stage, call)
    stage.advance(minutes=2)
    assert not stage.all(Recording)
    assert not stage.exchange.recordings.all


@pytest.mark.usefixtures("fault")
def test_a_recording_that_never_arrives_is_flagged_and_holds_nothing_up(stage: Stage) -> None:
    """The relay has ended on the read-back itself; the file that never came is missing, and the page says so."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    stage.exchange.recordings.all.clear()
    assert stage.relay().ending is Ending.READ_BACK_RECORDED
    over(stage, call)
    stage.advance(minutes=RECORDING_LATE_MINUTES)
    assert kept(stage).state is RecordingState.MISSING
    assert stage.actions().count("recording:missing") == 1
    view = cases.view(stage.service.house, page_session(stage, LEE))
    assert [one.state for one in view.recordings] == ["missing"]
    stage.advance(minutes=30)
    stage.exchange.nothing_rings()


@pytest.mark.usefixtures("fault")
def test_one_that_comes_after_a_quarter_of_an_hour_is_kept_and_deleted_at_the_vendor(stage: Stage) -> None:
    """Flagged as missing while the vendor is out; asked for all the same, healed when it comes, and none stays there."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    spoken = sound()
    reads_back(stage, call, spoken)
    stage.exchange.faults.outage()
    over(stage, call)
    stage.advance(minutes=15)
    assert kept(stage).state is RecordingState.MISSING
    stage.exchange.faults.outage(on=False)
    stage.advance(minutes=4)
    assert kept(stage).state is RecordingState.STORED
    assert kept(stage).sha256 == hashlib.sha256(spoken).hexdigest()
    assert not stage.exchange.recordings.all
    assert [stage.actions().count(f"recording:{what}") for what in ("missing", "store")] == [1, 1]
    stage.exchange.nothing_rings()


class Stubborn(dict[str, Kept]):
    """The vendor's recordings, one of which cannot be deleted the first time."""

    refusals = 0

    def __delitem__(self, sid: str) -> None:
        if not self.refusals:
            self.refusals += 1
            raise Refusal(503, 20503, "Service unavailable")
        super().__delitem__(sid)


@pytest.mark.usefixtures("fault")
def test_it_is_deleted_at_the_vendor_though_the_vendor_fails(stage: Stage) -> None:
    """Down while it is to be fetched, then failing its deletion: it is stored once, and none stays there."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    stage.exchange.faults.outage()
    over(stage, call)
    stage.advance(20)
    assert kept(stage).state is RecordingState.PENDING
    stage.exchange.faults.outage(on=False)
    stubborn = Stubborn(stage.exchange.recordings.all)
    stage.exchange.recordings.all = stubborn
    stage.advance(minutes=4)
    assert stubborn.refusals == 1
    assert not stubborn
    assert kept(stage).state is RecordingState.STORED
    assert stage.actions().count("recording:store") == 1


def test_a_cough_is_no_read_back_and_it_is_asked_again(stage: Stage) -> None:
    """Three seconds of any sound: it is said that this does not count, and the next one, read out in full, does."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound(3), 3)
    assert "too short for a read-back" in call.last_heard
    assert stage.relay().state is RelayState.CALLING
    stage.listen(call)
    call.record(sound(), 6, key="#")
    stage.settle()
    assert stage.relay().ending is Ending.READ_BACK_RECORDED
    over(stage, call)
    stage.advance(minutes=2)
    assert not stage.exchange.recordings.all


def test_hung_up_after_a_word_it_is_not_read_back(stage: Stage) -> None:
    """The finding was heard and the receiver put down three seconds after the tone: reached, and no more than that."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    stage.advance(3)
    call.hang_up()
    until_rings(stage, LAKESIDE_CHARGE)
    stage.advance(5)
    assert stage.attempts()[0].outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert stage.relay().state is not RelayState.ENDED
    assert not stage.exchange.recordings.all


def test_silence_is_no_read_back_and_the_code_is_asked(stage: Stage) -> None:
    """Nothing said after the tone: the code is asked for, and confirms."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    stage.advance(8)
    assert "I heard nothing" in " ".join(call.heard)
    assert stage.relay().state is RelayState.CALLING
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.attempts()[-1].outcome is Outcome.CONFIRMED_BY_CODE
    over(stage, call)


@pytest.mark.usefixtures("fault")
def test_a_recording_that_counted_for_nothing_does_not_stay_at_the_vendor(stage: Stage) -> None:
    """Amended while it was being read back: the read-back does not count, and its recording is kept here, not there."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    assert stage.hospital.amend_finding("Acute subdural hematoma on the right.")[0] == 202
    stage.settle()
    call.record(sound(), 6, key="#")
    stage.settle()
    assert "changed" in call.last_heard
    assert stage.relay().state is RelayState.CALLING
    stage.press(call, "8")
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    over(stage, call)
    stage.advance(minutes=2)
    assert not stage.exchange.recordings.all
    assert kept(stage).state is RecordingState.STORED
