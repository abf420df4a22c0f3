"""A reader's hold on a read: how it begins and how it ends, whoever decided it, with its lease and what sinks are told."""

from __future__ import annotations

from dataclasses import replace

from handlers import leases, showing, sinks, standing, thresholds, unclaimed
from handlers.domain.sinks import ReadEvent
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState
from handlers.ports import House, Transaction


def begin(tx: Transaction, house: House, read: Read, reader: Radiologist) -> Read:
    """Let a reader who was judged hold a read, with a fresh lease; another's hold ends. Who was quicker wins."""
    _tell_released(tx, house, read)
    read = tx.put(replace(read, state=ReadState.CLAIMED, claimed_by=reader.id, claimed_at=tx.now))
    leases.begin(tx, house, read)
    standing.plan(tx, house, read)
    unclaimed.over(tx, house, read, "claimed")
    sinks.tell(tx, house, read, ReadEvent.CLAIMED, reader.id, tx.now)
    showing.show_held(tx, house, read)
    return read


def end(tx: Transaction, house: House, read: Read) -> Read:
    """Put a read on the worklist again; nobody holds it."""
    _tell_released(tx, house, read)
    read = tx.put(replace(read, state=ReadState.OPEN, claimed_by=None, claimed_at=None))
    standing.forget(tx, read)
    thresholds.plan(tx, house, read)
    showing.show_held(tx, house, read)
    return read


def _tell_released(tx: Transaction, house: House, read: Read) -> None:
    if read.state is ReadState.CLAIMED and read.claimed_by is not None:
        sinks.tell(tx, house, read, ReadEvent.RELEASED, read.claimed_by, tx.now)
