"""Messages to channels: what is sent, and what each of Slack's answers becomes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.slack.messenger import SlackMessenger, web_client
from handlers.domain.cards import Note
from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused, RadrelayError
from handlers.ports import Messenger
from tests.bot.slack.stage import BOT_TOKEN, DESK, READS, Stage
from tests.bot.slack.values import CLAIMED, OUTCOMES, READ, TASK
from tests.sandbox.workspace_stage import served


def as_port(messenger: SlackMessenger) -> Messenger:
    """Return it as the port; mypy checks here that it is one."""
    return messenger


def test_a_card_is_posted_once_and_then_updated_in_place(stage: Stage) -> None:
    """One message per read, whatever happens to it."""
    ts = as_port(stage.messenger).show_read(READS, None, READ)
    assert stage.messenger.show_read(READS, ts, CLAIMED) == ts
    [message] = stage.workspace.messages(READS)
    assert "Claimed by Dr. Ana Ruiz" in message.words
    posted = json.loads(next(body for body in stage.workspace.traffic if "unfurl" in body))
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


def test_a_card_that_was_deleted_is_posted_anew(stage: Stage) -> None:
    """An update of a message that is gone becomes a post, and returns its ts."""
    ts = stage.messenger.show_read(READS, "1.000001", READ)
    assert [message.ts for message in stage.workspace.messages(READS)] == [ts]


def test_what_belongs_to_no_card_goes_to_the_channel_itself(stage: Stage) -> None:
    """A note without a thread is a message of its own."""
    as_port(stage.messenger).note(READS, None, Note(text="Overflow is open at Riverside."))
    assert [message.text for message in stage.workspace.messages(READS)] == ["Overflow is open at Riverside."]


def test_history_goes_to_the_thread_and_a_mention_to_the_channel(stage: Stage) -> None:
    """A note is a reply; a mention is seen in the channel as well."""
    ts = stage.messenger.show_task(DESK, None, TASK)
    stage.wait()
    stage.messenger.note(DESK, ts, Note(text="Rang the night desk."))
    stage.wait()
    stage.messenger.note(DESK, ts, Note(text="Nobody has taken this."), mention=True)
    assert [reply.text for reply in stage.workspace.thread(DESK, ts)] == [
        "Rang the night desk.",
        "<!here> Nobody has taken this.",
    ]
    assert len(stage.workspace.messages(DESK)) == 2


def test_a_post_whose_answer_was_lost_is_in_doubt_and_found(stage: Stage) -> None:
    """It is looked up by its first block, among messages since then, on every page."""
    began = stage.clock.instant
    stage.workspace.faults.lost_answer()
    with pytest.raises(DeliveryInDoubt):
        stage.messenger.show_read(READS, None, READ)
    for number in range(205):
        stage.wait()
        stage.workspace.say("U0ANA", READS, f"chatter {number}")
    [ours] = [message for message in stage.workspace.messages(READS) if not message.text.startswith("chatter")]
    assert stage.messenger.find(READS, "r1", began) == ours.ts
    assert stage.messenger.find(READS, "read:r1", began) == ours.ts
    assert stage.messenger.find(READS, "r2", began) is None
    assert stage.messenger.find(READS, "r1", began + timedelta(hours=1)) is None


def test_a_lost_answer_to_an_update_is_tried_again(stage: Stage) -> None:
    """An update does no harm when it is done twice."""
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.faults.lost_answer()
    with pytest.raises(DeliveryFailed):
        stage.messenger.show_read(READS, ts, CLAIMED)


def test_too_fast_says_how_long_to_wait(stage: Stage) -> None:
    """A 429 carries Slack's own patience, and nothing is tried again behind our back."""
    stage.workspace.faults.rate_limit(1, retry_after=7)
    with pytest.raises(DeliveryFailed) as failed:
        stage.messenger.show_read(READS, None, READ)
    assert failed.value.retry_after == timedelta(seconds=7)
    assert stage.workspace.messages(READS) == []


@pytest.mark.parametrize(
    ("channel", "code", "words"),
    [("C0NOWHERE", "channel_not_found", "check its id"), (READS, "not_in_channel", "/invite")],
)
def test_a_refusal_says_what_to_do(stage: Stage, channel: str, code: str, words: str) -> None:
    """What cannot succeed is refused with Slack's code and a sentence for an operator."""
    stage.workspace.invite_bot(READS, joined=False)
    with pytest.raises(DeliveryRefused) as refused:
        stage.messenger.show_read(channel, None, READ)
    assert refused.value.code == code
    assert words in refused.value.reason


def test_a_missing_scope_is_named(stage: Stage) -> None:
    """The operator reads which scope to add."""
    stage.workspace.scopes -= {"chat:write"}
    with pytest.raises(DeliveryRefused, match="needed: chat:write"):
        stage.messenger.show_read(READS, None, READ)


def test_a_wrong_token_is_named(stage: Stage) -> None:
    """The operator reads which setting is wrong, and never its value."""
    messenger = SlackMessenger(web_client("xoxb-wrong", stage.api_url), OUTCOMES)
    with pytest.raises(DeliveryRefused, match="SLACK_BOT_TOKEN") as refused:
        messenger.show_read(READS, None, READ)
    assert "xoxb-wrong" not in str(refused.value)


@contextmanager
def answering(status: int, body: str) -> Iterator[SlackMessenger]:
    """Serve one answer to everything."""

    async def answer(_request: Request) -> Response:
        return Response(body, status, media_type="application/json")

    with served(Starlette(routes=[Route("/api/{method}", answer, methods=["POST"])])) as url:
        yield SlackMessenger(web_client(BOT_TOKEN, f"{url}/api/"), OUTCOMES)


@pytest.mark.parametrize(
    ("status", "body", "post", "update"),
    [
        (503, "down", DeliveryFailed, DeliveryFailed),
        (500, "{}", DeliveryInDoubt, DeliveryFailed),
        (504, "<html>", DeliveryInDoubt, DeliveryFailed),
        (200, '{"ok":false,"error":"internal_error"}', DeliveryInDoubt, DeliveryFailed),
        (200, '{"ok":false,"error":"fatal_error"}', DeliveryInDoubt, DeliveryFailed),
        (200, '{"ok":false,"error":"service_unavailable"}', DeliveryFailed, DeliveryFailed),
        (200, '{"ok":false,"error":"ratelimited"}', DeliveryFailed, DeliveryFailed),
        (200, '{"ok":false,"error":"is_archived"}', DeliveryRefused, DeliveryRefused),
        (200, '{"ok":false,"error":"some_new_code"}', DeliveryRefused, DeliveryRefused),
        (200, '{"ok":false,"error":"invalid_blocks"}', DeliveryRefused, DeliveryRefused),
        (200, "<html>a captive portal</html>", DeliveryInDoubt, DeliveryFailed),
        (429, "", DeliveryFailed, DeliveryFailed),
    ],
)
def test_each_answer_is_one_of_three_errors(
    status: int, body: str, post: type[RadrelayError], update: type[RadrelayError]
) -> None:
    """A post that may have happened is in doubt; an update is simply tried again; a refusal is final."""
    with answering(status, body) as messenger:
        with pytest.raises(post):
            messenger.show_read(READS, None, READ)
        with pytest.raises(update):
            messenger.show_read(READS, "1.000001", READ)


def test_a_connection_that_was_refused_is_certainly_nothing() -> None:
    """No byte left, so a post may simply be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    messenger = SlackMessenger(web_client(BOT_TOKEN, f"http://127.0.0.1:{port}/api"), OUTCOMES)
    with pytest.raises(DeliveryFailed, match="URLError"):
        messenger.show_read(READS, None, READ)


def test_silence_and_a_cut_connection_leave_a_post_in_doubt() -> None:
    """A timeout or a reset after sending may have posted; it was sent once."""
    connections: list[int] = []
    given_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        client = web_client(BOT_TOKEN, f"http://127.0.0.1:{mute.getsockname()[1]}/api")
        client.timeout = 1
        messenger = SlackMessenger(client, OUTCOMES)

        def listen() -> None:
            first, _ = mute.accept()
            connections.append(1)
            given_up.wait(10)
            first.close()
            second, _ = mute.accept()
            connections.append(2)
            second.recv(100)
            second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            second.close()

        thread = threading.Thread(target=listen)
        thread.start()
        for _ in range(2):
            with pytest.raises(DeliveryInDoubt):
                messenger.show_read(READS, None, READ)
            given_up.set()
        thread.join()
    assert connections == [1, 2]


def test_no_error_repeats_what_was_sent(stage: Stage) -> None:
    """Errors carry codes and types; a card's words stay out of them."""
    stage.workspace.faults.lost_answer()
    with pytest.raises(DeliveryInDoubt) as doubt:
        stage.messenger.show_read(READS, None, replace(READ, procedure="DOE"))
    assert "DOE" not in str(doubt.value)
    assert doubt.value.__cause__ is None
