"""The Calls resource of the REST API: create, read, list, change, delete (Twilio: Call resource)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.exchange.numbers import is_dialable
from sandbox.exchange.parameters import LIST_PARAMETERS, UNKNOWN, Parameters, dates, refuse
from sandbox.exchange.records import CallPlan, Hook
from sandbox.exchange.resources import call_recording_resource, call_resource, page, root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.exchange.account import Account
    from sandbox.exchange.calls import Call

CREATE = (
    *("To", "From", "Url", "Twiml", "ApplicationSid", "Method", "FallbackUrl", "FallbackMethod", "StatusCallback"),
    *("StatusCallbackEvent", "StatusCallbackMethod", "SendDigits", "Timeout", "TimeLimit", "Record"),
    *("RecordingChannels", "RecordingStatusCallback", "RecordingStatusCallbackMethod", "RecordingStatusCallbackEvent"),
    *("RecordingTrack", "Trim", "SipAuthUsername", "SipAuthPassword", "CallerId", "MachineDetection"),
    *("MachineDetectionTimeout", "MachineDetectionSpeechThreshold", "MachineDetectionSpeechEndThreshold"),
    *("MachineDetectionSilenceTimeout", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod"),
    *("Byoc", "CallReason", "CallToken", "ClientNotificationUrl"),
)
UPDATE = (
    *("Url", "Method", "Status", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackMethod"),
    *("Twiml", "TimeLimit"),
)
STATUSES = ("queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
LIST = ("To", "From", "ParentCallSid", "Status", *dates("StartTime"), *dates("EndTime"), *LIST_PARAMETERS)
TUNING = (
    ("MachineDetectionSpeechThreshold", 2400, 1000, 6000),
    ("MachineDetectionSpeechEndThreshold", 1200, 500, 5000),
    ("MachineDetectionSilenceTimeout", 5000, 2000, 10000),
)
NOT_IN_SANDBOX = ("SipAuthUsername", "SipAuthPassword", "Byoc", "CallToken", "ClientNotificationUrl")
DAY = 86400
NOT_IN_PROGRESS = 21220


def create(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Make a call."""
    plan = plan_of(account, Parameters(pairs, CREATE))
    return call_resource(account, account.place(plan))


def plan_of(account: Account, given: Parameters) -> CallPlan:
    """Return the call that is asked for, or refuse it."""
    to, from_ = _ends(account, given)
    document, twiml = _source(given)
    detection = given.choice("MachineDetection", ("Enable", "DetectMessageEnd"))
    _check_the_rest(given, detection)
    return CallPlan(
        to=to,
        from_=from_,
        document=document,
        twiml=twiml,
        fallback=given.hook("FallbackUrl", 21205, "FallbackMethod"),
        status=given.hook("StatusCallback", 21609),
        events=given.events("StatusCallbackEvent"),
        timeout=given.whole("Timeout", 60, 1, 600, 21208),
        time_limit=given.whole("TimeLimit", 14400, 1, DAY),
        send_digits=given.text("SendDigits") or "",
        machine_detection=detection,
        machine_timeout=given.whole("MachineDetectionTimeout", 30, 3, 59),
        async_amd=given.yes("AsyncAmd"),
        amd=given.hook("AsyncAmdStatusCallback", 21609),
        record=given.yes("Record"),
        recording=given.hook("RecordingStatusCallback", 21609),
    )


def read_list(account: Account, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """List calls, the newest first."""
    given = Parameters(pairs, LIST)
    given.choice("Status", STATUSES)
    found = [call_resource(account, call) for call in reversed(account.calls) if _is_listed(call, given)]
    return page("calls", f"{root(account)}/Calls.json", given, found)


def read(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Return one call."""
    Parameters(pairs, ())
    return call_resource(account, found(account, sid))


def update(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """Redirect or end a call."""
    call = found(account, sid)
    given = Parameters(pairs, UPDATE)
    status = given.choice("Status", ("completed", "canceled"))
    document, twiml = _source(given, needed=False)
    if status and (document or twiml):
        refuse(UNKNOWN, "Status cannot be given together with Url or Twiml")
    if not call.is_live:
        refuse(NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
    fallback, hook = given.hook("FallbackUrl", 21205, "FallbackMethod"), given.hook("StatusCallback", 21609)
    if fallback or hook:
        call.plan = replace(call.plan, fallback=fallback or call.plan.fallback, status=hook or call.plan.status)
    if "TimeLimit" in given:
        account.later(given.whole("TimeLimit", 14400, 1, DAY), lambda: call.finish("completed"))
    target = document or twiml
    if target:
        if call.status != "in-progress":
            refuse(NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
        account.later(0, lambda: call.redirect(target))
    elif status:
        _end(call, status)
    return call_resource(account, call)


def delete(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> None:
    """Remove a call that has ended."""
    Parameters(pairs, ())
    call = found(account, sid)
    if call.is_live:
        refuse(20009, f"Cannot delete call {sid} because it is still in progress", status=409)
    account.forget(call)


def recordings(account: Account, pairs: Iterable[tuple[str, str]], sid: str) -> dict[str, Any]:
    """List the recordings of a call."""
    call = found(account, sid)
    given = Parameters(pairs, (*dates("DateCreated"), *LIST_PARAMETERS))
    kept = [
        call_recording_resource(account, recording)
        for recording in reversed(account.recordings.all.values())
        if recording.call_sid == call.sid and given.matches("DateCreated", recording.created)
    ]
    return page("recordings", f"{root(account)}/Calls/{sid}/Recordings.json", given, kept)


def found(account: Account, sid: str) -> Call:
    """Return a call, or answer 404."""
    try:
        return account.find(sid)
    except KeyError:
        refuse(20404, f"The requested resource {root(account)}/Calls/{sid}.json was not found", status=404)


def _end(call: Call, status: str) -> None:
    """End a call: one that nobody has answered is canceled; ``canceled`` leaves an answered one alone."""
    if call.status in ("queued", "ringing"):
        call.finish("canceled")
    elif status == "completed":
        call.finish("completed")


def _is_listed(call: Call, given: Parameters) -> bool:
    pairs = (("To", call.to), ("From", call.from_), ("Status", call.status), ("ParentCallSid", call.parent_call_sid))
    same = all(given.text(name) in (None, value) for name, value in pairs)
    return same and given.matches("StartTime", call.start_time) and given.matches("EndTime", call.ended_at)


def _ends(account: Account, given: Parameters) -> tuple[str, str]:
    to, from_ = given.text("To"), given.text("From")
    if not to:
        refuse(21201, "No 'To' number is specified")
    if not from_:
        refuse(21213, "No 'From' number is specified")
    if not is_dialable(to):
        refuse(21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if not is_dialable(from_):
        refuse(21212, f"The 'From' number {from_} is not a valid phone number or shortcode.")
    config = account.numbers.get(from_)
    if config is None or not config.voice_capable:
        refuse(21210, f"The source phone number provided, {from_}, is not yet verified for your account.")
    caller = given.text("CallerId")
    if caller is not None and caller not in account.numbers:
        refuse(21210, f"The CallerId provided, {caller}, is not yet verified for your account.")
    return to, from_


def _source(given: Parameters, *, needed: bool = True) -> tuple[Hook | None, str | None]:
    """Return the document of a call: exactly one of an address and TwiML; the sandbox has no applications."""
    named = [name for name in ("Url", "Twiml", "ApplicationSid") if name in given]
    if len(named) > 1:
        refuse(UNKNOWN, f"{' and '.join(named)} exclude each other")
    if "ApplicationSid" in given:
        refuse(21218, f"ApplicationSid {given.text('ApplicationSid')} is invalid; this account has no applications")
    if not named and (needed or "Method" in given):
        refuse(21205, "Url parameter is required.")
    twiml = given.text("Twiml")
    if twiml is not None and not twiml.strip():
        refuse(UNKNOWN, "Twiml is empty")
    return (None if twiml else given.hook("Url", 21205, "Method")), twiml


def _check_the_rest(given: Parameters, detection: str | None) -> None:
    """Check what the sandbox accepts and does not act upon."""
    for name in NOT_IN_SANDBOX:
        if name in given:
            refuse(UNKNOWN, f"{name} is a parameter of Twilio's, but the sandbox has nothing behind it")
    if not re.fullmatch(r"[0-9*#wW]{0,32}", given.text("SendDigits") or ""):
        refuse(21206, f"SendDigits may hold 0-9, *, #, w and W, at most 32: {given.text('SendDigits')!r}")
    if "AsyncAmdStatusCallback" in given and not given.yes("AsyncAmd"):
        refuse(UNKNOWN, "AsyncAmdStatusCallback needs AsyncAmd=true")
    if given.yes("AsyncAmd") and detection is None:
        refuse(UNKNOWN, "AsyncAmd needs MachineDetection")
    given.choice("AsyncAmdStatusCallbackMethod", ("POST",), code=21209)
    for name, default, low, high in TUNING:
        given.whole(name, default, low, high)
    given.choice("RecordingChannels", ("mono", "dual"))
    given.choice("RecordingTrack", ("inbound", "outbound", "both"))
    given.choice("Trim", ("trim-silence", "do-not-trim"))
    if not set(given.many("RecordingStatusCallbackEvent")) <= {"in-progress", "completed", "absent"}:
        refuse(UNKNOWN, "RecordingStatusCallbackEvent may be in-progress, completed and absent")
    if len(given.text("CallReason") or "") > 50:
        refuse(UNKNOWN, "CallReason has more than 50 characters")
