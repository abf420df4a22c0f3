"""What counting wrong entries promises: no more guesses than the limit in its span, and one answer once locked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import conversation, dialog, lockouts
from handlers.domain.dialog import Key, Leg, PromptKind
from handlers.domain.lockouts import LIMITS, Lockout, Whose
from handlers.domain.policies import Role
from handlers.domain.relays import Purpose, Stage
from handlers.domain.said import Facts
from handlers.domain.turns import DESK
from tests.handlers.domain.test_conversation import NOW, PIN, attempt_for, relay_with

BEGINS = datetime(2026, 6, 1, 8, tzinfo=UTC)
LEGS = ((DESK, (Leg(key="d0", number="+13125550151"),)),)
ASKED = replace(attempt_for(Purpose.CALLBACK), stage=Stage.PIN)
FACTS = Facts(
    relay=relay_with((Role.PHYSICIAN,)),
    facility="Mercy",
    case_code="4821-0937",
    our_number="+15035550100",
    has_pin=True,
    contact_role=Role.PHYSICIAN,
    may_identify=True,
    legs=LEGS,
)
GAPS = st.lists(st.timedeltas(timedelta(0), timedelta(hours=2)), max_size=80)


def lock(kind: Whose, at: datetime) -> Lockout:
    """Return a lock that begins at an instant."""
    return Lockout(
        id=str(at), facility="mercy", subject=kind.value, whose=kind, began_at=at, until=at + LIMITS[kind].lasts
    )


@given(st.sampled_from(Whose), GAPS)
def test_no_span_sees_more_guesses_than_the_limit(kind: Whose, gaps: list[timedelta]) -> None:
    """However somebody spreads what they enter: within a limit's span no more of it is looked at than the limit says."""
    judged: list[datetime] = []
    locks: list[Lockout] = []
    now = BEGINS
    for gap in gaps:
        now += gap
        if lockouts.holding(locks, now) is not None:
            continue
        judged.append(now)
        since = lockouts.counts_since(kind, locks, now)
        if lockouts.locks_out(kind, sum(at >= since for at in judged)):
            locks.append(lock(kind, now))
    for at in judged:
        in_span = [one for one in judged if at - LIMITS[kind].within < one <= at]
        assert len(in_span) <= LIMITS[kind].wrong


@given(
    number=st.text("12345678", min_size=1, max_size=7),
    pin_ok=st.booleans(),
    wrong=st.integers(0, 5),
    silent=st.integers(0, 2),
    role=st.sampled_from(Role),
    somebody=st.booleans(),
)
def test_whatever_is_entered_once_locked_is_answered_the_same(
    number: str, pin_ok: bool, wrong: int, silent: int, role: Role, somebody: bool
) -> None:
    """The right PIN and any wrong one: the same words, the same person rung, and nothing told."""
    facts = replace(FACTS, locked_out=True, legs=LEGS if somebody else (), contact_role=role)
    attempt = replace(ASKED, wrong=wrong, silent=silent)
    said = conversation.converse(attempt, facts, Key.NUMBER, number, pin_ok=pin_ok, now=NOW)
    other = conversation.converse(attempt, facts, Key.NUMBER, PIN, pin_ok=not pin_ok, now=NOW)
    assert said == other
    assert said.prompt.kind is (PromptKind.BRIDGE if somebody else PromptKind.REFERRED)
    assert (said.attempt.told_at, said.attempt.receiver_role) == (None, None)


@given(wrong=st.integers(0, dialog.MAX_WRONG - 2))
def test_a_wrong_entry_sounds_like_one_of_who_is_locked_out(wrong: int) -> None:
    """Both begin with the same words: what they heard tells nobody whether a lock began, or which part was wrong."""
    attempt = replace(ASKED, wrong=wrong)
    at_first = conversation.converse(attempt, FACTS, Key.NUMBER, "8472", pin_ok=False, now=NOW)
    locked = replace(FACTS, locked_out=True)
    later = conversation.converse(attempt, locked, Key.NUMBER, "8472", pin_ok=False, now=NOW)
    assert at_first.prompt.lead is later.prompt.lead


@pytest.mark.parametrize(
    "shown",
    ["", "anonymous", "Anonymous", "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "sip:x@y"],
)
def test_a_number_that_is_not_shown_is_nobodys(shown: str) -> None:
    """As the vendor writes it: nothing, a word, or the word on a telephone's keys."""
    assert lockouts.of_caller(shown) == Whose.WITHHELD.value
    assert lockouts.whose(lockouts.of_caller(shown)) is Whose.WITHHELD


def test_a_number_that_is_shown_counts_for_itself() -> None:
    """And a contact for itself, whatever its id looks like."""
    assert lockouts.of_caller("+13125550101") == "caller:+13125550101"
    assert lockouts.whose(lockouts.of_contact("withheld")) is Whose.CONTACT


def test_a_lifted_lock_forgets_what_was_wrong_before() -> None:
    """Else the first slip after it would lock again."""
    held = lock(Whose.CALLER, BEGINS)
    lifted = replace(held, lifted_at=BEGINS + timedelta(minutes=1))
    now = BEGINS + timedelta(minutes=2)
    assert lockouts.holding([held], now) is held
    assert lockouts.holding([lifted], now) is None
    assert lockouts.counts_since(Whose.CALLER, [lifted], now) == lifted.lifted_at
