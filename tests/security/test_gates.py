"""Who may do what, and what may be said to whom: each gate from outside."""

from __future__ import annotations

import dataclasses

import pytest

from handlers import hands
from handlers.domain.errors import Rejection, StaleWrite
from handlers.domain.relays import Ending, Outcome, RelayState
from handlers.domain.studies import Study
from store.memory import SqlMemory
from tests.flows.acts import hear_the_finding, key_back, look_at_everything
from tests.flows.stage import KIM, LEE, QUINN, SILVA, STONE, STRANGER, Stage
from tests.security.canaries import FINDING, FORMS, PATIENT, found_in
from tests.store.test_values import example_of


def _withdraw(stage: Stage, user: str) -> None:
    stage.command(user, f"withdraw {stage.case()}")
    question = stage.workspace.ephemerals(user)[-1]
    stage.workspace.click(user, question.channel, question.ts, "withdraw")
    stage.settle()


@pytest.mark.parametrize("user", [STONE, QUINN, SILVA, STRANGER])
def test_only_the_radiologist_whose_finding_it_is_withdraws_it(stage: Stage, user: str) -> None:
    """Another radiologist, a PACS administrator, an auditor and a stranger may not; the relay goes on, then is hers."""
    call = stage.critical_stroke()
    answer = stage.typed(user, f"withdraw {stage.case()}")
    assert "danger" not in str(answer.blocks)  # no button is offered
    with pytest.raises(Rejection):  # and a forged click is refused
        hands.withdraw(stage.service.house, stage.case(), user, "forged")
    assert stage.relay().state is RelayState.CALLING
    assert call.is_live
    _withdraw(stage, LEE)
    assert stage.relay().ending is Ending.WITHDRAWN
    look_at_everything(stage, {}, {KIM: 1})


def test_without_the_vendors_agreement_nothing_identifying_is_spoken(stage: Stage) -> None:
    """No agreement with the telephone company: the call asks for a person, and names neither patient nor finding."""
    stage.load("  twilio: {effective: 2020-01-01, expires: 2039-12-31}\n", "")
    stage.stroke_ct(patient=PATIENT)
    stage.finding(text=FINDING)
    call = stage.rings(KIM)
    hear_the_finding(stage, call)
    stage.press(call, "1")
    key_back(stage, call)
    assert call.heard
    assert len(FORMS) > len(found_in(" ".join(call.heard))) == 0
    assert stage.attempts()[0].told_at is None
    assert stage.attempts()[0].outcome is not Outcome.CONFIRMED_BY_CODE
    call.hang_up()
    stage.settle()
    look_at_everything(stage, {}, {KIM: 1})


def test_an_accession_number_is_unique_within_its_facility(memory: SqlMemory) -> None:
    """The database itself refuses a second study of the same number, and lets another facility have it."""
    one: Study = example_of(Study, id="s-1", facility="north", case_code="1", accession_number="ACC1")
    with memory.transaction("north") as tx:
        tx.add(one)
    with memory.transaction("south") as tx:
        tx.add(dataclasses.replace(one, id="s-2", facility="south", case_code="2"))
    with pytest.raises(StaleWrite, match="same unique key"), memory.transaction("north") as tx:
        tx.add(dataclasses.replace(one, id="s-3", case_code="3"))


def test_a_wrong_code_confirms_nothing(stage: Stage) -> None:
    """Only the code that this call's own message revealed ends the relay."""
    call = stage.critical_stroke()
    hear_the_finding(stage, call)
    code = stage.code()
    wrong = f"{int(code[0]) % 8 + 1}{code[1:]}"
    assert "did not match" in stage.press(call, wrong)
    assert stage.relay().state is RelayState.CALLING
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    look_at_everything(stage, {}, {KIM: 1})
