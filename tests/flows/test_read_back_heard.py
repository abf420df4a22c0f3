"""A recorded read-back is listened to on the case page: its radiologist says that it matches, or that it does not."""

from __future__ import annotations

import pytest

from handlers import cases, listening
from handlers.domain.errors import Rejection
from handlers.domain.relays import Ending, Heard, RecordingState, Relay, RelayState
from handlers.domain.tasks import TaskKind
from handlers.session import Session
from tests.flows.acts import hear_the_finding, look_at_everything
from tests.flows.ringing import over, until_rings
from tests.flows.stage import DESK_PHONE, DESK_PHONE_2, LEE, SILVA, STONE, Stage
from tests.flows.test_recorded_read_back import OKAFOR, kept, page_session, reads_back, rings_at_lakeside, sound


def read_back(stage: Stage) -> None:
    """Let Dr. Okafor read the finding back, recorded; the recording is kept here."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    over(stage, call)
    stage.advance(minutes=2)
    assert kept(stage).state is RecordingState.STORED


def says(stage: Stage, session: Session, *, matches: bool, delivery: str = "d1") -> str:
    """Press one of the two buttons of the page."""
    said = listening.judge(stage.service.house, session, kept(stage).id, matches=matches, delivery=delivery)
    stage.settle()
    return said


def test_it_matches_and_the_statement_says_who_heard_it(stage: Stage) -> None:
    """On the page, in the thread and in the sentence for the report; a second press changes nothing."""
    read_back(stage)
    session = page_session(stage, LEE)
    assert cases.view(stage.service.house, session).recordings[0].may_judge
    assert "matches the finding" in says(stage, session, matches=True)
    assert says(stage, session, matches=True) == says(stage, session, matches=True)
    assert (kept(stage).heard, kept(stage).heard_by) == (Heard.MATCHES, "lee")
    (shown,) = cases.view(stage.service.house, session).recordings
    assert (shown.heard, shown.may_judge) == ("Dr. Maya Lee: it matches the finding", False)
    statement = cases.statement(stage.service.house, stage.case())
    assert "READ BACK BY RECEIVER, RECORDED, HEARD BY DR. MAYA LEE ON" in statement
    assert "AND FOUND TO MATCH." in statement
    assert stage.actions().count("recording:match") == 1
    with pytest.raises(Rejection, match="has said that already"):
        says(stage, session, matches=False, delivery="d2")
    assert len(stage.all(Relay)) == 1


def test_it_does_not_match_and_the_finding_is_told_again(stage: Stage) -> None:
    """The desk rings, and a new relay calls whoever read it back; the earlier telling stands in the record as what it was."""
    read_back(stage)
    assert "a new relay tells the finding again" in says(stage, page_session(stage, LEE), matches=False)
    first, second = stage.all(Relay)
    assert (first.state, first.ending) == (RelayState.ENDED, Ending.READ_BACK_RECORDED)
    assert second.state is RelayState.CALLING
    assert TaskKind.READ_BACK_DIFFERS in [task.kind for task in stage.open_tasks()]
    call = until_rings(stage, OKAFOR)
    until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    look_at_everything(stage, texts={OKAFOR: 1})
    assert "Correction of an earlier result" in hear_the_finding(stage, call)
    assert "FOUND NOT TO MATCH THE FINDING" in cases.statement(stage.service.house, stage.case())
    assert "NOT COMPLETE" in cases.statement(stage.service.house, stage.case())
    stage.click(SILVA, "take", channel="C000000002", message=stage.desk_card())
    reads_back(stage, call, sound())
    over(stage, call)
    assert [one.ending for one in stage.all(Relay)] == [Ending.READ_BACK_RECORDED, Ending.READ_BACK_RECORDED]


def test_only_whose_finding_it_is_says_so(stage: Stage) -> None:
    """The desk may listen and may not judge, nor may another reader who is not on call."""
    read_back(stage)
    for user in (SILVA, STONE):
        with pytest.raises(Rejection):
            says(stage, page_session(stage, user), matches=True)
    assert kept(stage).heard is Heard.UNHEARD


def test_one_that_never_arrived_is_said_to_be_missing(stage: Stage) -> None:
    """To the radiologist under the card, and in the statement; there is nothing to judge."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    stage.exchange.recordings.all.clear()
    over(stage, call)
    stage.advance(minutes=11)
    assert "RECORDED, THE RECORDING NEVER ARRIVED" in cases.statement(stage.service.house, stage.case())
    thread = [one.text for one in stage.workspace.thread("C000000001", stage.card().ts)]
    assert any("The recording of the read-back has not arrived" in one for one in thread)
    with pytest.raises(Rejection, match="nothing to listen to"):
        says(stage, page_session(stage, LEE), matches=True)
