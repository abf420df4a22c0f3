"""The door for other systems: checks whose request it is, what it says and whether it may, and has it committed.

The answers come in this order: 401 signature, 413 size, 415 type, 422 shape and unknown references, 403 facility of the
source and agreement, then the inbox: 202, 200 for a repeat, 422 for another body under a known id, 503 when the database
fails. (Size is judged while reading, since the signature covers the whole body; nothing over the limit is ever verified.)
What depends on other events is decided after the 202 and told to a human, never refused here.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.intake import dicom_events, json_events
from bot.intake.problems import BaaLapsed, BadEvent, Refused, unprocessable
from bot.intake.reading import DICOM
from bot.intake.signatures import Claims, Keyring, SecretOf, Tally, Unsigned
from handlers.domain.directory import Directory, Facility, Source
from handlers.domain.events import EventKind
from handlers.domain.machinery import Accepted, Verdict
from handlers.ports import Clock

log = structlog.get_logger(__name__)

EVENTS_PATH: Final = "/webhooks/events"
DICOM_PATH: Final = "/webhooks/dicom"
MAX_JSON: Final = 1024 * 1024
MAX_DICOM: Final = 64 * 1024 * 1024
#: Larger JSON is verified and parsed in a thread, so that it holds up nobody.
INLINE: Final = 64 * 1024
#: How much of a DICOM object is gathered before it is hashed in a thread.
_GATHER: Final = 1024 * 1024
_RETRY_AFTER: Final = 5
_STUDY_NEEDS_BAA = frozenset({EventKind.STUDY_RECEIVED, EventKind.STUDY_UPDATED})

Append = Callable[[Accepted], "concurrent.futures.Future[Verdict]"]
Endpoint = Callable[[Request], Awaitable[Response]]


def router(
    *,
    directory: Callable[[], Directory],
    secret: SecretOf,
    append: Append,
    clock: Clock,
    on_refused: Callable[[], None],
    on_baa_refused: Callable[[str, str], None],
    wall: Callable[[], float] = time.time,
) -> APIRouter:
    """Return the two routes that other systems call.

    ``on_refused`` is called for each request that could not be verified; ``on_baa_refused`` with the ids of facility and
    source, in a thread, and has recorded the refusal when it returns. Signatures are held against ``wall``, events
    against ``clock``.
    """
    door = _Door(directory, secret, append, clock, wall)
    made = APIRouter()
    for path, handler in ((EVENTS_PATH, door.events), (DICOM_PATH, door.dicom)):
        made.add_route(path, _guarded(handler, on_refused, on_baa_refused), methods=["POST"], include_in_schema=False)
    return made


def _guarded(handler: Endpoint, on_refused: Callable[[], None], on_baa_refused: Callable[[str, str], None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except Unsigned as error:
            on_refused()
            return Refused(
                HTTPStatus.UNAUTHORIZED, f"Nothing was accepted: {error}. Sign as docs/events.md says."
            ).response()
        except BadEvent as error:
            return unprocessable(error).response()
        except BaaLapsed as refusal:
            try:
                await run_in_threadpool(on_baa_refused, refusal.facility, refusal.source)
            except Exception as error:  # noqa: BLE001 - a refusal that is not on the record is no answer yet
                return _unavailable(error).response()
            return refusal.response()
        except Refused as refusal:
            if refusal.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                on_refused()
            return refusal.response()
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    return endpoint


@dataclass(frozen=True, slots=True)
class _Judged:
    accepted: Accepted
    #: What of a DICOM header was left out, and why.
    ignored: list[str] | None = None


class _Door:
    def __init__(
        self,
        directory: Callable[[], Directory],
        secret: SecretOf,
        append: Append,
        clock: Clock,
        wall: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._secret = secret
        self._append = append
        self._clock = clock
        self._wall = wall
        self._keyring = Keyring(Directory(), secret)

    def _keys(self) -> Keyring:
        """Return the keyring of the directory as it is now; it is made once for each directory."""
        directory = self._directory()
        if self._keyring.directory is not directory:
            self._keyring = Keyring(directory, self._secret)
        return self._keyring

    async def events(self, request: Request) -> Response:
        """Take a JSON event."""
        claims = Claims.of(request.scope["headers"], self._wall())
        body = await _whole(request, MAX_JSON)
        if len(body) > INLINE:
            return await self._commit(await run_in_threadpool(self._judge_event, request, claims, body))
        return await self._commit(self._judge_event(request, claims, body))

    def _judge_event(self, request: Request, claims: Claims, body: bytes) -> _Judged:
        keyring = self._keys()
        tally = keyring.tally(claims)
        tally.update(body)
        source = tally.source_of_text(body)
        _expect(request, "application/json")
        event, now = json_events.parse(body), self._clock.now()
        json_events.check(event, keyring.directory, now)
        if not _speaks_for(source, event.facility):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                f'Source "{source.id}" does not speak for the facility in data.facility. Name it in the source\'s '
                "facilities in the directory, or sign with the secret of a source that does.",
            )
        if event.kind in _STUDY_NEEDS_BAA and not keyring.directory.facilities[event.facility].has_baa(now):
            raise BaaLapsed(event.facility, source.id)
        return _Judged(
            Accepted(
                source=source.id,
                delivery_id=claims.id,
                facility=event.facility,
                kind=event.kind.value,
                body=body,
                received_at=now,
            )
        )

    async def dicom(self, request: Request) -> Response:
        """Take a DICOM object: all of it is verified, its beginning is read, and nothing else is kept."""
        claims = Claims.of(request.scope["headers"], self._wall())
        keyring = self._keys()
        coming = _Coming(keyring.tally(claims))
        async for chunk in _pieces(request, MAX_DICOM):
            coming.gather(chunk)
            if coming.gathered >= _GATHER:
                await run_in_threadpool(coming.digest)
        return await self._commit(
            await run_in_threadpool(self._judge_dicom, request, claims, keyring.directory, coming)
        )

    def _judge_dicom(self, request: Request, claims: Claims, directory: Directory, coming: _Coming) -> _Judged:
        coming.digest()
        source = coming.tally.source()
        _expect(request, "application/dicom")
        found, now = dicom_events.header(bytes(coming.head), coming.size), self._clock.now()
        facility = _only_facility(source, directory)
        digest = coming.sha.hexdigest()
        body, ignored = dicom_events.body(found, digest, facility, source, directory)
        if not facility.has_baa(now):
            raise BaaLapsed(facility.id, source.id)
        accepted = Accepted(
            source=source.id,
            delivery_id=claims.id,
            facility=facility.id,
            kind=DICOM,
            body=body,
            received_at=now,
        )
        return _Judged(accepted, ignored)

    async def _commit(self, judged: _Judged) -> Response:
        """Answer after the commit. Shielded: a request that is given up must not cancel what the appender works on."""
        try:
            verdict = await asyncio.shield(asyncio.wrap_future(self._append(judged.accepted)))
        except Exception as error:  # noqa: BLE001 - whatever kept it from being committed, it was not accepted
            raise _unavailable(error) from None
        if verdict is Verdict.DIFFERENT:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Another body was accepted under this webhook-id. A retry repeats its body; a new event has a new id.",
            )
        said: dict[str, Any] = {"status": "accepted", "id": judged.accepted.delivery_id}
        if judged.ignored is not None:
            said["ignored"] = judged.ignored
        status = HTTPStatus.OK if verdict is Verdict.REPEATED else HTTPStatus.ACCEPTED
        return Response(orjson.dumps(said), status.value, media_type="application/json")


class _Coming:
    """A DICOM object on its way in: hashed as it comes, only its beginning kept, and nothing of it on a disk."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.sha = hashlib.sha256()
        self.head = bytearray()
        self.size = 0
        self.gathered = 0
        self._pieces: list[bytes] = []

    def gather(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self.gathered += len(piece)

    def digest(self) -> None:
        whole = b"".join(self._pieces)
        self._pieces.clear()
        self.gathered = 0
        self.tally.update(whole)
        self.sha.update(whole)
        self.head += whole[: dicom_events.MAX_HEAD - len(self.head)]
        self.size += len(whole)


async def _whole(request: Request, limit: int) -> bytes:
    return b"".join([piece async for piece in _pieces(request, limit)])


async def _pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes, up to ``limit`` bytes."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated[:20]) > limit:
        raise _too_large(limit)
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        yield piece


def _too_large(limit: int) -> Refused:
    detail = f"The body has more than {limit // 1024} KiB. Send one event a request, and DICOM objects without pixels."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def _expect(request: Request, media_type: str) -> None:
    """Refuse another media type, another character set, or a compressed body."""
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace('"', "").replace(" ", "")
    fits = kind.strip() == media_type and (media_type != "application/json" or charset in {"", "charset=utf-8"})
    if not fits or request.headers.get("content-encoding", "identity").lower() != "identity":
        detail = f"Send it as Content-Type: {media_type}, without Content-Encoding."
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)


def _speaks_for(source: Source, facility: str) -> bool:
    return "*" in source.facilities or facility in source.facilities


def _only_facility(source: Source, directory: Directory) -> Facility:
    """Return the facility of a DICOM source: headers do not say it reliably, so the source stands for exactly one."""
    found = [one for one in directory.facilities.values() if _speaks_for(source, one.id)]
    if len(found) != 1:
        raise Refused(
            HTTPStatus.FORBIDDEN,
            f'Source "{source.id}" stands for {len(found)} facilities; a source of DICOM objects stands for exactly '
            "one. Give the modality or gateway a source of its own in the directory.",
        )
    return found[0]


def _unavailable(error: Exception) -> Refused:
    log.error("event_not_stored", error=type(error).__name__)
    detail = "The event could not be stored. Nothing was accepted; send it again with the same webhook-id."
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_RETRY_AFTER)
