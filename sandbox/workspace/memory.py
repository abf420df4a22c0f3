"""All that the workspace remembers, behind one lock that is never held while anything is sent."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.workspace.model import Channel, Identity, Json, Message, Refusal, ResponseUrl, Trigger, View

if TYPE_CHECKING:
    from sandbox.timeline import Timeline

#: One post per second and channel (Slack: "Rate limits, Posting messages"), with what the network may squeeze.
POST_INTERVAL = timedelta(seconds=1)
POST_TOLERANCE = timedelta(milliseconds=250)


@dataclass
class Memory:
    """Channels, people, messages, views, triggers; callers hold ``lock`` for as long as they look or change."""

    timeline: Timeline
    channels: dict[str, Channel]
    users: dict[str, str]
    identity: Identity = field(default_factory=Identity)
    url: str = ""  #: where this workspace is reached; response_urls begin with it
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Message] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)  #: user to the ids of open modals, topmost last
    homes: dict[str, View] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    last_ts: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    next_post: dict[str, datetime] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def new_ts(self) -> str:
        """Return a timestamp that no other message has, as Slack writes them."""
        with self.lock:
            self.last_ts = max(self.timeline.now(), self.last_ts + timedelta(microseconds=1))
            return f"{int(self.last_ts.timestamp())}.{self.last_ts.microsecond:06d}"

    def new_id(self, prefix: str) -> str:
        """Return an id in Slack's shape: a letter and upper-case hexadecimal digits."""
        return prefix + secrets.token_hex(5).upper()

    def new_hash(self) -> str:
        """Return a view's hash, which changes with every update."""
        return f"{int(self.timeline.now().timestamp())}.{secrets.token_hex(4)}"

    def new_trigger(self, user: str) -> str:
        """Return a trigger id that opens one view for this person."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, self.timeline.now())
        return trigger_id

    def new_response_url(self, kind: str, response: ResponseUrl) -> str:
        """Return a response_url (kind ``actions`` or ``commands``)."""
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = response
        return f"{self.url.rstrip('/')}/{kind}/{self.identity.team_id}/{secrets.randbelow(10**13)}/{key}"

    def channel(self, name: Any) -> Channel:
        """Return the channel of this id, ``#name``, or the direct message with this user; else channel_not_found."""
        for channel in self.channels.values():
            if name in (channel.id, f"#{channel.name}"):
                return channel
        if name in self.users:
            return self.direct(name)
        raise Refusal("channel_not_found")

    def joined(self, name: Any) -> Channel:
        """Return the channel if the app is in it, else not_in_channel."""
        channel = self.channel(name)
        if not channel.has_bot:
            raise Refusal("not_in_channel")
        return channel

    def direct(self, user: str) -> Channel:
        """Return the app's direct message with this person, opening it the first time."""
        for channel in self.channels.values():
            if channel.person == user:
                return channel
        channel = Channel(f"D{user[1:]}", f"dm-{user}", person=user)
        self.channels[channel.id] = channel
        return channel

    def find(self, channel: str, ts: Any) -> Message | None:
        """Return the message of this channel and ts."""
        return next((m for m in self.messages if m.channel == channel and m.ts == ts), None)

    def find_shown(self, channel: str, ts: str) -> Message | None:
        """Return the message of this channel and ts, an ephemeral one too."""
        hidden = next((m for m in self.ephemerals if m.channel == channel and m.ts == ts), None)
        return self.find(channel, ts) or hidden

    def modal(self, user: str) -> View | None:
        """Return the modal on top of this person's stack."""
        stack = self.stacks.get(user) or []
        return self.views[stack[-1]] if stack else None

    def close_top(self, user: str) -> None:
        """Take the topmost modal away."""
        stack = self.stacks.get(user) or []
        if stack:
            self.views.pop(stack.pop(), None)

    def close_all(self, user: str) -> None:
        """Take every modal of this person away."""
        for view_id in self.stacks.pop(user, []):
            self.views.pop(view_id, None)

    def pace(self, channel: str) -> float:
        """Count one post in this channel; return the seconds to wait when it comes too early, else 0."""
        now = self.timeline.now()
        earliest = self.next_post.get(channel, now)
        if now < earliest - POST_TOLERANCE:
            return (earliest - now).total_seconds()
        self.next_post[channel] = max(now, earliest) + POST_INTERVAL
        return 0.0

    def snapshot(self) -> Json:
        """Return what a second start needs; open modals, triggers and response_urls end with the process."""
        with self.lock:
            return {
                "messages": [message.to_json() for message in self.messages],
                "ephemerals": [message.to_json() for message in self.ephemerals],
                "directs": [[c.id, c.person] for c in self.channels.values() if c.is_im],
                "homes": {user: view.body for user, view in self.homes.items()},
                "last_ts": self.last_ts.isoformat(),
            }

    def restore(self, kept: Json) -> None:
        """Continue from a snapshot."""
        with self.lock:
            self.messages = [Message(**message) for message in kept["messages"]]
            self.ephemerals = [Message(**message) for message in kept["ephemerals"]]
            for _, person in kept["directs"]:
                self.direct(person)
            for user, body in kept["homes"].items():
                self.homes[user] = View(self.new_id("V"), user, body, self.new_hash())
            self.last_ts = datetime.fromisoformat(kept["last_ts"])
