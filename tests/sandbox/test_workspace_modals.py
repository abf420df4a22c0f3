"""Modals in the sandbox's Slack: triggers, the state of each element, errors, the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.workspace_stage import (
    ANA,
    BEN,
    CARD,
    FILLED,
    MODAL,
    READS,
    Json,
    Stage,
    ack,
    forget,
    option,
    plain,
    staged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    yield shared
    forget(shared)


def open_modal(stage: Stage, view: Json = MODAL) -> None:
    """Have the product open a modal for Ana, as the answer to a click."""
    ts = stage.post(blocks=CARD)
    stage.workspace.click(ANA, READS, ts, "claim")
    stage.client.views_open(trigger_id=stage.product.payloads[-1]["trigger_id"], view=view)


def test_a_trigger_opens_one_modal_within_three_seconds(stage: Stage) -> None:
    """Used twice, too late or invented, each has its own error."""
    ts = stage.post(blocks=CARD)

    def error(trigger_id: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            stage.client.views_open(trigger_id=trigger_id, view=MODAL)
        return str(caught.value.response["error"])

    stage.workspace.click(ANA, READS, ts, "claim")
    trigger_id = stage.product.payloads[-1]["trigger_id"]
    stage.client.views_open(trigger_id=trigger_id, view=MODAL)
    assert error(trigger_id) == "exchanged_trigger_id"
    stage.workspace.click(ANA, READS, ts, "claim")
    stage.clock.forward(3.1)
    assert error(stage.product.payloads[-1]["trigger_id"]) == "expired_trigger_id"
    assert error("1.2.3") == "invalid_trigger_id"


def test_a_modal_is_submitted_with_the_state_of_each_element(stage: Stage) -> None:
    """Every kind of element keeps its value under the key that Slack gives it; then the modal closes."""
    open_modal(stage)
    assert stage.workspace.submit(ANA, FILLED).ok
    payload = stage.product.payloads[-1]
    assert (payload["type"], payload["view"]["private_metadata"]) == ("view_submission", "42")
    assert payload["view"]["state"]["values"] == {
        "category": {"pick": {"type": "radio_buttons", "selected_option": option("2")}},
        "phrase": {"pick": {"type": "static_select", "selected_option": option("pe")}},
        "note": {"words": {"type": "plain_text_input", "value": "none"}},
        "to": {"who": {"type": "users_select", "selected_user": BEN}},
        "flags": {"all": {"type": "checkboxes", "selected_options": [option("y")]}},
    }
    assert stage.workspace.modal(ANA) is None


def test_a_required_input_left_empty_never_leaves_the_window(stage: Stage) -> None:
    """Slack itself refuses it, and the product hears nothing."""
    open_modal(stage)
    heard = len(stage.product.payloads)
    assert set(stage.workspace.submit(ANA, {"category": {"pick": "1"}}).errors) == {"phrase"}
    assert len(stage.product.payloads) == heard
    with pytest.raises(LookupError, match="the modal has no nowhere/pick"):
        stage.workspace.submit(ANA, {"nowhere": {"pick": "1"}})


def test_errors_keep_the_modal_open(stage: Stage) -> None:
    """They stand at their inputs; for a block that is no input they are a failure."""
    open_modal(stage)
    stage.product.answer = lambda _payload: ack(response_action="errors", errors={"phrase": "retired"})
    assert stage.workspace.submit(ANA, FILLED).errors == {"phrase": "retired"}
    assert stage.workspace.modal(ANA) is not None
    stage.product.answer = lambda _payload: ack(response_action="errors", errors={"nowhere": "x"})
    assert "nowhere" in stage.workspace.submit(ANA).failure
    assert "nowhere" in stage.workspace.failed_acks[-1][1]


def test_a_submission_may_update_push_or_clear(stage: Stage) -> None:
    """The stack of modals follows response_action, and refuses a fourth and a bad view."""
    bare: Json = {"type": "modal", "title": plain("Next"), "blocks": []}
    open_modal(stage)
    stage.product.answer = lambda _payload: ack(response_action="push", view=bare)
    stage.workspace.submit(ANA, FILLED)
    pushed = stage.workspace.modal(ANA)
    assert pushed is not None
    assert pushed.previous_id
    stage.product.answer = lambda _payload: ack(response_action="update", view={**bare, "title": plain("Changed")})
    stage.workspace.submit(ANA)
    assert "Changed" in pushed.words
    stage.product.answer = lambda _payload: ack(response_action="update", view={"type": "modal"})
    assert "missing required field: title" in stage.workspace.submit(ANA).failure
    stage.product.answer = lambda _payload: ack(response_action="clear")
    stage.workspace.submit(ANA)
    assert stage.workspace.modal(ANA) is None


def test_closing_a_modal_is_told_when_it_asked_to_be(stage: Stage) -> None:
    """notify_on_close brings view_closed, without it nothing is sent."""
    open_modal(stage)
    stage.workspace.close(ANA)
    assert stage.product.payloads[-1]["type"] == "view_closed"
    open_modal(stage, {**MODAL, "notify_on_close": False})
    stage.workspace.close(ANA)
    assert stage.product.payloads[-1]["type"] == "block_actions"
