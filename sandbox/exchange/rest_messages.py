"""The Messages and Recordings resources of the REST API, our numbers and the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange.parameters import LIST_PARAMETERS, UNKNOWN, Parameters, dates, refuse
from sandbox.exchange.resources import (
    account_resource,
    message_resource,
    number_resource,
    page,
    recording_resource,
    root,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.exchange.exchange import Exchange
    from sandbox.exchange.messages import Message
    from sandbox.exchange.recordings import Recording

CREATE = ("To", "From", "Body", "StatusCallback", "ValidityPeriod", "ContentRetention", "AddressRetention")
#: Parameters of Twilio's for which the sandbox has nothing.
OTHERS = (
    *("ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ForceDelivery", "SmartEncoded", "PersistentAction"),
    *("TrafficType", "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "RiskCheck"),
    *("MessagingServiceSid", "MediaUrl", "ContentSid"),
)


def create(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Send a text."""
    given = Parameters(pairs, (*CREATE, *OTHERS))
    for name in OTHERS:
        if name in given:
            refuse(UNKNOWN, f"{name} is a parameter of Twilio's, but the sandbox has nothing behind it")
    to, from_ = given.text("To"), given.text("From")
    if not to:
        refuse(21604, "A 'To' phone number is required.")
    if not from_:
        refuse(21603, "A 'From' phone number is required.")
    given.whole("ValidityPeriod", 36000, 1, 36000)
    given.choice("ContentRetention", ("retain", "discard"))
    given.choice("AddressRetention", ("retain", "obfuscate"))
    hook = given.hook("StatusCallback", 21609)
    return message_resource(exchange, exchange.texts.create(to, from_, given.text("Body") or "", hook))


def read_list(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List texts, the newest first."""
    given = Parameters(pairs, ("To", "From", *dates("DateSent"), *LIST_PARAMETERS))
    found = [
        message_resource(exchange, message)
        for message in reversed(exchange.messages)
        if given.text("To") in (None, message.to)
        and given.text("From") in (None, message.from_)
        and given.matches("DateSent", message.sent_at or message.created)
    ]
    return page("messages", f"{root(exchange)}/Messages.json", given, found)


def read(exchange: Exchange, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Return one text."""
    Parameters(pairs, ())
    return message_resource(exchange, _message(exchange, sid))


def update(exchange: Exchange, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Redact a text, which is all that can be changed of one that was sent."""
    message = _message(exchange, sid)
    given = Parameters(pairs, ("Body", "Status"))
    if "Status" in given:
        refuse(30409, "only a scheduled text can be canceled, and the sandbox schedules none")
    if given.text("Body") != "":
        refuse(UNKNOWN, "Body can only be replaced by nothing")
    message.body = ""
    return message_resource(exchange, message)


def delete(exchange: Exchange, pairs: Iterable[tuple[str, str]], sid: str) -> None:
    """Remove a text."""
    Parameters(pairs, ())
    exchange.texts.all.remove(_message(exchange, sid))


def recordings(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List recordings, the newest first."""
    given = Parameters(pairs, ("CallSid", *dates("DateCreated"), *LIST_PARAMETERS))
    found = [
        recording_resource(exchange, one)
        for one in reversed(exchange.recordings.all.values())
        if given.text("CallSid") in (None, one.call_sid) and given.matches("DateCreated", one.created)
    ]
    return page("recordings", f"{root(exchange)}/Recordings.json", given, found)


def recording(exchange: Exchange, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Return what is known of one recording."""
    Parameters(pairs, ("IncludeSoftDeleted",))
    return recording_resource(exchange, kept(exchange, sid))


def delete_recording(exchange: Exchange, pairs: Iterable[tuple[str, str]], sid: str) -> None:
    """Remove a recording and its sound."""
    Parameters(pairs, ())
    del exchange.recordings.all[kept(exchange, sid).sid]


def account(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the account."""
    Parameters(pairs, ())
    return account_resource(exchange)


def numbers(exchange: Exchange, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List our numbers; ``PhoneNumber`` matches a part of them."""
    given = Parameters(pairs, ("Beta", "FriendlyName", "PhoneNumber", "Origin", *LIST_PARAMETERS))
    part = given.text("PhoneNumber") or ""
    found = [number_resource(exchange, number) for number in exchange.numbers if part in number]
    return page("incoming_phone_numbers", f"{root(exchange)}/IncomingPhoneNumbers.json", given, found)


def kept(exchange: Exchange, sid: str, *, ready: bool = False) -> Recording:
    """Return a recording (``ready``: whose sound can be fetched), or answer 404."""
    one = exchange.recordings.all.get(sid)
    if one is None or (ready and one.status != "completed"):
        refuse(20404, f"The requested resource {root(exchange)}/Recordings/{sid} was not found", status=404)
    return one


def _message(exchange: Exchange, sid: str) -> Message:
    found = next((message for message in exchange.texts.all if message.sid == sid), None)
    if found is None:
        refuse(20404, f"The requested resource {root(exchange)}/Messages/{sid}.json was not found", status=404)
    return found
