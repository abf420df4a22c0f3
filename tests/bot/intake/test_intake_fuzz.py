"""Whatever a signed body holds: never a 5xx, and never a 2xx that did not reach the appender."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.images import dicom_object
from tests.bot.intake.stage import NOW, Answer, Stage, finding, report, study

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

STAGE = Stage()
BODIES = [study(), finding(), finding("finding.amended", category=2), finding("finding.retracted"), report()]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _holds(answer: Answer, asked_before: int) -> None:
    assert answer.status < 500
    assert (answer.status in {200, 202}) == (STAGE.inbox.asked == asked_before + 1)
    assert answer.type == ("application/json" if answer.status in {200, 202} else "application/problem+json")


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else []
    return [at, *(path for key, one in inner for path in _paths(one, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(_paths(body)))
        fresh = draw(ANYTHING)
        if not path:
            continue
        place = body
        for key in path[:-1]:
            place = place[key] if isinstance(place, dict) and key in place else {}
        if isinstance(place, dict):
            place[path[-1] if draw(st.booleans()) else draw(st.text(max_size=5))] = fresh
    return body


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bodies_are_refused_in_words(body: bytes) -> None:
    """JSON or not."""
    asked = STAGE.inbox.asked
    _holds(STAGE.event(body), asked)


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_mutated_events_are_accepted_whole_or_refused(body: Any) -> None:
    """One thing changed, anywhere."""
    asked = STAGE.inbox.asked
    _holds(STAGE.event(body), asked)


@cache
def _object() -> bytes:
    return dicom_object({"AccessionNumber": "ACC1", "PatientName": "DOE^JANE", "PatientID": "7"}, NOW)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=5))
def test_mutated_dicom_objects_are_accepted_or_refused(changes: list[tuple[int, bytes]]) -> None:
    """Lengths, tags and values, overwritten at random."""
    raw = bytearray(_object())
    for place, value in changes:
        raw[place : place + len(value)] = value
    asked = STAGE.inbox.asked
    _holds(STAGE.dicom(bytes(raw)), asked)
