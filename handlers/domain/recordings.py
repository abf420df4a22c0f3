"""What is recorded on the telephone, for how long it is kept, and a finding in its radiologist's own voice."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: Six years (45 CFR 164.316(b)(2)(i)), leap days counted: how long a recording is kept where a site says nothing.
KEPT_FOR = timedelta(days=2192)


class RecordingKind(StrEnum):
    """What of the telephone is recorded. No other call of ours is: no PIN is keyed while one of these runs."""

    READ_BACK = "read_back"  # a receiver reads a finding back
    FINDING = "finding"  # a radiologist says their finding, which is played where it is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a facility has agreed to have recorded."""

    read_back: bool = False
    finding: bool = False


class DictationState(StrEnum):
    """Where a radiologist's spoken finding stands."""

    ASKED = "asked"  # their telephone is rung
    SAID = "said"  # recorded, and played back once it is here
    KEPT = "kept"  # they pressed 1: from here on it is played
    DROPPED = "dropped"  # said again, or not kept; its sound is destroyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictation:
    """A finding as its radiologist says it on the telephone; it holds for one revision of its relay."""

    id: str
    facility: str
    relay_id: str
    attempt_id: str
    case_code: str
    by: str  #: directory id of the radiologist
    #: The relay's revision that was said; a changed finding makes it stale.
    revision: int
    state: DictationState
    asked_at: datetime
    recording_id: str = ""
    kept_at: datetime | None = None
    version: int = 0


class HoldReason(StrEnum):
    """Why a case's recordings may not be destroyed; a code, since a sentence could name somebody."""

    LITIGATION = "litigation"
    SUBPOENA = "subpoena"
    INVESTIGATION = "investigation"
    PATIENT_REQUEST = "patient_request"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHold:
    """Recordings of a case are kept past their time until somebody releases them."""

    id: str
    facility: str
    case_code: str
    reason: HoldReason
    by: str
    at: datetime
    released_by: str = ""
    released_at: datetime | None = None
    version: int = 0


def seconds_of(audio: bytes) -> float:
    """Return how long a WAV sounds, by its own header; 0.0 for what is none."""
    try:
        with wave.open(io.BytesIO(audio)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return 0.0
