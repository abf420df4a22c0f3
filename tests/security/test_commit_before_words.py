"""Nothing is said to a caller, no click is answered and no event accepted before it is durable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from handlers.domain.studies import ReadState
from sandbox.hospital import STROKE
from tests.flows.acts import attempt_of, look_at_everything
from tests.flows.stage import KIM, LEE, Stage
from tests.security.nonsense import Nonsense

#: What a database does that takes every statement and then cannot commit: a constraint that is checked at the end.
_SQLITE = (
    "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)",
    "CREATE TABLE unkept (id INTEGER REFERENCES nowhere (id) DEFERRABLE INITIALLY DEFERRED)",
    'CREATE TRIGGER unkept_{0} AFTER INSERT ON "{0}" BEGIN INSERT INTO unkept VALUES (1); END',
)
_SQLITE_AGAIN = ("DROP TRIGGER unkept_{0}", "DROP TABLE unkept", "DROP TABLE nowhere")
_POSTGRESQL = (
    "CREATE FUNCTION unkept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
    """CREATE CONSTRAINT TRIGGER unkept_{0} AFTER INSERT ON "{0}" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION unkept()""",
)
_POSTGRESQL_AGAIN = ('DROP TRIGGER unkept_{0} ON "{0}"', "DROP FUNCTION unkept")


@contextmanager
def no_commit(stage: Stage, table: str) -> Iterator[None]:
    """Let every commit fail that follows an insert into a table."""
    database = stage.service.store.database
    before, after = (_SQLITE, _SQLITE_AGAIN) if database.is_sqlite else (_POSTGRESQL, _POSTGRESQL_AGAIN)

    def run(statements: tuple[str, ...]) -> None:
        with database.writing() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.format(table))

    run(before)
    try:
        yield
    finally:
        run(after)


def test_an_answer_that_cannot_be_committed_is_not_spoken(stage: Stage) -> None:
    """The physician presses 1 and the commit fails: no finding is said, and the record knows of none."""
    call = stage.critical_stroke()
    stage.exchange.expect_text(KIM)
    call.answer()
    stage.settle()
    attempt = attempt_of(stage, call)
    before = stage.audit_count()
    with no_commit(stage, "turn"):
        said = Nonsense(stage, lambda: None).twilio(f"/twilio/voice/{attempt.token}/1", {"Digits": "1"})
    assert said.status_code == 500
    assert "hematoma" not in said.text
    assert attempt_of(stage, call) == attempt
    assert stage.audit_count() == before
    assert "hematoma" in stage.press(call, "1")
    look_at_everything(stage)


def test_a_click_that_cannot_be_committed_is_not_confirmed(stage: Stage) -> None:
    """The reader is told that nothing was changed, and nothing was; the next click is good."""
    stage.stroke_ct()
    with no_commit(stage, "delivery"):
        said = stage.click(LEE, "claim")
    assert "nothing was changed" in said
    assert "yours" not in said
    assert stage.read().state is ReadState.OPEN
    assert "read:claim" not in stage.actions()
    assert "It is yours." in stage.click(LEE, "claim")


def test_an_event_that_cannot_be_committed_is_not_accepted(stage: Stage) -> None:
    """503, never a 2xx; sent again it is accepted."""
    data = stage.hospital._study(STROKE)
    body = json.dumps({"type": "study.received", "timestamp": stage.clock.now().isoformat(), "data": data}).encode()
    door = Nonsense(stage, lambda: None)
    with no_commit(stage, "inbox"):
        answer = door.webhook("events", body, "msg_1", "application/json")
    assert answer.status_code == 503
    assert door.webhook("events", body, "msg_1", "application/json").status_code == 202
    stage.settle()
    assert stage.study().accession_number == data["accession_number"]
