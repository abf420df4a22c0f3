"""Telling clients' systems who has a read: recorded with the change itself, in order for each sink, made when it is sent.

A sink is the client's own system, under the agreement with its facility: without one in force, nothing is sent.
"""

from __future__ import annotations

from datetime import datetime

from handlers import desk
from handlers.domain.errors import DeliveryFailed
from handlers.domain.machinery import Effect, EffectKind
from handlers.domain.sinks import GIVES_UP_AFTER, LANES, ReadEvent, ReadNotice, Sink, wait_after
from handlers.domain.studies import Read, Study
from handlers.domain.tasks import TaskKind
from handlers.once import in_transaction
from handlers.ports import House, Sending, Subscribers, Transaction


def tell(tx: Transaction, house: House, read: Read, event: ReadEvent, reader_id: str, at: datetime) -> None:
    """Let every sink of a read's site be told what became of the read just now."""
    directory = house.directory()
    facility = directory.facilities.get(read.facility)
    if facility is None or not facility.has_baa(tx.now):
        return
    args = {
        "event": event.value,
        "radiologist": reader_id,
        "at": at.isoformat(),
        "region": read.region,
        "recorded_at": tx.now.isoformat(),
    }
    for sink in directory.sinks.values():
        if read.facility in sink.facilities:
            tx.effect(Effect(kind=EffectKind.WEBHOOK, subject=read.id, lane=sink.lane, args=args))


def send(house: House, subscribers: Subscribers, sending: Sending) -> None:
    """Send a message as things stand now; every try of it has the same id, by which a receiver knows a repeat."""
    sink = house.directory().sinks.get(sending.effect.lane.removeprefix(LANES))
    notice = None if sink is None else _notice(house, sink, sending)
    if sink is None or notice is None:
        house.memory.effect_dropped(sending, "its sink, its site or the agreement with it is not there any more")
        return
    try:
        subscribers.deliver(sink, f"msg_{sending.id}", notice)
    except DeliveryFailed as failed:
        if house.clock.now() - notice.recorded_at < GIVES_UP_AFTER:
            raise DeliveryFailed(failed.reason, failed.retry_after or wait_after(sending.tries)) from None
        _give_up(house, sink, sending, failed.reason)
        return
    house.memory.effect_done(sending)


def _notice(house: House, sink: Sink, sending: Sending) -> ReadNotice | None:
    directory, args = house.directory(), sending.effect.args
    facility = directory.facilities.get(sending.facility)
    if facility is None or facility.id not in sink.facilities or not facility.has_baa(house.clock.now()):
        return None
    with house.memory.reading() as look:
        read = look.get(Read, sending.effect.subject)
        study = None if read is None else look.get(Study, read.study_id)
    if read is None or study is None:
        return None
    reader = directory.radiologists.get(args["radiologist"])
    return ReadNotice(
        event=ReadEvent(args["event"]),
        recorded_at=datetime.fromisoformat(args["recorded_at"]),
        facility=facility.id,
        accession_number=study.accession_number,
        study_instance_uid=study.study_instance_uid,
        kind=read.kind,
        region=args.get("region", ""),  # none in what was recorded before reads were split
        radiologist="" if reader is None else reader.id,
        npi="" if reader is None else reader.npi,
        at=datetime.fromisoformat(args["at"]),
    )


def _give_up(house: House, sink: Sink, sending: Sending, reason: str) -> None:
    """Tell the desk, once while nobody has settled it, and let what comes after go on."""

    def ask(tx: Transaction) -> None:
        desk.open_task(tx, house, TaskKind.SINK_SILENT, subject_id=f"sink:{sink.id}")

    in_transaction(house, sending.facility, ask)
    house.memory.effect_dropped(sending, f"given up: {reason}")
