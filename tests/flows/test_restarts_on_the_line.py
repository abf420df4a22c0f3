"""With somebody on the line, in every stage of the dialog, the process ends and begins again: the next key is understood.

The stages come from the table of keys: one that is added there without a case here fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers import pins
from handlers.domain.dialog import KEYS
from handlers.domain.recordings import Dictation, DictationState
from handlers.domain.relays import AFTERWARDS, Attempt, AttemptState, Ending, Outcome, Recording, RecordingState, Stage
from handlers.domain.tasks import TaskState
from sandbox.exchange import Call
from tests.flows.acts import (
    attempt_of,
    exhaust,
    hear_out,
    hear_the_finding,
    key_back,
    log_by_hand,
    look_at_everything,
    says,
)
from tests.flows.ringing import until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, LEE_PHONE, OKAFOR, QUINN, SUPERVISOR
from tests.flows.stage import Stage as World
from tests.flows.test_recorded_read_back import sound

PIN = "2748"
NAMED = "    name: Dr. Grace Kim\n    role: physician\n"
AGREED, LAPSED = (f"twilio: {{effective: 2020-01-01, expires: {year}-12-31}}" for year in (2039, 2021))
#: Stages in which a call waits for an answer: all that the table of keys knows, and the recording, which has no keys.
WAITING = {*KEYS, Stage.RECORD}
#: A story that yields once, in the stage; what follows is how it ends, restarted or not.
Story = Callable[[World], Iterator[None]]
CASES: list[tuple[Stage, Story]] = []


def waits_in(stage: Stage) -> Callable[[Story], Story]:
    """Mark a story as the case of a stage."""

    def kept(story: Story) -> Story:
        CASES.append((stage, story))
        return story

    return kept


def picked_up(world: World, number: str = KIM) -> Call:
    """Let the ordering physician of the newest study pick up."""
    call = world.rings(number)
    hear_out(world, number)
    call.answer()
    world.settle()
    return call


def at_lakeside(world: World, **over: str) -> Call:
    """Let a critical stroke of the site that records ring its ordering physician, who picks up."""
    world.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY", **over)
    world.finding()
    return picked_up(world, OKAFOR)


def confirmed(world: World) -> bool:
    """Tell whether the relay was confirmed by its code."""
    return world.relay().ending is Ending.CONFIRMED_BY_CODE


@waits_in(Stage.MENU)
def nobody_has_said_who_they_are(world: World) -> Iterator[None]:
    world.critical_stroke()
    call = picked_up(world)
    yield
    world.press(call, "1")
    key_back(world, call)
    assert confirmed(world)


@waits_in(Stage.PIN)
def a_pin_is_awaited(world: World) -> Iterator[None]:
    world.load(NAMED, f'{NAMED}    pin_hash: "{pins.hash_pin(PIN, world.service.house.pin_pepper)}"\n')
    world.critical_stroke()
    call = picked_up(world)
    assert "did not match" in world.press(call, "8472#")
    yield
    assert "subdural hematoma" in world.press(call, f"{PIN}#").lower()
    key_back(world, call)
    assert confirmed(world)
    assert world.attempts()[0].wrong == 1


@waits_in(Stage.NO_AGREEMENT)
def nothing_identifying_may_be_said(world: World) -> Iterator[None]:
    world.load(AGREED, LAPSED)
    world.critical_stroke()
    call = picked_up(world)
    yield
    assert "hematoma" not in " ".join(call.heard).lower()
    world.press(call, "9")
    assert world.attempts()[0].outcome is Outcome.WRONG_PERSON
    world.rings(CHARGE)


@waits_in(Stage.MAY_NOT)
def a_nurse_was_asked_to_fetch_a_physician(world: World) -> Iterator[None]:
    local = world.clock.instant.astimezone(ZoneInfo("America/New_York"))
    night = local.replace(hour=23, minute=0, second=0)
    world.advance((night + timedelta(days=night < local) - local).total_seconds())
    call = at_lakeside(world, patient_class="inpatient")
    assert "must go to a physician" in world.press(call, "2")
    yield
    assert "Holding" in world.press(call, "3")
    assert "hematoma" not in " ".join(call.heard).lower()
    call.press("1")
    world.settle()
    assert "hematoma" in world.press(call, "1").lower()
    world.press(call, "8")
    key_back(world, call)
    assert confirmed(world)


@waits_in(Stage.CODE)
def the_code_was_told_and_keyed_wrong_once(world: World) -> Iterator[None]:
    call = world.critical_stroke()
    hear_out(world)
    hear_the_finding(world, call)
    world.press(call, "999")
    yield
    assert "confirmed" in key_back(world, call).lower()
    assert confirmed(world)
    assert world.attempts()[0].wrong == 1


@waits_in(Stage.RECORD_CHOICE)
def whether_to_record_is_asked(world: World) -> Iterator[None]:
    call = at_lakeside(world)
    world.press(call, "1")
    yield
    world.press(call, "8")
    key_back(world, call)
    assert confirmed(world)
    assert not world.all(Recording)


@waits_in(Stage.RECORD)
def the_read_back_is_being_spoken(world: World) -> Iterator[None]:
    call = at_lakeside(world)
    world.press(call, "1")
    world.press(call, "1")
    world.listen(call)
    yield
    call.record("Doctor Okafor: acute subdural hematoma on the left.", seconds=6, key="#")
    world.settle()
    assert world.relay().ending is Ending.READ_BACK_RECORDED
    world.advance(60)
    assert [one.state for one in world.all(Recording)] == [RecordingState.STORED]


@waits_in(Stage.HOLD)
def somebody_fetches_the_physician(world: World) -> Iterator[None]:
    world.critical_stroke()
    call = picked_up(world)
    world.press(call, "3")
    world.advance(60)
    yield
    call.press("1")
    world.settle()
    world.press(call, "1")
    key_back(world, call)
    assert confirmed(world)
    assert world.attempts()[0].holds == 1


@waits_in(Stage.TAKE)
def the_desk_has_picked_up_and_not_taken_it(world: World) -> Iterator[None]:
    world.stroke_ct()
    world.finding()
    exhaust(world)
    hear_out(world)
    call = until_rings(world, DESK_PHONE, 1)
    look_at_everything(world)
    world.advance(1)
    other = world.rings(DESK_PHONE_2)
    call.answer()
    world.settle()
    yield
    world.press(call, "1")
    assert [one.state for one in world.open_tasks()] == [TaskState.TAKEN]
    assert not other.is_live
    log_by_hand(world)


@waits_in(Stage.CLAIM)
def whoever_is_on_call_was_asked_to_claim(world: World) -> Iterator[None]:
    rota = (
        '{for: readers, zone: America/Chicago, rotation: {people: [lee], begins: 2026-01-05, at: "07:00", every: 1w}}'
    )
    world.load("\nvendor_baas:\n", f"\nrotas:\n  readers: {rota}\n\nvendor_baas:\n")
    world.load("members: [lee, haddad, stone]}", "members: [lee, haddad, stone], oncall: readers}")
    world.stroke_ct()
    call = until_rings(world, LEE_PHONE, 5)
    call.answer()
    world.settle()
    yield
    assert "it is yours" in world.press(call, "1")
    assert world.read().claimed_by == "lee"


def on_the_line(world: World, stage: Stage) -> bool:
    """Tell whether somebody is on the line in this stage."""
    state = AttemptState.FINISHED if stage in AFTERWARDS else AttemptState.TALKING
    return any(one.open_number is not None for one in world.all(Attempt, state=state, stage=stage))


def at_the_charge_line(world: World, kind: str) -> Call:
    """Let the second rung's line, of a kind, be answered."""
    world.load('"+13125550102", kind: unit', f'"+13125550102", kind: {kind}')
    call = world.critical_stroke()
    hear_out(world)
    call.busy()
    world.settle()
    until_rings(world, KIM).busy()
    charge = until_rings(world, CHARGE)
    charge.answer()
    world.settle()
    return charge


@waits_in(Stage.ASK)
def an_operator_was_asked(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "switchboard")
    yield
    world.press(call, "1")
    key_back(world, call)
    assert confirmed(world)


@waits_in(Stage.TRANSFER)
def an_operator_is_connecting(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "switchboard")
    assert "I am holding" in says(world, call, "One moment, I will transfer you")
    yield
    world.press(call, "1")
    key_back(world, call)
    assert confirmed(world)


@waits_in(Stage.SERVICE)
def an_answering_service_is_asked(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "answering_service")
    yield
    assert "code" in world.press(call, "1")
    assert attempt_of(world, call).outcome is Outcome.MESSAGE_LEFT
    until_rings(world, SUPERVISOR)


@waits_in(Stage.MESSAGE)
def a_message_was_given(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "answering_service")
    world.press(call, "1")
    yield
    assert "In how many minutes" in says(world, call, "Dana")
    until_rings(world, SUPERVISOR)


@waits_in(Stage.PROMISE)
def a_promise_is_asked_for(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "answering_service")
    world.press(call, "1")
    says(world, call, "Dana")
    yield
    assert "Noted: 20 minutes" in world.press(call, "20#")
    until_rings(world, SUPERVISOR)


@waits_in(Stage.NAME)
def a_name_is_asked_for(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "unit")
    world.press(call, "1")
    key_back(world, call)
    yield
    assert "I have: Pat Jones" in says(world, call, "Pat Jones")
    assert confirmed(world)


@waits_in(Stage.NAME_CHECK)
def a_name_was_played_back(world: World) -> Iterator[None]:
    call = at_the_charge_line(world, "unit")
    world.press(call, "1")
    key_back(world, call)
    says(world, call, "Pat Jones")
    yield
    assert world.press(call, "1") == "Thank you. Goodbye."
    assert confirmed(world)


def offered_a_pin(world: World) -> Call:
    """Let the ordering physician answer the call that brings a new PIN."""
    world.command(QUINN, "pin mercy-ed-physician")
    call = until_rings(world, KIM, 1)
    call.answer()
    world.settle()
    return call


@waits_in(Stage.CHECK)
def a_new_pin_is_offered(world: World) -> Iterator[None]:
    call = offered_a_pin(world)
    yield
    assert "Your radrelay PIN is" in world.press(call, "1")
    call.hang_up()
    world.settle()
    world.open_tasks()


@waits_in(Stage.NEW_PIN)
def a_new_pin_was_told(world: World) -> Iterator[None]:
    call = offered_a_pin(world)
    pin = "".join(re.findall(r"Your radrelay PIN is (\d), (\d), (\d), (\d)", world.press(call, "1"))[-1])
    yield
    assert "Your PIN is set" in world.press(call, f"{pin}#")
    world.workspace.expect_message(DESK, "Dr. Grace Kim has a new PIN")


MERCY = '    pacs_link: "https://pacs.mercy.example'


def asked_to_dictate(world: World) -> Call:
    """Let the radiologist answer the call in which she says the finding; meanwhile the relay rings on."""
    world.load(MERCY, f"    recording: {{finding: true}}\n{MERCY}")
    world.critical_stroke()
    hear_out(world)
    world.command(LEE, f"record {world.case()}")
    call = until_rings(world, LEE_PHONE, 1)
    call.answer()
    world.settle()
    return call


def dictated(world: World) -> Call:
    """Let her say it; it is on its way here."""
    call = asked_to_dictate(world)
    world.press(call, "1")
    world.listen(call)
    call.record(sound(), 6, key="#")
    world.settle()
    return call


@waits_in(Stage.DICTATE)
def a_radiologist_is_asked_for_her_voice(world: World) -> Iterator[None]:
    call = asked_to_dictate(world)
    yield
    assert "After the tone say the finding" in world.press(call, "1")
    call.hang_up()
    world.settle()


@waits_in(Stage.FETCHING)
def what_she_said_is_fetched(world: World) -> Iterator[None]:
    call = dictated(world)
    yield
    world.advance(8)
    assert "(recording of 6 s)" in " ".join(call.heard)
    call.hang_up()
    world.settle()


@waits_in(Stage.DICTATED)
def what_she_said_was_played_back(world: World) -> Iterator[None]:
    call = dictated(world)
    world.advance(6)
    yield
    assert "Kept" in world.press(call, "1")
    assert world.all(Dictation)[-1].state is DictationState.KEPT


@pytest.mark.parametrize("restarted", [False, True], ids=["going-on", "restarted"])
@pytest.mark.parametrize(("waiting", "story"), CASES, ids=[story.__name__ for _, story in CASES])
def test_a_restart_loses_nobody_on_the_line(stage: World, waiting: Stage, story: Story, *, restarted: bool) -> None:
    """The story ends the same whether or not the process ended while somebody was on the line; no call is dialed twice."""
    told = story(stage)
    next(told)
    assert on_the_line(stage, waiting)
    dialed = len(stage.exchange.calls)
    if restarted:
        stage.restart()
        assert on_the_line(stage, waiting)
        assert len(stage.exchange.calls) == dialed
    assert next(told, None) is None


def test_every_stage_that_waits_has_a_case() -> None:
    """A stage in which the table of keys listens, and in which no story restarts, fails here."""
    assert {stage for stage, _ in CASES} == WAITING
