"""The worklist's two questions: what is waiting, in order and page by page, and how much of it is alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Text, and_, bindparam, case, cast, extract, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.eligibility import UNCAPPED
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import ORDER, Alike, Claimed, Waiting, Whose
from store.cipher import Cipher
from store.mapping import KEPT, value_of

_READ, _STUDY = KEPT[Read].table.c, KEPT[Study].table.c
#: Of a type, or SQLite would compare two spellings of an instant.
_NOW = bindparam("now", type_=_READ.due_at.type)
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
#: A clock that stands still falls due by so much later as it has stood still until now.
_DUE = case(
    (_READ.paused_since.is_(None), extract("epoch", _READ.due_at)),
    else_=extract("epoch", _READ.due_at) + extract("epoch", _NOW) - extract("epoch", _READ.paused_since),
)
_IS_GENERAL = case(
    (or_(_READ.general_at.is_(None), _READ.general_at <= func.coalesce(_READ.paused_since, _NOW)), "1"),
    else_="0",
)
#: All of a class that the judgment asks about.
_IS_UNCAPPED = case((_READ.priority.in_(sorted(one.value for one in UNCAPPED)), "1"), else_="0")
_JUDGED = (
    _READ.facility,
    _READ.pool,
    _READ.kind,
    _READ.subspecialty,
    _STUDY.modality,
    _STUDY.patient_state,
    _IS_GENERAL,
    _IS_UNCAPPED,
)


def _joined(*columns: Any) -> Select[Any]:
    joined = KEPT[Read].table.join(KEPT[Study].table, _STUDY.id == _READ.study_id)
    return select(*columns).select_from(joined).where(_LISTED)


def _paged(*further: Any) -> Select[Any]:
    """Return the statement of a page: its reads are found and put in order before all of their columns are fetched."""
    order = (_WHOSE.label("whose"), _RANK.label("rank"), _DUE.label("due"), _READ.due_at, _READ.id)
    found = (
        _joined(*order, _STUDY.modality, _STUDY.patient_state)
        .where(_READ.priority.in_(bindparam("classes", expanding=True)), *further)
        .order_by(*order)
        .limit(bindparam("many"))
        .offset(bindparam("past"))
        .subquery()
    )
    here = found.c
    return (
        select(KEPT[Read].table, here.modality, here.patient_state, here.whose)
        .join(found, here.id == _READ.id)
        .order_by(here.whose, here.rank, here.due, here.due_at, here.id)
    )


def _open_to(likeness: Any, likenesses: Any) -> Select[Any]:
    """Return the statement of a page without what is open and not alike to these, unless it is named.

    By its facility alone some of that is left out before its study is looked at.
    """
    at_these = _READ.facility.in_(bindparam("open_at", expanding=True))
    also = _READ.id.in_(bindparam("also", expanding=True))
    return _paged(or_(~_IS_OPEN, at_these, also), or_(~_IS_OPEN, likeness.in_(likenesses), also))


_KINDS = {one.value: one for one in ReadKind}
_CLASSES = {one.value: one for one in Priority}
#: One parameter, however many they are: a database takes some ten thousands and no more.
_LIKENESSES = bindparam("likenesses", type_=Text)
_PAGE = _paged()
_PAGE_OPEN_TO = {
    "sqlite": _open_to(func.json_array(*_JUDGED), select(func.json_each(_LIKENESSES).table_valued("value").c.value)),
    "postgresql": _open_to(
        func.jsonb_build_array(*_JUDGED), select(func.jsonb_array_elements(cast(_LIKENESSES, JSONB)))
    ),
}
#: What tells reads apart first, so that the database compares few columns.
_APART = (
    *(_READ.facility, _STUDY.modality, _READ.priority, _STUDY.patient_state),
    *(_READ.subspecialty, _READ.kind, _READ.pool, _IS_GENERAL),
)
_ALIKE = _joined(
    *_JUDGED[:-2],
    _IS_GENERAL.label("is_general"),
    _READ.priority,
    func.count().label("all"),
    func.count(case((and_(~_IS_OPEN, _READ.claimed_by == bindparam("holder")), 1))).label("mine"),
    func.count(case((_IS_OPEN, 1))).label("open"),
    func.count(case((and_(_IS_OPEN, _STUDY.ready), 1))).label("ready"),
).group_by(*_APART)

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


@dataclass(frozen=True, slots=True)
class Asked:
    """What page is asked for: of which facilities, for whom, when, how many reads after how many."""

    facilities: Collection[str]
    holder: str
    now: datetime
    many: int
    past: int
    #: What is open is left out unless it is alike to one of these; None leaves nothing out.
    open_to: Collection[Alike] | None
    #: Ids of what is open and listed whatever it is alike to.
    also: Collection[str]
    classes: Collection[Priority]


def page(connection: Connection, cipher: Cipher, asked: Asked) -> list[Waiting]:
    """Return a page of the open and claimed reads of these facilities: by whose, by class, by time to breach."""
    values = {
        "facilities": list(asked.facilities),
        "holder": asked.holder,
        "now": asked.now,
        "many": asked.many,
        "past": asked.past,
        "classes": [one.value for one in asked.classes],
    }
    statement = _PAGE
    if asked.open_to is not None:
        statement = _PAGE_OPEN_TO[connection.dialect.name]
        values["also"] = list(asked.also)
        values["open_at"] = sorted({one.facility for one in asked.open_to})
        values["likenesses"] = orjson.dumps([_likeness(one) for one in asked.open_to]).decode()
    return [
        Waiting(
            read=value_of(Read, row, cipher),
            whose=Whose(row["whose"]),
            modality=row["modality"],
            patient_state=row["patient_state"],
        )
        for row in map(dict, connection.execute(statement, values).mappings())
    ]


def _likeness(one: Alike) -> list[str]:
    """Return what the database makes of such reads, too."""
    flags = ("1" if one.is_general else "0", "1" if one.priority in UNCAPPED else "0")
    return [one.facility, one.pool, one.kind.value, one.subspecialty, one.modality, one.patient_state, *flags]


def alike(connection: Connection, facilities: Collection[str], holder: str, now: datetime) -> list[Alike]:
    """Return how many reads of the same worklist are of one class and alike in everything else that is judged."""
    asked = {"facilities": list(facilities), "holder": holder, "now": now}
    return [
        Alike(
            *(facility, pool, _KINDS[kind], subspecialty, modality, state, general == "1", _CLASSES[priority]),
            mine=mine,
            ready=ready,
            arriving=waiting - ready,
            others=listed - mine - waiting,
        )
        for facility, pool, kind, subspecialty, modality, state, general, priority, listed, mine, waiting, ready in (
            connection.execute(_ALIKE, asked)
        )
    ]


def claimed_since(connection: Connection, since: datetime) -> list[Claimed]:
    """Return what is held by anybody, and what was claimed since an instant, by reader and modality."""
    return [
        Claimed(reader=row.reader, modality=row.modality, is_held=bool(row.is_held), count=row.many, last=row.last)
        for row in connection.execute(_CLAIMED, {"since": since})
    ]
