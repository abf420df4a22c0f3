"""How often a contact may be called: never more than the limits in any window, and never later than they ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.limits import USUAL, Full, Limit, full

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

limits = st.lists(
    st.builds(Limit, st.integers(1, 5), st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds))),
    min_size=1,
    max_size=4,
).map(tuple)
#: Seconds between one wish to call and the next.
wishes = st.lists(st.integers(0, 900), max_size=40)


def calls_of(allowed: tuple[Limit, ...], spans: list[int]) -> list[tuple[datetime, datetime]]:
    """Call whenever somebody wishes it, each time as soon as the limits allow; return when it was wished and made."""
    made: list[tuple[datetime, datetime]] = []
    at = NOON
    for seconds in spans:
        at = wished = max(at, NOON) + timedelta(seconds=seconds)
        if (held := full(allowed, [call for _, call in made], at)) is not None:
            at = held.until
        made.append((wished, at))
    return made


@given(limits, wishes)
def test_no_window_ever_holds_more_calls_than_its_limit(allowed: tuple[Limit, ...], spans: list[int]) -> None:
    """Wherever a window is laid, its end left out, there are no more calls in it than the limit says."""
    made = [call for _, call in calls_of(allowed, spans)]
    for limit in allowed:
        for begins in made:
            assert sum(begins <= one < begins + limit.within for one in made) <= limit.calls


@given(limits, wishes)
def test_no_call_waits_longer_than_its_limits_ask(allowed: tuple[Limit, ...], spans: list[int]) -> None:
    """A second before it was made, a call that waited would have been one too many."""
    made = calls_of(allowed, spans)
    for index, (wished, call) in enumerate(made):
        if call == wished:
            continue
        earlier, sooner = [one for _, one in made[:index]], call - timedelta(seconds=1)
        assert any(sum(sooner - one < limit.within for one in earlier) >= limit.calls for limit in allowed)


@given(limits, wishes)
def test_the_instant_that_is_named_is_free(allowed: tuple[Limit, ...], spans: list[int]) -> None:
    """Whoever waits until then is not told to wait again."""
    made = [call for _, call in calls_of(allowed, spans)]
    held = full(allowed, made, made[-1] if made else NOON)
    assert held is None or full(allowed, made, held.until) is None


def test_the_usual_limits_are_one_a_minute_three_in_fifteen_and_seven_an_hour() -> None:
    """Each of them holds by itself, and the one that holds longest is named."""
    minutes = [NOON - timedelta(minutes=ago) for ago in (55, 45, 35, 25, 12, 8, 4)]
    assert full(USUAL, minutes[-1:], NOON) is None
    assert full(USUAL, [NOON - timedelta(seconds=20)], NOON) == Full(USUAL[0], NOON + timedelta(seconds=40))
    assert full(USUAL, minutes[-3:], NOON) == Full(USUAL[1], NOON + timedelta(minutes=3))
    assert full(USUAL, minutes, NOON) == Full(USUAL[2], NOON + timedelta(minutes=5))


def test_a_night_on_which_clocks_change_is_as_long_as_any() -> None:
    """Windows are counted on the instants, whatever the wall says: a call before and one after the change are an hour apart."""
    before, after = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert full((Limit(1, timedelta(hours=1)),), [before], after) is None
