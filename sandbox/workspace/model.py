"""What a workspace holds: messages, views, triggers and the requests it sent, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

Json = dict[str, Any]


class Refusal(Exception):
    """What Slack answers instead of ``ok``: an error code, and reasons where Slack gives some."""

    def __init__(self, error: str, problems: list[str] | None = None, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.problems = problems or []
        self.extra = extra

    def body(self) -> Json:
        """Return the JSON body (Slack: "Web API, Evaluating responses")."""
        answer: Json = {"ok": False, "error": self.error, **self.extra}
        if self.problems:
            answer["errors"] = self.problems
            answer["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return answer


@dataclass(frozen=True)
class Identity:
    """Who the workspace and the installed app are, in Slack's id shapes."""

    team_id: str = "T0SANDBOX"
    team_name: str = "Sandbox Radiology"
    team_domain: str = "sandbox-radiology"
    app_id: str = "A0RADRELAY"
    bot_id: str = "B0RADRELAY"
    bot_user_id: str = "U0RADRELAY"
    bot_name: str = "radrelay"


@dataclass
class Channel:
    """A channel, or the app's direct message with one person."""

    id: str
    name: str
    has_bot: bool = True
    person: str = ""  #: the other side of a direct message

    @property
    def is_im(self) -> bool:
        """Whether this is a direct message."""
        return bool(self.person)


@dataclass
class Message:
    """One message as the channel shows it; ``visible_to`` names the readers of an ephemeral one."""

    channel: str
    ts: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    user: str = ""
    edited: int = 0  #: how many times it was updated
    edited_ts: str = ""
    visible_to: list[str] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    broadcast: bool = False
    seen: bool = False  #: whether a test has looked at it

    @property
    def words(self) -> str:
        """Everything a reader of this message sees, one text a line."""
        return "\n".join([self.text, *texts(self.blocks)])

    def elements(self) -> Iterator[tuple[str, Json]]:
        """Yield (block_id, element) for every interactive element."""
        return elements(self.blocks)

    def actions(self) -> dict[str, Json]:
        """Return the interactive elements by action_id; of equal ids the first."""
        found: dict[str, Json] = {}
        for _, element in self.elements():
            found.setdefault(str(element.get("action_id", "")), element)
        return found

    def to_json(self) -> Json:
        """Return a JSON-able copy for the snapshot and the page."""
        return asdict(self)


@dataclass
class View:
    """A modal or a Home, as published, with what its person entered so far."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str = ""
    previous_id: str = ""
    entered: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """Return the blocks shown."""
        return list(self.body.get("blocks", []))

    @property
    def callback_id(self) -> str:
        """Return the callback_id given when it was opened."""
        return str(self.body.get("callback_id", ""))

    @property
    def words(self) -> str:
        """Everything a reader of this view sees, one text a line."""
        return "\n".join(texts([{key: self.body.get(key) for key in ("title", "blocks", "submit", "close")}]))


@dataclass
class Trigger:
    """A trigger id: it opens one view, within three seconds (Slack: "Handling user interaction, trigger_id")."""

    user: str
    issued: datetime
    used: bool = False


@dataclass
class ResponseUrl:
    """A response_url: five posts within thirty minutes (Slack: "Handling user interaction, response_url")."""

    user: str
    channel: str
    issued: datetime
    message_ts: str = ""
    ephemeral: bool = False
    uses: int = 0


@dataclass(frozen=True)
class Sent:
    """One request to the product, exactly as it went out, so that a test can send it again or spoil it."""

    url: str
    headers: dict[str, str]
    body: bytes
    status: int | None  #: None when no answer came
    at: datetime
    answer: str = ""


@dataclass(frozen=True)
class Answer:
    """What a person sees at once after a click, a command or a submission."""

    status: int | None
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)  #: block_id to sentence, for a modal that stays open
    failure: str = ""  #: "operation_timeout", "dispatch_failed" or what was wrong with the answer

    @property
    def ok(self) -> bool:
        """Whether Slack would show no error."""
        return not self.failure and not self.errors

    @property
    def words(self) -> str:
        """Everything the person reads in it."""
        return "\n".join([self.text, *texts(self.blocks)])


def texts(value: Any) -> list[str]:
    """Return every text in a piece of Block Kit, in reading order."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for key, item in value.items() if key != "confirm" for text in texts(item)]


def elements(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Yield (block_id, element) for every element that can be used: accessories, actions and inputs."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield str(block.get("block_id", "")), element
