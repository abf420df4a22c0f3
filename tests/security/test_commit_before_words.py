"""Nothing is said to a caller, no click is answered and no event accepted before it is durable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from handlers.domain.relays import Attempt
from handlers.domain.studies import ReadState
from sandbox.exchange import Call
from sandbox.hospital import STROKE
from tests.flows.acts import attempt_of
from tests.flows.stage import DESK_PHONE, KIM, LEE, LEE_PHONE, Stage
from tests.security.nonsense import Nonsense
from tests.security.uncommitted import no_commit
from tests.security.wire import snapshot


@dataclass(frozen=True)
class Asked:
    """A request of the telephone company, the table without whose row it must not be answered, and what is then said."""

    path: str
    params: dict[str, str]
    table: str
    words: str


def _answered(stage: Stage, **study: str) -> tuple[Call, Attempt]:
    """Let the ordering physician answer a call about a critical stroke."""
    stage.stroke_ct(**study)
    stage.finding()
    (call,) = stage.exchange.ringing()
    call.seen = True
    stage.exchange.expect_text(call.to)
    call.answer()
    stage.settle()
    return call, attempt_of(stage, call)


def a_key(stage: Stage) -> Asked:
    """Press 1 at the menu, to hear the finding."""
    _, attempt = _answered(stage)
    return Asked(f"/twilio/voice/{attempt.token}/1", {"Digits": "1"}, "turn", "hematoma")


def a_read_back(stage: Stage) -> Asked:
    """Read back and record it, to hear that it counts."""
    site = {"facility": "lakeside", "ordering_contact": "lakeside-ed-physician", "patient_state": "NY"}
    call, _ = _answered(stage, **site)
    stage.press(call, "1")
    stage.press(call, "1")
    attempt = attempt_of(stage, call)
    said = {"RecordingSid": "RE" + "3" * 32, "RecordingDuration": "6", "RecordingUrl": "http://127.0.0.1/RE"}
    return Asked(f"/twilio/record/{attempt.token}/{attempt.turn}", said, "turn", "on the record")


def a_mailbox(stage: Stage) -> Asked:
    """Let a machine beep, to be left the relay's number and code."""
    _, attempt = _answered(stage)
    return Asked(f"/twilio/voicemail/{attempt.token}", {}, "turn", "code " + " ".join(stage.relay().callback_code[:3]))


def _bridging(stage: Stage) -> Attempt:
    call, _ = _answered(stage)
    stage.press(call, "0")
    stage.listen(call)
    stage.rings(LEE_PHONE)
    return attempt_of(stage, call)


def a_bridge_that_is_over(stage: Stage) -> Asked:
    """Let the radiologist not answer, so that the desk is dialed."""
    attempt = _bridging(stage)
    return Asked(f"/twilio/dial/{attempt.token}/{attempt.turn}", {"DialCallStatus": "no-answer"}, "turn", DESK_PHONE)


def a_whisper(stage: Stage) -> Asked:
    """Let the radiologist press 1, to be connected."""
    attempt = _bridging(stage)
    return Asked(f"/twilio/whisper/{attempt.token}/r/1", {"Digits": "1"}, "audit_entry", "Connect")


def a_caller(stage: Stage) -> Asked:
    """Call our number, to be asked for the code."""
    said = {"CallSid": "CA" + "7" * 32, "From": KIM}
    return Asked("/twilio/inbound", said, "inbound_call", "code")


@pytest.mark.parametrize("situation", [a_key, a_read_back, a_mailbox, a_bridge_that_is_over, a_whisper, a_caller])
def test_an_answer_that_cannot_be_committed_is_not_spoken(stage: Stage, situation: Callable[[Stage], Asked]) -> None:
    """The commit fails: nothing of what would be said is said, and nothing is known of it; asked again, it is."""
    asked = situation(stage)
    door = Nonsense(stage, lambda: None)
    before = snapshot(stage)
    with no_commit(stage, asked.table):
        said = door.twilio(asked.path, asked.params)
    assert said.status_code == 500
    assert asked.words not in said.text
    assert snapshot(stage) == before
    again = door.twilio(asked.path, asked.params)
    assert (again.status_code, asked.words in again.text) == (200, True), again.text
    stage.settle()
    assert snapshot(stage) != before
    stage.tasks()
    for one in stage.exchange.unexpected():  # what follows from the answer is other stories' matter
        one.seen = True


def test_a_click_that_cannot_be_committed_is_not_confirmed(stage: Stage) -> None:
    """The reader is told that nothing was changed, and nothing was; the next click is good."""
    stage.stroke_ct()
    with no_commit(stage, "delivery"):
        said = stage.click(LEE, "claim")
    assert "nothing was changed" in said
    assert "yours" not in said
    assert stage.read().state is ReadState.OPEN
    assert "read:claim" not in stage.actions()
    assert "It is yours" in stage.click(LEE, "claim")


def test_an_event_that_cannot_be_committed_is_not_accepted(stage: Stage) -> None:
    """503, never a 2xx; sent again it is accepted."""
    data = stage.hospital._study(STROKE)
    body = json.dumps({"type": "study.received", "timestamp": stage.clock.now().isoformat(), "data": data}).encode()
    door = Nonsense(stage, lambda: None)
    with no_commit(stage, "inbox"):
        answer = door.webhook("events", body, "msg_1", "application/json")
    assert answer.status_code == 503
    assert door.webhook("events", body, "msg_1", "application/json").status_code == 202
    stage.settle()
    assert stage.study().accession_number == data["accession_number"]
