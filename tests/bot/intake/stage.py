"""A door with a hand-written appender behind it, two sites, three sources, and everything a sender does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from bot.intake import router
from handlers.domain.directory import Contact, Directory, Facility, Source
from handlers.domain.machinery import Accepted, Verdict
from handlers.domain.policies import Role
from handlers.domain.standing import Agreement

NOW = datetime(2026, 3, 14, 7, 5, tzinfo=UTC)
CANARY = "CANARYBIRD"

Json = dict[str, Any]


def new_secret(letter: str) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


RIS, RIS_NEXT, CT, WIDE = (new_secret(letter) for letter in "abcd")
SECRETS = {"RIS": RIS, "RIS_NEXT": RIS_NEXT, "CT": CT, "WIDE": WIDE}


def site(name: str, *, baa: bool = True) -> Facility:
    agreement = Agreement(effective=date(2026, 1, 1), expires=date(2026, 12, 31))
    return Facility(
        id=name, name=name.title(), alias=name, state="NY", zone="America/New_York", pool="night", desk="desk",
        callback_number="+12125550160", baa=agreement if baa else None, rules=(), targets={},
    )  # fmt: skip


def directory() -> Directory:
    contacts = [
        Contact(id="ed", name="Dr. Ortega", role=Role.PHYSICIAN, facilities=("mercy",)),
        Contact(id="old", name="Dr. Gray", role=Role.PHYSICIAN, facilities=("mercy",), retired=True),
        Contact(id="elsewhere", name="Dr. Blue", role=Role.PHYSICIAN, facilities=("lapsed",)),
        Contact(id="anywhere", name="Dr. Sky", role=Role.PHYSICIAN),
    ]
    defaults = {"priority": "stat", "patient_class": "emergency", "ordering_contact": "ed"}
    sources = [
        Source(id="ris", facilities=("mercy", "lapsed"), secret_env=("RIS", "RIS_NEXT")),
        Source(id="ct", facilities=("mercy",), secret_env=("CT",), defaults=defaults),
        Source(id="wide", facilities=("*",), secret_env=("WIDE", "NOT_SET")),
    ]
    sites = [site("mercy"), site("lapsed", baa=False), site("other")]
    return Directory(
        version=1,
        facilities={one.id: one for one in sites},
        contacts={one.id: one for one in contacts},
        sources={one.id: one for one in sources},
    )


def sign(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


@dataclass
class Inbox:
    """An appender that remembers what it was given, as the store does."""

    kept: dict[tuple[str, str], Accepted] = field(default_factory=dict)
    asked: int = 0
    fails: Exception | None = None

    def append(self, accepted: Accepted) -> Future[Verdict]:
        self.asked += 1
        future: Future[Verdict] = Future()
        if self.fails is not None:
            future.set_exception(self.fails)
            return future
        first = self.kept.setdefault((accepted.source, accepted.delivery_id), accepted)
        same = Verdict.REPEATED if first.body == accepted.body else Verdict.DIFFERENT
        future.set_result(Verdict.NEW if first is accepted else same)
        return future

    def all(self) -> list[Accepted]:
        return list(self.kept.values())


@dataclass
class Answer:
    status: int
    json: Json
    text: str
    type: str
    headers: dict[str, str]


@dataclass
class Stage:
    """What one test plays on."""

    inbox: Inbox = field(default_factory=Inbox)
    directory: Directory = field(default_factory=directory)
    refused: int = 0
    baa_refused: list[tuple[str, str]] = field(default_factory=list)
    baa_fails: Exception | None = None
    wall_is: float | None = None
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    def __post_init__(self) -> None:
        self._numbers = count(1)
        app = FastAPI()
        app.include_router(
            router(
                directory=lambda: self.directory,
                secret=lambda name: SecretStr(self.secrets[name]) if name in self.secrets else None,
                append=self.inbox.append,
                clock=self,
                on_refused=self._count,
                on_baa_refused=self._baa,
                wall=lambda: time.time() if self.wall_is is None else self.wall_is,
            )
        )
        self.client = TestClient(app, raise_server_exceptions=False)

    def now(self) -> datetime:
        return NOW

    def _count(self) -> None:
        self.refused += 1

    def _baa(self, facility: str, source: str) -> None:
        if self.baa_fails is not None:
            raise self.baa_fails
        self.baa_refused.append((facility, source))

    def headers(self, body: bytes, secret: str = RIS, delivery: str = "", at: float | None = None) -> dict[str, str]:
        delivery, timestamp = delivery or f"msg_{next(self._numbers)}", str(int(time.time() if at is None else at))
        return {
            "webhook-id": delivery,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(secret, delivery, timestamp, body),
        }

    def post(self, path: str, body: bytes, headers: Any, content_type: str) -> Answer:
        """Send exactly this."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        raw = [(k.encode(), v if isinstance(v, bytes) else v.encode("latin-1")) for k, v in pairs]
        response = self.client.post(path, content=body, headers=[*raw, (b"content-type", content_type.encode())])
        kind = response.headers.get("content-type", "")
        said = response.json() if "json" in kind else {}
        return Answer(response.status_code, said, response.text, kind, dict(response.headers))

    def event(self, body: Json | bytes, secret: str = RIS, delivery: str = "", at: float | None = None) -> Answer:
        """Send a signed JSON event."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers(raw, secret, delivery, at)
        return self.post("/webhooks/events", raw, headers, "application/json")

    def dicom(self, body: bytes, secret: str = CT, delivery: str = "") -> Answer:
        """Send a signed DICOM object."""
        return self.post("/webhooks/dicom", body, self.headers(body, secret, delivery), "application/dicom")


def envelope(kind: str, data: Any, **over: Any) -> Json:
    return {"type": kind, "timestamp": "2026-03-14T03:05:00-04:00", "data": data, **over}


def study(**over: Any) -> Json:
    """Return a whole study.received; ``over`` replaces fields of its data, and ... (Ellipsis) leaves one out."""
    data: Json = {
        "facility": "mercy",
        "accession_number": f"A{CANARY}1",
        "study_instance_uid": "1.2.840.113619.2.1",
        "patient": {"id": f"{CANARY}-7", "name": f"{CANARY}^JANE", "birth_date": "1959-03-14", "sex": "F"},
        "modality": "CT",
        "body_part": "HEAD",
        "description": "CT head without contrast",
        "priority": "stroke",
        "patient_class": "emergency",
        "patient_state": "NY",
        "location": "ED 4",
        "ordering_contact": "ed",
        "callback_phone": "+1 212 555 0161",
        "ordered_at": "2026-03-14T06:40:00Z",
        "last_image_at": "2026-03-14T07:03:00.25Z",
        "ready": True,
        "instance_count": 214,
        "group": "G1",
        "test": False,
        **over,
    }
    return envelope("study.received", {key: value for key, value in data.items() if value is not ...})


def finding(kind: str = "finding.reported", **over: Any) -> Json:
    data: Json = {"facility": "mercy", "accession_number": f"A{CANARY}1"}
    if kind == "finding.reported":
        data |= {"category": 1, "text": f"{CANARY} subdural hematoma", "found_by": "park", "found_at": NOW.isoformat()}
    return envelope(kind, {key: value for key, value in (data | over).items() if value is not ...})


def report(kind: str = "report.final", **over: Any) -> Json:
    data = {"facility": "mercy", "accession_number": "A1", "signed_by": "park", "signed_at": NOW.isoformat(), **over}
    return envelope(kind, {key: value for key, value in data.items() if value is not ...})
