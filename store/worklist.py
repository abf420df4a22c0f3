"""The worklist's two questions: what is waiting, in order and page by page, and how much of it is alike."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import ORDER, Alike, Claimed, Waiting, Whose
from store.cipher import Cipher
from store.mapping import KEPT, value_of

_READ, _STUDY = KEPT[Read].table.c, KEPT[Study].table.c
_IS_OPEN = _READ.state == ReadState.OPEN.value
_WHOSE = case(
    (and_(_READ.state == ReadState.CLAIMED.value, _READ.claimed_by == bindparam("holder")), Whose.MINE.value),
    (and_(_IS_OPEN, _STUDY.ready), Whose.READY.value),
    (_IS_OPEN, Whose.ARRIVING.value),
    else_=Whose.OTHERS.value,
)
_RANK = case({one.value: place for place, one in enumerate(ORDER)}, value=_READ.priority)
_LISTED = and_(
    _READ.state.in_((ReadState.OPEN.value, ReadState.CLAIMED.value)),
    _READ.facility.in_(bindparam("facilities", expanding=True)),
)
_IS_GENERAL = case(
    (or_(_READ.general_at.is_(None), _READ.general_at <= func.coalesce(_READ.paused_since, bindparam("now"))), 1),
    else_=0,
)
_JUDGED = (
    _READ.facility,
    _READ.pool,
    _READ.priority,
    _READ.kind,
    _READ.subspecialty,
    _STUDY.modality,
    _STUDY.patient_state,
)


def _joined(*columns: Any) -> Select[Any]:
    joined = KEPT[Read].table.join(KEPT[Study].table, _STUDY.id == _READ.study_id)
    return select(*columns).select_from(joined).where(_LISTED)


_PAGE = (
    _joined(KEPT[Read].table, _STUDY.modality, _STUDY.patient_state, _WHOSE.label("whose"))
    .order_by(_WHOSE, _RANK, _READ.due_at, _READ.id)
    .limit(bindparam("many"))
    .offset(bindparam("past"))
)
_ALIKE = _joined(*_JUDGED, _WHOSE.label("whose"), _IS_GENERAL.label("is_general"), func.count().label("many")).group_by(
    *_JUDGED, _IS_GENERAL, _WHOSE
)

_IS_HELD = _READ.state == ReadState.CLAIMED.value
_HELD = case((_IS_HELD, 1), else_=0)
_CLAIMED = (
    select(
        _READ.claimed_by.label("reader"),
        _STUDY.modality,
        _HELD.label("is_held"),
        func.count().label("many"),
        func.max(_READ.claimed_at).label("last"),
    )
    .select_from(KEPT[Read].table.join(KEPT[Study].table, _STUDY.id == _READ.study_id))
    .where(_READ.claimed_by.is_not(None), or_(_IS_HELD, _READ.claimed_at >= bindparam("since")))
    .group_by(_READ.claimed_by, _STUDY.modality, _HELD)
)


def page(
    connection: Connection, cipher: Cipher, facilities: Collection[str], holder: str, *, many: int, past: int
) -> list[Waiting]:
    """Return a page of the open and claimed reads of these facilities: by whose, by class, by time to breach."""
    asked = {"facilities": list(facilities), "holder": holder, "many": many, "past": past}
    return [
        Waiting(
            read=value_of(Read, row, cipher),
            whose=Whose(row["whose"]),
            modality=row["modality"],
            patient_state=row["patient_state"],
        )
        for row in map(dict, connection.execute(_PAGE, asked).mappings())
    ]


def alike(connection: Connection, facilities: Collection[str], holder: str, now: datetime) -> list[Alike]:
    """Return how many reads of the same worklist are alike in everything that is judged."""
    asked = {"facilities": list(facilities), "holder": holder, "now": now}
    return [
        Alike(
            facility=row.facility,
            pool=row.pool,
            priority=Priority(row.priority),
            modality=row.modality,
            patient_state=row.patient_state,
            kind=ReadKind(row.kind),
            subspecialty=row.subspecialty,
            is_general=bool(row.is_general),
            whose=Whose(row.whose),
            count=row.many,
        )
        for row in connection.execute(_ALIKE, asked)
    ]


def claimed_since(connection: Connection, since: datetime) -> list[Claimed]:
    """Return what is held by anybody, and what was claimed since an instant, by reader and modality."""
    return [
        Claimed(reader=row.reader, modality=row.modality, is_held=bool(row.is_held), count=row.many, last=row.last)
        for row in connection.execute(_CLAIMED, {"since": since})
    ]
