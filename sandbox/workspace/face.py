"""The workspace as tests and the page use it: people click, submit and type; channels show what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.workspace import outcome, payloads
from sandbox.workspace.api import Door
from sandbox.workspace.entered import entry, missing, states
from sandbox.workspace.events import Courier
from sandbox.workspace.faults import Faults
from sandbox.workspace.memory import Memory
from sandbox.workspace.methods import ALL_SCOPES
from sandbox.workspace.model import Answer, Channel, Json, Message, Sent, View, elements

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from starlette.applications import Starlette

    from sandbox.timeline import Timeline

COMMANDS = ("/relay", "/worklist", "/tat", "/oncall")


class Workspace:
    """A Slack workspace with one app, the product, installed.

    ``app`` serves the Web API and the response_urls; ``url`` is where it is reached (learned from the first API call
    when it is not given). Everything here may be called from any thread.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        bot_token: str,
        signing_secret: str,
        app_token: str,
        product_url: str,
        channels: Mapping[str, str],
        users: Mapping[str, str],
        url: str = "",
        commands: Collection[str] = COMMANDS,
    ) -> None:
        rooms = {id_: Channel(id_, name) for id_, name in channels.items()}
        self.memory = Memory(timeline, rooms, dict(users), url=url)
        self.faults = Faults()
        self.traffic: list[str] = []  #: every body that came from the product, requests and answers
        self.scopes = ALL_SCOPES  #: what the app was granted
        self.commands = tuple(commands)
        self.on_change: Callable[[], None] = lambda: None
        self._courier = Courier(product_url, signing_secret, self.traffic.append)
        tokens = {bot_token: "bot", app_token: "app"}
        self._door = Door(self.memory, self.faults, tokens, lambda: self.scopes, self._heard)

    @property
    def app(self) -> Starlette:
        """The ASGI application: ``/api/{method}``, ``/actions/…`` and ``/commands/…``."""
        return self._door.app

    @property
    def sent(self) -> list[Sent]:
        """Every request to the product as it went out, oldest first."""
        return self._courier.sent

    @property
    def late_acks(self) -> list[Sent]:
        """The requests that the product did not answer within three seconds."""
        return self._courier.late

    @property
    def failed_acks(self) -> list[tuple[Sent, str]]:
        """The requests answered with another status than 200, or with something Slack cannot use, and why."""
        return self._courier.failed

    @property
    def ack_seconds(self) -> float:
        """How long an answer may take; three seconds at Slack."""
        return self._courier.ack_seconds

    @ack_seconds.setter
    def ack_seconds(self, seconds: float) -> None:
        self._courier.ack_seconds = seconds

    def click(self, user: str, channel: str, ts: str, action_id: str, value: Any = None) -> Answer:
        """Click a button, or choose ``value`` in a menu, on a message or an ephemeral one.

        ``action_id`` that is not on the message raises LookupError: nobody could have clicked it.
        """
        with self.memory.lock:
            message = self.memory.find_shown(channel, ts)
            if message is None or (message.visible_to and user not in message.visible_to):
                raise LookupError(f"{user} sees no message {ts} in {channel}")
            done = self._action(message.blocks, action_id, value)
            payload = payloads.block_actions(self.memory, user, message, done)
        return self._acknowledged(user, self._courier.interaction(payload))

    def press(self, user: str, action_id: str, value: Any = None, *, home: bool = False) -> Answer:
        """Click a button, or choose in a menu, in this person's topmost modal or (``home``) on their Home."""
        with self.memory.lock:
            view = self.memory.homes.get(user) if home else self.memory.modal(user)
            if view is None:
                raise LookupError(f"{user} has no {'Home' if home else 'modal'} open")
            done = self._action(view.blocks, action_id, value)
            if value is not None and "value" not in done:
                self._enter(view, {done["block_id"]: {action_id: value}})
            payload = payloads.view_actions(self.memory, view, done)
        return self._acknowledged(user, self._courier.interaction(payload))

    def command(self, user: str, channel: str, command: str, text: str = "") -> Answer:
        """Type a slash command; the answer is what the person sees at once, usually only they."""
        if command not in self.commands:
            return Answer(None, f"{command} is not a valid command.", failure="invalid_command")
        with self.memory.lock:
            fields = payloads.slash_command(self.memory, user, channel, command, text)
        sent = self._courier.command(fields)
        answer = outcome.of_command(self.memory, user, channel, command, sent)
        return self._told(sent, answer)

    def submit(
        self, user: str, values: Mapping[str, Mapping[str, Any]] | None = None, view_id: str | None = None
    ) -> Answer:
        """Fill in this person's open modal, as ``{block_id: {action_id: value}}``, and press its submit button.

        Values are plain: an option's value, a user id, a text, a list for checkboxes. A required input left empty is
        refused here as Slack's window does, and the product does not hear of it.
        """
        with self.memory.lock:
            view = self.memory.modal(user) if view_id is None else self.memory.views.get(view_id)
            if view is None or view.user != user:
                raise LookupError(f"{user} has no such modal open")
            self._enter(view, values or {})
            view.errors = missing(view.blocks, states(view.blocks, view.entered))
            payload = None if view.errors else payloads.view_submission(self.memory, view)
        if payload is None:
            self.on_change()
            return Answer(None, errors=view.errors)
        sent = self._courier.interaction(payload)
        return self._told(sent, outcome.of_submission(self.memory, view, sent))

    def close(self, user: str, *, clear: bool = False) -> None:
        """Close this person's topmost modal, or (``clear``) all; the product hears of it when it asked to."""
        with self.memory.lock:
            view = self.memory.modal(user)
            if view is None:
                raise LookupError(f"{user} has no modal open")
            clear = clear or bool(view.body.get("clear_on_close"))
            payload = payloads.view_closed(self.memory, view, cleared=clear)
            wanted = bool(view.body.get("notify_on_close"))
            self.memory.close_all(user) if clear else self.memory.close_top(user)
        if wanted:
            self._courier.interaction(payload)
        self.on_change()

    def open_home(self, user: str) -> View | None:
        """Look at the app's Home tab; the product is told, and the Home as it is then is returned."""
        with self.memory.lock:
            payload = payloads.app_home_opened(self.memory, user)
        self._courier.event(payload)
        return self.home(user)

    def say(self, user: str, channel: str, text: str) -> Message:
        """Write a message as a person; the app does not listen to channels, so it hears nothing."""
        with self.memory.lock:
            message = Message(channel, self.memory.new_ts(), text, user=user, seen=True)
            self.memory.messages.append(message)
        self.on_change()
        return message

    def messages(self, channel: str) -> list[Message]:
        """Return the channel's messages without replies, oldest first; looking this way leaves them unseen."""
        with self.memory.lock:
            return [m for m in self.memory.messages if m.channel == channel and (not m.thread_ts or m.broadcast)]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Return the replies under a message, oldest first."""
        with self.memory.lock:
            return [m for m in self.memory.messages if m.channel == channel and m.thread_ts == ts]

    def ephemerals(self, user: str) -> list[Message]:
        """Return what only this person sees, oldest first."""
        with self.memory.lock:
            return [m for m in self.memory.ephemerals if user in m.visible_to]

    def modal(self, user: str) -> View | None:
        """Return this person's topmost modal."""
        with self.memory.lock:
            return self.memory.modal(user)

    def home(self, user: str) -> View | None:
        """Return this person's Home as last published."""
        with self.memory.lock:
            return self.memory.homes.get(user)

    def direct(self, user: str) -> str:
        """Return the id of the app's direct message with this person."""
        with self.memory.lock:
            return self.memory.direct(user).id

    def expect_message(self, channel: str, containing: str) -> Message:
        """Return the oldest unseen message of the channel or its threads with these words, and mark it as seen.

        Without an unseen one the newest seen one is returned: a card that was updated. None at all is an AssertionError.
        """
        with self.memory.lock:
            there = [m for m in self.memory.messages if m.channel == channel]
            return _picked(there, containing, f"in {channel}")

    def expect_ephemeral(self, user: str, containing: str) -> Message:
        """Return, as ``expect_message`` does, a message that only this person sees."""
        return _picked(self.ephemerals(user), containing, f"only for {user}")

    def unseen(self) -> list[Message]:
        """Return every message from the product that no expectation has looked at."""
        with self.memory.lock:
            return [m for m in [*self.memory.messages, *self.memory.ephemerals] if not m.seen]

    def look(self) -> list[Message]:
        """Mark everything as seen, and return what was not."""
        with self.memory.lock:
            fresh = self.unseen()
            for message in fresh:
                message.seen = True
            return fresh

    def invite_bot(self, channel: str, *, joined: bool = True) -> None:
        """Put the app into a channel, or take it out (``joined=False``: then it is ``not_in_channel``)."""
        with self.memory.lock:
            self.memory.channels[channel].has_bot = joined

    def snapshot(self) -> Json:
        """Return, as JSON-able values, what a second start continues with."""
        return self.memory.snapshot()

    def restore(self, kept: Json) -> None:
        """Continue from a snapshot."""
        self.memory.restore(kept)
        self.on_change()

    def stop(self) -> None:
        """Close the connections to the product."""
        self._courier.close()

    def _heard(self, body: str, changed: bool) -> None:
        if body:
            self.traffic.append(body)
        if changed:
            self.on_change()

    def _action(self, blocks: list[Json], action_id: str, value: Any) -> Json:
        for block_id, element in elements(blocks):
            if element["action_id"] == action_id and value in (None, element.get("value", value)):
                return payloads.action(self.memory, block_id, element, value)
        there = ", ".join(str(element["action_id"]) for _, element in elements(blocks)) or "nothing"
        raise LookupError(f"there is no {action_id} with value {value!r} to click; there is: {there}")

    @staticmethod
    def _enter(view: View, values: Mapping[str, Mapping[str, Any]]) -> None:
        known = {(block_id, element["action_id"]): element for block_id, element in elements(view.blocks)}
        for block_id, entries in values.items():
            for action_id, value in entries.items():
                if (block_id, action_id) not in known:
                    there = ", ".join("/".join(pair) for pair in known)
                    raise LookupError(f"the modal has no {block_id}/{action_id}; it has: {there}")
                view.entered.setdefault(block_id, {})[action_id] = entry(known[block_id, action_id], value)

    def _acknowledged(self, user: str, sent: Sent) -> Answer:
        return self._told(sent, outcome.of_action(user, sent))

    def _told(self, sent: Sent, answer: Answer) -> Answer:
        if answer.failure and sent.status == outcome.OK:
            self._courier.failed.append((sent, answer.failure))
        self.on_change()
        return answer


def _picked(there: list[Message], containing: str, where: str) -> Message:
    fitting = [message for message in there if containing in message.words]
    for message in fitting:
        if not message.seen:
            message.seen = True
            return message
    if fitting:
        return fitting[-1]
    shown = "\n---\n".join(message.words for message in there) or "(nothing)"
    raise AssertionError(f"no message {where} with {containing!r}; there is:\n{shown}")
