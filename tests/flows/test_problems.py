"""Problems with a study: told to the desk without ringing, the clock stands still meanwhile, and each ends with an outcome."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from handlers import problems
from handlers.domain.errors import Rejection
from handlers.domain.problems import Problem, ProblemKind, ProblemState
from handlers.domain.studies import ReadState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from tests.flows import directories
from tests.flows.acts import exhaust, look_at_everything
from tests.flows.stage import DESK, LEE, QUINN, READS, SILVA, STRANGER, Stage

PAUSES_NONE = ("    shadow: false\n    pacs_link", "    shadow: false\n    pauses: []\n    pacs_link")


def by_button(stage: Stage, user: str, kind: str) -> str:
    """Report a problem through the card's form; return what its modal says in the end."""
    refused = stage.click(user, "problem")
    if refused:
        return refused
    stage.workspace.submit(user, {"problem": {"problem": kind}})
    stage.settle()
    view = stage.workspace.modal(user)
    return "" if view is None else f"{view.words} {' '.join(view.errors.values())}"


def by_command(stage: Stage, user: str, kind: str) -> str:
    """Report a problem by the case's code."""
    return stage.command(user, f"problem {stage.case()} {kind}")


def problem(stage: Stage, kind: str) -> Problem:
    """Return the newest problem of a kind."""
    return stage.all(Problem, kind=ProblemKind(kind))[-1]


def end(stage: Stage, kind: str, outcome: str = "solved") -> str:
    """Let Pat Quinn end a problem on its desk card."""
    (task,) = [one for one in stage.tasks(kind=TaskKind.STUDY_PROBLEM) if one.subject_id == problem(stage, kind).id]
    with stage.service.store.memory.reading() as look:
        shown = look.message(task.id)
    assert shown is not None
    card = stage.workspace.memory.find(*shown)
    return stage.click(QUINN, "done", channel=DESK, message=card, value=outcome)


def thread(stage: Stage) -> str:
    """Return all that stands under the newest read's card."""
    return "\n".join(one.text for one in stage.workspace.thread(READS, stage.card().ts))


def test_a_problem_stops_the_clock_and_its_end_moves_the_due_instant_by_exactly_the_pause(stage: Stage) -> None:
    """Reported by button, taken, reminded, solved: the read is due as much later as it stood still, and its reader is told."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(minutes=2)
    due, left = stage.read().due_at, stage.read().due_at - stage.clock.instant
    assert "The desk is told. The clock stands still" in by_button(stage, LEE, "missing_prior")
    stage.advance(5)
    assert stage.read().paused_since == stage.clock.instant - timedelta(seconds=5)
    (task,) = stage.open_tasks()
    assert (task.kind, task.rings, stage.exchange.ringing()) == (TaskKind.STUDY_PROBLEM, False, [])
    minutes = f"{int(left.total_seconds() // 60)} min left when it goes on"
    stage.advance(minutes=10)
    assert "paused: missing prior, since" in stage.card().words
    assert minutes in stage.card().words
    assert "You have it. When it is done, pick the outcome on its card." in stage.click(QUINN, "take", channel=DESK)
    stage.advance(5)
    assert problem(stage, "missing_prior").taken_by == "Pat Quinn"
    assert "missing prior, Pat Quinn has it" in stage.card().words
    assert stage.read().due_at == due
    assert "Done: Solved: it can be read." in end(stage, "missing_prior")
    stage.advance(5)
    stood = timedelta(minutes=10, seconds=10)
    assert (stage.read().due_at, stage.read().paused_since) == (due + stood, None)
    assert problem(stage, "missing_prior").state is ProblemState.SOLVED
    assert (
        f"<@{LEE}> Problem ended by Pat Quinn: missing prior. Solved: it can be read. The clock goes on; due"
        in thread(stage)
    )
    assert "paused" not in stage.card().words
    told = [one for one in stage.actions() if one.startswith(("problem:", "clock:"))]
    assert told == ["problem:open", "clock:pause", "problem:take", "problem:solve", "clock:resume"]


def test_the_desk_is_reminded_of_a_problem_until_it_has_an_outcome(stage: Stage) -> None:
    """Every twenty minutes, taken or not, without a ring; after the outcome no more."""
    stage.stroke_ct(priority="routine")
    by_command(stage, QUINN, "incomplete_series")
    card = stage.workspace.expect_message(DESK, "study problem")
    stage.advance(minutes=21)
    notes = [one.text for one in stage.workspace.thread(DESK, card.ts)]
    assert notes == ["<!here> Nobody has taken this; it still needs an outcome."]
    stage.click(QUINN, "take", channel=DESK, message=card)
    stage.advance(minutes=20)
    assert stage.actions().count("problem:remind") == 2
    end(stage, "incomplete_series", "read_as_is")
    stage.advance(minutes=60)
    assert stage.actions().count("problem:remind") == 2
    assert problem(stage, "incomplete_series").state is ProblemState.CLOSED


def test_while_two_problems_overlap_no_minute_counts_twice(stage: Stage) -> None:
    """The clock goes on when the last one ends, and the due instant moves by the time in which any of them lasted."""
    stage.stroke_ct()
    due = stage.read().due_at
    by_command(stage, LEE, "missing_prior")
    stage.advance(minutes=4)
    by_command(stage, LEE, "missing_history")
    stage.advance(minutes=3)
    end(stage, "missing_prior")
    assert stage.read().paused_since is not None
    stage.advance(minutes=2)
    assert "paused: missing history, since" in stage.card().words
    assert "The clock stands still for another problem." in thread(stage)
    end(stage, "missing_history")
    stage.settle()
    assert (stage.read().due_at, stage.read().paused_since) == (due + timedelta(minutes=9), None)
    stage.advance(5)
    assert [one for one in stage.actions() if one.startswith("clock:")] == ["clock:pause", "clock:resume"]


def test_a_report_ends_the_problems_and_stops_the_clock_where_it_was_signed(stage: Stage) -> None:
    """Whatever lasts is over with the read; of the pause only what lay before the signature counts."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    due = stage.read().due_at
    by_command(stage, LEE, "missing_prior")
    by_command(stage, LEE, "wrong_protocol")
    began = stage.clock.instant
    stage.advance(minutes=7)
    assert stage.hospital.report_final()[0] == 202
    stage.advance(10)
    read = stage.read()
    assert (read.state, read.paused_since) == (ReadState.REPORTED, None)
    assert read.reported_at is not None
    assert read.due_at == due + (read.reported_at - began)
    assert {one.state for one in stage.all(Problem)} == {ProblemState.CLOSED}
    assert {task.state for task in stage.tasks(kind=TaskKind.STUDY_PROBLEM)} == {TaskState.DONE}
    stage.advance(minutes=60)


def test_a_canceled_study_has_no_problems_left(stage: Stage) -> None:
    """The desk's tasks end with it, and nobody is reminded."""
    stage.stroke_ct()
    by_command(stage, LEE, "back_to_technologist")
    stage.workspace.expect_message(DESK, "Reported: back to technologist.")
    assert (
        stage.hospital.send_event(
            "study.canceled", {"facility": "mercy", "accession_number": stage.study().accession_number}
        )[0]
        == 202
    )
    stage.advance(minutes=60)
    assert stage.read().state is ReadState.CANCELED
    assert problem(stage, "back_to_technologist").outcome == "study_canceled"
    assert not stage.open_tasks()
    assert "problem:remind" not in stage.actions()


def test_the_same_problem_is_reported_once(stage: Stage) -> None:
    """A second click is told who has it; nothing is opened twice."""
    stage.stroke_ct()
    by_command(stage, LEE, "missing_prior")
    assert "reported already; nobody has taken it yet" in by_command(stage, QUINN, "missing_prior")
    stage.click(QUINN, "take", channel=DESK)
    assert "reported already; Pat Quinn has it" in by_button(stage, LEE, "missing_prior")
    assert len(stage.all(Problem)) == len(stage.open_tasks()) == 1


def test_a_site_says_which_problems_stop_its_clocks(stage: Stage) -> None:
    """Where its directory names none, the desk has the problem and the minutes run on."""
    stage.load(*PAUSES_NONE)
    stage.stroke_ct()
    assert "clock" not in by_command(stage, LEE, "missing_prior")
    stage.advance(minutes=3)
    assert stage.read().paused_since is None
    assert "min left" in stage.card().words
    assert "Problem: missing prior, nobody has taken it" in stage.card().words
    assert len(stage.open_tasks()) == 1
    assert "clock:pause" not in stage.actions()


def test_a_repeated_message_opens_nothing_twice_and_gets_the_same_answer(stage: Stage) -> None:
    """Slack sends a submission again whose answer it lost; also after the problem has ended."""
    stage.stroke_ct()
    house, read = stage.service.house, stage.read().id
    first = problems.report_problem(house, read, "missing_prior", LEE, "slack:view")
    assert problems.report_problem(house, read, "missing_prior", LEE, "slack:view") == first
    stage.settle()
    end(stage, "missing_prior")
    due = stage.read().due_at
    assert problems.report_problem(house, read, "missing_prior", LEE, "slack:view") == first
    stage.advance(5)
    assert (stage.read().due_at, len(stage.all(Problem))) == (due, 1)


def test_a_pause_survives_a_restart(stage: Stage) -> None:
    """Its reminder is a row, and so is the instant at which the clock stopped."""
    stage.stroke_ct()
    due = stage.read().due_at
    by_command(stage, LEE, "missing_prior")
    stage.advance(minutes=5)
    stage.restart()
    stage.advance(minutes=20)
    assert stage.actions().count("problem:remind") == 1
    end(stage, "missing_prior")
    assert stage.read().due_at == due + timedelta(minutes=25)


def test_taking_a_case_takes_what_rings_before_a_problem_with_it(stage: Stage) -> None:
    """A critical result that nobody confirmed is not left to ring because a prior is missing too."""
    stage.stroke_ct()
    by_command(stage, LEE, "missing_prior")
    stage.finding()
    exhaust(stage)
    assert "You have it" in stage.command(QUINN, f"take {stage.case()}")
    taken = [task.kind for task in stage.open_tasks() if task.state is TaskState.TAKEN]
    assert taken == [TaskKind.LADDER_EXHAUSTED]
    look_at_everything(stage, *called(stage))


def called(stage: Stage) -> tuple[dict[str, int], dict[str, int]]:
    """Return what is left to look at: this story is about none of the calls."""
    left = stage.exchange.unexpected()
    calls = Counter(one.to for one in left if isinstance(one, Call))
    return calls, Counter(one.to for one in left if not isinstance(one, Call))


def test_in_shadow_a_problem_is_real_work(stage: Stage) -> None:
    """Nobody is called for such a site; its studies are read all the same, and its desk is not told to do nothing."""
    stage.stroke_ct(facility="prairie", ordering_contact="prairie-clinician", patient_state="IN")
    by_command(stage, LEE, "missing_prior")
    words = stage.desk_card().words
    assert "Take it, settle it with the site" in words
    assert "SHADOW" not in words


def test_a_site_with_a_problem_cannot_leave_the_directory(stage: Stage) -> None:
    """Its desk still has something to do."""
    stage.stroke_ct(facility="prairie", ordering_contact="prairie-clinician", patient_state="IN")
    by_command(stage, LEE, "missing_prior")
    assert stage.open_tasks()
    directory = directories.read(stage.directory_file.read_text())
    stage.directory_file.write_text(directories.written(directories.without_facility(directory, "prairie")))
    with pytest.raises(Rejection, match="prairie still has open work"):
        stage.service.prepare()


@pytest.mark.parametrize(
    ("user", "words"), [(SILVA, "Only a radiologist of this site's pool"), (STRANGER, "Ask a PACS")]
)
def test_others_are_refused(stage: Stage, user: str, words: str) -> None:
    """An auditor and a stranger report no problem, by button or by command."""
    stage.stroke_ct()
    assert words in by_button(stage, user, "missing_prior")
    assert words in by_command(stage, user, "missing_prior")
    assert not stage.all(Problem)


def test_a_command_without_a_kind_is_told_the_kinds(stage: Stage) -> None:
    """So is one with a word that is no kind, which is not repeated; a read that is over has no problem any more."""
    stage.stroke_ct()
    for typed in ("", "jane-doe"):
        said = by_command(stage, LEE, typed)
        assert "`incomplete_series`, `missing_prior`" in said
        assert "jane" not in said
    assert "There is no case" in stage.command(LEE, "problem 0000-0000 missing_prior")
    stage.hospital.report_final()
    stage.settle()
    assert "This read is reported. Settle a problem with it with the site directly." in by_command(
        stage, LEE, "missing_prior"
    )
    assert stage.open_tasks()  # it was never claimed


def test_new_images_begin_the_clock_anew_and_the_pause_before_them_does_not_count(stage: Stage) -> None:
    """An incomplete series is completed: the clock starts with its last image, and the wait for it is no pause any more."""
    stage.stroke_ct()
    by_command(stage, LEE, "incomplete_series")
    stage.advance(minutes=6)
    last = stage.clock.instant
    assert stage.hospital.update_study(last_image_at=last.isoformat(), instance_count=400)[0] == 202
    stage.advance(minutes=1)
    end(stage, "incomplete_series")
    stage.settle()
    assert stage.read().clock_started_at == last
    assert stage.read().due_at == last + timedelta(minutes=15 + 1)


@pytest.mark.parametrize("start", ["order", "received", "ready"])
def test_a_site_says_what_starts_its_clocks(stage: Stage, start: str) -> None:
    """The order, the study's arrival, or the instant at which it is complete; the last image unless it says so."""
    stage.load("    shadow: false\n    pacs_link", f"    shadow: false\n    clock: {start}\n    pacs_link")
    ordered, last = (stage.clock.instant - timedelta(minutes=ago) for ago in (9, 4))
    stage.stroke_ct(ordered_at=ordered.isoformat(), last_image_at=last.isoformat(), ready=False)
    stage.click(LEE, "claim")
    received = stage.study().received_at
    stage.advance(minutes=3)
    before = stage.read().clock_started_at
    assert stage.hospital.update_study(ready=True)[0] == 202
    stage.settle()
    ready = stage.study().ready_at
    assert ready is not None
    assert ready >= received + timedelta(minutes=3)
    expected = {"order": (ordered, ordered), "received": (received, received), "ready": (last, ready)}[start]
    assert (before, stage.read().clock_started_at) == expected
    assert stage.read().due_at == expected[1] + timedelta(minutes=15)


def test_the_thread_says_in_the_menu_s_words_how_a_problem_ended_and_by_whom(stage: Stage) -> None:
    """What the desk picked is what the reader reads."""
    stage.stroke_ct()
    for kind, outcome, words in (
        ("wrong_protocol", "canceled", "wrong protocol. There is no such problem."),
        ("missing_history", "read_as_is", "missing history. Read it as it is."),
    ):
        by_command(stage, LEE, kind)
        stage.advance(2)
        end(stage, kind, outcome)
        stage.advance(2)
        assert f"Problem ended by Pat Quinn: {words}" in thread(stage)
    stage.click(LEE, "claim")
