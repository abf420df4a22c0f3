"""A finding in its radiologist's own voice: said by telephone, heard by them, kept by a key, played to whoever identified."""

from __future__ import annotations

import re

import httpx
import pytest

from handlers.domain.recordings import Dictation, DictationState
from handlers.domain.relays import Attempt, Ending, Outcome, Recording, RecordingState
from sandbox.exchange import Call
from tests.flows.acts import key_back
from tests.flows.ringing import answer, over, until_rings
from tests.flows.stage import CHARGE, KIM, LEE, LEE_PHONE, STONE, Stage
from tests.flows.test_recorded_read_back import sound

AGREED = '    recording: {finding: true}\n    pacs_link: "https://pacs.mercy.example'


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """Let Mercy agree to recorded findings."""
    stage.load('    pacs_link: "https://pacs.mercy.example', AGREED)
    return stage


def asks(stage: Stage) -> Call:
    """Let Dr. Lee ask to record the finding of the newest case; her telephone rings."""
    said = stage.command(LEE, f"record {stage.case()}")
    assert "Your telephone rings now" in said
    return until_rings(stage, LEE_PHONE, 1)


def says(stage: Stage, call: Call, seconds: int = 6) -> str:
    """Press 1, say the finding after the tone, and hear it."""
    answer(stage, call)
    assert "After the tone say the finding" in stage.press(call, "1")
    return speaks(stage, call, seconds)


def speaks(stage: Stage, call: Call, seconds: int = 6) -> str:
    """Say something after the tone; return what is played back."""
    stage.listen(call)
    call.record(sound(seconds), seconds, key="#")
    stage.settle()
    stage.advance(12)
    return " ".join(call.heard)


def records(stage: Stage) -> None:
    """Let Dr. Lee say the finding, hear it and keep it."""
    call = asks(stage)
    assert "(recording of 6 s)" in says(stage, call)
    assert "Kept" in stage.press(call, "1")
    over(stage, call)


def kim(stage: Stage) -> Call:
    """Return the call that rings at Dr. Kim's, perhaps the next one: a recording holds no try up."""
    call = until_rings(stage, KIM)
    texted = [one for one in stage.exchange.unexpected() if one.to == KIM]
    for one in texted:
        one.seen = True
    return call


def confirms(stage: Stage) -> None:
    """Let Dr. Kim key the code back; the call ends."""
    call = [one for one in stage.exchange.calls if one.to == KIM][-1]
    key_back(stage, call)
    over(stage, call)


def dictation(stage: Stage) -> Dictation:
    """Return the newest spoken finding."""
    return stage.all(Dictation)[-1]


def hears(stage: Stage) -> str:
    """Let Dr. Kim answer, identify as a practitioner, and hear all of it."""
    call = kim(stage)
    answer(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    return " ".join(call.heard)


def test_the_finding_is_told_in_her_own_voice(stage: Stage) -> None:
    """Two identifiers by machine, then Dr. Lee herself, then the code: and the code ends it as it always does."""
    stage.critical_stroke()
    records(stage)
    said = hears(stage)
    assert re.search(r"born .* The radiologist's own words: \(recording of 6 s\).*Code: ", said)
    assert "occlusion" not in said.lower()
    confirms(stage)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    (kept,) = stage.all(Recording)
    assert (kept.state, kept.seconds) == (RecordingState.STORED, 6.0)
    assert dictation(stage).state is DictationState.KEPT
    assert [stage.actions().count(f"recording:{what}") for what in ("store", "serve", "deleted_at_vendor")] == [1, 2, 1]
    assert not stage.exchange.recordings.all


def test_before_its_last_word_the_finding_was_not_heard(stage: Stage) -> None:
    """The recording's own length counts: whoever hangs up while it plays was not told, and the ladder goes on."""
    stage.critical_stroke()
    call = asks(stage)
    says(stage, call, 20)
    stage.press(call, "1")
    over(stage, call)
    ringing = kim(stage)
    answer(stage, ringing)
    stage.press(ringing, "1")
    stage.advance(15)
    ringing.hang_up()
    stage.settle()
    told = stage.all(Attempt, sid=ringing.sid)[0]
    assert told.telling_seconds > 20
    assert told.outcome is Outcome.HUNG_UP
    until_rings(stage, CHARGE)


def test_a_changed_finding_is_not_told_by_what_was_said_before(stage: Stage) -> None:
    """The words of the amended finding are spoken; the recording is stale and is not played."""
    stage.critical_stroke()
    records(stage)
    assert stage.hospital.amend_finding("Acute occlusion of the left middle cerebral artery.")[0] == 202
    said = hears(stage)
    assert "left middle cerebral artery" in said
    assert "(recording" not in said
    confirms(stage)


def test_said_again_only_the_last_is_kept(stage: Stage) -> None:
    """2 says it anew; what was said first is destroyed here and at the vendor."""
    stage.critical_stroke()
    call = asks(stage)
    says(stage, call)
    assert "After the tone" in stage.press(call, "2")
    assert "(recording of 9 s)" in speaks(stage, call, 9)
    stage.press(call, "1")
    over(stage, call)
    first, second = stage.all(Recording)
    assert (first.state, first.audio, second.state) == (RecordingState.DESTROYED, b"", RecordingState.STORED)
    assert "(recording of 9 s)" in hears(stage)
    confirms(stage)
    assert not stage.exchange.recordings.all


def test_what_is_not_kept_is_destroyed_and_the_words_are_spoken(stage: Stage) -> None:
    """She hangs up after hearing it: nothing is played to anybody."""
    stage.critical_stroke()
    call = asks(stage)
    says(stage, call)
    call.hang_up()
    stage.settle()
    stage.advance(10)
    assert dictation(stage).state is DictationState.DROPPED
    assert [one.state for one in stage.all(Recording)] == [RecordingState.DESTROYED]
    assert "(recording" not in hears(stage)
    confirms(stage)
    assert not stage.exchange.recordings.all


def test_where_it_does_not_come_the_words_are_spoken(stage: Stage) -> None:
    """The vendor loses it: she is told that nothing is kept, and the telling is as ever."""
    stage.critical_stroke()
    call = asks(stage)
    answer(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    call.record(sound(), 6, key="#")
    stage.settle()
    stage.exchange.recordings.all.clear()
    stage.advance(30)
    assert "Nothing is kept" in " ".join(call.heard)
    assert "(recording" not in hears(stage)
    confirms(stage)


def test_its_address_opens_for_a_live_call_only(stage: Stage) -> None:
    """While the call plays it; not with another seal, not after it, and nothing of a case stands in it."""
    stage.critical_stroke()
    records(stage)
    ringing = kim(stage)
    answer(stage, ringing)
    stage.press(ringing, "1")
    address = next(one.url for one in reversed(stage.exchange.courier.sent) if one.event == "media")
    for secret in (stage.case(), stage.study().patient_name, stage.study().accession_number, "lee"):
        assert secret not in address
    found = httpx.get(address)
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
    assert httpx.get(address[:-1] + ("0" if address[-1] != "0" else "1")).status_code == 404
    stage.listen(ringing)
    confirms(stage)
    assert httpx.get(address).status_code == 404


def test_only_whose_finding_it_is_records_it(stage: Stage) -> None:
    """Another reader is refused, and after the relay's end nobody records anything."""
    stage.critical_stroke()
    assert "Only the radiologist whose finding it is" in stage.command(STONE, f"record {stage.case()}")
    hears(stage)
    confirms(stage)
    assert "has ended" in stage.command(LEE, f"record {stage.case()}")
    assert not stage.all(Dictation)


def test_where_the_site_has_not_agreed_nothing_is_recorded(stage: Stage) -> None:
    """It is refused with the reason, and so is what the vendor's agreement does not cover."""
    stage.load("    recording: {finding: true}\n", "")
    stage.critical_stroke()
    assert "has not agreed to recorded findings" in stage.command(LEE, f"record {stage.case()}")
    hears(stage)
    confirms(stage)
