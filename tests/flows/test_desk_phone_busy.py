"""One telephone, one call: a round waits for a phone that is in use, and that phone alone."""

from __future__ import annotations

from handlers import desk
from handlers.domain.relays import RelayState
from handlers.domain.tasks import TaskKind
from handlers.once import in_transaction
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import (
    advance_until_ringing,
    attempt_of,
    confirm,
    dialed,
    hear_out,
    hear_the_finding,
    key_back,
    look_at_everything,
)
from tests.flows.ringing import answer, over, until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, OKAFOR, OURS, QUINN, Stage
from tests.flows.test_three_wrong_codes import three_wrong


def finding_without_study(stage: Stage, accession: str) -> None:
    """Report a finding on a study that nobody has sent: the desk is rung."""
    assert stage.hospital.report_critical_finding(accession, "Free air.")[0] == 202
    stage.settle()
    stage.advance(1)


def mentions(stage: Stage) -> int:
    """Return how often the desk's channel was called."""
    stage.advance(5)
    return sum("<!here>" in str(one.blocks) for one in stage.workspace.messages(DESK))


def test_only_the_busy_phone_is_tried_again(stage: Stage) -> None:
    """The free phone rings once in the round and the channel is called once; the busy one rings as soon as it can."""
    finding_without_study(stage, "SBX-LATE-1")
    talking = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2).decline()
    answer(stage, talking)
    finding_without_study(stage, "SBX-LATE-2")
    stage.rings(DESK_PHONE_2).decline()
    before = mentions(stage)
    stage.advance(28)
    stage.exchange.nothing_rings()
    task = stage.open_tasks()[-1]
    assert task.rounds == 1
    talking.hang_up()
    advance_until_ringing(stage, DESK_PHONE, minutes=1).decline()
    stage.advance(minutes=3)
    assert len(dialed(stage, DESK_PHONE)) == 2
    assert len(dialed(stage, DESK_PHONE_2)) == 2
    assert mentions(stage) == before
    assert stage.open_tasks()[-1].rounds == 1
    stage.advance(minutes=1)
    assert [task.rounds for task in stage.open_tasks()] == [2, 2]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_a_busy_phone_is_not_rung_any_more_once_the_task_was_taken(stage: Stage) -> None:
    """Taken at the other phone meanwhile: the one that was busy stays silent."""
    finding_without_study(stage, "SBX-LATE-1")
    talking = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2).decline()
    answer(stage, talking)
    finding_without_study(stage, "SBX-LATE-2")
    other = stage.rings(DESK_PHONE_2)
    answer(stage, other)
    stage.press(other, "1")
    over(stage, other)
    talking.hang_up()
    stage.advance(minutes=2)
    assert len(dialed(stage, DESK_PHONE)) == 1
    stage.exchange.nothing_rings()


def desk_is_bridged(stage: Stage) -> tuple[Call, Call]:
    """Let a bridge ring the desk; return its two legs."""
    three_wrong(stage)
    stage.rings(LEE_PHONE).decline()
    stage.settle()
    first = until_rings(stage, DESK_PHONE, 1)
    return first, until_rings(stage, DESK_PHONE_2, 1)


def test_a_round_leaves_a_phone_alone_that_a_bridge_rings(stage: Stage) -> None:
    """Somebody waits for exactly this phone: the round rings it when the bridge is over."""
    first, second = desk_is_bridged(stage)
    finding_without_study(stage, "SBX-LATE-1")
    assert stage.exchange.ringing(DESK_PHONE) == [first]
    assert stage.exchange.ringing(DESK_PHONE_2) == [second]
    answer(stage, first)
    stage.press(first, "1")
    stage.listen(first)
    again = advance_until_ringing(stage, DESK_PHONE_2, minutes=1)
    assert again.direction == "outbound-api"
    assert not stage.exchange.ringing(DESK_PHONE)
    first.hang_up()
    stage.settle()
    assert advance_until_ringing(stage, DESK_PHONE, minutes=1).direction == "outbound-api"
    assert TaskKind.OUTCOME_NEEDED in {task.kind for task in stage.open_tasks()}


def asks_for_a_person(stage: Stage) -> Call:
    """Call our number and press 0: the caller gives no code."""
    caller = stage.exchange.call_in(OKAFOR, OURS)
    stage.settle()
    stage.press(caller, "0#")
    stage.listen(caller)
    return caller


def test_a_bridge_leaves_a_phone_alone_that_is_in_use(stage: Stage) -> None:
    """The desk's other telephone is free: whoever talks to us on this one is not rung a second time."""
    call = stage.critical_stroke()
    hear_out(stage)
    finding_without_study(stage, "SBX-LATE-1")
    talking = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2).decline()
    answer(stage, talking)
    answer(stage, call)
    stage.press(call, "0")
    stage.listen(call)
    stage.rings(LEE_PHONE).decline()
    second = until_rings(stage, DESK_PHONE_2, 1)
    assert talking.is_live
    assert not stage.exchange.ringing(DESK_PHONE)
    answer(stage, second)
    stage.press(second, "1")
    stage.listen(second)
    call.say("I need a person")
    assert "I need a person" in str(second.transcript)


def test_a_radiologist_on_our_line_is_passed_over_for_the_desk(stage: Stage) -> None:
    """Two callers ask for the same radiologist: the second does not wait for a telephone that is in use."""
    three_wrong(stage)
    talking = until_rings(stage, LEE_PHONE, 1)
    answer(stage, talking)
    stage.press(talking, "1")
    second = stage.exchange.call_in(OKAFOR, OURS)
    stage.settle()
    stage.press(second, stage.relay().callback_code)
    stage.press(second, "0")
    stage.listen(second)
    until_rings(stage, DESK_PHONE, 1)
    assert talking.is_live
    assert not stage.exchange.ringing(LEE_PHONE)
    look_at_everything(stage, {DESK_PHONE_2: 1})


def test_where_every_phone_of_the_desk_rings_whoever_waits_is_still_connected(stage: Stage) -> None:
    """The one exception: a person on the line is better off with a second ring than with nobody."""
    finding_without_study(stage, "SBX-LATE-1")
    robots = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2)
    caller = asks_for_a_person(stage)
    legs = [call for call in stage.exchange.ringing(DESK_PHONE) if call is not robots]
    assert [leg.direction for leg in legs] == ["outbound-dial"]
    answer(stage, legs[0])
    stage.press(legs[0], "1")
    stage.listen(legs[0])
    caller.say("I need a person")
    assert "I need a person" in str(legs[0].transcript)
    look_at_everything(stage, {DESK_PHONE_2: 1})


def test_a_caller_without_a_code_rings_the_free_phone_of_the_desk(stage: Stage) -> None:
    """The other one rings for a task, and is left alone."""
    finding_without_study(stage, "SBX-LATE-1")
    robots = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2).decline()
    asks_for_a_person(stage)
    assert stage.exchange.ringing(DESK_PHONE) == [robots]
    assert [call.direction for call in stage.exchange.ringing(DESK_PHONE_2)] == ["outbound-dial"]
    look_at_everything(stage, {DESK_PHONE_2: 1})


def test_whoever_is_on_our_line_is_not_dialed_by_another_relay(stage: Stage) -> None:
    """The physician has called back and holds: her next patient's call waits until she has hung up."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    inbound = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    stage.press(inbound, stage.relay().callback_code)
    stage.press(inbound, "3")
    stage.stroke_ct()
    stage.finding()
    hear_out(stage)
    stage.advance(45)
    assert stage.relay().state is RelayState.BETWEEN
    assert dialed(stage, KIM) == [call]
    inbound.hang_up()
    stage.settle()
    second = advance_until_ringing(stage, KIM, minutes=1)
    hear_the_finding(stage, second)
    key_back(stage, second)


def test_a_caller_who_has_hung_up_holds_no_line(stage: Stage) -> None:
    """Not even when the telephone company's word of it is lost: we ask."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    stage.exchange.faults.drop("completed")
    inbound = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    stage.press(inbound, stage.relay().callback_code)
    inbound.hang_up()
    advance_until_ringing(stage, KIM, minutes=4).busy()
    assert [task.kind for task in stage.open_tasks()] == []


def test_the_desk_still_hears_of_a_relay_at_its_own_pace(stage: Stage) -> None:
    """Nothing of this delays a relay whose clinician is free."""
    finding_without_study(stage, "SBX-LATE-1")
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    assert not dialed(stage, CHARGE)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_a_telephone_that_several_wait_for_rings_first_for_what_is_most_urgent(stage: Stage) -> None:
    """Somebody whom nobody called back waited first, then came a finding that nobody is told: the line is that one's."""
    finding_without_study(stage, "SBX-LATE-1")
    talking = stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2).decline()
    answer(stage, talking)
    house = stage.service.house
    in_transaction(house, "mercy", lambda tx: desk.open_task(tx, house, TaskKind.MISSED_CALLER, subject_id="call"))
    stage.advance(10)
    finding_without_study(stage, "SBX-LATE-2")
    missed, finding = sorted(stage.open_tasks(), key=lambda task: task.opened_at)[1:]
    assert (missed.kind, finding.kind) == (TaskKind.MISSED_CALLER, TaskKind.FINDING_WITHOUT_STUDY)
    stage.advance(9)
    assert stage.clock.instant < missed.opened_at + desk.PHONE_BUSY
    over(stage, talking)
    ringing = advance_until_ringing(stage, DESK_PHONE, minutes=1)
    assert attempt_of(stage, ringing).task_id == finding.id
    rung = [entry["rung"] for entry in facts_of(stage, "task:ring")]
    assert rung == [2, 1, 0]
    stage.command(QUINN, "halt")
    stage.advance(60)
    for one in stage.exchange.unexpected():
        one.seen = True


def facts_of(stage: Stage, action: str) -> list[dict[str, object]]:
    """Return the facts of an action's entries."""
    with stage.service.store.database.snapshot() as connection:
        return [one["facts"] for one in audit.export(connection) if one["action"] == action]
