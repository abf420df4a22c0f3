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

    from sandbox.exchange.account import Account
    from sandbox.exchange.messages import Message
    from sandbox.exchange.recordings import Recording

CREATE = ("To", "From", "Body", "StatusCallback", "ValidityPeriod", "ContentRetention", "AddressRetention")
#: Parameters of Twilio's for which the sandbox has nothing.
OTHERS = (
    *("ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ForceDelivery", "SmartEncoded", "PersistentAction"),
    *("TrafficType", "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "RiskCheck"),
    *("MessagingServiceSid", "MediaUrl", "ContentSid"),
)


def create(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
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
    return message_resource(account, account.texts.create(to, from_, given.text("Body") or "", hook))


def read_list(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List texts, the newest first."""
    given = Parameters(pairs, ("To", "From", *dates("DateSent"), *LIST_PARAMETERS))
    found = [
        message_resource(account, message)
        for message in reversed(account.messages)
        if given.text("To") in (None, message.to)
        and given.text("From") in (None, message.from_)
        and given.matches("DateSent", message.sent_at or message.created)
    ]
    return page("messages", f"{root(account)}/Messages.json", given, found)


def read(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Return one text."""
    Parameters(pairs, ())
    return message_resource(account, _message(account, sid))


def update(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Redact a text, which is all that can be changed of one that was sent."""
    message = _message(account, sid)
    given = Parameters(pairs, ("Body", "Status"))
    if "Status" in given:
        refuse(30409, "only a scheduled text can be canceled, and the sandbox schedules none")
    if given.text("Body") != "":
        refuse(UNKNOWN, "Body can only be replaced by nothing")
    message.body = ""
    return message_resource(account, message)


def delete(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> None:
    """Remove a text."""
    Parameters(pairs, ())
    account.texts.all.remove(_message(account, sid))


def recordings(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List recordings, the newest first."""
    given = Parameters(pairs, ("CallSid", *dates("DateCreated"), *LIST_PARAMETERS))
    found = [
        recording_resource(account, one)
        for one in reversed(account.recordings.all.values())
        if given.text("CallSid") in (None, one.call_sid) and given.matches("DateCreated", one.created)
    ]
    return page("recordings", f"{root(account)}/Recordings.json", given, found)


def recording(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Return what is known of one recording."""
    Parameters(pairs, ("IncludeSoftDeleted",))
    return recording_resource(account, kept(account, sid))


def delete_recording(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> None:
    """Remove a recording and its sound."""
    Parameters(pairs, ())
    del account.recordings.all[kept(account, sid).sid]


def account(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the account."""
    Parameters(pairs, ())
    return account_resource(account)


def numbers(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List our numbers; ``PhoneNumber`` matches a part of them."""
    given = Parameters(pairs, ("Beta", "FriendlyName", "PhoneNumber", "Origin", *LIST_PARAMETERS))
    part = given.text("PhoneNumber") or ""
    found = [number_resource(account, number) for number in account.numbers if part in number]
    return page("incoming_phone_numbers", f"{root(account)}/IncomingPhoneNumbers.json", given, found)


def kept(account: Account, sid: str, *, ready: bool = False) -> Recording:
    """Return a recording (``ready``: whose sound can be fetched), or answer 404."""
    one = account.recordings.all.get(sid)
    if one is None or (ready and one.status != "completed"):
        refuse(20404, f"The requested resource {root(account)}/Recordings/{sid} was not found", status=404)
    return one


def _message(account: Account, sid: str) -> Message:
    found = next((message for message in account.texts.all if message.sid == sid), None)
    if found is None:
        refuse(20404, f"The requested resource {root(account)}/Messages/{sid}.json was not found", status=404)
    return found
