"""Texts: sent, delivered or not, received, and the words that stop and start them (Twilio: Message resource)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.exchange.numbers import is_dialable, whereabouts
from sandbox.exchange.records import API_VERSION, ApplicationError, Hook, Refusal, new_sid
from sandbox.exchange.script import document_of
from sandbox.exchange.texting import MAX_BODY, read_replies
from sandbox.exchange.twiml import TwimlError

if TYPE_CHECKING:
    from sandbox.exchange.callbacks import Reply
    from sandbox.exchange.switch import Switch

STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
START = ("START", "YES", "UNSTOP")
HELP = ("HELP", "INFO")
STOPPED = "You have successfully been unsubscribed. You will not receive any more messages from this number."
STARTED = "You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe."
HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
REPLIES = ((STOP, f"{STOPPED} Reply START to resubscribe."), (START, STARTED), (HELP, HELPED))
#: Codes below this are refusals of the create; codes above are outcomes of the delivery.
FIRST_DELIVERY_CODE = 30000


@dataclass
class Message:
    """One text."""

    to: str
    from_: str
    body: str
    #: outbound-api, outbound-reply or inbound.
    direction: str
    created: datetime
    sid: str = field(default_factory=lambda: new_sid("SM"))
    status: str = "queued"
    error_code: int | None = None
    #: Whether a test or a person has looked at it.
    seen: bool = False
    sent_at: datetime | None = None
    updated: datetime | None = None
    hook: Hook | None = None

    @property
    def segments(self) -> int:
        """How many parts it travels in (GSM-7: 160 or 153 characters; else 70 or 67)."""
        single, part = (160, 153) if self.body.isascii() else (70, 67)
        return 1 if len(self.body) <= single else -(-len(self.body) // part)

    def snapshot(self) -> dict[str, Any]:
        """Return a value for JSON."""
        kept = {name: getattr(self, name) for name in ("to", "from_", "body", "direction", "sid", "status")}
        return kept | {"error_code": self.error_code, "created": self.created.isoformat()}

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> Message:
        """Return the message of a snapshot."""
        return cls(**(kept | {"created": datetime.fromisoformat(kept["created"])}), seen=True)


class Messages:
    """All texts of the account."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.all: list[Message] = []
        #: Pairs of (person's number, our number) between which nothing may be sent.
        self.opted_out: set[tuple[str, str]] = set()
        self.outcomes: dict[str, int] = {}
        #: ``sent`` where carriers do not say whether they delivered.
        self.ends_at = "delivered"

    def create(self, to: str, from_: str, body: str, hook: Hook | None, direction: str = "outbound-api") -> Message:
        """Accept a text and let the timeline deliver it, or refuse it as Twilio does."""
        self._refuse_what_twilio_refuses(to, from_, body)
        message = Message(to, from_, body, direction, self._switch.now(), hook=hook)
        self.all.append(message)
        self._switch.later(0, lambda: self._deliver(message))
        return message

    def outcome(self, to: str, code: int | None) -> None:
        """Decide what becomes of texts to ``to``: None delivers; 300xx is not delivered; 21xxx is refused."""
        self.outcomes.pop(to, None)
        if code is not None:
            self.outcomes[to] = code

    def receive(self, from_: str, to: str, body: str) -> Message:
        """Take a text from a person, mind its keyword, and ask the number's sms_url what to reply."""
        config = self._switch.numbers[to]
        message = Message(to, from_, body, "inbound", self._switch.now(), status="received", seen=True)
        self.all.append(message)
        self._mind_keyword(message)
        if config.sms_url:
            self._switch.errand(partial(self._ask, message, Hook(config.sms_url, config.sms_method)))
        return message

    def _refuse_what_twilio_refuses(self, to: str, from_: str, body: str) -> None:
        config = self._switch.numbers.get(from_)
        outcome = self.outcomes.get(to, FIRST_DELIVERY_CODE)
        if not is_dialable(to):
            raise Refusal(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if config is None or not config.sms_capable:
            raise Refusal(
                400, 21606, f"The 'From' phone number provided ({from_}) is not a valid message-capable number."
            )
        if to == from_:
            raise Refusal(400, 21266, "'To' and 'From' number cannot be the same")
        if not body:
            raise Refusal(400, 21602, "Message body is required.")
        if len(body) > MAX_BODY:
            raise Refusal(400, 21617, f"The concatenated message body exceeds the {MAX_BODY} character limit.")
        if (to, from_) in self.opted_out:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        if outcome < FIRST_DELIVERY_CODE:
            raise Refusal(400, outcome, f"The text to {to} was refused ({outcome}).")

    def _deliver(self, message: Message) -> None:
        code = self.outcomes.get(message.to)
        self._report(message, "queued")
        message.sent_at = self._switch.now()
        self._report(message, "sent")
        message.error_code = code
        if code or self.ends_at == "delivered":
            self._report(message, "undelivered" if code else "delivered")

    def _report(self, message: Message, status: str) -> None:
        message.status = status
        message.updated = self._switch.now()
        if message.hook is None:
            return
        params = {
            "AccountSid": self._switch.account_sid,
            "ApiVersion": API_VERSION,
            "From": message.from_,
            "To": message.to,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
        }
        if message.error_code:
            params["ErrorCode"] = str(message.error_code)
        self._switch.courier.announce(f"message-{status}", message.sid, message.hook, params)

    def _mind_keyword(self, message: Message) -> None:
        word = message.body.strip().upper()
        pair = (message.from_, message.to)
        if word in STOP:
            self.opted_out.add(pair)
        elif word in START:
            self.opted_out.discard(pair)
        for words, reply in REPLIES:
            if word in words:
                # The telephone company answers these by itself, even to somebody who has just opted out.
                sent = Message(*pair, reply, "outbound-reply", self._switch.now(), status="delivered", seen=True)
                self.all.append(sent)

    def _ask(self, message: Message, hook: Hook) -> None:
        params = (
            {
                "AccountSid": self._switch.account_sid,
                "ApiVersion": API_VERSION,
                "Body": message.body,
                "From": message.from_,
                "To": message.to,
                "MessageSid": message.sid,
                "SmsMessageSid": message.sid,
                "SmsSid": message.sid,
                "SmsStatus": "received",
                "NumMedia": "0",
                "NumSegments": str(message.segments),
            }
            | whereabouts("From", message.from_)
            | whereabouts("To", message.to)
        )
        reply = self._switch.courier.ask("text", hook, params)
        with self._switch.acting():
            try:
                self._reply(message, reply)
            except TwimlError as error:
                self._failed(message, error.code, error.reason, hook.url)
            except Refusal as refusal:
                self._failed(message, refusal.code, refusal.message, hook.url)

    def _reply(self, message: Message, reply: Reply) -> None:
        """Send what the answer says (Twilio: TwiML Messaging Message); no content is no reply."""
        if reply.status is not None and 200 <= reply.status < 300 and not reply.body.strip():
            return
        for words in read_replies(document_of(reply)):
            self.create(message.from_, message.to, words, None, "outbound-reply")

    def _failed(self, message: Message, code: int, reason: str, url: str) -> None:
        error = ApplicationError(message.sid, code, reason, url, self._switch.now())
        self._switch.application_errors.append(error)
