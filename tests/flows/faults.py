"""What may happen to the telephone company's callbacks on their way to us; a story must end the same under each.

Lost callbacks are those that polling has to recover: the progress of calls, what became of texts, and that a recording
is ready. What a caller keys is no callback: without it there is no conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from handlers.domain.relays import Attempt, Recording, Relay
from handlers.domain.tasks import DeskTask
from sandbox.exchange import Exchange
from tests.flows.stage import Stage

DISTURBANCES = ["duplicate", "late", "lost", "reordered"]
FAULTS = ["none", *DISTURBANCES]
PROGRESS = ("initiated", "ringing", "answered", "completed")
TEXTS = ("message-queued", "message-sent", "message-delivered", "message-undelivered")
LATE_SECONDS = 20.0
DUPLICATES = 3


def apply(exchange: Exchange, fault: str) -> None:
    """Let every callback from now on suffer a fault."""
    faults = exchange.faults
    match fault:
        case "none":
            return
        case "duplicate":
            faults.duplicate(*PROGRESS, *TEXTS, "recording", "amd", copies=DUPLICATES)
        case "late":
            faults.delay(LATE_SECONDS, *PROGRESS, *TEXTS, "recording", "amd")
        case "lost":
            faults.drop(*PROGRESS, *TEXTS, "recording")
        case "reordered":
            for event in PROGRESS[:-1]:
                faults.hold(event, until="completed")
            faults.hold("message-queued", until="message-delivered")
            faults.hold("message-sent", until="message-delivered")
        case _:
            raise ValueError(f"{fault!r} is none of {', '.join(FAULTS)}")


def happened(exchange: Exchange) -> bool:
    """Tell whether any callback suffered: a fault that never happened shows nothing."""
    return any(name.split(":")[0] in ("duplicate", "delay", "drop", "hold") for name in exchange.faults.counts)


def facts(stage: Stage) -> list[object]:
    """Return all that a story may have come to."""
    return [one for kind in (Relay, Attempt, DeskTask, Recording) for one in stage.all(kind)]


def nothing_doubles(stage: Stage) -> None:
    """Send all that the telephone company ever sent once more, byte for byte: nothing is different afterwards."""
    stage.settle()
    before, calls, texts = facts(stage), len(stage.exchange.calls), len(stage.exchange.messages)
    for request in stage.exchange.sent:
        stage.exchange.replay(request)
    stage.settle()
    assert facts(stage) == before
    assert (len(stage.exchange.calls), len(stage.exchange.messages)) == (calls, texts)


@contextmanager
def calls_cannot_change(stage: Stage, facility: str) -> Iterator[None]:
    """Let the database refuse, while the body runs, every new and every changed call of one facility."""
    database = stage.service.store.database
    name, concerned = "no_change", f"NEW.facility = '{facility}'"
    on = "ON attempt" if database.is_sqlite else "ON attempt FOR EACH ROW"
    refuses = "BEGIN SELECT RAISE(ABORT, 'out of order'); END" if database.is_sqlite else f"EXECUTE FUNCTION {name}()"
    with database.writing() as connection:
        if not database.is_sqlite:
            body = "BEGIN RAISE EXCEPTION USING MESSAGE = $$out of order$$; END"
            connection.exec_driver_sql(f"CREATE FUNCTION {name}() RETURNS trigger AS '{body}' LANGUAGE plpgsql")
        for event in ("INSERT", "UPDATE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name}_{event} BEFORE {event} {on} WHEN ({concerned}) {refuses}"
            )
    yield
    with database.writing() as connection:
        for event in ("INSERT", "UPDATE"):
            where = "" if database.is_sqlite else " ON attempt"
            connection.exec_driver_sql(f"DROP TRIGGER {name}_{event}{where}")
        if not database.is_sqlite:
            connection.exec_driver_sql(f"DROP FUNCTION {name}()")
