"""Logs: whatever is said, by us or by a library, at DEBUG, in whatever exception, no patient's data reaches the stream."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot import logs
from handlers.domain.errors import DeliveryFailed, Rejection

CANARY = "DOE^JANE 1957-03-14 MRN 00417733"
TIMESTAMP = re.compile(r'"timestamp":"[^"]*"')
PARTS = ("DOE", "JANE", "Doe", "doe jane", "1957", "00417733")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Configure the process; put everything back afterwards."""
    root = logging.getLogger()
    kept = (
        root.handlers[:],
        root.level,
        sys.excepthook,
        sys.unraisablehook,
        threading.excepthook,
        logging.raiseExceptions,
    )
    out = io.StringIO()
    logs.configure("DEBUG", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:], root.level = kept[0], kept[1]
    sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions = kept[2:]
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def assert_clean(stream: io.StringIO) -> None:
    written = TIMESTAMP.sub("", stream.getvalue())  # its microseconds may look like a year
    assert written
    for part in PARTS:
        assert part not in written


def test_known_keys_of_known_shape_pass(stream: io.StringIO) -> None:
    structlog.get_logger().info(
        "call_placed",
        case="4821-0934",
        facility="mercy",
        attempt="a_1",
        count=3,
        seconds=timedelta(seconds=2),
        due_at=datetime(2026, 11, 24, 3, tzinfo=UTC),
        route="/cases/{code}",
        status=303,
        method="POST",
        code="license_expired",
    )
    (line,) = lines(stream)
    assert line.pop("timestamp")
    assert line == {
        "event": "call_placed",
        "level": "info",
        "case": "4821-0934",
        "facility": "mercy",
        "attempt": "a_1",
        "count": 3,
        "seconds": 2.0,
        "due_at": "2026-11-24T03:00:00+00:00",
        "route": "/cases/{code}",
        "status": 303,
        "method": "POST",
        "code": "license_expired",
    }


@pytest.mark.parametrize(
    "said",
    [
        {"event": f"call to {CANARY}"},
        {"event": "call_placed", "patient": CANARY},
        {"event": "call_placed", "case": CANARY},
        {"event": "call_placed", "facility": CANARY},
        {"event": "call_placed", "reason": CANARY},
        {"event": "call_placed", "code": CANARY},
        {"event": "call_placed", "route": "/open/DOE"},
        {"event": "call_placed", "error": CANARY},
        {"event": "call_placed", "status": {"nested": CANARY}},
        {"event": "call_placed", "kind": [CANARY]},
        {"event": "call_placed", "stack": CANARY},
        {"event": "call_placed", "members": [{"reason": CANARY}]},
        {"event": "call_placed", CANARY: "x"},
    ],
)
def test_whatever_is_not_known_is_withheld(stream: io.StringIO, said: dict[str, Any]) -> None:
    event = said.pop("event")
    structlog.get_logger().debug(event, **said)
    assert_clean(stream)
    assert "withheld" in stream.getvalue() or "stack" in said


def test_what_is_bound_to_the_context_is_redacted_too(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(case="48210934", patient=CANARY):
        structlog.get_logger().info("call_placed")
    assert lines(stream)[0]["case"] == "48210934"
    assert_clean(stream)


def _nested() -> None:
    try:
        try:
            dict[str, str]()[CANARY]
        except KeyError as inner:
            raise ValueError(f"bad {CANARY}") from inner
    except ValueError as middle:
        raise RuntimeError(CANARY, {"patient": CANARY}) from middle


def _grouped() -> None:
    raise ExceptionGroup(CANARY, [ValueError(CANARY), ExceptionGroup(CANARY, [TypeError(CANARY)])])


def _implicit() -> None:
    try:
        raise KeyError(CANARY)
    finally:
        _nested()


def _cyclic() -> None:
    first, second = ValueError(CANARY), TypeError(CANARY)
    first.__cause__, second.__cause__ = second, first
    raise first


def _noted() -> None:
    error = ValueError(CANARY)
    error.add_note(CANARY)
    raise error


@pytest.mark.parametrize("fault", [_nested, _grouped, _implicit, _cyclic, _noted])
def test_an_exception_is_types_and_places_without_its_words(stream: io.StringIO, fault: Callable[[], None]) -> None:
    try:
        fault()
    except Exception:
        structlog.get_logger().exception("handler_failed")
        logging.getLogger("sqlalchemy.engine").exception("failed on %s", CANARY)
    assert_clean(stream)
    ours, theirs = lines(stream)
    assert ours["error"] == theirs["error"]
    assert any(fault.__name__ in frame for frame in ours["frames"])


def test_causes_and_members_are_named(stream: io.StringIO) -> None:
    for fault in (_nested, _grouped):
        try:
            fault()
        except (RuntimeError, ExceptionGroup) as error:
            structlog.get_logger().error("handler_failed", exc=error)
    nested, grouped = lines(stream)
    assert [cause["error"] for cause in nested["causes"]] == ["ValueError", "KeyError"]
    assert [member["error"] for member in grouped["members"]] == ["ValueError", "ExceptionGroup"]
    assert grouped["members"][1]["members"][0]["error"] == "TypeError"


@pytest.mark.parametrize("error", [Rejection("used", "This link was used."), DeliveryFailed("429 from Slack")])
def test_an_error_of_ours_brings_its_words(stream: io.StringIO, error: Exception) -> None:
    structlog.get_logger().warning("refused", error=error)
    assert lines(stream)[0]["reason"] == str(error)
    assert lines(stream)[0]["error"].startswith("handlers.domain.errors.")


@pytest.mark.parametrize(
    "name",
    [
        "slack_sdk.web.client",
        "slack_bolt.App",
        "twilio.http_client",
        "httpx",
        "sqlalchemy.engine.Engine",
        "apscheduler.scheduler",
        "uvicorn.error",
        "uvicorn.access",
        "asyncio",
    ],
)
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL])
def test_a_third_partys_words_are_withheld_at_every_level(stream: io.StringIO, name: str, level: int) -> None:
    logger = logging.getLogger(name)
    above = name.split(".")
    for count in range(1, len(above) + 1):  # another test's server may have set the level of one above
        logging.getLogger(".".join(above[:count])).setLevel(logging.NOTSET)
    logger.log(level, "sending %s", {"text": CANARY}, extra={"patient": CANARY})
    logger.log(level, f"study of {CANARY}")  # noqa: G004 - as libraries do
    assert_clean(stream)
    for line in lines(stream):
        assert (line["event"], line["logger"]) == ("[withheld]", name)
        assert line["place"].startswith("tests/bot/test_logs.py:")


def test_uvicorns_start_and_stop_are_told_by_template(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Uvicorn running on %s://%s:%d (Press CTRL+C to quit)", "http", CANARY, 80)
    assert lines(stream)[0]["event"] == "server_started"
    assert_clean(stream)


def test_above_debug_only_warnings_of_third_parties_are_kept(stream: io.StringIO) -> None:
    logs.configure("INFO", stream)
    logging.getLogger("httpx").info("HTTP Request: %s", CANARY)
    assert stream.getvalue() == ""
    logging.getLogger("httpx").warning("HTTP Request: %s", CANARY)
    assert_clean(stream)


def test_handlers_that_a_library_installed_are_removed(stream: io.StringIO) -> None:
    other = io.StringIO()
    loud = logging.getLogger("loud.library")
    loud.addHandler(logging.StreamHandler(other))
    loud.propagate = False
    logs.configure("DEBUG", stream)
    loud.error(CANARY)
    assert other.getvalue() == ""
    assert_clean(stream)


def test_what_nobody_caught_is_told_without_its_words(stream: io.StringIO) -> None:
    try:
        _nested()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=_nested)
    thread.start()
    thread.join()
    assert [line["event"] for line in lines(stream)] == ["uncaught", "uncaught"]
    assert_clean(stream)


def test_warnings_are_told_without_their_words(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(CANARY, stacklevel=1)
    assert lines(stream)[0]["logger"] == "py.warnings"
    assert_clean(stream)


def test_a_record_that_cannot_be_written_neither_raises_nor_speaks(stream: io.StringIO) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise ValueError(CANARY)

    logging.getLogger("x").error(Hostile())
    logging.getLogger("x").error("%d", CANARY)
    structlog.get_logger().error("call_placed", status=Hostile())
    assert_clean(stream)
