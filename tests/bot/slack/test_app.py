"""The door: what is verified, limited and asked of Slack; and the manifests."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot.slack
from bot.slack.app import BOT_SCOPES, EVENTS, MAX_BODY, SCOPES, slack_app, socket_mode
from bot.slack.commands import COMMANDS
from bot.slack.messenger import web_client
from sandbox import loopback
from sandbox.workspace.events import signature
from tests import web
from tests.bot.slack.stage import READS, SECRET, Stage
from tests.bot.slack.values import ANA, READ, Verbs, as_port

CODE = Path(bot.slack.__file__).parent
MANIFESTS = CODE.parents[1] / "slack"


def forged() -> list[tuple[str, dict[str, str], bytes | None]]:
    """Return changes to a valid request: what, headers instead, body instead."""
    old = str(int(time.time()) - 301)
    return [
        ("signature of another", {"X-Slack-Signature": "v0=" + "0" * 64}, None),
        ("no signature", {"X-Slack-Signature": ""}, None),
        ("signature that is no text", {"X-Slack-Signature": "v0=é"}, None),
        ("timestamp that is no number", {"X-Slack-Request-Timestamp": "now"}, None),
        ("timestamp in other digits", {"X-Slack-Request-Timestamp": "٣"}, None),
        ("timestamp of five thousand digits", {"X-Slack-Request-Timestamp": "1" * 5000}, None),
        ("no timestamp", {"X-Slack-Request-Timestamp": ""}, None),
        ("timestamp five minutes old", {"X-Slack-Request-Timestamp": old}, None),
        ("empty body", {}, b""),
        ("body that is no text", {}, b"\xff\xfe"),
        ("body that is no JSON", {}, b"payload=%7B"),
        ("body that is a list", {}, b"payload=%5B1%5D"),
        ("body too deep", {}, b"payload=" + b"[" * 100_000),
        ("unsigned check of the certificate", {}, b"ssl_check=1&token=x"),
        ("unsigned challenge", {"Content-Type": "application/json"}, b'{"type":"url_verification","challenge":"x"}'),
    ]


def test_a_forged_request_is_refused_and_its_twin_accepted(stage: Stage) -> None:
    """One thing changed is 401 and reaches no verb; unchanged it is taken."""
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.click(ANA, READS, ts, "claim")
    stage.slack.settle()
    sent = stage.workspace.sent[-1]
    stage.verbs.asked.clear()
    with loopback.client() as client:
        for what, headers, body in forged():
            raw = {name.encode(): value.encode() for name, value in {**sent.headers, **headers}.items()}
            answer = client.post(sent.url, headers=raw, content=sent.body if body is None else body)
            assert (what, answer.status_code) == (what, 401)
        assert stage.verbs.asked == []
        assert client.post(sent.url, headers=sent.headers, content=sent.body).status_code == 200
    assert stage.slack.settle()
    assert stage.verbs.names() == ["claim"]


def test_an_old_request_is_refused_even_when_its_signature_is_right(stage: Stage) -> None:
    """A recorded request cannot be played back after five minutes."""
    body, old = b"command=/worklist&user_id=U0ANA&trigger_id=1", str(int(time.time()) - 301)
    headers = {"X-Slack-Request-Timestamp": old, "X-Slack-Signature": signature(SECRET, old, body)}
    url = f"{stage.product_url}/slack/events"
    assert web.post(url, headers=headers, content=body).status_code == 401


def test_too_large_a_body_is_refused_before_it_is_read(stage: Stage) -> None:
    """Over the limit it is 413, whether the length was declared or not."""
    url = f"{stage.product_url}/slack/events"
    whole = web.post(url, content=b"x" * (MAX_BODY + 1))
    parts = web.post(url, content=iter([b"x" * (MAX_BODY // 2)] * 3))
    assert (whole.status_code, parts.status_code) == (413, 413)


def test_headers_of_bolts_own_are_not_passed_on(stage: Stage) -> None:
    """A valid request with Bolt's internal header still reaches its listener."""
    ts = stage.messenger.show_read(READS, None, READ)
    stage.workspace.click(ANA, READS, ts, "claim")
    sent = stage.workspace.sent[-1]
    headers = {**sent.headers, "X-Slack-Bolt-Lazy-Only": "1"}
    assert web.post(sent.url, headers=headers, content=sent.body).status_code == 200
    stage.slack.settle()
    assert stage.verbs.names() == ["claim", "claim"]
    assert stage.verbs.asked[0] == stage.verbs.asked[1]


def test_it_starts_and_stops_while_slack_is_unreachable() -> None:
    """Nothing is asked of Slack at the start, and Socket Mode keeps trying without holding anything up."""
    client = web_client("xoxb-test", "http://127.0.0.1:9/api")
    began = time.monotonic()
    slack = slack_app(as_port(Verbs()), client=client, signing_secret=SECRET, public_url="https://radrelay.test")
    mode = socket_mode(slack.bolt, "xapp-test")
    mode.stop()
    slack.close()
    assert time.monotonic() - began < 5


def called() -> set[str]:
    """Return every Web API method that the code calls, as Slack names them; the doctor calls by name."""
    names: set[str] = set()
    for path in CODE.glob("*.py"):
        calls = re.findall(r"client\.((?:chat|views|conversations|users|auth|team|reactions)_\w+)\(", path.read_text())
        names |= {name.replace("_", ".", 1) for name in calls}
    for path in CODE.parent.glob("*.py"):
        names |= set(re.findall(r"_call\(\"(\w+\.\w+)\"", path.read_text()))
    return names


def test_every_method_that_is_called_has_its_scopes() -> None:
    """The table of scopes is the code's, no more and no less."""
    assert called() == set(SCOPES) - {"slash commands"}


@pytest.mark.parametrize("name", ["manifest-http.yaml", "manifest-socket.yaml"])
def test_a_manifest_asks_for_what_the_code_uses(name: str) -> None:
    """Scopes, commands, events and addresses are the code's."""
    manifest: dict[str, Any] = yaml.safe_load((MANIFESTS / name).read_text())
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == BOT_SCOPES
    assert tuple(c["command"] for c in manifest["features"]["slash_commands"]) == COMMANDS
    assert tuple(manifest["settings"]["event_subscriptions"]["bot_events"]) == EVENTS
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["features"]["app_home"]["home_tab_enabled"]
    over_http = name == "manifest-http.yaml"
    assert manifest["settings"]["socket_mode_enabled"] is not over_http
    addresses = re.findall(r"url: \S+", (MANIFESTS / name).read_text())
    assert len(addresses) == (len(COMMANDS) + 2 if over_http else 0)
    assert all(address.endswith("/slack/events") for address in addresses)
