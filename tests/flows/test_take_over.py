"""A desk's task changes hands: taken by typing its case, taken over by somebody else, and what ``/relay status`` tells."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from handlers.domain.relays import Ending
from handlers.domain.tasks import DeskTask, TaskKind, TaskState
from store import audit
from tests.flows.acts import advance_until_ringing, key_back, look_at_everything
from tests.flows.stage import CHARGE, DESK, LEE, QUINN, SILVA, STRANGER, Stage


def a_task_of_a_case(stage: Stage) -> DeskTask:
    """Let the ordering clinician be unknown: the desk is asked to find one, while the charge nurse's phone rings."""
    stage.stroke_ct(ordering_contact=None)
    stage.finding()
    stage.advance(3)
    return only_task(stage)


def only_task(stage: Stage) -> DeskTask:
    """Return the one task that is not done."""
    (task,) = stage.open_tasks()
    return task


def status(stage: Stage, user: str) -> set[str]:
    """Return the lines of ``/relay status``."""
    return set(stage.command(user, "status").splitlines())


def facts_of(stage: Stage, action: str) -> list[tuple[str, dict[str, object]]]:
    """Return actor and facts of every entry of an action, oldest first."""
    with stage.service.store.database.snapshot() as connection:
        return [(one["actor"], one["facts"]) for one in audit.export(connection) if one["action"] == action]


def the_nurse_confirms(stage: Stage) -> None:
    """End the relay, and with it its tasks."""
    call = advance_until_ringing(stage, CHARGE, minutes=1)
    call.answer()
    stage.settle()
    stage.press(call, "2")
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert not stage.open_tasks()


def the_halted_call(stage: Stage) -> None:
    """Look at what the halt left: a call to the nurse that was hung up, and the desk's task that said so."""
    look_at_everything(stage, calls={CHARGE: 1})
    assert [one.kind for one in stage.tasks()] == [TaskKind.FIND_CONTACT, TaskKind.HALTED]


def test_a_task_is_taken_over_and_its_thread_names_both(stage: Stage) -> None:
    """*Take over* on a taken card: the second has it, the record and the thread name the first as well."""
    a_task_of_a_case(stage)
    assert f"You have it. Record the outcome on the case page, or with `/relay log {stage.case()}`." in (
        stage.click(QUINN, "take", DESK)
    )
    stage.advance(3)
    assert "Take over" in stage.desk_card().words
    assert "You have it now instead of Pat Quinn. Record the outcome" in stage.click(LEE, "take", DESK)
    assert (only_task(stage).state, only_task(stage).taken_by) == (TaskState.TAKEN, "Dr. Maya Lee")
    stage.advance(3)
    assert "Taken by Dr. Maya Lee" in stage.desk_card().words
    thread = " ".join(one.words for one in stage.workspace.thread(DESK, stage.desk_card().ts))
    assert "Dr. Maya Lee took this over from Pat Quinn" in thread
    (first, _), (second, facts) = facts_of(stage, "task:take")
    assert (first, second) == ("staff:quinn", "radiologist:lee")
    assert facts["taken_from"] == "Pat Quinn"
    the_nurse_confirms(stage)


def test_whoever_took_over_is_reminded_anew(stage: Stage) -> None:
    """The ten minutes of silence begin with the one who has it now."""
    a_task_of_a_case(stage)
    card = stage.desk_card()
    stage.click(QUINN, "take", DESK)
    stage.command(QUINN, "halt")  # nobody's phone rings for twenty minutes of silence
    stage.advance(minutes=9)
    stage.click(LEE, "take", DESK, card)
    stage.advance(minutes=9)
    assert "task:remind" not in stage.actions()
    stage.advance(minutes=2)
    assert stage.actions().count("task:remind") == 1
    stage.command(QUINN, "resume")
    the_nurse_confirms(stage)
    the_halted_call(stage)


def test_who_has_it_already_is_told_so(stage: Stage) -> None:
    """A second press of the same person changes nothing and says that it is theirs."""
    a_task_of_a_case(stage)
    stage.click(QUINN, "take", DESK)
    stage.advance(3)
    assert "You have this already" in stage.click(QUINN, "take", DESK)
    assert stage.actions().count("task:take") == 1
    the_nurse_confirms(stage)


def test_who_may_not_take_may_not_take_over(stage: Stage) -> None:
    """An auditor and a stranger are refused; it stays with who has it."""
    a_task_of_a_case(stage)
    stage.click(QUINN, "take", DESK)
    stage.advance(3)
    assert "Only a PACS administrator" in stage.click(SILVA, "take", DESK)
    assert "do not know you" in stage.click(STRANGER, "take", DESK)
    assert only_task(stage).taken_by == "Pat Quinn"
    the_nurse_confirms(stage)


def test_a_task_is_taken_by_typing_its_case(stage: Stage) -> None:
    """``/relay take CASE`` takes it by name; from somebody else it takes it over."""
    a_task_of_a_case(stage)
    assert "You have it" in stage.command(QUINN, f"take {stage.case()}")
    assert (only_task(stage).state, only_task(stage).taken_by) == (TaskState.TAKEN, "Pat Quinn")
    assert "You have this already" in stage.command(QUINN, f"take {stage.case()}")
    assert "You have it" in stage.command(LEE, f"take {stage.case()}")
    assert only_task(stage).taken_by == "Dr. Maya Lee"
    the_nurse_confirms(stage)
    assert "Nothing of case" in stage.command(QUINN, f"take {stage.case()}")


def test_status_tells_the_open_relays_and_what_is_halted(stage: Stage) -> None:
    """A line a relay, by case and the site's alias; a halt of a site by its alias, one of all as such; never a name."""
    a_task_of_a_case(stage)
    said = stage.command(LEE, "status")
    assert f"{stage.case()} · Mercy · category 1 · calling · step 2 of 4" in said
    assert "halted" not in said
    stage.command(QUINN, "halt lakeside")
    stage.command(QUINN, "halt")
    said = stage.command(LEE, "status")
    local = stage.clock.now().astimezone(ZoneInfo("America/New_York"))
    assert f"Calls are halted: Lakeside, by Pat Quinn since {local:%a %H:%M %Z}" in said
    assert "Calls are halted: all facilities, by Pat Quinn since" in said
    for secret in (stage.study().accession_number, stage.study().patient_name.split("^")[0], "hematoma"):
        assert secret not in said
    stage.command(QUINN, "resume")
    stage.command(QUINN, "resume lakeside")
    the_nurse_confirms(stage)
    assert status(stage, LEE) == {"No relay is open."}
    the_halted_call(stage)


def test_status_says_nothing_of_a_site_that_one_does_not_work_for(stage: Stage) -> None:
    """Neither its relays nor its halt: an administrator of Lakeside hears of Lakeside, and of a halt of all."""
    stage.load(
        '  silva:\n    name: Ana Silva\n    slack_user: U000000004\n    roles: {auditor: "*"}',
        "  silva:\n    name: Ana Silva\n    slack_user: U000000004\n    roles: {pacs_admin: [lakeside]}",
    )
    a_task_of_a_case(stage)
    stage.command(QUINN, "halt mercy")
    assert status(stage, SILVA) == {"No relay is open."}
    assert "Calls are halted: Mercy" in stage.command(QUINN, "status")
    stage.command(QUINN, "halt")
    since = f"{stage.clock.now():%a %H:%M} UTC"
    assert status(stage, SILVA) == {f"Calls are halted: all facilities, by Pat Quinn since {since}"}
    stage.command(QUINN, "resume mercy")
    stage.command(QUINN, "resume")
    the_nurse_confirms(stage)
    the_halted_call(stage)
