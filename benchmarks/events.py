"""Signed events with unique bodies, as whole HTTP requests that are ready to be written to a socket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET_NAME = "RADRELAY_SOURCE_BENCH_SECRET"
PATH = "/webhooks/events"
_KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


def study(facility: str, key: str, *, ordering_contact: str | None = None) -> dict[str, Any]:
    """Return a stroke CT's ``study.received``, of a size that a RIS sends; ``key`` is in its accession and description."""
    now = datetime.now(UTC)
    data: dict[str, Any] = {
        "facility": facility,
        "accession_number": f"ACC-{key}",
        "study_instance_uid": f"2.25.{int(hashlib.sha256(key.encode()).hexdigest()[:30], 16)}",
        "patient": {"id": f"MRN-{key}", "name": "BENCH^PATIENT", "birth_date": "1957-03-14", "sex": "F"},
        "modality": "CT",
        "body_part": "HEAD",
        "description": shown(key),
        "priority": "stroke",
        "patient_class": "emergency",
        "patient_state": "IL",
        "location": "ED 4",
        "ordered_at": (now - timedelta(minutes=25)).isoformat(),
        "last_image_at": (now - timedelta(minutes=2)).isoformat(),
        "ready": True,
        "instance_count": 214,
    }
    if ordering_contact is not None:
        data["ordering_contact"] = ordering_contact
    return {"type": "study.received", "timestamp": now.isoformat(), "data": data}


def shown(key: str) -> str:
    """Return what the card of a study shows as its procedure: by this its message is recognized."""
    return f"CT head without contrast {key}"


def finding(facility: str, key: str) -> dict[str, Any]:
    """Return the ``finding.reported`` of the study with this key."""
    now = datetime.now(UTC).isoformat()
    data = {
        "facility": facility,
        "accession_number": f"ACC-{key}",
        "category": 1,
        "text": f"Acute subdural hematoma, finding {key}.",
        "found_by": "lee",
        "found_at": now,
    }
    return {"type": "finding.reported", "timestamp": now, "data": data}


def request(event: dict[str, Any], delivery_id: str) -> bytes:
    """Return a whole request, signed as Standard Webhooks says; it holds for five minutes."""
    body = json.dumps(event).encode()
    timestamp = str(int(time.time()))
    signature = base64.b64encode(
        hmac.new(_KEY, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    ).decode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"webhook-id: {delivery_id}\r\nwebhook-timestamp: {timestamp}\r\nwebhook-signature: v1,{signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
