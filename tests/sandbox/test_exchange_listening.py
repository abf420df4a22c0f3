"""What a call listens to: keys, silence, words and messages, at their instants."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.exchange_stage import Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

MENU = (
    '<Gather numDigits="1" action="/key?turn=1" timeout="6"><Say>press one to hear it</Say></Gather><Say>bye now</Say>'
)
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages |= {"/voice": MENU, "/key": '<Say voice="Polly.Joanna-Neural">the finding</Say>'}
        yield one


def test_a_key_is_sent_to_the_action_with_its_query(stage: Stage) -> None:
    """The relative action is joined with the document, query and all, and its answer is followed."""
    call = stage.dialed()
    call.answer()
    stage.hear_out(call)
    assert call.press("1") == 1
    [form] = stage.product.forms("/key")
    assert (form["Digits"], form["FinishedOnKey"], form["msg"]) == ("1", "", "Gather End")
    assert stage.exchange.sent[-1].url.endswith("/key?turn=1")
    assert call.last_heard == "the finding"
    assert call.heard == ["press one to hear it", "the finding"]


def test_a_key_stops_the_words(stage: Stage) -> None:
    """Words that were not said completely when the key came were not heard."""
    call = stage.dialed()
    call.answer()
    stage.advance(1)
    call.press("1")
    assert call.heard == ["press one", "the finding"]
    starts = {note.text: note.at - call.answered_at for note in call.transcript if note.who == "voice"}
    assert starts == {"press one": timedelta(0), "the finding": timedelta(seconds=1)}


def test_a_key_before_the_gather_is_lost(stage: Stage) -> None:
    """While words outside of a Gather are said nothing listens, as on Twilio."""
    stage.product.pages["/voice"] = f"<Say>one two three four five six</Say>{MENU}"
    call = stage.dialed()
    call.answer()
    assert call.press("1") == 0
    assert stage.product.forms("/key") == []
    assert ("person", "pressed 1, but nothing listened") in [note[1:] for note in call.transcript]
    stage.advance((call.listens_from - stage.clock.instant).total_seconds())
    assert call.press("1") == 1


def test_barge_in_can_be_forbidden(stage: Stage) -> None:
    """With bargeIn="false" keys count only after the prompt."""
    stage.product.pages["/voice"] = MENU.replace("<Gather ", '<Gather bargeIn="false" ')
    call = stage.dialed()
    call.answer()
    assert call.press("1") == 0
    stage.hear_out(call)
    assert call.press("1") == 1


def test_silence_falls_through_to_the_next_verb(stage: Stage) -> None:
    """After the prompt and the timeout the next verb follows; at the end of the document the call ends."""
    call = stage.dialed()
    call.answer()
    over = call.stay_silent()
    assert over == call.speaking_until + timedelta(seconds=6)
    stage.advance((over - stage.clock.instant).total_seconds())
    assert call.heard[-1] == "bye now"
    assert call.status == "in-progress"
    stage.hear_out(call)
    assert call.status == "completed"


def test_silence_can_be_sent_to_the_action(stage: Stage) -> None:
    """ActionOnEmptyResult sends empty Digits instead of falling through."""
    stage.product.pages["/voice"] = MENU.replace("<Gather ", '<Gather actionOnEmptyResult="true" ')
    call = stage.dialed()
    call.answer()
    stage.advance(8)
    assert stage.product.forms("/key")[0]["Digits"] == ""


def test_keys_are_gathered_until_the_finishing_key_or_silence(stage: Stage) -> None:
    """Without numDigits the keys end with #, which alone means nothing, or with the timeout after the last key."""
    stage.product.pages["/voice"] = '<Gather action="/key" timeout="4"/>'
    stage.product.pages["/key"] = '<Gather action="/more" timeout="4"/>'
    call = stage.dialed()
    call.answer()
    call.press("#")
    call.press("34#")
    assert stage.product.forms("/key")[0]["Digits"] == "34"
    assert stage.product.forms("/key")[0]["FinishedOnKey"] == "#"
    call.press("5")
    stage.advance(3)
    call.press("*")
    stage.advance(3.9)
    assert stage.product.forms("/more") == []
    stage.advance(0.1)
    assert stage.product.forms("/more")[0]["Digits"] == "5*"
    with pytest.raises(ValueError, match="not a key"):
        call.press("x")


def test_a_hang_up_in_the_middle_of_a_gather_sends_no_keys(stage: Stage) -> None:
    """Twilio asks for no document of a call that has ended; only the status callback tells of it."""
    stage.product.pages["/voice"] = '<Gather numDigits="3" action="/key" timeout="6"/>'
    call = stage.dialed(status_callback=stage.url("/status"))
    call.answer()
    assert call.press("47") == 2
    call.hang_up()
    stage.advance(30)
    assert stage.product.forms("/key") == []
    assert [form["CallStatus"] for form in stage.product.forms("/status")] == ["completed"]


def test_keys_run_on_into_the_next_gather(stage: Stage) -> None:
    """Several keys pressed in one go serve one Gather after another."""
    stage.product.pages["/key"] = '<Gather numDigits="2" action="/more"/>'
    call = stage.dialed()
    call.answer()
    assert call.press("142") == 3
    assert stage.product.forms("/more")[0]["Digits"] == "42"
    assert call.pressed == "142"


def test_speech_is_taken_where_it_is_listened_for(stage: Stage) -> None:
    """Spoken words come as SpeechResult with Confidence, and are lost where only keys are taken."""
    call = stage.dialed()
    call.answer()
    assert not call.say("three four one")
    stage.product.pages["/voice"] = '<Gather input="dtmf speech" action="/key"/>'
    call.hang_up()
    stage.advance(1)
    call = stage.dialed()
    call.answer()
    assert call.say("three four one", confidence=0.75)
    form = stage.product.forms("/key")[0]
    assert (form["SpeechResult"], form["Confidence"]) == ("three four one", "0.75")
    assert "Digits" not in form


def test_a_message_is_recorded_and_announced(stage: Stage) -> None:
    """The action gets the recording's URL; the status callback comes when it was processed."""
    stage.product.pages["/voice"] = '<Record action="/key" finishOnKey="#" recordingStatusCallback="/recorded"/>'
    call = stage.dialed()
    call.answer()
    assert call.waiting_for == "record"
    with pytest.raises(AssertionError, match="does not end"):
        call.record("a name", key="1")
    call.record("this is the charge nurse", seconds=5, key="#")
    form = stage.product.forms("/key")[0]
    assert (form["RecordingDuration"], form["Digits"]) == ("5", "#")
    assert stage.product.forms("/recorded") == []
    stage.advance(1)
    told = stage.product.forms("/recorded")[0]
    assert (told["RecordingStatus"], told["RecordingSid"]) == ("completed", form["RecordingSid"])
    assert stage.exchange.recordings.all[form["RecordingSid"]].words == "this is the charge nurse"
    stage.advance(1)
    other = stage.dialed(twiml="<Response><Pause/></Response>")
    other.answer()
    with pytest.raises(AssertionError, match="does not record"):
        other.record("again")


def test_a_recording_ends_with_a_key_with_the_hang_up_or_with_silence(stage: Stage) -> None:
    """A key is the end after its real time; a hang-up still tells the action; silence goes to the next verb."""
    stage.product.pages["/voice"] = '<Record action="/key" finishOnKey="#" timeout="9"/><Say>nobody spoke</Say>'
    call = stage.dialed()
    call.answer()
    stage.advance(4.5)
    call.press("1#")
    assert stage.product.forms("/key")[0]["RecordingDuration"] == "4"
    stage.advance(3)
    call = stage.dialed()
    call.answer()
    stage.advance(3.5)
    call.hang_up()
    form = stage.product.forms("/key")[1]
    assert (form["Digits"], form["CallStatus"], form["RecordingDuration"]) == ("hangup", "completed", "3")
    call = stage.dialed()
    call.answer()
    stage.advance(10)
    assert call.heard == ["nobody spoke"]


def test_a_whole_call_can_be_recorded(stage: Stage) -> None:
    """Record=true keeps a recording of the call's length."""
    call = stage.dialed(record="true", recording_status_callback=stage.url("/recorded"))
    call.answer()
    stage.advance(4)
    call.hang_up()
    stage.advance(1)
    told = stage.product.forms("/recorded")[0]
    assert (told["RecordingDuration"], told["RecordingSource"]) == ("4", "OutboundAPI")


def test_a_stale_document_is_not_followed(stage: Stage) -> None:
    """The answer to a key is dropped when the call was redirected meanwhile."""
    call = stage.dialed()
    call.answer()
    stage.hear_out(call)

    def redirect(path: str) -> None:
        if path == "/key":
            stage.client.calls(call.sid).update(twiml="<Response><Say>the newer one</Say></Response>")
            stage.timeline.run_due()

    stage.product.on_ask = redirect
    call.press("1")
    assert call.heard == ["press one to hear it", "the newer one"]
