"""Answers to one person: ephemeral messages, forms and the Home.

They are sent by threads of their own, once what they tell is durable, and lost without harm: the card and the record say
the same. A failure is logged by its type only, since an answer may hold a one-time link.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.slack.blocks import Json, Message, safe, section
from bot.slack.hands import Hands
from bot.slack.modals import told
from handlers.domain.errors import Rejection

log = logging.getLogger(__name__)
T = TypeVar("T")

_OK = 200
#: A logger for Slack's own clients: what they log may hold one-time links and response_urls.
quiet = logging.getLogger("radrelay.slack_sdk")
quiet.setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a verb returned, or the sentence of its refusal."""

    value: T | None
    refusal: str = ""


def attempt(what: str, act: Callable[[], T]) -> Outcome[T]:
    """Call a verb; whatever goes wrong becomes a sentence for the person who asked."""
    try:
        return Outcome(act())
    except Rejection as rejection:
        if rejection.__cause__ is not None:  # a trouble of ours stands behind it
            _logged(what, rejection.__cause__)
        return Outcome(None, rejection.sentence or rejection.code)
    except Exception as error:  # noqa: BLE001 - nobody may be left without an answer
        return Outcome(None, apology(what, error))


def apology(what: str, error: Exception) -> str:
    """Log an unexpected error by its type and place, never by its text, and return what to tell the person."""
    error_id = _logged(what, error)
    return f"Something went wrong on our side; nothing was changed. Try again, then tell the desk (error {error_id})."


def _logged(what: str, error: BaseException) -> str:
    error_id = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    log.error("slack: %s failed with %s at %s (error %s)", what, type(error).__name__, place, error_id)
    return error_id


def message(sentence: str) -> Message:
    """Return a sentence as a message."""
    text = safe(sentence, 2900)
    return Message(text, (section(text),))


class Replies:
    """Sends them."""

    def __init__(self, hands: Hands, client: WebClient, timeout: int = 5) -> None:
        self._hands = hands
        self._client = client
        self._timeout = timeout

    def tell(self, body: Json, answer: Message, *, replace: bool = False) -> None:
        """Show a message to the person who clicked: in the channel, or as a modal where there is none."""
        if not answer.text:
            return
        if body.get("response_url"):
            self._hands.submit(self._respond, str(body["response_url"]), answer, replace)
        else:
            self.open(body, told(answer))

    def open(self, body: Json, view: Json) -> None:
        """Open a modal for the person who clicked."""
        self._hands.submit(self._open, body, view)

    def publish(self, user: str, draw: Callable[[], Json], seen: str | None = None) -> None:
        """Draw and show somebody's Home; a newer one than ``seen`` (its hash) is left alone."""
        self._hands.submit(self._publish, user, draw, seen)

    def _respond(self, url: str, answer: Message, replace: bool) -> None:
        client = WebhookClient(url, timeout=self._timeout, logger=quiet, retry_handlers=[])
        body = {"text": answer.text, "blocks": list(answer.blocks), "response_type": "ephemeral"}
        try:
            response = client.send_dict({**body, "replace_original": replace})
        except Exception as error:  # noqa: BLE001 - lost without harm, but not unseen
            log.warning("slack: an answer was lost: %s", type(error).__name__)
            return
        if response.status_code != _OK:
            log.warning("slack: an answer was refused: HTTP %s", response.status_code)

    def _open(self, body: Json, view: Json) -> None:
        try:
            self._client.views_open(trigger_id=body["trigger_id"], view=view)
        except Exception as error:  # noqa: BLE001 - as above; the person can click again
            log.warning("slack: a form could not be opened: %s", _reason(error))
            if body.get("response_url"):
                self._respond(str(body["response_url"]), message("The form did not open. Please click again."), False)

    def _publish(self, user: str, draw: Callable[[], Json], seen: str | None) -> None:
        try:
            self._client.views_publish(user_id=user, view=draw(), **({"hash": seen} if seen else {}))
        except Exception as error:  # noqa: BLE001 - as above; it is drawn anew when it is next looked at
            log.warning("slack: a Home could not be shown: %s", _reason(error))


def _reason(error: Exception) -> str:
    return f"SlackApiError {error.response.get('error')}" if isinstance(error, SlackApiError) else type(error).__name__
