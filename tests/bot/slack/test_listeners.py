"""What people click, type and submit, over HTTP, as verbs with delivery ids and answers for one person."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from handlers.domain.errors import Rejection
from tests.bot.slack.stage import DESK, PUBLIC, READS, Stage
from tests.bot.slack.values import ANA, BEN, CLAIMED, READ, TASK

LICENSE = Rejection("license_expired", "Your license in OH expired on 2031-02-01 <renew & tell the desk>.")
SHOWN = "Your license in OH expired on 2031-02-01 &lt;renew &amp; tell the desk&gt;."


def test_a_claim_is_one_verb_with_its_delivery_id(stage: Stage) -> None:
    """A click calls the verb with read, person and an id made of the click; the answer is for that person only."""
    ts = stage.messenger.show_read(READS, None, READ)
    assert stage.workspace.click(ANA, READS, ts, "claim").ok
    assert stage.told() == "You hold 4821-0934."
    [(name, (read_id, user, delivery), _)] = stage.verbs.asked
    assert (name, read_id, user) == ("claim", "r1", ANA)
    assert delivery.startswith("slack:")
    assert delivery.endswith(":claim:U0ANA")
    assert stage.workspace.ephemerals(BEN) == []
    assert len(stage.workspace.messages(READS)) == 1


def test_the_verb_returns_before_the_click_is_acknowledged(stage: Stage) -> None:
    """Commit, then acknowledge: while the verb runs, Slack has no answer."""
    early: list[bool] = []

    def watch() -> None:
        until = time.monotonic() + 0.3
        while time.monotonic() < until and not stage.workspace.sent:
            time.sleep(0.01)
        early.append(bool(stage.workspace.sent))

    stage.verbs.during = watch
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.click(ANA, READS, ts, "claim")
    assert stage.slack.settle()
    assert early == [False]
    assert [sent.status for sent in stage.workspace.sent] == [200]


def test_a_refusal_names_its_rule_to_the_one_who_asked(stage: Stage) -> None:
    """A Rejection's sentence is ephemeral and escaped, and the card stays as it is."""
    stage.verbs.answers["claim"] = LICENSE
    ts = stage.messenger.show_read(READS, None, READ)
    assert stage.workspace.click(ANA, READS, ts, "claim").ok
    assert stage.told() == SHOWN
    assert "Claimed" not in stage.workspace.messages(READS)[0].words


def test_a_bug_is_told_with_an_error_id_and_logged_by_type(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of an unexpected error's text leaves: not to Slack, not to the log."""
    stage.verbs.answers["claim"] = RuntimeError("DOE^JANE")
    ts = stage.messenger.show_read(READS, None, READ)
    with caplog.at_level(logging.DEBUG):
        stage.workspace.click(ANA, READS, ts, "claim")
        told = stage.told()
    assert told.startswith(
        "Something went wrong on our side; nothing was changed. Try again, then tell the desk (error "
    )
    assert told[-10:-2] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "DOE" not in caplog.text + told


def test_release_and_take_go_to_their_verbs(stage: Stage) -> None:
    """Each button is its verb."""
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    task = stage.messenger.show_task(DESK, None, TASK)
    stage.workspace.click(ANA, READS, ts, "release")
    stage.workspace.click(BEN, DESK, task, "take")
    stage.slack.settle()
    assert [(name, args[:2]) for name, args, _ in stage.verbs.asked] == [
        ("release", ("r1", ANA)),
        ("take", ("t1", BEN)),
    ]


def test_done_carries_the_outcome_that_was_picked(stage: Stage) -> None:
    """The menu's choice is the outcome; the task's id is its row's."""
    task = stage.messenger.show_task(DESK, None, replace(TASK, relay_open=False))
    stage.workspace.click(BEN, DESK, task, "done", "not_needed")
    stage.slack.settle()
    [(name, args, _)] = stage.verbs.asked
    assert (name, args[:3]) == ("finish", ("t1", BEN, "not_needed"))


@pytest.mark.parametrize(("card", "path"), [(READ, "/open/read-token"), (TASK, "/open/task-token")])
def test_open_case_answers_with_a_link_for_one_person(stage: Stage, card: object, path: str) -> None:
    """The link is a button in an ephemeral message; pressing it is acknowledged."""
    if card is READ:
        channel, ts = READS, stage.messenger.show_read(READS, None, READ)
    else:
        channel, ts = DESK, stage.messenger.show_task(DESK, None, TASK)
    stage.workspace.click(ANA, channel, ts, "open_case")
    assert "within 60 seconds" in stage.told()
    message = stage.workspace.ephemerals(ANA)[-1]
    assert message.actions()["open_link"]["url"] == PUBLIC + path
    assert path not in message.text
    assert stage.workspace.click(ANA, channel, message.ts, "open_link").ok


def test_a_finding_is_reported_by_phrase_from_its_form(stage: Stage) -> None:
    """The form's choice becomes one report with no text, under the form's own id; the result stands in its place."""
    ts = stage.messenger.show_read(READS, None, replace(CLAIMED))
    stage.verbs.answers["worklist"] = [CLAIMED]
    stage.workspace.click(ANA, READS, ts, "critical_finding")
    stage.slack.settle()
    form = stage.workspace.modal(ANA)
    assert form is not None
    assert "STROKE · Riverside · CT Head without contrast · case 4821-0934" in form.words
    values = {"category": {"category": "1"}, "phrase": {"phrase": "ich"}}
    assert stage.workspace.submit(ANA, values).ok
    name, _, named = stage.verbs.asked[-1]
    assert name == "report"
    assert named == {
        "study_id": "s1",
        "slack_user": ANA,
        "category": 1,
        "phrase_id": "ich",
        "text": None,
        "delivery": f"slack:{form.id}",
    }
    told = stage.workspace.modal(ANA)
    assert told is not None
    assert "The relay has started." in told.words


def test_a_phrase_of_another_category_is_refused_in_the_form(stage: Stage) -> None:
    """Category and phrase must agree; nothing is reported, and the form can be corrected."""
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    stage.workspace.click(ANA, READS, ts, "critical_finding")
    stage.slack.settle()
    answer = stage.workspace.submit(ANA, {"category": {"category": "2"}, "phrase": {"phrase": "ich"}})
    assert "category 1, you chose 2" in answer.errors["phrase"]
    assert "report" not in stage.verbs.names()
    assert stage.workspace.submit(ANA, {"category": {"category": "1"}}).ok


@pytest.mark.parametrize("verb", ["phrases", "report"])
def test_a_refused_finding_is_told_in_the_form(stage: Stage, verb: str) -> None:
    """A Rejection on submission keeps the form open with the sentence."""
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    stage.workspace.click(ANA, READS, ts, "critical_finding")
    stage.slack.settle()
    stage.verbs.answers[verb] = LICENSE
    answer = stage.workspace.submit(ANA, {"category": {"category": "1"}, "phrase": {"phrase": "ich"}})
    assert answer.errors == {"category": SHOWN}


def test_a_phrase_that_was_taken_out_is_refused(stage: Stage) -> None:
    """The directory is read again when the form comes back."""
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    stage.workspace.click(ANA, READS, ts, "critical_finding")
    stage.slack.settle()
    stage.verbs.answers["phrases"] = []
    answer = stage.workspace.submit(ANA, {"category": {"category": "1"}, "phrase": {"phrase": "ich"}})
    assert "no longer has this phrase" in answer.errors["phrase"]


@pytest.mark.parametrize(("answer", "words"), [(LICENSE, SHOWN), ([], "The directory has no finding phrases.")])
def test_no_form_opens_for_who_may_not_report(stage: Stage, answer: object, words: str) -> None:
    """Without a right to report, or without phrases, a sentence comes instead of a form."""
    stage.verbs.answers["phrases"] = answer
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    stage.workspace.click(ANA, READS, ts, "critical_finding")
    assert stage.told().startswith(words)
    assert stage.workspace.modal(ANA) is None


@pytest.mark.parametrize(
    ("text", "verb", "args", "words"),
    [
        ("open 4821-0934", "open_link", ("4821-0934", ANA), "Case 4821-0934: the case page"),
        ("start 4821-0934", "open_link", ("4821-0934", ANA), "Case 4821-0934: report a finding"),
        ("log 4821-0934", "open_link", ("4821-0934", ANA), "Case 4821-0934: document a call"),
        ("redirect 4821-0934 dr-osei", "redirect", ("4821-0934", "dr-osei", ANA), "Redirected."),
        ("take 4821-0934", "take_case", ("4821-0934", ANA), "It is yours."),
        ("pin dr-osei", "pin", ("dr-osei", ANA), "Calling."),
        ("verify dr-osei", "verify", ("dr-osei", ANA), "Calling."),
        ("verify", "verify_lines", (ANA,), "Mercy: Dr. Osei"),
        ("halt", "halt", (None, ANA), "Halted."),
        ("halt riverside", "halt", ("riverside", ANA), "Halted."),
        ("resume", "resume", (None, ANA), "Resumed."),
        ("status", "status_lines", (ANA,), "4821-0934 calling"),
    ],
)
def test_each_subcommand_is_its_verb(stage: Stage, text: str, verb: str, args: tuple[object, ...], words: str) -> None:
    """What is typed becomes one verb under the command's own id, and the answer comes with the acknowledgement."""
    answer = stage.settled(stage.workspace.command(ANA, READS, "/relay", text))
    assert answer.ok
    assert answer.text.startswith(words)
    [(name, asked, named)] = stage.verbs.asked
    assert (name, asked[: len(args)]) == (verb, args)
    assert verb in ("status_lines", "verify_lines") or asked[-1].startswith("slack:")
    assert named.get("purpose", "view") in text.replace("open", "view") or not named
    assert stage.workspace.messages(READS) == []


def test_a_refused_command_is_told_to_its_person(stage: Stage) -> None:
    """An unknown Slack user reads the verb's sentence, and nobody else does."""
    stage.verbs.answers |= dict.fromkeys(("halt", "status_lines", "worklist", "open_link"), LICENSE)
    for command, text in (("/relay", "halt"), ("/relay", "status"), ("/worklist", ""), ("/relay", "open 4821-0934")):
        assert stage.workspace.command(BEN, READS, command, text).text == SHOWN


def test_oncall_asks_for_a_facility_and_a_time(stage: Stage) -> None:
    """The facility is the first word, the rest the time; without a facility the answer says how to ask."""
    answer = stage.workspace.command(ANA, READS, "/oncall", "Riverside  tomorrow 07:00")
    assert answer.text == "Riverside, now:\ndesk: Pat Quinn"
    assert stage.verbs.asked == [("oncall_lines", ("riverside", "tomorrow 07:00", ANA), {})]
    assert stage.workspace.command(ANA, READS, "/oncall", "").text.startswith(
        "`/oncall FACILITY [WHEN]`: who is on duty"
    )
    stage.verbs.answers["oncall_lines"] = LICENSE
    assert stage.workspace.command(BEN, READS, "/oncall", "riverside").text == SHOWN


def test_withdrawing_asks_first(stage: Stage) -> None:
    """The command only asks; the button withdraws, and its answer takes the question's place."""
    assert stage.workspace.command(ANA, READS, "/relay", "withdraw 4821-0934").text.startswith("Withdraw your finding")
    assert stage.verbs.names() == ["withdrawing"]
    question = stage.workspace.ephemerals(ANA)[-1]
    assert stage.workspace.click(ANA, READS, question.ts, "withdraw").ok
    stage.slack.settle()
    (name, args, _) = stage.verbs.asked[-1]
    assert (name, args[:2]) == ("withdraw", ("4821-0934", ANA))
    assert stage.told() == "Withdrawn."
    assert len(stage.workspace.ephemerals(ANA)) == 1


def test_what_cannot_be_withdrawn_is_refused_before_it_is_asked(stage: Stage) -> None:
    """No question, no button."""
    stage.verbs.answers["withdrawing"] = LICENSE
    answer = stage.workspace.command(BEN, READS, "/relay", "withdraw 4821-0934")
    assert answer.text == SHOWN
    assert "danger" not in str(answer.blocks)


def test_the_worklist_can_be_claimed_from(stage: Stage) -> None:
    """/worklist answers with cards whose buttons work."""
    answer = stage.workspace.command(ANA, READS, "/worklist")
    assert "STROKE · Riverside" in answer.text
    listed = stage.workspace.ephemerals(ANA)[-1]
    stage.workspace.click(ANA, READS, listed.ts, "claim")
    assert stage.told() == "You hold 4821-0934."


def test_home_shows_my_worklist_and_its_clicks_are_answered(stage: Stage) -> None:
    """A click on the Home is answered in a modal, since no channel is at hand, and the Home is drawn anew."""
    stage.workspace.open_home(ANA)
    stage.slack.settle()
    home = stage.workspace.home(ANA)
    assert home is not None
    assert "You hold no read." in home.words
    stage.verbs.answers["worklist"] = [CLAIMED]
    assert stage.workspace.press(ANA, "claim", home=True).ok
    stage.slack.settle()
    modal, home = stage.workspace.modal(ANA), stage.workspace.home(ANA)
    assert modal is not None
    assert home is not None
    assert "You hold 4821-0934." in modal.words
    assert "Claimed by Dr. Ana Ruiz" in home.words


def test_the_home_of_a_stranger_is_a_kind_sentence(stage: Stage) -> None:
    """Who may see nothing is told so."""
    stage.verbs.answers["worklist"] = Rejection("unknown_user", "I do not know you yet.")
    stage.workspace.open_home(BEN)
    stage.slack.settle()
    home = stage.workspace.home(BEN)
    assert home is not None
    assert home.words.strip() == "I do not know you yet."


def test_a_click_works_while_slacks_api_is_down(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The verb runs and the click is acknowledged; only the answer is lost, and the log says so without its words."""
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.faults.outage(True)
    with caplog.at_level(logging.DEBUG):
        assert stage.workspace.click(ANA, READS, ts, "claim").ok
        assert stage.workspace.click(ANA, READS, ts, "open_case").ok
        stage.slack.settle()
    assert stage.verbs.names() == ["claim", "open_link_for_read"]
    assert caplog.text.count("an answer was refused: HTTP 503") == 2
    assert "read-token" not in caplog.text
