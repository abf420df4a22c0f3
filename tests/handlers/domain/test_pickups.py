"""What the pickup page promises: only what was shown, as it is now, with its own code and the tick, is confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import pickups
from handlers.domain.pickups import MAX_WRONG, VISIT, Keyed, Pickup, PickupState
from handlers.domain.policies import Role
from handlers.domain.relays import Attempt, AttemptState, Purpose, Relay, RelayState
from tests.handlers.domain.test_conversation import NOW, attempt_for, relay_with

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
CODES = st.sampled_from(["341", "342", "", "3411", "٣٤١"])


@st.composite
def relays(draw: st.DrawFn) -> Relay:
    """Draw a relay: any category, policy, state and revision."""
    relay = relay_with((Role.PHYSICIAN,))
    picked_up = tuple(draw(st.sets(st.sampled_from([1, 2, 3]))))
    return replace(
        relay,
        category=draw(st.sampled_from([1, 2, 3])),
        policy=replace(relay.policy, pickup=picked_up),
        state=draw(st.sampled_from(RelayState)),
        revision=draw(st.integers(1, 3)),
        shadow=draw(st.booleans()),
    )


@st.composite
def looks(draw: st.DrawFn) -> Attempt:
    """Draw a look at the page."""
    return replace(
        attempt_for(Purpose.CALLBACK),
        channel=pickups.PAGE,
        code="341",
        told_at=draw(st.sampled_from([None, NOW])),
        revision=draw(st.integers(0, 3)),
        wrong=draw(st.integers(0, 2)),
        state=draw(st.sampled_from([AttemptState.TALKING, AttemptState.FINISHED])),
    )


def test_category_1_is_never_picked_up_whatever_a_policy_says() -> None:
    """Nor in shadow, nor once it has ended; 2 and 3 are where the policy names them."""
    relay = relay_with((Role.PHYSICIAN,))
    relay = replace(relay, policy=replace(relay.policy, pickup=(1, 2, 3)))
    assert [pickups.allowed(replace(relay, category=one)) for one in (1, 2, 3)] == [False, True, True]
    assert not pickups.allowed(replace(relay, category=2, shadow=True))
    assert not pickups.allowed(replace(relay, category=2, state=RelayState.ENDED))


@given(looks(), relays(), st.booleans(), CODES)
def test_only_what_was_shown_as_it_is_now_is_confirmed(attempt: Attempt, relay: Relay, ticked: bool, code: str) -> None:
    """Never category 1, never without the policy, never an ended relay, an older revision, another code or no tick."""
    confirmed = pickups.keyed(attempt, relay, ticked=ticked, code=code) is Keyed.CONFIRMED
    assert confirmed == (
        relay.state is not RelayState.ENDED
        and not relay.shadow
        and relay.category != 1
        and relay.category in relay.policy.pickup
        and attempt.told_at is not None
        and attempt.state is not AttemptState.FINISHED
        and attempt.revision == relay.revision
        and ticked
        and code == attempt.code
    )


@given(looks(), relays(), st.booleans(), st.lists(st.just("999"), max_size=5))
def test_three_wrong_codes_are_too_many(attempt: Attempt, relay: Relay, ticked: bool, entered: list[str]) -> None:
    """However they are spread among other refusals, no page takes a third."""
    taken = attempt.wrong
    for code in entered:
        came_to = pickups.keyed(replace(attempt, wrong=taken), relay, ticked=ticked, code=code)
        if came_to is Keyed.TOO_MANY:
            break
        taken += came_to is Keyed.WRONG
    assert taken < MAX_WRONG


@given(relays(), st.sampled_from(PickupState), st.timedeltas(timedelta(-1), timedelta(hours=2)))
def test_a_link_opens_once_and_in_its_time(relay: Relay, state: PickupState, after: timedelta) -> None:
    """Neither used, nor later, nor where the relay may not be picked up; and its visit has an end."""
    pickup = Pickup(
        id="x",
        facility="mercy",
        relay_id=relay.id,
        text_id="text",
        contact="kim",
        state=state,
        made_at=AT,
        expires_at=AT + timedelta(minutes=30),
        opened_at=AT if state is PickupState.OPENED else None,
    )
    if pickups.opens(pickup, relay, AT + after):
        assert state is PickupState.OFFERED
        assert after < timedelta(minutes=30)
        assert pickups.allowed(relay)
        assert relay.category != 1
    assert pickups.is_visited(pickup, AT + after) == (state is PickupState.OPENED and after < VISIT)
