"""Reads TwiML strictly: whatever Twilio would refuse, or silently ignore, is an error here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.exchange.numbers import is_dialable
from sandbox.exchange.records import EVENTS
from sandbox.exchange.speech import PLAYED_SECONDS, Piece, keyed, spelled, spoken
from sandbox.exchange.verbs import (
    ATTRIBUTES,
    CODES,
    SCHEMA,
    URL,
    Dial,
    Gather,
    Hangup,
    Number,
    Pause,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 64 * 1024
MAX_SAY = 4000
PARSE_FAILURE = 12100
NESTED = {
    "Response": ("Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject"),
    "Gather": ("Say", "Play", "Pause"),
    "Dial": ("Number",),
    "Say": ("break", "say-as", "prosody", "emphasis", "p", "s", "sub", "phoneme"),
    "prosody": ("break", "say-as", "prosody", "emphasis", "p", "s", "sub", "phoneme"),
    "emphasis": ("break", "say-as", "prosody", "sub", "phoneme"),
    "p": ("break", "say-as", "prosody", "emphasis", "s", "sub", "phoneme"),
    "s": ("break", "say-as", "prosody", "emphasis", "sub", "phoneme"),
}
WITH_TEXT = ("Say", "Play", "Dial", "Number", "Redirect", "say-as", "prosody", "emphasis", "p", "s", "sub", "phoneme")
#: After these no verb of the same document is reached (Twilio: Redirect, Hangup, Reject; Dial with an action).
ENDS = ("Redirect", "Hangup", "Reject")
#: Twilio: Gather, hints.
MAX_HINTS, MAX_HINT = 500, 100
OF_SPEECH = (
    *("hints", "speechTimeout", "maxSpeechTime", "speechModel", "enhanced", "profanityFilter", "language"),
    *("partialResultCallback", "partialResultCallbackMethod"),
)
OF_KEYS = ("finishOnKey", "numDigits")
BREAKS = {"none": 0.0, "x-weak": 0.0, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.0}
RATES = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "fast": 1.25, "x-fast": 1.5}
SPELLED = ("character", "characters", "spell-out", "digits", "telephone")


class TwimlError(Exception):
    """A document that would end the call: Twilio's code and the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def read_root(document: bytes) -> ET.Element:
    """Parse a document down to its Response element, with Twilio's limit of 64 kilobytes."""
    if len(document) > MAX_BYTES:
        raise TwimlError(11750, f"the document has {len(document)} bytes; at most {MAX_BYTES} are read")
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise TwimlError(PARSE_FAILURE, "a document type declaration is not TwiML")
    try:
        root = ET.fromstring(document)  # noqa: S314 - entity declarations were refused above
    except ET.ParseError as error:
        raise TwimlError(PARSE_FAILURE, f"this is not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(PARSE_FAILURE, f"the root element is <{root.tag}>; it must be <Response>")
    return root


def read(document: bytes) -> list[Verb]:
    """Return the verbs of a voice document, or raise TwimlError for anything that is not exactly allowed."""
    root = read_root(document)
    _check(root)
    _check_order(root)
    return [READERS[element.tag](element) for element in root]


def _check(element: ET.Element) -> None:
    """Check attributes, nesting and stray text of ``element`` and everything in it."""
    allowed = ATTRIBUTES[element.tag]
    for name, value in element.attrib.items():
        if name not in allowed:
            raise TwimlError(SCHEMA, f"<{element.tag}> has no attribute {name!r}")
        if not allowed[name](value):
            code = CODES.get((element.tag, name), SCHEMA)
            raise TwimlError(code, f"{value!r} is not allowed for {name!r} of <{element.tag}>")
    nested = NESTED.get(element.tag, ())
    for child in element:
        if child.tag not in nested:
            raise TwimlError(SCHEMA, f"<{child.tag}> is not allowed (or not supported) in <{element.tag}>")
        _check(child)
    stray = [element.text, *(child.tail for child in element)]
    if element.tag not in WITH_TEXT and any(text and text.strip() for text in stray):
        raise TwimlError(SCHEMA, f"text is not allowed in <{element.tag}>")


def _check_order(root: ET.Element) -> None:
    """Check that every verb can be reached, and that a refusal comes before anything was answered."""
    ended_by = ""
    for position, element in enumerate(root):
        if ended_by:
            raise TwimlError(SCHEMA, f"<{element.tag}> comes after <{ended_by}> and is never reached")
        if element.tag == "Reject" and any(before.tag != "Pause" for before in root[:position]):
            raise TwimlError(SCHEMA, "<Reject> comes after a verb that has answered the call")
        if element.tag in ENDS or (element.tag == "Dial" and "action" in element.attrib):
            ended_by = element.tag


def _check_gather(element: ET.Element) -> None:
    """Check what Twilio ignores: what is about speech where only keys count, and the other way round."""
    kinds = element.get("input", "dtmf").split()
    idle = OF_SPEECH if "speech" not in kinds else OF_KEYS if "dtmf" not in kinds else ()
    for name in idle:
        if name in element.attrib:
            raise TwimlError(SCHEMA, f"{name!r} of <Gather> does nothing where the input is {' '.join(kinds)!r}")
    hints = [hint.strip() for hint in element.get("hints", "").split(",")]
    if len(hints) > MAX_HINTS or any(len(hint) > MAX_HINT for hint in hints):
        raise TwimlError(SCHEMA, f"'hints' of <Gather> has more than {MAX_HINTS} or one longer than {MAX_HINT}")


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()


def _say(element: ET.Element) -> Say:
    words = "".join(element.itertext())
    if not words.strip():
        raise TwimlError(13520, "<Say> has nothing to say")
    if len(words) > MAX_SAY:
        raise TwimlError(13520, f"<Say> has {len(words)} characters; at most {MAX_SAY} are said")
    if len(element) and _has_basic_voice(element):
        raise TwimlError(13520, f"the voice {element.get('voice')} does not know <{element[0].tag}>")
    neural = element.get("voice", "").endswith(("-Neural", "-Generative"))
    return Say(tuple(_pieces(element, 1.0, neural=neural)) * _loops(element))


def _loops(element: ET.Element) -> int:
    # Twilio's loop="0" repeats until the call ends; a thousand times is as long as anybody listens.
    return int(element.get("loop", "1")) or 1000


def _has_basic_voice(element: ET.Element) -> bool:
    """Say whether a voice reads no markup (Twilio: Say, voice: man, woman and alice have no SSML)."""
    return element.get("voice") in ("man", "woman", "alice")


def _pieces(element: ET.Element, rate: float, *, neural: bool) -> Iterator[Piece]:
    if neural and (element.tag == "emphasis" or "pitch" in element.attrib):
        raise TwimlError(13520, f"a neural voice does not know <{element.tag}> with {sorted(element.attrib)}")
    if element.tag == "break":
        yield Piece("", _break_seconds(element))
        return
    if element.tag == "sub":
        yield from spoken(_required(element, "alias"), rate)
        return
    if element.tag == "phoneme":
        _required(element, "ph")
    if element.tag == "prosody":
        rate *= _rate(element)
    is_spelled = element.tag == "say-as" and _required(element, "interpret-as") in SPELLED
    speak: Callable[[str, float], list[Piece]] = spelled if is_spelled else spoken
    yield from speak(element.text or "", rate)
    for child in element:
        yield from _pieces(child, rate, neural=neural)
        yield from spoken(child.tail or "", rate)


def _required(element: ET.Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise TwimlError(SCHEMA, f"<{element.tag}> needs {name!r}")
    return value


def _break_seconds(element: ET.Element) -> float:
    time = element.get("time")
    if time is None:
        return BREAKS[element.get("strength", "medium")]
    seconds = float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])
    if seconds > 10:
        raise TwimlError(SCHEMA, f"a break of {time} is longer than 10 s")
    return seconds


def _rate(element: ET.Element) -> float:
    if not element.attrib:
        raise TwimlError(SCHEMA, "<prosody> needs volume, rate or pitch")
    rate = element.get("rate", "medium")
    if not rate.endswith("%"):
        return RATES[rate]
    if not 20 <= int(rate[:-1]) <= 200:
        raise TwimlError(SCHEMA, f"a rate of {rate} is outside of 20% to 200%")
    return int(rate[:-1]) / 100


def _play(element: ET.Element) -> Say:
    url, digits = _text(element), element.get("digits")
    if bool(url) == bool(digits):
        raise TwimlError(SCHEMA, "<Play> needs either a URL or digits")
    if url and not URL(url):
        raise TwimlError(SCHEMA, f"<Play> needs a URL, not {url!r}")
    pieces = keyed(digits) if digits else [Piece(f"[plays {url}]", PLAYED_SECONDS, url=url)]
    return Say(tuple(pieces) * _loops(element))


def _pause(element: ET.Element) -> Pause:
    return Pause(int(element.get("length", "1")))


def _prompt(element: ET.Element) -> Say | Pause:
    return _pause(element) if element.tag == "Pause" else _say(element) if element.tag == "Say" else _play(element)


def _gather(element: ET.Element) -> Gather:
    _check_gather(element)
    num_digits = element.get("numDigits")
    return Gather(
        prompts=tuple(_prompt(child) for child in element),
        action=element.get("action"),
        method=element.get("method", "POST"),
        input=frozenset(element.get("input", "dtmf").split()),
        timeout=int(element.get("timeout", "5")),
        finish_on_key=element.get("finishOnKey", "#"),
        num_digits=int(num_digits) if num_digits else None,
        action_on_empty_result=element.get("actionOnEmptyResult") == "true",
        barge_in=element.get("bargeIn", "true") == "true",
    )


def _record(element: ET.Element) -> Record:
    return Record(
        action=element.get("action"),
        method=element.get("method", "POST"),
        timeout=int(element.get("timeout", "5")),
        finish_on_key=element.get("finishOnKey", "1234567890*#"),
        play_beep=element.get("playBeep", "true") == "true",
        status=element.get("recordingStatusCallback"),
        status_method=element.get("recordingStatusCallbackMethod", "POST"),
    )


def _number(element: ET.Element) -> Number:
    number = re.sub(r"[\s().-]", "", _text(element))
    if not is_dialable(number):
        raise TwimlError(13223, f"{_text(element)!r} is not a number that can be dialed; write it in E.164 (+1...)")
    if element.tag == "Dial":
        return Number(number)
    events = element.get("statusCallbackEvent", "completed").split()
    return Number(
        number,
        url=element.get("url"),
        method=element.get("method", "POST"),
        status=element.get("statusCallback"),
        status_method=element.get("statusCallbackMethod", "POST"),
        events=frozenset(event for event in EVENTS if event in events),
        send_digits=element.get("sendDigits", ""),
        machine_detection=element.get("machineDetection"),
        amd=element.get("amdStatusCallback"),
    )


def _dial(element: ET.Element) -> Dial:
    nouns = list(element)
    if len(nouns) > 10:
        raise TwimlError(SCHEMA, f"<Dial> has {len(nouns)} numbers; at most ten ring at once")
    if nouns and _text(element):
        raise TwimlError(SCHEMA, "<Dial> has both text and nouns")
    return Dial(
        numbers=tuple(map(_number, nouns)) if nouns else (_number(element),),
        action=element.get("action"),
        method=element.get("method", "POST"),
        timeout=int(element.get("timeout", "30")),
        time_limit=int(element.get("timeLimit", "14400")),
        caller_id=element.get("callerId"),
        answer_on_bridge=element.get("answerOnBridge") == "true",
        hangup_on_star=element.get("hangupOnStar") == "true",
        sequential=element.get("sequential") == "true",
        record=element.get("record", "false") not in ("false", "do-not-record"),
        recording=element.get("recordingStatusCallback"),
        recording_method=element.get("recordingStatusCallbackMethod", "POST"),
    )


def _redirect(element: ET.Element) -> Redirect:
    if not URL(_text(element)):
        raise TwimlError(SCHEMA, "<Redirect> needs a URL")
    return Redirect(_text(element), element.get("method", "POST"))


READERS: dict[str, Callable[[ET.Element], Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Record": _record,
    "Dial": _dial,
    "Redirect": _redirect,
    "Hangup": lambda _: Hangup(),
    "Reject": lambda element: Reject(element.get("reason", "rejected")),
}
