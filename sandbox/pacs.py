"""The PACS of the sandbox's hospital: is told who has a read, and believes only what is signed with its secret.

It keeps what it took, by ``webhook-id`` once each, and refuses what a receiver of Standard Webhooks refuses. It can be down,
ask for patience, or lose its answer after it took a message.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/hooks/reads"
_MAX_BODY = 64 * 1024


@dataclass(frozen=True)
class Told:
    """One message that it took."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass
class Trouble:
    """What it does instead of taking messages, as often as set."""

    down: bool = False
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  #: statuses with headers, one a request
    lost_answers: int = 0  #: messages that it takes and answers with an error


class Pacs:
    """A receiver with one or more secrets, any of which may have signed."""

    def __init__(self, *secrets: str) -> None:
        self._verifiers = [Webhook(secret) for secret in secrets]
        self._lock = threading.Lock()
        self.trouble = Trouble()
        self.told: list[Told] = []  #: in the order in which they came, each once
        self.asked = 0  #: requests of whatever kind
        self.repeats = 0
        self.refused = 0
        self.app = Starlette(routes=[Route(PATH, self._take, methods=["POST"])])

    def events(self) -> list[tuple[str, str | None]]:
        """Return type and radiologist of all it was told, in order."""
        return [(one.type, one.data["radiologist"]) for one in self.told]

    def readers(self) -> dict[str, str]:
        """Return who has which study, by accession number, as its worklist shows it."""
        found: dict[str, str] = {}
        for one in self.told:
            accession, reader = one.data["accession_number"], one.data["radiologist"]
            if one.type == "read.claimed" and reader:
                found[accession] = reader
            else:
                found.pop(accession, None)
        return found

    def snapshot(self) -> list[dict[str, Any]]:
        """Return what a later start continues with."""
        return [asdict(one) for one in self.told]

    def restore(self, kept: list[dict[str, Any]]) -> None:
        """Continue with what was kept."""
        self.told = [Told(**one) for one in kept]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        with self._lock:
            self.asked += 1
            if self.trouble.down:
                return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)
            if self.trouble.answers:
                status, headers = self.trouble.answers.pop(0)
                return Response("x" * 100_000, status_code=status, headers=headers)
            message = self._verified(request, body)
            if message is None:
                self.refused += 1
                return Response(status_code=HTTPStatus.UNAUTHORIZED)
            self._keep(message)
            if self.trouble.lost_answers:
                self.trouble.lost_answers -= 1
                return Response(status_code=HTTPStatus.BAD_GATEWAY)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _verified(self, request: Request, body: bytes) -> Told | None:
        if len(body) > _MAX_BODY or request.headers.get("content-type") != "application/json":
            return None
        for verifier in self._verifiers:
            try:
                said = verifier.verify(body, dict(request.headers))
            except WebhookVerificationError:
                continue
            if set(said) == {"type", "timestamp", "data"}:
                return Told(request.headers["webhook-id"], said["type"], said["data"])
        return None

    def _keep(self, message: Told) -> None:
        if any(one.id == message.id for one in self.told):
            self.repeats += 1
        else:
            self.told.append(message)
