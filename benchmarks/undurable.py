"""The denominator: the product's own intake door with no database behind it.

The same application, route, signature check, parsing and checking as `radrelay web`; only the append is an answer at once.
It takes the product's settings and serves on its port.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import nullcontext

from bot import intake, logs, settings, web
from bot.clock import WallClock
from bot.settings import Mode
from bot.wiring.commands import listen
from bot.wiring.service import read_directory
from handlers.domain.machinery import Accepted, Verdict


def accept_at_once(_accepted: Accepted) -> Future[Verdict]:
    """Say that it was stored."""
    future: Future[Verdict] = Future()
    future.set_result(Verdict.NEW)
    return future


def main() -> None:
    """Serve until a signal."""
    read = settings.for_service(Mode.SERVE)
    logs.configure(read.log_level)
    directory = read_directory(read.directory.read_text(encoding="utf-8"))
    refusals = web.Refusals()
    router = intake.router(
        directory=lambda: directory,
        secret=read.secret,
        append=accept_at_once,
        clock=WallClock(),
        on_refused=refusals.at("webhooks"),
        on_baa_refused=lambda _facility, _source: None,
    )
    app = web.application([router], health=web.Health(checks={}), refusals=refusals, running=nullcontext)
    listen(app, read)


if __name__ == "__main__":
    main()
