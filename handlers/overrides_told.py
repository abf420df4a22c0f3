"""What cards say of an override, and its end without a grant: names of the directory and a reason from a fixed list."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.domain.directory import Directory
from handlers.domain.machinery import AuditFact
from handlers.domain.overrides import Override
from handlers.domain.studies import Read, ReadState
from handlers.ports import Transaction


def line(newest: Override | None, directory: Directory, read: Read, now: datetime) -> str:
    """Return what a card says of a read's newest override: asked, granted, or the one by which the read is held."""
    if newest is None:
        return ""
    if newest.is_asked():
        return asked_words(directory, newest) if read.state is ReadState.OPEN else ""
    reader, asker, granter = _people(directory, newest)
    why = newest.reason.value.replace("_", " ")
    asked = "" if asker == reader else f", asked by {asker}"
    told = f"Override for {reader}: {why}{asked}, granted by {granter}"
    by_it = newest.used_at is not None and read.claimed_by == newest.reader
    return told if by_it or (read.state is ReadState.OPEN and newest.is_good(now)) else ""


def asked_words(directory: Directory, asked: Override) -> str:
    """Return what is said of an override that waits for its second person."""
    reader, asker, _ = _people(directory, asked)
    by = "" if asker == reader else f" by {asker}"
    return f"Override asked for {reader}{by}: {asked.reason.value.replace('_', ' ')}"


def _people(directory: Directory, one: Override) -> tuple[str, str, str]:
    """Return the names of the reader, of who asked and of who granted."""
    reader, asker, granter = (
        name_of(directory, who) for who in (f"radiologist:{one.reader}", one.asked_by, one.granted_by)
    )
    return reader, asker, granter


def closed(tx: Transaction, override_id: str, actor: str) -> Override | None:
    """End an override that is asked and not granted: denied by somebody, or, by the robot, needed no more."""
    asked = tx.get(Override, override_id)
    if asked is None or not asked.is_asked():
        return None
    read = tx.get(Read, asked.read_id)
    case = "" if read is None else read.case_code
    facts = {"reader": asked.reader, "asked_by": asked.asked_by}
    tx.audit(AuditFact(action="override:close", actor=actor, case_code=case, subject=asked.read_id, facts=facts))
    return tx.put(replace(asked, closed_by=actor, closed_at=tx.now))


def name_of(directory: Directory, actor: str) -> str:
    """Return the name of an actor of the record."""
    kind, _, key = actor.partition(":")
    person = (directory.radiologists if kind == "radiologist" else directory.staff).get(key)
    return "somebody who has left" if person is None else person.name
