"""A call made by hand, to somebody whom the directory does not know: a typed name stays sealed and is never spoken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import Select, literal_column, select, text
from sqlmodel import SQLModel

from handlers import cases
from handlers.domain.errors import Rejection
from handlers.domain.relays import Ending, RelayState
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import confirm, hear_out, log_by_hand
from tests.flows.stage import KIM, LEE, OURS, QUINN, SILVA, STONE, STRANGER, Stage
from tests.flows.visitor import Visitor

NAME = "Wilhelmina Outsider"
ELSEWHERE = "+13125550188"


@pytest.fixture
def quinn(stage: Stage) -> Iterator[Visitor]:
    """Open the administrator's browser."""
    visitor = Visitor(stage, QUINN)
    yield visitor
    visitor.close()


def log(stage: Stage, who: Visitor, *, role: str = "physician", name: str = NAME, receiver: str = "") -> int:
    """Fill in the page's form now; return its answer's status."""
    at = stage.service.store.directory().facilities["mercy"].local(stage.clock.now()).strftime("%Y-%m-%dT%H:%M:%S")
    answer = who.send("log", receiver=receiver, receiver_name=name, role=role, at=at, read_back="yes")
    return answer.status_code


def everything_kept(stage: Stage) -> str:
    """Return the record and every column of every table as they are stored."""
    database, found = stage.service.store.database, []
    with database.snapshot() as connection:
        found += [orjson.dumps(entry).decode() for entry in audit.export(connection)]
        for table in SQLModel.metadata.sorted_tables:
            whole_row: Select[Any] = select(literal_column("*")).select_from(text(f'"{table.name}"'))
            found += [repr(tuple(row)) for row in connection.execute(whole_row)]
    return "\n".join(found)


def call_back(stage: Stage, code: str) -> Call:
    """Call our number from a telephone that nobody knows, and key a relay's code."""
    call = stage.exchange.call_in(ELSEWHERE, OURS)
    stage.settle()
    stage.press(call, code)
    stage.listen(call)
    return call


def test_a_stated_name_stands_on_page_and_statement_and_nowhere_else(stage: Stage, quinn: Visitor) -> None:
    """The record and the plain columns say that the receiver is not in the directory; Slack never heard the name."""
    stage.critical_stroke()
    hear_out(stage)
    stage.advance(20)
    quinn.sign_in(f"log {stage.case()}")
    assert log(stage, quinn) == 200
    relay = stage.relay()
    assert (relay.ending, relay.ended_by, relay.ended_role) == (
        Ending.READ_BACK_TO_HUMAN,
        "not_in_directory",
        "physician",
    )
    assert "not_in_directory" in everything_kept(stage)
    assert "Outsider" not in everything_kept(stage)
    assert quinn.page().text.count(NAME) >= 3
    assert f"COMMUNICATED TO {NAME.upper()}, PHYSICIAN" in cases.statement(stage.service.house, stage.case())
    stage.advance(60)
    assert not any("Outsider" in body for body in stage.workspace.traffic)


def test_a_caller_hears_the_role_of_a_receiver_who_is_no_contact(stage: Stage, quinn: Visitor) -> None:
    """Whoever calls back afterwards learns that a physician has it and when, not the name that was typed."""
    stage.critical_stroke()
    hear_out(stage)
    code = stage.relay().callback_code
    quinn.sign_in()
    assert log(stage, quinn) == 200
    said = " ".join(call_back(stage, code).heard)
    assert "by a physician" in said
    assert "by a physician" in said
    assert "Outsider" not in said
    assert "directory" not in said


def test_a_caller_hears_a_contact_s_name(stage: Stage) -> None:
    """Whom the directory knows may be named: the caller knows whom to ask."""
    stage.critical_stroke()
    hear_out(stage)
    code = stage.relay().callback_code
    log_by_hand(stage)
    assert "by Dr. Grace Kim" in " ".join(call_back(stage, code).heard)


def test_a_message_left_with_somebody_unknown_is_sealed_too(stage: Stage, quinn: Visitor) -> None:
    """It ends nothing; the name stands on the page's timeline only."""
    call = stage.critical_stroke()
    hear_out(stage)
    quinn.sign_in()
    assert log(stage, quinn, role="clerk") == 200
    assert stage.relay().state is RelayState.CALLING
    assert NAME in quinn.page().text
    assert "Outsider" not in everything_kept(stage)
    confirm(stage, call)


def test_a_receiver_of_another_site_is_refused(stage: Stage, quinn: Visitor) -> None:
    """Neither by a forged form nor past it: the record would name somebody who has nothing to do with the patient."""
    call = stage.critical_stroke()
    hear_out(stage)
    quinn.sign_in()
    assert log(stage, quinn, receiver="prairie-clinician", name="") == 422
    for receiver in ("prairie-clinician", NAME, ""):
        with pytest.raises(Rejection):
            log_by_hand(stage, receiver=receiver)
    assert "attempt:by_hand" not in stage.actions()
    confirm(stage, call)


def test_another_radiologist_of_the_pool_closes_nothing(stage: Stage) -> None:
    """Closing is no side door to withdrawing: it is not offered, and a forged form is refused; its own radiologist may."""
    call = stage.critical_stroke()
    hear_out(stage)
    stone, lee = Visitor(stage, STONE), Visitor(stage, LEE)
    stone.sign_in()
    assert not {"close", "withdraw"} & set(stone.offered())
    hidden = stone.fields(stone.page().text, f"{stone.address}/redirect")
    forged = stone.http.post(f"{stone.address}/close", data=hidden | {"reason": "duplicate"})
    assert forged.status_code == 403
    stage.settle()
    assert call.is_live
    lee.sign_in()
    assert lee.send("close", reason="already_known").status_code == 200
    assert stage.relay().ending is Ending.CLOSED
    stone.close()
    lee.close()


def test_a_link_is_given_only_to_a_page_with_the_form_that_was_asked_for(stage: Stage) -> None:
    """Nothing to log, or somebody who may not report: the reason, and no link."""
    stage.stroke_ct()
    case = stage.case()
    nothing = f"Case {case} has no critical relay, so there is nothing to log."
    assert nothing in stage.command(QUINN, f"log {case}")
    only = "Only a radiologist of this site's pool or a PACS administrator can do this."
    assert only in stage.command(SILVA, f"start {case}")
    assert only in stage.command(SILVA, f"log {case}")
    assert "do not know you" in stage.command(STRANGER, f"log {case}")
    assert "The link works once" in stage.command(SILVA, f"open {case}")
    stage.finding()
    call = stage.rings(KIM)
    hear_out(stage)
    assert "The link works once" in stage.command(LEE, f"log {case}")
    confirm(stage, call)
    assert f"The relay of case {case} has ended, so there is nothing to log." in stage.command(QUINN, f"log {case}")
