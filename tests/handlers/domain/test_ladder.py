"""The ladder's decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import ladder
from handlers.domain.policies import DeskRung, EscalationPolicy, Role, Step
from handlers.domain.relays import CONFIRMS, MOVES_ON, TRIED_AGAIN, Outcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STEPS = st.lists(
    st.builds(
        Step,
        to=st.just("x"),
        tries=st.integers(1, 4),
        retry_after=st.timedeltas(timedelta(seconds=30), timedelta(minutes=5)),
        within=st.timedeltas(timedelta(minutes=1), timedelta(minutes=20)),
    ),
    min_size=1,
    max_size=4,
)


def policy(steps: list[Step]) -> EscalationPolicy:
    return EscalationPolicy(name="p", steps=tuple(steps), ended_by=(Role.PHYSICIAN,), desk=DeskRung(who="d"))


@given(
    STEPS,
    st.lists(st.sampled_from([o for o in Outcome if o not in CONFIRMS | {Outcome.CANCELED}]), min_size=40, max_size=40),
    st.data(),
)
def test_a_ladder_that_nobody_confirms_always_reaches_the_desk(
    steps: list[Step], outcomes: list[Outcome], data: st.DataObject
) -> None:
    """Whatever comes of each attempt, the rungs end and a human desk follows; the same rung never lasts beyond its time."""
    plan, step, tries, started, now = policy(steps), 0, 0, NOW, NOW
    for outcome in outcomes:
        tries += 1
        now += timedelta(seconds=data.draw(st.integers(0, 120)))
        move = ladder.after_attempt(plan, step=step, tries=tries, started_at=started, outcome=outcome, now=now)
        if isinstance(move, ladder.ToDesk):
            return
        if isinstance(move, ladder.TryAgain):
            assert move.at < ladder.rung_ends(plan.steps[step], started)
            now = move.at
        elif isinstance(move, ladder.NextRung):
            assert move.step == step + 1
            step, tries, started = move.step, 0, now
        else:
            assert outcome not in TRIED_AGAIN | MOVES_ON
            tries -= 1
    stays = [one for one in outcomes if one not in TRIED_AGAIN | MOVES_ON]
    assert len(outcomes) - len(stays) <= sum(one.tries for one in steps)


@given(STEPS, st.sampled_from(sorted(CONFIRMS)))
def test_only_a_confirmation_ends(steps: list[Step], outcome: Outcome) -> None:
    """A keyed code or a recorded read-back, at any rung."""
    move = ladder.after_attempt(policy(steps), step=0, tries=1, started_at=NOW, outcome=outcome, now=NOW)
    assert isinstance(move, ladder.Confirmed)


@given(STEPS, st.sampled_from(sorted(MOVES_ON)))
def test_wrong_person_and_message_left_move_on_at_once(steps: list[Step], outcome: Outcome) -> None:
    """They are never tried again on the same rung."""
    move = ladder.after_attempt(policy(steps), step=0, tries=1, started_at=NOW, outcome=outcome, now=NOW)
    assert not isinstance(move, ladder.TryAgain | ladder.Stay | ladder.Confirmed)
