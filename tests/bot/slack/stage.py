"""The Slack door and a sandbox workspace, serving each other on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from bot.slack.app import SlackApp, slack_app, slack_router
from bot.slack.messenger import SlackMessenger, web_client
from sandbox.timeline import Timeline
from sandbox.workspace import Answer, Message, Workspace
from tests.bot.slack.values import ANA, BEN, OUTCOMES, Verbs, as_port
from tests.sandbox.workspace_stage import served

BOT_TOKEN = "xoxb-test"
SECRET = "a-signing-secret"
READS, DESK = "C0READS", "C0DESK"
PUBLIC = "https://radrelay.test"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    instant: datetime = field(default_factory=lambda: datetime(2031, 3, 4, 7, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.instant


class Later:
    """An application that is known only after its address is."""

    app: Any = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass
class Stage:
    """Both sides."""

    clock: Clock
    workspace: Workspace
    verbs: Verbs
    slack: SlackApp
    messenger: SlackMessenger
    product_url: str
    api_url: str

    def wait(self) -> None:
        """Let a second pass, so that the channel takes another post."""
        self.clock.instant += timedelta(seconds=1)

    def settled(self, answer: Answer) -> Answer:
        """Wait for what follows an answer."""
        assert self.slack.settle()
        return answer

    def told(self, user: str = ANA) -> str:
        """Return the newest text that only this person sees."""
        assert self.slack.settle()
        messages: list[Message] = self.workspace.ephemerals(user)
        return messages[-1].text if messages else ""


@contextmanager
def staged() -> Iterator[Stage]:
    """Serve both."""
    clock, product, verbs = Clock(), Later(), Verbs()
    with served(product) as product_url:
        workspace = Workspace(
            Timeline(clock),
            bot_token=BOT_TOKEN,
            signing_secret=SECRET,
            app_token="xapp-test",
            product_url=product_url,
            channels={READS: "reads", DESK: "desk"},
            users={ANA: "Dr. Ana Ruiz", BEN: "Dr. Ben Okafor"},
        )
        with served(workspace.app) as url:
            workspace.memory.url = url
            client = web_client(BOT_TOKEN, f"{url}/api")
            slack = slack_app(as_port(verbs), client=client, signing_secret=SECRET, public_url=PUBLIC + "/")
            product.app = FastAPI()
            product.app.include_router(slack_router(slack.bolt, lambda: None))
            messenger = SlackMessenger(client, OUTCOMES)
            yield Stage(clock, workspace, verbs, slack, messenger, product_url, f"{url}/api")
            slack.close()
            workspace.stop()
