"""Chain, card, note and statement say no more than happened: what a key stands for, what was spoken, whose PIN it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handlers import pins
from handlers.domain.relays import Ending
from handlers.statement import statement_of
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import hear_out
from tests.flows.stage import CHARGE, READS, Stage

PIN = "2748"
NAMED = "    name: Dr. Grace Kim\n    role: physician\n"


def by_keys(stage: Stage, call: Call) -> None:
    """Press 1, then the code."""
    stage.press(call, "1")
    stage.press(call, stage.code())


def by_voice(stage: Stage, call: Call) -> None:
    """Say the role, then the code's digits."""
    for words in ("doctor", " ".join(stage.code())):
        stage.listen(call)
        call.say(words)
        stage.settle()


def key_then_voice(stage: Stage, call: Call) -> None:
    """Press 1, then say the code's digits."""
    stage.press(call, "1")
    stage.listen(call)
    call.say(" ".join(stage.code()))
    stage.settle()


def by_pin(stage: Stage, call: Call) -> None:
    """Key the PIN, then the code."""
    stage.press(call, f"{PIN}#")
    stage.press(call, stage.code())


def ending_entry(stage: Stage) -> dict[str, Any]:
    """Return the facts of the entry that says how the relay ended."""
    with stage.service.store.database.snapshot() as connection:
        found: list[dict[str, Any]] = [one["facts"] for one in audit.export(connection) if one["action"] == "relay:end"]
    return found[-1]


def said(stage: Stage) -> str:
    """Return the statement for the report."""
    with stage.service.store.memory.reading() as look:
        return statement_of(look, stage.service.store.directory(), stage.study().case_code)


ANY = ("physician_np_or_pa", "physician, NP or PA", "PHYSICIAN OR NURSE PRACTITIONER OR PHYSICIAN ASSISTANT")
HOW = [
    pytest.param(by_keys, ANY, ("key", "key"), "AS STATED BY KEY", "KEYED CODE", id="keyed"),
    pytest.param(by_voice, ANY, ("voice", "voice"), "AS STATED BY VOICE", "SPOKEN CODE", id="spoken"),
    pytest.param(key_then_voice, ANY, ("key", "voice"), "AS STATED BY KEY", "SPOKEN CODE", id="keyed-then-spoken"),
    pytest.param(
        by_pin, ("physician", "physician", "PHYSICIAN"), ("pin", "key"), "IDENTIFIED BY PIN", "KEYED CODE", id="pin"
    ),
]


@pytest.mark.parametrize(("act", "role", "by", "known", "code"), HOW)
def test_each_receipt_is_told_as_it_happened(
    stage: Stage,
    act: Callable[[Stage, Call], None],
    role: tuple[str, str, str],
    by: tuple[str, str],
    known: str,
    code: str,
) -> None:
    """Key 1 is one of three roles, a voice is no key, and only a PIN names somebody: in all four places."""
    if act is by_pin:
        hashed = pins.hash_pin(PIN, stage.service.house.pin_pepper)
        stage.load(NAMED, f'{NAMED}    pin_hash: "{hashed}"\n')
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    act(stage, call)
    stage.advance(20)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    facts = ending_entry(stage)
    assert (facts["role"], facts["role_by"], facts["code_by"]) == (role[0], *by)
    assert f"confirmed by code ({role[1]})" in stage.card().words
    notes = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert f"confirmed by code, {code.split(maxsplit=1)[0].lower()} ({role[1]}, {known.lower()})" in notes.replace(
        "PIN", "pin"
    )
    words = said(stage)
    assert f"{role[2]} {known}, BY TELEPHONE" in words
    assert f"RECEIPT CONFIRMED BY {code}" in words
    assert ("ANSWERING FOR" in words) is (act is not by_pin)


def test_a_nurse_s_key_is_one_role(stage: Stage) -> None:
    """2 stands for a nurse and nobody else."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "9")
    nurse = stage.rings(CHARGE)
    nurse.answer()
    stage.settle()
    stage.press(nurse, "2")
    stage.press(nurse, stage.code())
    assert ending_entry(stage)["role"] == "rn"
    assert "NURSE AS STATED BY KEY" in said(stage)
