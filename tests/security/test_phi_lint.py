"""What identifies a patient reaches the identified call and the case page, and no other channel, whatever goes wrong."""

from __future__ import annotations

import html
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import structlog
from sqlalchemy import literal_column, select, text
from sqlmodel import SQLModel

from bot import logs
from handlers.domain.dialog import IDENTIFYING, prompt_from_text
from handlers.domain.relays import Attempt, Outcome, Turn
from store import audit
from store.database import Database
from tests.flows.stage import Stage
from tests.security import canaries
from tests.security.canaries import found_in, found_in_bytes
from tests.security.tap import Exchanged, Tap
from tests.security.whole_run import Run

#: What stands in the clear in the database's files: a lint that reads none of them would find nothing, either.
MARK = b"finding:report"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Log everything at DEBUG to a stream, as the service does, and put it all back afterwards."""
    root = logging.getLogger()
    kept = (root.handlers[:], root.level)
    hooks = (sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions)
    out = io.StringIO()
    logs.configure("DEBUG", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:], root.level = kept
    sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions = hooks
    structlog.reset_defaults()


@dataclass
class Channels:
    """Everything that was said where it must not be, by channel; and what the database looked like under way."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def add(self, channel: str, *texts: str) -> None:
        self.texts.setdefault(channel, []).extend(texts)


def _columns(database: Database) -> list[str]:
    """Return every column of every row as text; bytes as they are."""
    found = []
    with database.reading() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in connection.execute(select(literal_column("*")).select_from(text(f'"{table.name}"'))).mappings():
                found += [f"{table.name}.{name}={value!r}" for name, value in row.items()]
    return found


def _files(stage: Stage) -> list[bytes]:
    """Return the database's file where it is one of ours, and every other file that the service writes."""
    return [path.read_bytes() for path in sorted(stage.folder.iterdir()) if path.is_file()]


def _files_of_the_server(database: Database) -> list[bytes]:
    """Return what PostgreSQL holds of this database on its disk, dead rows and all, and its write-ahead log."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        folder = Path(str(connection.exec_driver_sql("SHOW data_directory").scalar_one()))
        query = "SELECT oid FROM pg_database WHERE datname = current_database()"
        own = folder / "base" / str(connection.exec_driver_sql(query).scalar_one())
    files = [path for where in (own, folder / "pg_wal") for path in sorted(where.iterdir()) if path.is_file()]
    return [path.read_bytes() for path in files]


def _shown(one: Exchanged) -> str:
    headers = "\n".join(f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in one.answer_headers)
    return f"{headers}\n\n{one.answered.decode('utf-8', 'replace')}"


def _turns(stage: Stage) -> dict[str, bool]:
    """Return the voice addresses that were answered with a prompt, and whether that may identify somebody."""
    tokens = {attempt.id: attempt.token for attempt in stage.all(Attempt)}
    return {
        f"/twilio/voice/{tokens[turn.attempt_id]}/{turn.number}": prompt_from_text(turn.answer).kind in IDENTIFYING
        for turn in stage.all(Turn)
    }


def _telephone(channels: Channels, stage: Stage, product: Tap) -> list[str]:
    """Sort what was said on the telephone; return the documents that may identify somebody."""
    may_identify = {path for path, identifying in _turns(stage).items() if identifying}
    telling = []
    for one in product.heard:
        if not one.path.startswith("/twilio/") or one.status >= 400:
            continue
        if one.path in may_identify:
            telling.append(_shown(one))
        elif one.path.startswith("/twilio/sms"):
            channels.add("texts", _shown(one))
        elif one.path.startswith("/twilio/voicemail"):
            channels.add("voicemail", _shown(one))
        else:
            channels.add("other words on the telephone", _shown(one))
    channels.add("texts", *(text.body for text in stage.exchange.messages if text.direction != "inbound"))
    return telling


def _wire(channels: Channels, product: Tap, slack: Tap, exchange: Tap) -> None:
    for one in (*slack.heard, *exchange.heard, *(one for one in product.heard if not one.is_misuse)):
        referers = [value.decode("latin-1") for name, value in one.headers if name == b"referer"]
        channels.add("addresses", one.target, *referers)
    for one in product.heard:
        locations = [value.decode("latin-1") for name, value in one.answer_headers if name == b"location"]
        channels.add("addresses", *locations)
        if one.path == "/slack/events":
            channels.add("answers to Slack", _shown(one))
        if one.status >= 400:
            channels.add("refusals and errors", _shown(one))
        if one.path.startswith("/webhooks/"):
            channels.add("answers to senders", _shown(one))
    channels.add("requests to Slack", *(one.asked.decode() for one in slack.heard))
    channels.add("requests to Twilio", *(one.asked.decode() for one in exchange.heard))


def _lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Return the log's lines; each is one object."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


def _record(channels: Channels, stage: Stage) -> None:
    with stage.service.store.database.snapshot() as connection:
        channels.add("record", *(orjson.dumps(entry).decode() for entry in audit.export(connection)))
    channels.add("anchors", stage.service.settings.anchor_file.read_text())


def test_no_channel_but_the_identified_call_and_the_page_identifies_anybody(
    stage: Stage, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """A whole night with a patient whose every name, number and date is known: none of them is where it must not be."""
    servers, channels = stage.servers, Channels()
    taps = [Tap(one.app) for one in (servers.product, servers.slack, servers.exchange) if one.app is not None]
    product, slack, exchange = taps
    servers.product.app, servers.slack.app, servers.exchange.app = taps

    def checkpoint() -> None:
        channels.rows += _columns(stage.service.store.database)
        channels.files += _files(stage)

    run = Run(stage, checkpoint)
    run.whole()
    checkpoint()
    stage.service.anchor()

    telling = _telephone(channels, stage, product)
    _wire(channels, product, slack, exchange)
    _record(channels, stage)
    channels.add("Slack as people see it", *stage.workspace.traffic)
    channels.add("log", log.getvalue())
    channels.add("exceptions", *(json.dumps(line) for line in _lines(log) if "frames" in line))
    left = [one.sid for one in stage.attempts() if one.outcome is Outcome.VOICEMAIL_LEFT]
    assert left, "no message was left on a machine"
    channels.add("left on a machine", *(" ".join(call.heard) for call in stage.exchange.calls if call.sid in left))
    captured = capfd.readouterr()
    for call in stage.exchange.calls:
        if call not in run.identified:
            channels.add("calls that identify nobody", *call.heard)
    for name in ("outbox", "deadline", "delivery", "directory_version", "audit_entry", "inbox", "turn", "study"):
        channels.add(f"table {name}", *(row for row in channels.rows if row.startswith(f"{name}.")))
    channels.add("every table", *channels.rows)

    silent = [channel for channel, texts in channels.texts.items() if not any(texts)]
    assert not silent, f"nothing was said in {silent}: the lint would prove nothing there"
    hits = {
        channel: sorted({form for text in texts for form in found_in(text)})
        for channel, texts in channels.texts.items()
    }
    if not stage.service.store.database.is_sqlite:
        channels.files += _files_of_the_server(stage.service.store.database)
    assert any(MARK in content for content in channels.files), "the files hold nothing of this run"
    hits["files"] = sorted({form for content in channels.files for form in found_in_bytes(content)})
    hits["standard output and error"] = found_in(captured.out + captured.err)
    assert {channel: forms for channel, forms in hits.items() if forms} == {}

    assert len(telling) >= 5
    for words in telling:
        assert {"doeblequist", "janevieve", "march fourth", "zebrawood"} <= set(found_in(words)), words
    for call in run.identified:
        assert {"janevieve doeblequist", "march fourth"} <= set(found_in(" ".join(call.heard)))
    for page in run.pages:
        assert {canaries.MRN.casefold(), "doeblequist, janevieve", "4 mar 1961", "acc-canary"} <= set(found_in(page))
    print(f"\nPHI lint: { ({channel: len(texts) for channel, texts in channels.texts.items()}) }")


def test_the_lint_finds_every_form_in_every_encoding() -> None:
    """A lint that finds nothing proves nothing: each form is found in any case, in JSON, in an address, in HTML, in bytes."""
    for form in canaries.FORMS:
        for written in (form, form.upper(), form.title(), json.dumps(form.replace("^", "\u005e")), quote(form)):
            assert form in found_in(f"before {written} after"), written
        assert form in found_in(html.escape(f"<b>{form}</b>"))
        assert form in found_in_bytes(f"\0{form.upper()}\0".encode())
    assert found_in("A call was made to the ordering physician; does anybody know? March 5th, 1961, 1962-03-04") == []
