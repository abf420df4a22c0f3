"""The sandbox's Web API, spoken to by Slack's own client."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests import web
from tests.sandbox.workspace_stage import ANA, APP_TOKEN, BOT_TOKEN, READS, Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = {"type": "home", "blocks": [{"type": "divider"}]}


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def stage(shared: Stage) -> Iterator[Stage]:
    yield shared
    shared.workspace.faults.clear()
    shared.clock.forward(60)


def refused(call: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Make a call that Slack refuses, and return the refusal."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    data: dict[str, Any] = caught.value.response.data
    return data


def test_auth_test_says_who_the_app_is_and_its_scopes(stage: Stage) -> None:
    """Identity in the body, scopes in the header, as doctor reads them."""
    answer = stage.client.auth_test()
    assert answer["user_id"] == "U0RADRELAY"
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type")])
def test_a_wrong_token_is_refused(stage: Stage, token: str, error: str) -> None:
    """Unknown tokens, and tokens of the other kind, open nothing."""
    assert refused(WebClient(token, base_url=stage.client.base_url).auth_test)["error"] == error


def test_no_token_is_not_authed(stage: Stage) -> None:
    """Without a token there is not even an identity to refuse."""
    assert web.post(f"{stage.url}/api/auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_token_field_in_a_form_is_taken(stage: Stage) -> None:
    """The older way of sending a token still works."""
    answer = web.post(f"{stage.url}/api/auth.test", data={"token": BOT_TOKEN}).json()
    assert answer["ok"] is True


def test_a_scope_that_was_not_granted_is_named(stage: Stage) -> None:
    """missing_scope says what is needed and what there is."""
    granted = stage.workspace.scopes
    stage.workspace.scopes = granted - {"users:read"}
    try:
        answer = refused(stage.client.users_info, user=ANA)
    finally:
        stage.workspace.scopes = granted
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")


def test_unknown_methods_and_parameters_are_refused(stage: Stage) -> None:
    """A misspelling never passes."""
    assert refused(stage.client.api_call, "chat.postMesage")["error"] == "unknown_method"
    answer = refused(stage.client.api_call, "chat.postMessage", json={"channel": READS, "text": "x", "thread": "1"})
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] invalid additional property: thread"]


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "markdown", "text": "x" * 12_000}] * 2}, "msg_blocks_too_long"),
        ({"thread_ts": "1.000000"}, "thread_not_found"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
def test_what_cannot_be_posted_is_refused(stage: Stage, over: dict[str, Any], error: str) -> None:
    """Each refusal has Slack's own code."""
    args = {"channel": READS, "text": "x", **over}
    assert refused(stage.client.api_call, "chat.postMessage", json=args)["error"] == error


def test_a_channel_the_app_has_left_is_refused(stage: Stage) -> None:
    """Being removed shows as not_in_channel, and joining heals it."""
    stage.workspace.invite_bot(READS, joined=False)
    assert refused(stage.client.chat_postMessage, channel=READS, text="x")["error"] == "not_in_channel"
    stage.client.conversations_join(channel=READS)
    stage.post()


def test_a_message_is_updated_in_place(stage: Stage) -> None:
    """The ts stays, the text changes, blocks that are left out are kept, and the edits are counted."""
    ts = stage.post(blocks=[{"type": "divider"}])
    answer = stage.client.chat_update(channel=READS, ts=ts, text="claimed")
    message = next(m for m in stage.workspace.messages(READS) if m.ts == ts)
    assert (answer["text"], message.edited, len(message.blocks)) == ("claimed", 1, 1)
    stage.client.chat_update(channel=READS, ts=ts, text="ended", blocks=[])
    assert message.blocks == []


def test_an_unknown_ts_is_refused(stage: Stage) -> None:
    """Neither update nor delete nor a link finds what is not there; a person's message is not the app's."""
    own = stage.workspace.say(ANA, READS, "hello").ts
    assert refused(stage.client.chat_update, channel=READS, ts="1.000000", text="x")["error"] == "message_not_found"
    assert refused(stage.client.chat_update, channel=READS, ts=own, text="x")["error"] == "cant_update_message"
    assert refused(stage.client.chat_delete, channel=READS, ts="1.000000")["error"] == "message_not_found"
    assert refused(stage.client.chat_getPermalink, channel=READS, message_ts="1")["error"] == "message_not_found"


def test_a_second_post_within_the_second_is_told_to_wait(stage: Stage) -> None:
    """429 with Retry-After, per channel; the next second it is taken."""
    stage.post()
    with pytest.raises(SlackApiError) as caught:
        stage.client.chat_postMessage(channel=READS, text="too soon")
    assert (caught.value.response.status_code, caught.value.response.headers["retry-after"]) == (429, "1")
    stage.client.chat_postMessage(channel="C0EMPTY", text="another channel")
    stage.post()


def test_history_and_replies_show_what_was_posted(stage: Stage) -> None:
    """Newest first, replies apart, metadata only when asked for, a block_id on every block."""
    metadata = {"event_type": "card", "event_payload": {"read": "7"}}
    ts = stage.post("parent", blocks=[{"type": "divider"}], metadata=metadata)
    reply = stage.post("reply", thread_ts=ts)
    newest = stage.client.conversations_history(channel=READS, include_all_metadata=True)["messages"][0]
    assert (newest["ts"], newest["metadata"], newest["reply_count"]) == (ts, metadata, 1)
    assert newest["blocks"][0]["block_id"]
    assert "metadata" not in stage.client.conversations_history(channel=READS)["messages"][0]
    replies = stage.client.conversations_replies(channel=READS, ts=ts)["messages"]
    assert [message["ts"] for message in replies] == [ts, reply]
    assert [m.ts for m in stage.workspace.thread(READS, ts)] == [reply]


def test_pages_follow_a_cursor(stage: Stage) -> None:
    """A limit gives a cursor; following it gives every item once."""
    names = [user["id"] for page in stage.client.users_list(limit=1) for user in page["members"]]
    assert names == [ANA, "U0BEN", "U0RADRELAY"]


def test_people_and_channels_can_be_looked_up(stage: Stage) -> None:
    """What doctor asks: this user, this channel, am I in it, which team."""
    assert stage.client.users_info(user=ANA)["user"]["real_name"] == "Dr. Ana Ruiz"
    assert refused(stage.client.users_info, user="U0NOBODY")["error"] == "user_not_found"
    assert stage.client.conversations_info(channel=READS)["channel"]["is_member"] is True
    assert {c["id"] for c in stage.client.conversations_list()["channels"]} == {READS, "C0EMPTY"}
    assert stage.client.team_info()["team"]["id"] == "T0SANDBOX"
    assert stage.client.conversations_open(users=ANA)["channel"]["id"] == "D0ANA"
    assert WebClient(base_url=stage.client.base_url).apps_connections_open(app_token=APP_TOKEN)["url"][:5] == "ws://"


def test_an_ephemeral_is_seen_by_one_person(stage: Stage) -> None:
    """It is in nobody else's list and not in the channel's history."""
    stage.client.chat_postEphemeral(channel=READS, user=ANA, text="only you")
    assert stage.workspace.expect_ephemeral(ANA, "only you").visible_to == [ANA]
    assert all("only you" not in m["text"] for m in stage.client.conversations_history(channel=READS)["messages"])
    assert (
        refused(stage.client.chat_postEphemeral, channel=READS, user="U0X", text="x")["error"] == "user_not_in_channel"
    )


def test_a_home_is_published_against_its_hash(stage: Stage) -> None:
    """Whoever publishes with an old hash is told of the conflict."""
    first = stage.client.views_publish(user_id=ANA, view=HOME)["view"]["hash"]
    stage.client.views_publish(user_id=ANA, view=HOME, hash=first)
    assert refused(stage.client.views_publish, user_id=ANA, view=HOME, hash=first)["error"] == "hash_conflict"


def test_an_outage_answers_503(stage: Stage) -> None:
    """Nothing is done while Slack is down, and everything works afterwards."""
    stage.workspace.faults.outage(True)
    with pytest.raises(SlackApiError) as caught:
        stage.client.auth_test()
    assert caught.value.response.status_code == 503
    stage.workspace.faults.outage(False)
    stage.client.auth_test()


def test_a_rate_limit_can_be_ordered(stage: Stage) -> None:
    """The next requests are refused with the Retry-After that was asked for."""
    stage.workspace.faults.rate_limit(1, retry_after=30)
    with pytest.raises(SlackApiError) as caught:
        stage.client.auth_test()
    assert caught.value.response.headers["retry-after"] == "30"
    stage.client.auth_test()


def test_a_lost_answer_was_done_all_the_same(stage: Stage) -> None:
    """The post stands in the channel, the caller hears a closed connection."""
    stage.clock.forward(1)
    stage.workspace.faults.lost_answer(1)
    once = WebClient(BOT_TOKEN, base_url=stage.client.base_url, retry_handlers=[])
    with pytest.raises(http.client.RemoteDisconnected):
        once.chat_postMessage(channel=READS, text="in doubt")
    stage.workspace.expect_message(READS, "in doubt")


def test_what_nobody_looked_at_is_unseen(stage: Stage) -> None:
    """An expectation marks one message; the rest is what a test did not expect."""
    stage.workspace.look()
    stage.post("expected")
    stage.post("surprising")
    stage.workspace.expect_message(READS, "expected")
    assert [message.text for message in stage.workspace.unseen()] == ["surprising"]
    with pytest.raises(AssertionError, match="no message"):
        stage.workspace.expect_message(READS, "never posted")


def test_every_body_is_kept_for_the_lint(stage: Stage) -> None:
    """Traffic holds what the product sent, word for word."""
    stage.post("a body to find")
    assert any("a body to find" in body for body in stage.workspace.traffic)


def test_a_slow_answer_waits_on_the_timeline(stage: Stage) -> None:
    """The answer comes when the timeline has moved on, and not before."""
    stage.workspace.faults.slow(5)
    answers: list[bool] = []
    caller = threading.Thread(target=lambda: answers.append(bool(stage.client.auth_test()["ok"])))
    caller.start()
    while stage.timeline.next_due() is None:
        caller.join(0.01)
    assert answers == []
    stage.clock.forward(5)
    stage.timeline.run_due()
    caller.join(5)
    assert answers == [True]
