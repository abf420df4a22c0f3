"""Calls as values for JSON, and back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.exchange.calls import Call
from sandbox.exchange.records import LIVE, CallPlan, Note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.exchange.life import Trunk

PLAIN = ("sid", "direction", "status", "parent_call_sid", "answered_by", "queue_milliseconds", "pressed")
INSTANTS = ("created", "updated", "start_time", "answered_at", "ended_at")


def snapshot_calls(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return what is kept of each call."""
    return [_kept(call) for call in calls]


def restore_calls(exchange: Trunk, kept: Iterable[dict[str, Any]]) -> list[Call]:
    """Return the calls of a snapshot; a call that was under way is completed."""
    return [_restored(exchange, one) for one in kept]


def _kept(call: Call) -> dict[str, Any]:
    instants = {name: getattr(call, name) for name in INSTANTS}
    return {
        "to": call.to,
        "from": call.from_,
        **{name: getattr(call, name) for name in PLAIN},
        **{name: at.isoformat() if at else None for name, at in instants.items()},
        "transcript": [[note.at.isoformat(), note.who, note.text] for note in call.transcript],
    }


def _restored(exchange: Trunk, kept: dict[str, Any]) -> Call:
    call = Call(exchange, CallPlan(to=kept["to"], from_=kept["from"]), kept["direction"])
    for name in PLAIN:
        setattr(call, name, kept[name])
    for name in INSTANTS:
        setattr(call, name, datetime.fromisoformat(kept[name]) if kept[name] else None)
    call.notes = [Note(datetime.fromisoformat(at), who, text) for at, who, text in kept["transcript"]]
    call.seen = True
    if call.status in LIVE:
        call.status = "completed"
        call.ended_at = exchange.now()
    return call
