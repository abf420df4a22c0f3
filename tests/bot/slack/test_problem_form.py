"""A problem is reported by a form of fixed choices, from a card of a read that waits."""

from __future__ import annotations

import pytest

from bot.slack.commands import Asked, parse
from handlers.domain.errors import Rejection
from sandbox.workspace.model import View
from tests.bot.slack.stage import READS, Stage
from tests.bot.slack.values import ANA, CLAIMED, KINDS, READ


def opened(stage: Stage) -> View:
    """Press Problem on a claimed read's card, and return the form."""
    ts = stage.messenger.show_read(READS, None, CLAIMED)
    stage.verbs.answers["worklist"] = [CLAIMED]
    stage.workspace.click(ANA, READS, ts, "problem")
    assert stage.slack.settle()
    view = stage.workspace.modal(ANA)
    assert view is not None
    return view


def test_a_problem_is_picked_from_a_list_and_told_once_submitted(stage: Stage) -> None:
    """Nothing can be typed; the verb is given the read, the kind and the form's own id, and its answer takes the place."""
    form = opened(stage)
    assert "STROKE · Riverside · CT Head without contrast · case 4821-0934" in form.words
    (asked,) = [block for block in form.body["blocks"] if block["type"] == "input"]
    assert asked["element"]["type"] == "radio_buttons"
    assert [one["value"] for one in asked["element"]["options"]] == [kind.code for kind in KINDS]
    assert stage.workspace.submit(ANA, {"problem": {"problem": "missing_prior"}}).ok
    name, given, _ = stage.verbs.asked[-1]
    assert (name, given) == ("report_problem", ("r1", "missing_prior", ANA, f"slack:{form.id}"))
    told = stage.workspace.modal(ANA)
    assert told is not None
    assert "Reported." in told.words


def test_a_refused_problem_is_told_in_the_form(stage: Stage) -> None:
    """The form stays, with the sentence."""
    opened(stage)
    stage.verbs.answers["report_problem"] = Rejection("problem_open", "Missing prior is reported already.")
    answer = stage.workspace.submit(ANA, {"problem": {"problem": "missing_prior"}})
    assert answer.errors == {"problem": "Missing prior is reported already."}


def test_no_form_opens_for_who_may_not_report(stage: Stage) -> None:
    """A sentence comes instead."""
    stage.verbs.answers["problem_kinds"] = Rejection("not_in_pool", "Only a radiologist of this site's pool.")
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.click(ANA, READS, ts, "problem")
    assert stage.told() == "Only a radiologist of this site's pool."
    assert stage.workspace.modal(ANA) is None


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("problem 4821-0934 missing_prior", Asked("problem", "4821-0934", ("missing_prior",))),
        ("problem 4821 0934 Missing prior", Asked("problem", "4821-0934", ("missing", "prior"))),
    ],
)
def test_a_problem_can_be_typed(typed: str, asked: Asked) -> None:
    """A kind may be typed as it is said; one that is unknown is left for the verb, which names those there are."""
    assert parse(typed) == asked
