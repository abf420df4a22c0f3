"""Turns of a call in which a radiologist says a finding: recorded after a key, played back, and kept only by a key."""

from __future__ import annotations

from dataclasses import replace

from handlers.domain import dialog
from handlers.domain.dialog import Key, Lead, PromptKind
from handlers.domain.relays import Attempt, Outcome, RelayState, Stage
from handlers.domain.said import Facts, Said, ending, prompt_of
from handlers.domain.turns import ended, opening, silent

#: A shorter recording is no finding: a cough, or the pound key pressed too soon.
MIN_SECONDS = 2
#: So often it is asked whether the recording is here, two or three seconds apart, before it is given up.
FETCHES = 8


def turn(attempt: Attempt, facts: Facts, key: Key) -> Said:
    """Decide a turn that is no recording."""
    if facts.relay is not None and facts.relay.state is RelayState.ENDED:
        return ended(attempt, facts)
    if attempt.stage is Stage.FETCHING:
        return fetched(attempt, facts)
    if attempt.stage is Stage.DICTATED:
        return _heard(attempt, facts, key)
    if key is Key.RECORD:
        return _speak(attempt, facts, Lead.NONE)
    if key is Key.DECLINE:
        return _nothing(attempt, facts, Outcome.PASSED)
    lead = Lead.AGAIN if key in (Key.SILENCE, Key.AGAIN) else Lead.UNKNOWN_KEY
    return silent(attempt, opening(attempt, facts, lead), _nothing(attempt, facts, Outcome.SILENT))


def _speak(attempt: Attempt, facts: Facts, lead: Lead) -> Said:
    """Let them speak; what they say holds for the findings as they are now."""
    revision = 0 if facts.relay is None else facts.relay.revision
    attempt = replace(attempt, stage=Stage.RECORD, revision=revision, holds=0)
    return Said(attempt=attempt, prompt=prompt_of(PromptKind.DICTATION, facts, lead))


def _nothing(attempt: Attempt, facts: Facts, outcome: Outcome) -> Said:
    return ending(attempt, PromptKind.NOT_DICTATED, facts, outcome)


def recorded(attempt: Attempt, facts: Facts, *, seconds: int) -> Said:
    """Decide after a recording: too short a one is asked again, any other is fetched."""
    if seconds < MIN_SECONDS:
        lead = Lead.NOTHING_HEARD if seconds == 0 else Lead.ONCE_MORE
        return silent(attempt, _speak(attempt, facts, lead), _nothing(attempt, facts, Outcome.SILENT))
    return fetched(replace(attempt, stage=Stage.FETCHING, silent=0, holds=0), facts)


def fetched(attempt: Attempt, facts: Facts, lead: Lead = Lead.NONE) -> Said:
    """Play back what was said, once it is here; what does not come is not kept."""
    if facts.voice is not None:
        return Said(attempt=replace(attempt, stage=Stage.DICTATED), prompt=prompt_of(PromptKind.DICTATED, facts, lead))
    if attempt.holds >= FETCHES or attempt.turn >= dialog.MAX_TURNS:
        return _nothing(attempt, facts, Outcome.FAILED)
    return Said(attempt=replace(attempt, holds=attempt.holds + 1), prompt=prompt_of(PromptKind.FETCHING, facts))


def _heard(attempt: Attempt, facts: Facts, key: Key) -> Said:
    """Decide after it was played back: kept by a key only, and only while the findings are what was said."""
    if facts.relay is not None and facts.relay.revision != attempt.revision:
        return _speak(attempt, facts, Lead.CHANGED)
    if key is Key.TAKE:
        return ending(attempt, PromptKind.DICTATION_KEPT, facts, Outcome.FINDING_RECORDED)
    if key is Key.RECORD:
        return _speak(attempt, facts, Lead.ONCE_MORE)
    lead = Lead.AGAIN if key in (Key.SILENCE, Key.AGAIN) else Lead.UNKNOWN_KEY
    return silent(attempt, fetched(attempt, facts, lead), _nothing(attempt, facts, Outcome.SILENT))
