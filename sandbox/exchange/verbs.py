"""What TwiML can say: its verbs as values, and which attributes each may carry with which values.

Source: the pages TwiML Voice Say, Play, Pause, Gather, Record, Dial, Number, Redirect, Hangup, Reject, and the Error
and Warning Dictionary for the codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.exchange.speech import Piece

Check: TypeAlias = Callable[[str], bool]
SCHEMA = 12200


@dataclass(frozen=True)
class Say:
    """Words or sounds, said one after another (Say and Play)."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Pause:
    """Silence."""

    seconds: int


@dataclass(frozen=True)
class Gather:
    """Keys or speech that are waited for."""

    prompts: tuple[Say | Pause, ...]
    action: str | None
    method: str
    input: frozenset[str]
    timeout: int
    finish_on_key: str
    num_digits: int | None
    action_on_empty_result: bool
    barge_in: bool


@dataclass(frozen=True)
class Record:
    """A message that is recorded."""

    action: str | None
    method: str
    timeout: int
    finish_on_key: str
    play_beep: bool
    status: str | None
    status_method: str


@dataclass(frozen=True)
class Number:
    """Whom a Dial rings."""

    number: str
    url: str | None = None
    method: str = "POST"
    status: str | None = None
    status_method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})
    send_digits: str = ""
    machine_detection: str | None = None
    amd: str | None = None


@dataclass(frozen=True)
class Dial:
    """Another party, connected to this call."""

    numbers: tuple[Number, ...]
    action: str | None
    method: str
    timeout: int
    time_limit: int
    caller_id: str | None
    answer_on_bridge: bool
    hangup_on_star: bool
    sequential: bool
    record: bool
    recording: str | None
    recording_method: str


@dataclass(frozen=True)
class Redirect:
    """The next document."""

    url: str
    method: str


@dataclass(frozen=True)
class Hangup:
    """The end of the call."""


@dataclass(frozen=True)
class Reject:
    """A refusal to answer."""

    reason: str


Verb: TypeAlias = Say | Pause | Gather | Record | Dial | Redirect | Hangup | Reject


def one_of(*values: str) -> Check:
    """Allow these values."""
    return lambda value: value in values


def whole(low: int, high: int = 10**9) -> Check:
    """Allow whole numbers from ``low`` to ``high``."""
    return lambda value: value.isascii() and value.isdigit() and low <= int(value) <= high


def like(pattern: str) -> Check:
    """Allow what matches ``pattern`` whole."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def words_of(*values: str) -> Check:
    """Allow a non-empty, space-separated choice of these values."""
    return lambda value: bool(value.split()) and set(value.split()) <= set(values)


ANY: Check = lambda value: bool(value.strip())  # noqa: E731 - a table entry like the others
URL = like(r"\S+")
YES_NO = one_of("true", "false")
METHOD = one_of("GET", "POST")
KEYS = like(r"[0-9*#]*")
LANGUAGE = like(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z0-9]{2,3})?(-[A-Za-z]+)?")
VOICE = like(
    r"man|woman|alice"
    r"|Polly\.[A-Z][A-Za-z]+(-Neural|-Generative)?"
    r"|Google\.[a-z]{2,3}-[A-Z]{2}-[A-Za-z0-9-]+"
)
DETECTION = {
    "machineDetection": one_of("Enable", "DetectMessageEnd"),
    "machineDetectionTimeout": whole(3, 60),
    "machineDetectionSpeechThreshold": whole(1000, 6000),
    "machineDetectionSpeechEndThreshold": whole(500, 5000),
    "machineDetectionSilenceTimeout": whole(2000, 10000),
    "amdStatusCallback": URL,
    "amdStatusCallbackMethod": METHOD,
}
RECORDING = {
    "trim": one_of("trim-silence", "do-not-trim"),
    "recordingStatusCallback": URL,
    "recordingStatusCallbackMethod": METHOD,
    "recordingStatusCallbackEvent": words_of("in-progress", "completed", "absent"),
}

ATTRIBUTES: dict[str, dict[str, Check]] = {
    "Response": {},
    "Say": {"voice": VOICE, "language": LANGUAGE, "loop": whole(0, 1000)},
    "Play": {"loop": whole(0, 1000), "digits": like(r"[0-9*#wW]+")},
    "Pause": {"length": whole(1, 600)},
    "Gather": {
        "input": one_of("dtmf", "speech", "dtmf speech", "speech dtmf"),
        "action": URL,
        "method": METHOD,
        "timeout": whole(1, 600),
        "speechTimeout": like(r"auto|[1-9][0-9]*"),
        "maxSpeechTime": whole(1, 600),
        "profanityFilter": YES_NO,
        "finishOnKey": KEYS,
        "numDigits": whole(1, 255),
        "partialResultCallback": URL,
        "partialResultCallbackMethod": METHOD,
        "language": LANGUAGE,
        "hints": ANY,
        "bargeIn": YES_NO,
        "debug": YES_NO,
        "actionOnEmptyResult": YES_NO,
        "speechModel": like(r"[a-z0-9_-]+"),
        "enhanced": YES_NO,
    },
    "Record": RECORDING
    | {
        "action": URL,
        "method": METHOD,
        "timeout": whole(1, 600),
        "finishOnKey": KEYS,
        "maxLength": whole(2, 14400),
        "playBeep": YES_NO,
        "transcribe": YES_NO,
        "transcribeCallback": URL,
    },
    "Dial": RECORDING
    | {
        "action": URL,
        "method": METHOD,
        "timeout": whole(1, 600),
        "hangupOnStar": YES_NO,
        "timeLimit": whole(1, 86400),
        "callerId": like(r"\+[1-9][0-9]{6,14}"),
        "record": one_of(
            "do-not-record",
            "record-from-answer",
            "record-from-ringing",
            "record-from-answer-dual",
            "record-from-ringing-dual",
            "true",
            "false",
        ),
        "answerOnBridge": YES_NO,
        "ringTone": like(r"[a-z]{2}(-old)?|automatic"),
        "recordingTrack": one_of("both", "inbound", "outbound"),
        "sequential": YES_NO,
        "callReason": like(r".{1,50}"),
    },
    "Number": DETECTION
    | {
        "sendDigits": like(r"[0-9*#wW]{1,32}"),
        "url": URL,
        "method": METHOD,
        "statusCallbackEvent": words_of("initiated", "ringing", "answered", "completed"),
        "statusCallback": URL,
        "statusCallbackMethod": METHOD,
    },
    "Redirect": {"method": METHOD},
    "Hangup": {},
    "Reject": {"reason": one_of("rejected", "busy")},
    "break": {
        "strength": one_of("none", "x-weak", "weak", "medium", "strong", "x-strong"),
        "time": like(r"[0-9]+(\.[0-9]+)?s|[0-9]+ms"),
    },
    "say-as": {
        "interpret-as": one_of(
            *("character", "characters", "spell-out", "cardinal", "number", "ordinal", "digits", "fraction", "unit"),
            *("date", "time", "address", "expletive", "telephone"),
        ),
        "format": ANY,
        "role": ANY,
    },
    "prosody": {
        "rate": like(r"x-slow|slow|medium|fast|x-fast|[0-9]+%"),
        "volume": like(r"default|silent|x-soft|soft|medium|loud|x-loud|[+-][0-9.]+dB"),
        "pitch": like(r"default|x-low|low|medium|high|x-high|[+-][0-9.]+%"),
    },
    "emphasis": {"level": one_of("strong", "moderate", "reduced")},
    "p": {},
    "s": {},
    "sub": {"alias": ANY},
    "phoneme": {"alphabet": one_of("ipa", "x-sampa"), "ph": ANY},
}

#: The codes that Twilio gives to a wrong value; others are 12200, schema validation.
CODES: dict[tuple[str, str], int] = {
    ("Dial", "callerId"): 13214,
    ("Gather", "finishOnKey"): 13311,
    ("Gather", "method"): 13312,
    ("Gather", "timeout"): 13313,
    ("Gather", "numDigits"): 13314,
    ("Number", "sendDigits"): 13240,
    ("Pause", "length"): 13910,
    ("Play", "loop"): 13410,
    ("Record", "maxLength"): 13611,
    ("Record", "timeout"): 13613,
    ("Record", "finishOnKey"): 13614,
    ("Say", "loop"): 13510,
    ("Say", "voice"): 13511,
    ("Say", "language"): 13512,
}
