"""The resources of the REST API as JSON, property for property as in Twilio's OpenAPI description (api_v2010)."""

from __future__ import annotations

from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sandbox.exchange.numbers import formatted
from sandbox.exchange.records import API_VERSION, LIVE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sandbox.exchange.account import Account
    from sandbox.exchange.life import CallLife
    from sandbox.exchange.messages import Message
    from sandbox.exchange.parameters import Parameters
    from sandbox.exchange.recordings import Recording

CALL_PARTS = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
ACCOUNT_PARTS = {"calls": "Calls", "incoming_phone_numbers": "IncomingPhoneNumbers", "messages": "Messages"}
PAGING = ("PageSize", "Page", "PageToken")


def stamp(at: datetime | None) -> str | None:
    """Write an instant as RFC 2822."""
    return format_datetime(at) if at else None


def root(account: Account) -> str:
    """Return the path under which everything of the account lies."""
    return f"/{API_VERSION}/Accounts/{account.account_sid}"


def number_sid(number: str) -> str:
    """Return the identifier of one of our numbers, the same after a restart."""
    return "PN" + sha256(number.encode()).hexdigest()[:32]


def call_resource(account: Account, call: CallLife) -> dict[str, Any]:
    """Return a call (Twilio: Call resource)."""
    path = f"{root(account)}/Calls/{call.sid}"
    ours = call.to if call.direction == "inbound" else call.from_
    return {
        "sid": call.sid,
        "date_created": stamp(call.created),
        "date_updated": stamp(call.updated),
        "parent_call_sid": call.parent_call_sid,
        "account_sid": account.account_sid,
        "to": call.to,
        "to_formatted": formatted(call.to),
        "from": call.from_,
        "from_formatted": formatted(call.from_),
        "phone_number_sid": number_sid(ours) if ours in account.numbers else None,
        "status": call.status,
        "start_time": stamp(call.start_time),
        "end_time": stamp(call.ended_at),
        "duration": None if call.status in LIVE else str(call.seconds),
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(call.queue_milliseconds),
        "trunk_sid": None,
        "uri": f"{path}.json",
        "subresource_uris": {part: f"{path}/{part.capitalize()}.json" for part in CALL_PARTS},
    }


def message_resource(account: Account, message: Message) -> dict[str, Any]:
    """Return a text (Twilio: Message resource)."""
    path = f"{root(account)}/Messages/{message.sid}"
    return {
        "body": message.body,
        "num_segments": str(message.segments),
        "direction": message.direction,
        "from": message.from_,
        "to": message.to,
        "date_updated": stamp(message.updated or message.created),
        "price": None,
        "error_message": f"Error {message.error_code}" if message.error_code else None,
        "uri": f"{path}.json",
        "account_sid": account.account_sid,
        "num_media": "0",
        "status": message.status,
        "messaging_service_sid": None,
        "sid": message.sid,
        "date_sent": stamp(message.sent_at),
        "date_created": stamp(message.created),
        "error_code": message.error_code,
        "price_unit": "USD",
        "api_version": API_VERSION,
        "subresource_uris": {"media": f"{path}/Media.json"},
    }


def recording_resource(account: Account, recording: Recording) -> dict[str, Any]:
    """Return a recording (Twilio: Recordings resource)."""
    path = f"{root(account)}/Recordings/{recording.sid}"
    return {
        "account_sid": account.account_sid,
        "api_version": API_VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "date_created": stamp(recording.created),
        "date_updated": stamp(recording.updated or recording.created),
        "start_time": stamp(recording.start_time),
        "duration": str(recording.seconds),
        "sid": recording.sid,
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "channels": 1,
        "source": recording.source,
        "error_code": None,
        "uri": f"{path}.json",
        "encryption_details": None,
        "subresource_uris": {"transcriptions": f"{path}/Transcriptions.json"},
        "media_url": account.recordings.url(recording),
    }


def call_recording_resource(account: Account, recording: Recording) -> dict[str, Any]:
    """Return a recording as a part of its call (Twilio: Recordings subresource of a Call)."""
    found = recording_resource(account, recording)
    for name in ("subresource_uris", "media_url"):
        found.pop(name)
    path = f"{root(account)}/Calls/{recording.call_sid}/Recordings/{recording.sid}.json"
    return found | {"track": "both", "uri": path}


def account_resource(account: Account) -> dict[str, Any]:
    """Return the account (Twilio: Account resource); its token is not told."""
    path = root(account)
    return {
        "auth_token": None,
        "date_created": stamp(account.opened),
        "date_updated": stamp(account.opened),
        "friendly_name": "Sandbox",
        "owner_account_sid": account.account_sid,
        "sid": account.account_sid,
        "status": "active",
        "subresource_uris": {name: f"{path}/{part}.json" for name, part in ACCOUNT_PARTS.items()},
        "type": "Full",
        "uri": f"{path}.json",
    }


def number_resource(account: Account, number: str) -> dict[str, Any]:
    """Return one of our numbers (Twilio: IncomingPhoneNumber resource)."""
    config, sid = account.numbers[number], number_sid(number)
    return {
        "account_sid": account.account_sid,
        "address_sid": None,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "beta": False,
        "capabilities": {"voice": config.voice_capable, "sms": config.sms_capable, "mms": False, "fax": False},
        "date_created": stamp(account.opened),
        "date_updated": stamp(account.opened),
        "friendly_name": formatted(number),
        "identity_sid": None,
        "phone_number": number,
        "origin": "twilio",
        "sid": sid,
        "sms_application_sid": None,
        "sms_fallback_method": "POST",
        "sms_fallback_url": None,
        "sms_method": config.sms_method,
        "sms_url": config.sms_url,
        "status_callback": config.status_url,
        "status_callback_method": "POST",
        "trunk_sid": None,
        "uri": f"{root(account)}/IncomingPhoneNumbers/{sid}.json",
        "voice_receive_mode": "voice",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": config.voice_fallback_url,
        "voice_method": config.voice_method,
        "voice_url": config.voice_url,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "bundle_sid": None,
        "status": "in-use",
    }


def page(name: str, path: str, query: Parameters, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one page of a list with Twilio's paging properties (Twilio: REST API responses, paging)."""
    size, number = query.whole("PageSize", 50, 1, 1000), query.whole("Page", 0, 0, 10**6)
    start = size * number
    shown = found[start : start + size]

    def uri(of: int) -> str:
        token = f"&PageToken=PA{found[size * of - 1]['sid']}" if of else ""
        return f"{path}?{query.encoded(PAGING)}PageSize={size}&Page={of}{token}"

    return {
        name: list(shown),
        "end": start + len(shown) - 1 if shown else start,
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if start + size < len(found) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number and shown else None,
        "start": start,
        "uri": f"{path}?{query.encoded(PAGING)}PageSize={size}&Page={number}",
    }
