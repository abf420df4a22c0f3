"""In every state in which something is waited for, the process ends and begins again, and the story ends as it would have.

The states come from the tables: one that is added there without a case here fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import pytest

from handlers.domain.relays import (
    ATTEMPT_TABLE,
    RELAY_TABLE,
    Attempt,
    AttemptState,
    Ending,
    Recording,
    RecordingState,
    Relay,
    RelayState,
)
from handlers.domain.studies import Finding, FindingState
from handlers.domain.tasks import TASK_TABLE, DeskTask, TaskKind, TaskState
from sandbox.exchange import Call
from tests.flows.acts import (
    advance_until_ringing,
    attempt_of,
    confirm,
    creates,
    desk_takes,
    dialed,
    exhaust,
    hear_out,
    hear_the_finding,
    key_back,
    log_by_hand,
    look_at_everything,
    nurse_confirms,
)
from tests.flows.crashing import CrashingBeforeAsking, CrashingDialer, dying_while_dialing
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, QUINN, Stage

OKAFOR = "+12125550111"
#: Where states of each kind are kept.
KINDS: dict[type[StrEnum], type] = {
    AttemptState: Attempt,
    RelayState: Relay,
    TaskState: DeskTask,
    FindingState: Finding,
    RecordingState: Recording,
}
#: A state from which the table leads on is one in which something is waited for.
WAITING: set[StrEnum] = {
    *(state for state, _ in ATTEMPT_TABLE),
    *(state for state, _ in RELAY_TABLE),
    *(state for state, _ in TASK_TABLE),
    FindingState.WAITING,
    RecordingState.PENDING,
}
#: A story that yields once, in the waiting state; what follows is how it ends, restarted or not.
Story = Callable[[Stage], Iterator[None]]
CASES: list[tuple[StrEnum, Story]] = []


def waits_in(state: StrEnum) -> Callable[[Story], Story]:
    """Mark a story as the case of a state."""

    def kept(story: Story) -> Story:
        CASES.append((state, story))
        return story

    return kept


@waits_in(AttemptState.QUEUED)
def the_vendor_asked_for_patience(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.exchange.faults.next_create("429")
    stage.finding()
    yield
    hear_out(stage)
    the_only_call_is_confirmed(stage, advance_until_ringing(stage, KIM, minutes=1))


@waits_in(AttemptState.SUBMITTING)
def it_died_after_the_vendor_took_the_call(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    with dying_while_dialing(stage, CrashingDialer):
        stage.finding()
    yield
    stage.exchange.faults.drop("initiated", "ringing")
    call = stage.rings(KIM)
    stage.advance(29)
    if call.status != "ringing":  # the lease of a dead process outlives the ringing where others may live
        call = advance_until_ringing(stage, KIM, minutes=3)
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert set(creates(stage).values()) == {1}
    look_at_everything(stage, {}, {KIM: 1})


@waits_in(AttemptState.SUBMITTING)
def it_died_before_the_vendor_heard_of_it(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    with dying_while_dialing(stage, CrashingBeforeAsking):
        stage.finding()
    yield
    call = advance_until_ringing(stage, KIM, minutes=2)
    hear_out(stage)
    the_only_call_is_confirmed(stage, call)
    assert stage.relay().step == 0


@waits_in(AttemptState.IN_DOUBT)
def the_answer_of_the_vendor_was_lost(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.drop("initiated", "ringing")
    stage.finding()
    yield
    hear_out(stage)
    call = stage.rings(KIM)
    stage.advance(6)
    assert attempt_of(stage, call).state is AttemptState.RINGING
    the_only_call_is_confirmed(stage, call)


@waits_in(AttemptState.RINGING)
def the_telephone_rings(stage: Stage) -> Iterator[None]:
    call = stage.critical_stroke()
    hear_out(stage)
    yield
    the_only_call_is_confirmed(stage, call)


@waits_in(AttemptState.TALKING)
def the_finding_was_heard_and_its_code_not_yet_keyed(stage: Stage) -> Iterator[None]:
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    yield
    assert "confirmed" in key_back(stage, call).lower()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@waits_in(AttemptState.BRIDGED)
def the_radiologist_is_being_rung_for_a_bridge(stage: Stage) -> Iterator[None]:
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "0")
    stage.advance(10)
    yield
    leg = stage.rings(LEE_PHONE)
    leg.answer()
    stage.settle()
    stage.press(leg, "1")
    stage.advance(10)
    assert call.status == "in-progress"
    call.hang_up()
    stage.settle()
    assert [(task.kind, task.state) for task in stage.open_tasks()] == [(TaskKind.OUTCOME_NEEDED, TaskState.TAKEN)]
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN


@waits_in(RelayState.CALLING)
def the_second_rung_is_being_called(stage: Stage) -> Iterator[None]:
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "9")
    yield
    assert stage.relay().step == 1
    nurse = stage.rings(CHARGE)
    nurse_confirms(stage, nurse)
    assert (stage.relay().ending, stage.relay().ended_role) == (Ending.CONFIRMED_BY_CODE, "rn")


@waits_in(RelayState.BETWEEN)
def it_was_engaged_and_will_be_tried_again(stage: Stage) -> Iterator[None]:
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    yield
    stage.advance(59)
    stage.exchange.nothing_rings()
    stage.advance(2)
    confirm(stage, stage.rings(KIM))
    assert len(dialed(stage, KIM)) == 2
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@waits_in(RelayState.HELD)
def calls_are_halted(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.command(QUINN, "halt mercy")
    stage.finding()
    yield
    stage.advance(minutes=10)
    stage.exchange.nothing_rings()
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.HALTED]
    stage.command(QUINN, "resume mercy")
    call = stage.rings(KIM)
    hear_out(stage)
    the_only_call_is_confirmed(stage, call)


@waits_in(RelayState.AT_DESK)
def the_desk_is_being_rung(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    yield
    desk_takes(stage)
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert not stage.open_tasks()


@waits_in(TaskState.OPEN)
def nobody_took_the_first_round(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    stage.advance(40)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1}, {KIM: 1})
    stage.exchange.nothing_rings()
    yield
    advance_until_ringing(stage, DESK_PHONE, minutes=2)
    assert stage.open_tasks()[0].rounds == 2
    desk_takes(stage)
    assert len(dialed(stage, DESK_PHONE)) == len(dialed(stage, DESK_PHONE_2)) == 2
    log_by_hand(stage)
    assert stage.relay().state is RelayState.ENDED


@waits_in(TaskState.TAKEN)
def taken_and_no_outcome_given(stage: Stage) -> Iterator[None]:
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    desk_takes(stage)
    yield
    stage.advance(minutes=21)
    stage.exchange.nothing_rings()
    advance_until_ringing(stage, DESK_PHONE, minutes=10)
    assert "task:reopen" in stage.actions()
    desk_takes(stage)
    log_by_hand(stage)
    assert stage.relay().state is RelayState.ENDED


@waits_in(FindingState.WAITING)
def the_study_has_not_arrived(stage: Stage) -> Iterator[None]:
    assert stage.hospital.report_critical_finding("SBX9", "Free air.")[0] == 202
    stage.settle()
    yield
    desk_takes(stage)
    stage.stroke_ct(accession_number="SBX9")
    call = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, call)
    assert not stage.open_tasks()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@waits_in(RecordingState.PENDING)
def the_read_back_is_not_fetched_yet(stage: Stage) -> Iterator[None]:
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.finding()
    call = stage.rings(OKAFOR)
    hear_out(stage, OKAFOR)
    hear_the_finding(stage, call)
    stage.press(call, "1")
    stage.listen(call)
    call.record("Doctor Okafor: acute subdural hematoma on the left.", seconds=6, key="#")
    stage.settle()
    assert stage.relay().ending is Ending.READ_BACK_RECORDED
    yield
    stage.advance(60)
    assert [one.state for one in stage.all(Recording)] == [RecordingState.STORED]
    assert stage.all(Recording)[0].audio


def the_only_call_is_confirmed(stage: Stage, call: Call) -> None:
    """Confirm it; nothing else was ever dialed."""
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    stage.advance(minutes=6)
    assert [one for one in stage.exchange.calls if one.direction == "outbound-api"] == [call]


def reached(stage: Stage, state: StrEnum) -> bool:
    """Tell whether anything waits in this state."""
    return bool(stage.all(KINDS[type(state)], state=state))


@pytest.mark.parametrize("restarted", [False, True], ids=["going-on", "restarted"])
@pytest.mark.parametrize(("state", "story"), CASES, ids=[story.__name__ for _, story in CASES])
def test_a_restart_changes_no_ending(stage: Stage, state: StrEnum, story: Story, *, restarted: bool) -> None:
    """The story ends the same whether or not the process ended in the middle of its waiting."""
    told = story(stage)
    next(told)
    assert reached(stage, state)
    if restarted:
        stage.restart()
        assert reached(stage, state)
    assert next(told, None) is None
    with pytest.raises(StopIteration):
        next(told)


def test_every_waiting_state_has_a_case() -> None:
    """A state from which a table leads on, and for which no story restarts, fails here."""
    without = WAITING - {state for state, _ in CASES}
    assert not without, f"no restart is shown for {sorted(map(repr, without))}"
