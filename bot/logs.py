"""JSON log lines on stderr, through one redactor that knows what may pass and withholds everything else.

The redactor is an allow-list of keys, each with the shape its value must have; it does not look for patient data, it
refuses whatever is not known to be free of it. What third parties log keeps logger, level, place and exception types; its
words are withheld. No exception's message passes unless its class is one of ours (`handlers.domain.errors`).
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog

from bot import log_shapes
from bot.log_shapes import WITHHELD, causes, is_code

Event = MutableMapping[str, Any]

#: uvicorn's own start and stop lines, by template, and what we call them. Nothing else of a third party is told in words.
UVICORN_LINES = {
    "Started server process [%d]": "server_starting",
    "Waiting for application startup.": "application_starting",
    "Application startup complete.": "application_started",
    "Application startup failed. Exiting.": "application_failed",
    "Uvicorn running on %s://%s:%d (Press CTRL+C to quit)": "server_started",
    "Uvicorn running on %s (Press CTRL+C to quit)": "server_started",
    "Uvicorn running on socket %s (Press CTRL+C to quit)": "server_started",
    "Shutting down": "server_stopping",
    "Waiting for application shutdown.": "application_stopping",
    "Application shutdown complete.": "application_stopped",
    "Finished server process [%d]": "server_stopped",
}


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Return the event as it may be written (a structlog processor; the only way to the stream)."""
    shown: dict[str, Any] = {}
    exception = _exception_of(event)
    for key, value in event.items():
        if isinstance(value, BaseException):
            exception = exception or value
            continue
        if key in {"exc_info", "exception", "stack_info", "stack", "exc"}:
            continue
        if not is_code(key):
            shown["withheld_keys"] = shown.get("withheld_keys", 0) + 1
            continue
        shown[key] = log_shapes.shown(key, value)
    if exception is not None:
        shown |= causes(exception)
    return shown


def _exception_of(event: Event) -> BaseException | None:
    given = event.get("exc_info")
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _line(_logger: object, _method: str, event: Event) -> str:
    return orjson.dumps(dict(event)).decode()


_CHAIN: list[Callable[..., Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    redact,
    _line,
]


class StandardDoor(logging.Handler):
    """Where the standard library's records enter: third parties', whose words are withheld."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._out = structlog.WriteLogger(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's facts; never its message, its arguments or its exception's text."""
        event: Event = {
            "event": _event_of(record),
            "logger": record.name,
            "place": f"{log_shapes.short_path(record.pathname)}:{record.lineno} {record.funcName}",
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        try:
            for step in _CHAIN:
                event = step(self._out, record.levelname.lower(), event)
            self._out.msg(str(event))
        except Exception:  # noqa: BLE001 - logging must neither raise nor print what it was given
            self._out.msg('{"event":"log_line_lost","level":"error"}')


def _event_of(record: logging.LogRecord) -> str:
    if record.name == "uvicorn.error" and isinstance(record.msg, str):
        return UVICORN_LINES.get(record.msg, WITHHELD)
    return WITHHELD


class _Worthwhile(logging.Filter):
    """Above DEBUG, third parties' chatter says nothing once its words are withheld: keep warnings and known lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or _event_of(record) != WITHHELD


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of the process through the redactor; also what nobody caught, and warnings.

    Run uvicorn with ``log_config=None, access_log=False``, or it installs handlers of its own.
    """
    out = stream if stream is not None else sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=_CHAIN,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    door = StandardDoor(out)
    if threshold > logging.DEBUG:
        door.addFilter(_Worthwhile())
    _take_over(door, threshold)
    logging.captureWarnings(True)
    logging.raiseExceptions = False
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)
    threading.excepthook = lambda found: _uncaught(found.exc_type, found.exc_value, found.exc_traceback)


def _take_over(door: logging.Handler, threshold: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [door]
    root.setLevel(threshold)
    for name in list(logging.root.manager.loggerDict):
        known = logging.getLogger(name)
        known.handlers.clear()
        known.propagate = True


def _uncaught(kind: type[BaseException], value: BaseException | None, _trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger("radrelay").error("uncaught", exc_info=value if value is not None else kind())
