"""Refusals at the intake door: which field, which rule, what to do next; never a value that was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from handlers.domain.errors import RadrelayError

MEDIA_TYPE = "application/problem+json"
#: A body may break a rule in every field; the first few are enough to mend the sender.
MAX_TOLD = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """A field and the rule that it breaks: no value is ever repeated, of what was sent only a field's name that looks like one."""

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field} {self.rule}"


class BadEvent(RadrelayError):
    """A body that is none of the events; its text names fields and rules only."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(str(one) for one in problems[:MAX_TOLD]))
        self.problems = tuple(problems[:MAX_TOLD])


class Refused(Exception):
    """An answer that is no 2xx."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, problems: Sequence[Problem] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems
        self.retry_after = retry_after

    def response(self) -> Response:
        """Return the answer as RFC 9457 describes it."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.problems:
            body["errors"] = [{"field": one.field, "rule": one.rule} for one in self.problems]
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        return Response(orjson.dumps(body), self.status.value, headers, MEDIA_TYPE)


class BaaLapsed(Refused):
    """A new study of a site whose Business Associate Agreement is not in force: refused, and on the record."""

    def __init__(self, facility: str, source: str) -> None:
        super().__init__(
            HTTPStatus.FORBIDDEN,
            f'No Business Associate Agreement with facility "{facility}" is in force, so its new studies are not '
            "taken; reports and findings still are. The desk was told. Renew it in the directory, then send it again.",
        )
        self.facility = facility
        self.source = source


def unprocessable(error: BadEvent) -> Refused:
    """Return the 422 of a body that is none of the events."""
    detail = f"Nothing was accepted: {error}. Mend the sender, and send it again under a new webhook-id."
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems=error.problems)
