"""``/tat``: how fast reads were, by class, in working time; for those who may see the sites, in words and as a picture."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from sandbox.workspace import Answer
from tests import web
from tests.flows.stage import HADDAD, LEE, QUINN, SILVA, STONE, STRANGER, Stage
from tests.flows.test_problems import by_command, end
from tests.security.wire import snapshot

LAKESIDE: dict[str, Any] = {"facility": "lakeside", "ordering_contact": "lakeside-ed-physician", "patient_state": "NY"}


def report_after(stage: Stage, minutes: float, problem_minutes: float = 0, **over: Any) -> None:
    """Let a stroke be claimed and reported so many minutes of work after its last image, with a problem in between."""
    stage.stroke_ct(last_image_at=stage.clock.instant.isoformat(), **over)
    began = stage.clock.instant
    stage.advance(3)  # the channel takes a card a second
    stage.click(LEE, "claim")
    if problem_minutes:
        by_command(stage, LEE, "missing_prior")
        stage.advance(minutes=problem_minutes)
        end(stage, "missing_prior")
    signed = began + timedelta(minutes=minutes + problem_minutes)
    stage.advance((signed - stage.clock.instant).total_seconds())
    assert stage.hospital.report_final(signed_at=signed.isoformat())[0] == 202
    stage.settle()


def tat(stage: Stage, text: str = "", user: str = QUINN) -> str:
    """Return the words of the answer."""
    return asked(stage, text, user).words


def asked(stage: Stage, text: str = "", user: str = QUINN) -> Answer:
    """Type the command."""
    return stage.typed(user, text, command="/tat")


def test_the_figures_are_those_that_a_hand_computes_pauses_and_all(stage: Stage) -> None:
    """Ten strokes of 4, 6, … 22 minutes of work, target 15: six in target, also the one that stood still for 30 minutes.

    Nearest rank of ten: p50 is the fifth (12), p90 the ninth (20), p95 the tenth (22).
    """
    for number in range(10):
        report_after(stage, 4 + 2 * number, problem_minutes=30 if number == 1 else 0)
    stage.hospital.send_routine_xr()
    stage.settle()
    stage.stroke_ct(test=True)
    stage.hospital.report_final()
    stage.settle()
    assert stage.open_tasks()  # the test study was never claimed
    assert (
        "Stroke: 10 reads, 6 of 10 in target (60 %); 1 paused meanwhile. "
        "p50 12 min, p90 20 min, p95 22 min; target 15 min."
    ) in tat(stage)
    assert "Routine" not in tat(stage)


def test_what_is_asked_for_is_what_is_counted(stage: Stage) -> None:
    """A site, a span, or all that the asker may see; what ended before the span is not in it."""
    report_after(stage, 5)
    stage.advance(minutes=60 * 24)
    report_after(stage, 9, **LAKESIDE)
    everywhere = "all 3 facilities that you may see"
    assert f"Turnaround of {everywhere}, the last 24 hours.\nStroke: 1 read, 1 of 1" in tat(stage)
    assert f"Turnaround of {everywhere}, the last 7 days.\nStroke: 2 reads, 2 of 2" in tat(stage, "7d")
    assert "Turnaround of Mercy, the last 7 days.\nStroke: 1 read" in tat(stage, "mercy 7d")
    assert "Turnaround of Mercy, the last 24 hours: no read ended." in tat(stage, "Mercy")


def test_the_picture_beside_the_words_can_be_fetched_for_an_hour(stage: Stage) -> None:
    """Slack fetches it without a session; its address says nothing, and nothing of it is stored."""
    report_after(stage, 5)
    before = str(snapshot(stage))
    answer = asked(stage)
    (picture,) = [block for block in answer.blocks if block["type"] == "image"]
    assert "Stroke: 1 read, 1 of 1 in target" in picture["alt_text"]
    shown = web.get(picture["image_url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(shown.content)).width == 720
    assert "mercy" not in picture["image_url"].lower()
    assert str(snapshot(stage)) == before
    stage.advance(minutes=61)
    assert web.get(picture["image_url"]).status_code == 404


@pytest.mark.parametrize("user", [LEE, HADDAD, STONE, QUINN, SILVA])
def test_readers_administrators_and_auditors_may_ask(stage: Stage, user: str) -> None:
    """Of the sites that they may see."""
    assert "no read ended" in tat(stage, user=user)


def test_a_stranger_is_refused_and_a_site_that_one_may_not_see_is_not_there(stage: Stage) -> None:
    """The refusal names the sites that one may see, and does not repeat what was typed."""
    assert "Ask a PACS administrator" in tat(stage, user=STRANGER)
    stage.load('roles: {auditor: "*"}', "roles: {auditor: [prairie]}")
    said = tat(stage, "mercy", user=SILVA)
    assert "Name one by its id: prairie." in said
    assert "mercy" not in said
    assert "Turnaround of Prairie" in tat(stage, user=SILVA)
    assert "Example: `/tat" in tat(stage, "jane doe")
