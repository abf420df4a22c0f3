"""Loading a directory: in one transaction, versioned, audited; and reading the newest one in every process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from handlers import handover
from handlers.desk import OPEN as OPEN_TASK
from handlers.domain import case_code as codes
from handlers.domain.access import DirectoryVersion
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.relays import Relay
from handlers.domain.studies import WAITING, Read
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.endings import OPEN as OPEN_RELAY
from handlers.ports import Chance, Clock, Memory

Parse = Callable[[str], Directory]
#: How soon another process notices a new directory.
_NAMED = 3  #: case codes
FRESH_FOR = timedelta(seconds=2)


class CurrentDirectory:
    """The directory as it is now: read again when a newer version was loaded, at most every few seconds."""

    def __init__(self, memory: Memory, parse: Parse, clock: Clock) -> None:
        self._memory = memory
        self._parse = parse
        self._clock = clock
        self._lock = threading.Lock()
        self._current = Directory()
        self._looked_at: datetime | None = None

    def __call__(self) -> Directory:
        """Return the directory."""
        with self._lock:
            now = self._clock.now()
            if self._looked_at is None or not timedelta() <= now - self._looked_at < FRESH_FOR:
                self._looked_at = now
                self._look()
            return self._current

    def refresh(self) -> Directory:
        """Look now, whatever was seen before."""
        with self._lock:
            self._look()
            return self._current

    def _look(self) -> None:
        with self._memory.reading() as look:
            newest = look.newest(DirectoryVersion, after=self._current.version)
        if newest is not None:
            self._current = replace(self._parse(newest.text), version=newest.number)


def load(memory: Memory, parse: Parse, chance: Chance, text: str, by: str) -> int | None:
    """Load a checked text as the next version; None when it is the one in force already. Refuses to drop what is in use."""
    fresh = parse(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with memory.transaction(SYSTEM) as tx:
        newest = tx.newest(DirectoryVersion, after=0)
        if newest is not None and newest.sha256 == digest:
            return None
        _keep_what_is_used(tx.all(Relay, state=OPEN_RELAY), tx.all(DeskTask, state=OPEN_TASK), fresh)
        reads = tx.all(Read, state=WAITING)
        _keep_facilities([(read.facility, read.case_code) for read in reads], fresh)
        for read in reads:
            if read.pool not in fresh.pools:
                raise Rejection("pool_in_use", f"The pool {read.pool} still has open reads; it cannot be dropped.")
        number = 1 if newest is None else newest.number + 1
        tx.add(
            DirectoryVersion(
                id=chance.token(),
                facility=SYSTEM,
                number=number,
                sha256=digest,
                text=text,
                loaded_at=tx.now,
                loaded_by=by,
            )
        )
        facts: dict[str, str | int | bool | None] = {
            "number": number,
            "sha256": digest,
            "facilities": len(fresh.facilities),
        }
        tx.audit(AuditFact(action="directory:load", actor=by, facts=facts))
        handover.plan(tx, fresh)
    return number


def _keep_what_is_used(relays: list[Relay], tasks: list[DeskTask], fresh: Directory) -> None:
    _keep_facilities([(relay.facility, relay.case_code) for relay in relays], fresh)
    # What was set aside waits in the inbox, whether its site is there or not.
    of_sites = [one for one in tasks if one.kind is not TaskKind.EVENT_SET_ASIDE and one.facility != SYSTEM]
    _keep_facilities([(task.facility, task.case_code) for task in of_sites], fresh)
    for desk_id in {task.desk for task in tasks} | {relay.policy.desk.who for relay in relays}:
        if desk_id not in fresh.desks:
            raise Rejection("desk_in_use", f"The desk {desk_id} still has open work; it cannot be dropped.")
    for relay in relays:
        for contact in (relay.ordering, *(step.to for step in relay.policy.steps)):
            known = contact in fresh.contacts or contact in fresh.rotas
            if contact not in (None, "ordering", "radiologist") and not known:
                raise Rejection(
                    "contact_in_use",
                    f"The contact {contact} is on a running ladder; retire it instead. "
                    "A rota of that name is kept until the relay has ended.",
                )


def _keep_facilities(used: list[tuple[str, str]], fresh: Directory) -> None:
    """Refuse to drop a facility that something open belongs to, by the case codes of what is open."""
    dropped = sorted({facility for facility, _ in used} - set(fresh.facilities))
    if not dropped:
        return
    cases = sorted({codes.shown(case) for facility, case in used if facility == dropped[0] and case})
    more = f" and {len(cases) - _NAMED} more" if len(cases) > _NAMED else ""
    named = f" ({', '.join(cases[:_NAMED])}{more})" if cases else ""
    raise Rejection(
        "facility_in_use",
        f"The facility {dropped[0]} still has open work{named}; it cannot be dropped. Have it ended or handed over first.",
    )
