"""The FastAPI application: mounts the doors, answers health, and turns refusals into problem+json."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

log = structlog.get_logger(__name__)

#: How late a worker's heartbeat or a deadline may be before this process says that it is not ready.
LATE = timedelta(seconds=60)
#: FastAPI's own would tell an exporter named in the environment each path, query and exception; ours may hold patients' data.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What ``/readyz`` looks at: each returns None where all is well, else a sentence."""

    checks: dict[str, Callable[[], str | None]]


class Refusals:
    """Counts requests that were not who they said; they are counted, not audited, since anybody can make them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def at(self, door: str) -> Callable[[], None]:
        """Return the counter of a door."""

        def count() -> None:
            self.counts[door] += 1
            if self.counts[door] & (self.counts[door] - 1) == 0:  # 1, 2, 4, 8, …: a flood cannot flood the log
                log.warning("refused", kind=door, count=self.counts[door])

        return count


def application(
    routers: Iterable[APIRouter],
    *,
    health: Health,
    refusals: Refusals,
    running: Callable[[], AbstractContextManager[None]],
) -> FastAPI:
    """Return the application; ``running`` is entered while it serves."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        held = running()
        await run_in_threadpool(held.__enter__)
        try:
            yield
        finally:
            await run_in_threadpool(held.__exit__, None, None, None)

    app = FastAPI(
        title="radrelay",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    for router in routers:
        app.include_router(router)
    _health(app, health, refusals)
    app.add_exception_handler(Exception, _unforeseen)
    return app


def _health(app: FastAPI, health: Health, refusals: Refusals) -> None:
    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        found = await run_in_threadpool(_looked_at, health)
        bad = {name: sentence for name, sentence in found.items() if sentence is not None}
        body = {
            "status": "ready" if not bad else "not ready",
            "checks": {name: sentence or "ok" for name, sentence in found.items()},
            "refused": dict(refusals.counts),
        }
        return JSONResponse(body, status_code=HTTPStatus.SERVICE_UNAVAILABLE if bad else HTTPStatus.OK)


def _looked_at(health: Health) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, check in health.checks.items():
        try:
            found[name] = check()
        except Exception as error:  # noqa: BLE001 - a check that fails is the answer
            found[name] = f"cannot be checked ({type(error).__name__})"
    return found


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    """Answer a bug without saying anything of it; the log has its type and place."""
    route = getattr(request.scope.get("route"), "path", "unknown")
    log.error("request_failed", route=route, method=request.method, error=type(error).__name__, exc_info=error)
    body = {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong on our side; nothing was accepted. Send it again.",
    }
    return JSONResponse(body, status_code=500, media_type="application/problem+json")
