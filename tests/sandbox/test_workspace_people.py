"""People in the sandbox's Slack: clicks, commands and the Home, as signed requests to a small product."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.webhook import WebhookClient
from starlette.responses import Response

from tests import web
from tests.sandbox.workspace_stage import (
    ANA,
    CARD,
    READS,
    Json,
    Stage,
    ack,
    forget,
    option,
    staged,
    words,
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


def test_a_click_reaches_the_product_signed_and_whole(stage: Stage) -> None:
    """The payload has the keys that Slack's has, and its signature verifies."""
    ts = stage.post(blocks=CARD)
    assert stage.workspace.click(ANA, READS, ts, "claim").ok
    payload = stage.product.payloads[-1]
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": ANA, "username": "dr.ana.ruiz", "name": "dr.ana.ruiz", "team_id": "T0SANDBOX"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == ts
    assert payload["message"]["blocks"][1]["block_id"] == "card"
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["type"], action["value"]) == (
        "claim",
        "card",
        "button",
        "42",
    )
    assert {"action_ts", "text"} <= set(action)
    assert {"trigger_id", "response_url", "api_app_id", "token", "team", "channel", "state"} <= set(payload)


def test_a_menu_choice_carries_its_option(stage: Stage) -> None:
    """Overflow sends selected_option; an option that is not offered cannot be chosen."""
    ts = stage.post(blocks=CARD)
    stage.workspace.click(ANA, READS, ts, "more", "log")
    assert stage.product.payloads[-1]["actions"][0]["selected_option"] == option("log")
    with pytest.raises(LookupError, match="offers no 'x'"):
        stage.workspace.click(ANA, READS, ts, "more", "x")
    with pytest.raises(LookupError, match="there is no release"):
        stage.workspace.click(ANA, READS, ts, "release")


def test_an_unsigned_or_spoiled_request_is_not_sent_by_us(stage: Stage) -> None:
    """What was sent is kept whole, so that a test can spoil one byte and see it refused."""
    ts = stage.post(blocks=CARD)
    stage.workspace.click(ANA, READS, ts, "claim")
    sent = stage.workspace.sent[-1]
    again = web.post(sent.url, headers=sent.headers, content=sent.body)
    spoiled = web.post(sent.url, headers=sent.headers, content=sent.body + b"x")
    assert (again.status_code, spoiled.status_code) == (200, 401)


def test_a_click_without_an_answer_in_time_is_late(stage: Stage) -> None:
    """The person sees the warning sign, and the workspace remembers."""
    release = threading.Event()
    ts = stage.post(blocks=CARD)
    stage.workspace.ack_seconds = 0.05

    def slow(_payload: Json) -> Response:
        release.wait(0.3)
        return Response("", 200)

    stage.product.answer = slow
    assert stage.workspace.click(ANA, READS, ts, "claim").failure == "operation_timeout"
    stage.workspace.ack_seconds = 3.0
    release.set()
    assert len(stage.workspace.late_acks) == 1


@pytest.mark.parametrize("status", [404, 500])
def test_a_click_answered_with_an_error_has_failed(stage: Stage, status: int) -> None:
    """Anything but 200 shows to the person and is remembered with its status."""
    stage.product.answer = lambda _payload: Response("", status)
    ts = stage.post(blocks=CARD)
    assert stage.workspace.click(ANA, READS, ts, "claim").failure == "dispatch_failed"
    assert stage.workspace.failed_acks[-1][1] == f"HTTP {status}"


def test_the_product_may_call_back_while_it_handles_a_click(stage: Stage) -> None:
    """No lock is held during the request, so an update inside the handler goes through."""
    ts = stage.post(blocks=CARD)

    def claiming(payload: Json) -> Response:
        worker = threading.Thread(
            target=lambda: stage.client.chat_update(channel=READS, ts=ts, text=f"claimed by {payload['user']['id']}")
        )
        worker.start()
        worker.join(2)
        return Response("", 200)

    stage.product.answer = claiming
    stage.workspace.click(ANA, READS, ts, "claim")
    assert stage.workspace.expect_message(READS, f"claimed by {ANA}").edited == 1


def test_a_command_answers_only_the_one_who_typed_it(stage: Stage) -> None:
    """A text body is an ephemeral message; JSON may show blocks."""
    stage.product.answer = lambda payload: words(f"you said {payload['text']}")
    assert stage.workspace.command(ANA, READS, "/relay", "status").text == "you said status"
    assert stage.product.payloads[-1]["command"] == "/relay"
    assert stage.workspace.expect_ephemeral(ANA, "you said status").channel == READS
    stage.product.answer = lambda _payload: ack(response_type="ephemeral", text="t", blocks=CARD)
    assert "*CT head*" in stage.workspace.command(ANA, READS, "/worklist").words


def test_a_failed_or_unknown_command_says_so(stage: Stage) -> None:
    """Slack tells the person; an unregistered command never leaves Slack."""
    assert stage.workspace.command(ANA, READS, "/nothing").failure == "invalid_command"
    assert stage.product.payloads == []
    stage.product.answer = lambda _payload: Response("", 500)
    assert stage.workspace.command(ANA, READS, "/relay").failure == "dispatch_failed"
    stage.product.answer = lambda _payload: ack(text="t", blocks=[{"type": "section"}])
    assert "invalid_blocks" in stage.workspace.command(ANA, READS, "/relay").failure


def test_a_response_url_takes_five_posts(stage: Stage) -> None:
    """It replaces the original or adds an ephemeral, and is used up after five."""
    ts = stage.post(blocks=CARD)
    stage.workspace.click(ANA, READS, ts, "claim")
    hook = WebhookClient(stage.product.payloads[-1]["response_url"])
    assert hook.send(text="refused: license", response_type="ephemeral").status_code == 200
    stage.workspace.expect_ephemeral(ANA, "refused: license")
    assert hook.send(text="replaced", replace_original=True).status_code == 200
    assert stage.workspace.expect_message(READS, "replaced").ts == ts
    assert hook.send(text="bad", blocks=[{"type": "section"}]).status_code == 400
    for _ in range(3):
        hook.send(text="more")
    assert json.loads(hook.send(text="sixth").body)["error"] == "used_url"


def test_opening_the_home_is_an_event_and_its_buttons_work(stage: Stage) -> None:
    """app_home_opened arrives as JSON; what is published then can be pressed."""

    def publishing(payload: Json) -> Response:
        worker = threading.Thread(
            target=lambda: stage.client.views_publish(user_id=ANA, view={"type": "home", "blocks": CARD})
        )
        if payload["type"] == "event_callback":
            worker.start()
            worker.join(2)
        return Response("", 200)

    stage.product.answer = publishing
    home = stage.workspace.open_home(ANA)
    assert home is not None
    event: Any = stage.product.payloads[-1]
    assert (event["event"]["type"], event["event"]["user"]) == ("app_home_opened", ANA)
    stage.workspace.press(ANA, "claim", home=True)
    assert stage.product.payloads[-1]["container"] == {"type": "view", "view_id": home.id}


def test_a_second_start_continues(stage: Stage) -> None:
    """A snapshot survives JSON and brings messages back, ts and all."""
    ts = stage.post("kept", blocks=CARD)
    kept = json.loads(json.dumps(stage.workspace.snapshot()))
    stage.workspace.memory.messages.clear()
    stage.workspace.restore(kept)
    assert stage.workspace.messages(READS)[-1].ts == ts
    stage.client.chat_update(channel=READS, ts=ts, text="still the same message")


def test_two_hundred_clicks_at_once_all_arrive(stage: Stage) -> None:
    """The workspace is no bottleneck when a test releases many people by a barrier."""
    ts = stage.post(blocks=CARD)
    barrier = threading.Barrier(200)

    def person() -> None:
        barrier.wait()
        stage.workspace.click(ANA, READS, ts, "claim")

    people = [threading.Thread(target=person) for _ in range(200)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert len({payload["actions"][0]["action_ts"] for payload in stage.product.payloads}) == 200
