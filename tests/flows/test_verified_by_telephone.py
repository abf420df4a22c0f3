"""`/relay verify`: a number is confirmed by whoever answers it; what is not theirs, or bounced, is not called any more."""

from __future__ import annotations

import pytest

from handlers.domain.numbers import NumberStanding, Trouble
from handlers.domain.relays import Attempt, Ending, Outcome, Purpose
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import confirm, dialed, hear_out
from tests.flows.ringing import answer, let_ring, over, until_rings
from tests.flows.stage import CHARGE, DESK, HADDAD, KIM, QUINN, SILVA, SUPERVISOR, Stage

KIM_2 = "+13125550161"
FIRST = '      - {number: "+13125550101", kind: mobile, consent: 2024-01-15, sms_consent: true, verified: 2024-01-15}\n'
#: Her second number: with consent, and checked by nobody.
UNVERIFIED = f'      - {{number: "{KIM_2}", kind: direct, consent: 2024-01-15}}\n'
SECOND = UNVERIFIED.replace("consent: 2024-01-15", "consent: 2024-01-15, verified: 2024-01-15")


def asked(stage: Stage, contact: str, number: str) -> Call:
    """Let the administrator have a contact's one number checked; it rings."""
    assert "Calling" in stage.command(QUINN, f"verify {contact}")
    return until_rings(stage, number, 1)


def pressed(stage: Stage, call: Call, key: str) -> str:
    """Answer and press a key; return what is said then."""
    answer(stage, call)
    said = stage.press(call, key)
    over(stage, call)
    stage.advance(2)
    return said


def of_kind(stage: Stage, kind: TaskKind = TaskKind.FIND_NUMBER) -> list[TaskState]:
    """Return how the tasks of a kind stand; the story has looked at them then."""
    return [one.state for one in stage.tasks(kind=kind)]


def test_a_number_is_confirmed_by_whoever_answers_it(stage: Stage) -> None:
    """It names the site and whom it is for, and nothing else; 1 verifies it from today, and the desk's channel says so."""
    call = asked(stage, "mercy-ed-charge", CHARGE)
    said = answer(stage, call)
    assert said == (
        "Radrelay for Mercy, checking this number for ED charge nurse, Mercy; press 1 if it is right. "
        "9 if it is not. Star repeats."
    )
    assert "noted" in stage.press(call, "1")
    over(stage, call)
    stage.advance(2)
    stage.workspace.expect_message(DESK, "The number …02 of ED charge nurse, Mercy is verified.")
    assert stage.attempts()[-1].outcome is Outcome.VERIFIED
    assert "verified within a year" in stage.command(QUINN, "verify mercy-ed-charge")
    assert [one for one in stage.actions() if one.startswith("number:")] == ["number:check", "number:verify"]


def test_a_number_that_nobody_verified_is_dialed_once_somebody_has(stage: Stage) -> None:
    """Consent alone dials nothing: her only number is skipped, checked, and called by the next relay."""
    stage.load(FIRST, UNVERIFIED)
    stage.stroke_ct()
    stage.finding()
    confirm(stage, stage.rings(CHARGE))
    assert not dialed(stage, KIM_2)
    assert stage.tasks(kind=TaskKind.FIND_CONTACT)
    pressed(stage, asked(stage, "mercy-ed-physician", KIM_2), "1")
    stage.stroke_ct()
    stage.finding()
    confirm(stage, stage.rings(KIM_2))
    assert stage.relay().ended_by == "mercy-ed-physician"


def test_a_number_that_is_not_theirs_is_not_called_until_it_is_verified_again(stage: Stage) -> None:
    """9: the desk is asked to find another; the ladder goes past her, and back to her after a second check."""
    said = pressed(stage, asked(stage, "mercy-ed-physician", KIM), "9")
    assert "noted as the wrong person" in said
    assert of_kind(stage) == [TaskState.OPEN]
    card = stage.workspace.expect_message(DESK, "Dr. Grace Kim cannot be reached at every number: …01 is not theirs")
    assert "5550101" not in card.words
    assert "No machine reaches them" in card.words
    stage.stroke_ct()
    stage.finding()
    confirm(stage, stage.rings(CHARGE))
    assert len(dialed(stage, KIM)) == 1
    assert stage.tasks(kind=TaskKind.FIND_CONTACT)
    pressed(stage, asked(stage, "mercy-ed-physician", KIM), "1")
    assert of_kind(stage) == [TaskState.DONE]
    stage.critical_stroke()
    hear_out(stage)
    (standing,) = stage.all(NumberStanding)
    assert (standing.bad_why, standing.verified_at is not None) == (Trouble.NOT_THEIRS, True)


def test_a_number_that_bounced_gives_way_to_the_next_at_once_and_is_not_called_again(stage: Stage) -> None:
    """The vendor does not know it: her second number rings at once, now and in the next relay; one task, however often."""
    stage.load(FIRST, FIRST + SECOND)
    stage.exchange.faults.refuse(KIM, 21211)
    stage.stroke_ct()
    stage.finding()
    hear_out(stage)
    stage.advance(1)
    call = stage.rings(KIM_2)
    confirm(stage, call)
    over(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert of_kind(stage) == [TaskState.OPEN]
    stage.advance(2)
    stage.workspace.expect_message(DESK, "…01 bounced (The number is not valid.")
    stage.workspace.expect_message(DESK, "Another number of theirs is called meanwhile.")
    stage.stroke_ct()
    stage.finding()
    confirm(stage, stage.rings(KIM_2))
    assert len([one for one in stage.attempts() if one.number == KIM]) == 1
    assert of_kind(stage) == [TaskState.OPEN]


def test_a_text_that_bounced_leaves_the_calls(stage: Stage) -> None:
    """A landline takes no text: it is called as ever, and texted no more."""
    stage.exchange.sms_outcome(KIM, 30006)
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(5)
    assert of_kind(stage) == [TaskState.OPEN]
    stage.workspace.expect_message(DESK, "…01 cannot be texted")
    confirm(stage, stage.critical_stroke())
    assert len(stage.all(Attempt, channel="sms")) == 1


@pytest.mark.parametrize("what", ["nobody", "machine", "silence"])
def test_a_check_that_nobody_answers_changes_nothing(stage: Stage, what: str) -> None:
    """A mailbox confirms no number; it is called by relays as before."""
    call = asked(stage, "mercy-supervisor", SUPERVISOR)
    if what == "nobody":
        let_ring(stage, call)
    elif what == "machine":
        call.answer_machine(5)
        over(stage, call)
    else:
        answer(stage, call)
        over(stage, call)
    stage.advance(minutes=2)
    stage.workspace.expect_message(DESK, "The number …03 of Nursing supervisor, Mercy is not verified")
    assert stage.all(NumberStanding) == []
    assert not stage.open_tasks()


def test_the_list_names_who_is_unverified_and_who_is_unreachable(stage: Stage) -> None:
    """Of the sites that somebody administers, by names and last digits; whoever administers none is told so."""
    stage.load(FIRST, FIRST + UNVERIFIED)
    said = stage.command(QUINN, "verify")
    assert "Mercy: Dr. Ivan Petrov (mercy-hospitalist): no number may be called by machine; …04 has no consent." in said
    assert (
        "Dr. Grace Kim (mercy-ed-physician): …01 was verified on 2024-01-15, long ago; …61 was never verified." in said
    )
    assert "+1312" not in said
    assert "5550" not in said
    for stranger in (SILVA, HADDAD):
        assert "Only a pacs admin can do this" in stage.command(stranger, "verify")


def test_who_may_not_check_and_what_cannot_be_checked(stage: Stage) -> None:
    """A sentence each, and no call."""
    for user, contact, why in (
        (HADDAD, "mercy-ed-charge", "at a site that you administer"),
        (QUINN, "nobody", "no such contact"),
        (QUINN, "mercy-hospitalist", "no number has consent"),
        (QUINN, "prairie-charge", "in shadow"),
    ):
        assert why in stage.command(user, f"verify {contact}")
    stage.exchange.nothing_rings()


def test_no_number_stands_in_the_record(stage: Stage) -> None:
    """What was found of a number is recorded by the attempt's id; the number itself is sealed where it is kept."""
    pressed(stage, asked(stage, "mercy-ed-charge", CHARGE), "9")
    with stage.service.store.database.snapshot() as connection:
        assert "5550102" not in str(list(audit.export(connection)))
    assert of_kind(stage) == [TaskState.OPEN]
    assert [one.purpose for one in stage.attempts()] == [Purpose.VERIFY]
