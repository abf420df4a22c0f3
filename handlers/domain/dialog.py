"""What a call says next, decided without knowing a word of how it is said: pure values in, a prompt out.

``telephony.script`` turns a prompt into words. The keys of every stage are one table here, so that the machine, the tests
and the documentation cannot disagree.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum

from handlers.domain.policies import PRACTITIONERS, Role
from handlers.domain.relays import ReceiverRole, Stage


class PromptKind(StrEnum):
    """What is to be said, and what may be answered."""

    OPENING = "opening"  # who calls; 0 person, 1 practitioner, 2 nurse, 3 hold, 9 wrong person
    PIN = "pin"  # as the opening, for a contact with a PIN, ended by #
    NO_AGREEMENT = "no_agreement"  # no identifiers without the vendor's agreement: 0 person, 9 wrong person
    MAY_NOT = "may_not"  # this role may not take it: 3 hold, 0 person
    TELLING = "telling"  # two identifiers, the finding, then the code to key back
    RECORD_CHOICE = "record_choice"  # as TELLING, but 1 records the read-back and 8 goes on unrecorded
    CODE = "code"  # only the code is asked again (after 8)
    RECORD = "record"  # speak, then #
    HOLD = "hold"  # waits up to three minutes, any key restarts
    BRIDGE = "bridge"  # dials ``dial`` with a whisper
    CONFIRMED = "confirmed"
    RECORDED = "recorded"
    MESSAGE_LEFT = "message_left"
    WRONG_PERSON = "wrong_person"
    SILENT = "silent"
    VOICEMAIL = "voicemail"
    HANG_UP = "hang_up"
    RETRACTED = "retracted"
    ENDED = "ended"  # the relay has ended: who has it
    DESK = "desk"  # a desk's or radiologist's phone: 1 takes it
    TAKEN = "taken"
    HAS_IT = "has_it"  # to a desk's phone: somebody else was quicker, or it is done
    NOT_TAKEN = "not_taken"
    CLAIM = "claim"  # the reader on call: 1 claims, 2 passes
    CLAIMED = "claimed"
    NOT_CLAIMED = "not_claimed"  # they may not claim it; ``who`` says why
    PASSED = "passed"
    PIN_OFFER = "pin_offer"  # a contact: 1 hears the new PIN
    PIN_TOLD = "pin_told"  # the PIN, to be keyed back
    PIN_SET = "pin_set"
    PIN_NOT_SET = "pin_not_set"
    VERIFY = "verify"  # a contact's number: 1 is right
    VERIFIED = "verified"
    NOT_THEM = "not_them"  # whoever answered is not whom the call, about no case, is for
    CALLBACK = "callback"  # our number, called: six digits, or 0 for a person
    WHISPER = "whisper"  # to the one being bridged: 1 accepts
    WHISPER_GO = "whisper_go"
    CONNECT = "connect"  # to our own person: 1 connects them to a contact
    CONNECTED = "connected"  # the contact has answered: nothing is said
    NOT_CONNECTED = "not_connected"
    ASK = "ask"  # to an operator: connect me; 1 and 2 for whoever comes, 0 person, 9 wrong number
    TRANSFER = "transfer"  # holds for whoever the line is given to; then the opening
    SERVICE = "service"  # to an answering service: 1 takes a message
    MESSAGE = "message"  # number and code, then the taker's name is asked
    PROMISE = "promise"  # in how many minutes it will be given
    PROMISED = "promised"
    PAGED = "paged"  # a pager has taken its digits: silence
    NAME = "name"  # it is confirmed; the name is asked for the record
    NAME_CHECK = "name_check"  # the name as heard; 1 is right, 2 again
    NAMED = "named"
    DICTATE = "dictate"  # to a radiologist: 1 records the finding in their own voice
    DICTATION = "dictation"  # speak, then #
    FETCHING = "fetching"  # what was said is on its way here
    DICTATED = "dictated"  # it is played back: 1 keeps it, 2 says it again, star plays it again
    DICTATION_KEPT = "dictation_kept"
    NOT_DICTATED = "not_dictated"  # nothing is kept: the words are spoken by the machine
    REFERRED = "referred"  # nobody came to the line: the staffed number is given, and the ladder goes on


class Lead(StrEnum):
    """What the last key, or what happened meanwhile, did; said before the rest."""

    NONE = ""
    AGAIN = "again"
    UNKNOWN_KEY = "unknown_key"
    WRONG_CODE = "wrong_code"
    WRONG_PIN = "wrong_pin"
    CHANGED = "changed"
    NOBODY_CAME = "nobody_came"
    STILL_HOLDING = "still_holding"
    NOT_RECORDED = "not_recorded"
    NOTHING_HEARD = "nothing_heard"
    TOO_SHORT = "too_short"
    NEXT_RESULT = "next_result"  # what was confirmed is on the record, and another result follows on the same call
    ONCE_MORE = "once_more"  # a finding is said again
    NOT_YET = "not_yet"  # the read-back was begun before the finding was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One telephone to bridge to; ``key`` names the leg in its whisper's URL."""

    key: str
    number: str
    #: What is keyed once it answers, with pauses.
    send_digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A recording that is played: the finding in its radiologist's own voice."""

    recording: str
    seconds: float
    #: Until when its address opens, in whole seconds since 1970.
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One thing to say, with exactly the facts it may say. Only TELLING and RECORD_CHOICE carry patient fields."""

    kind: PromptKind
    lead: Lead = Lead.NONE
    facility: str = ""
    category: int = 0
    case_code: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    patient_id: str = ""
    procedure: str = ""
    findings: tuple[str, ...] = ()
    #: They correct what somebody was told before.
    corrects: bool = False
    #: How many results wait for whoever has answered.
    results: int = 1
    code: str = ""
    callback_number: str = ""
    callback_code: str = ""
    #: The roles whose confirmation ends the relay; the menu offers these.
    ended_by: tuple[Role, ...] = ()
    dial: tuple[Leg, ...] = ()
    who: str = ""  #: a role, a name of ours or a reason; never a patient
    #: What of a read that nobody has is said: its class, its modality, and the minutes that are left.
    priority: str = ""
    modality: str = ""
    minutes: int = 0
    #: The line has no keypad: answers are asked for by word.
    by_voice: bool = False
    #: A person at the line is the radiologist at once, where the policy says so.
    radiologist_first: bool = False
    #: The name that somebody gave for themselves, as it was heard.
    stated: str = ""
    #: Played in place of the findings' words; only where these may be said, and to whoever spoke it.
    voice: Voice | None = None


def prompt_to_text(prompt: Prompt) -> str:
    """Return a prompt as text, to be kept (encrypted) and answered again the same."""
    return json.dumps(asdict(prompt), default=lambda value: value.isoformat())


def prompt_from_text(text: str) -> Prompt:
    """Return the prompt that was kept."""
    kept = json.loads(text)
    kept["kind"] = PromptKind(kept["kind"])
    kept["lead"] = Lead(kept["lead"])
    kept["birth_date"] = None if kept["birth_date"] is None else date.fromisoformat(kept["birth_date"])
    kept["findings"] = tuple(kept["findings"])
    kept["ended_by"] = tuple(Role(role) for role in kept["ended_by"])
    kept["dial"] = tuple(Leg(**leg) for leg in kept["dial"])
    kept["voice"] = None if kept.get("voice") is None else Voice(**kept["voice"])
    return Prompt(**kept)


#: Prompts that carry a patient's data; every other kind is free of it by this list and a test.
IDENTIFYING = frozenset({PromptKind.TELLING, PromptKind.RECORD_CHOICE})
#: Prompts that may play a radiologist's voice, which says a finding.
PLAYS = IDENTIFYING | {PromptKind.DICTATED}

#: Of these nothing is said: who answered is connected with a human at once, and hears nothing recorded.
UNSPOKEN = frozenset({PromptKind.CONNECTED})

CONFIRM_DIGITS = 3
CALLBACK_DIGITS = 6
CODE_ALPHABET = "12345678"
MAX_WRONG = 3
MAX_SILENT = 2
#: A call that goes on for so many turns (an hour on hold has forty) is connected to a person.
MAX_TURNS = 60


class Key(StrEnum):
    """What was keyed or said, by meaning."""

    PERSON = "person"
    PRACTITIONER = "practitioner"
    NURSE = "nurse"
    HOLD = "hold"
    WRONG_PERSON = "wrong_person"
    AGAIN = "again"
    RECORD = "record"
    DECLINE = "decline"
    TAKE = "take"
    TRANSFER = "transfer"
    FOR_WHOM = "for_whom"
    NUMBER = "number"
    SILENCE = "silence"
    UNKNOWN = "unknown"


_MENU_KEYS = {
    "0": Key.PERSON,
    "1": Key.PRACTITIONER,
    "2": Key.NURSE,
    "3": Key.HOLD,
    "9": Key.WRONG_PERSON,
    "*": Key.AGAIN,
}
#: What each key means at each stage. Numbers are entered without 0 and 9, so that these two, by themselves, are commands
#: there as well (a person, the wrong person); ``#`` ends an entry.
KEYS: dict[Stage, dict[str, Key]] = {
    Stage.MENU: _MENU_KEYS,
    Stage.PIN: {"0": Key.PERSON, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.NO_AGREEMENT: {"0": Key.PERSON, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.MAY_NOT: {"0": Key.PERSON, "3": Key.HOLD, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.CODE: {"0": Key.PERSON, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.RECORD_CHOICE: {"0": Key.PERSON, "1": Key.RECORD, "8": Key.DECLINE, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.HOLD: {},
    Stage.TAKE: {"1": Key.TAKE, "*": Key.AGAIN},
    Stage.CLAIM: {"1": Key.TAKE, "2": Key.DECLINE, "*": Key.AGAIN},
    Stage.CHECK: {"1": Key.TAKE, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.NEW_PIN: {"9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.ASK: _MENU_KEYS,
    Stage.TRANSFER: _MENU_KEYS,
    Stage.SERVICE: {"0": Key.PERSON, "1": Key.TAKE, "3": Key.HOLD, "9": Key.WRONG_PERSON, "*": Key.AGAIN},
    Stage.MESSAGE: {},
    Stage.PROMISE: {},
    Stage.NAME: {},
    Stage.NAME_CHECK: {"1": Key.TAKE, "2": Key.AGAIN, "*": Key.AGAIN},
    Stage.DICTATE: {"1": Key.RECORD, "2": Key.DECLINE, "*": Key.AGAIN},
    Stage.FETCHING: {},
    Stage.DICTATED: {"1": Key.TAKE, "2": Key.RECORD, "*": Key.AGAIN},
}
#: What the door makes of "I'll transfer you" and the like, whatever else was said with it.
TRANSFER_WORD = "transfer"
#: Where that means that somebody else comes to the line: a person has just been asked something.
_MAY_GIVE_ON = frozenset(
    {Stage.MENU, Stage.PIN, Stage.MAY_NOT, Stage.CODE, Stage.RECORD_CHOICE, Stage.ASK, Stage.TRANSFER, Stage.SERVICE}
)
#: What the door makes of "how may I direct your call?" and the like, and where that asks whom we want.
FOR_WHOM_WORD = "whom"
_MAY_ASK_FOR_WHOM = frozenset({Stage.MENU, Stage.PIN, Stage.ASK, Stage.TRANSFER})

_SPOKEN_DIGITS = {
    "zero": "0", "oh": "0", "one": "1", "won": "1", "two": "2", "to": "2", "too": "2", "three": "3", "tree": "3",
    "four": "4", "for": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ate": "8", "nine": "9", "niner": "9",
    "star": "*",
}  # fmt: skip
#: Words that mean a key wherever it is one, the first that is said winning over all that follow here: who asks to be put
#: on hold for a physician is none.
_SPOKEN_WORDS = (
    ("wrong", "9"), ("hold", "3"), ("wait", "3"), ("person", "0"), ("operator", "0"), ("human", "0"), ("connect", "0"),
    ("nurse", "2"), ("physician", "1"), ("doctor", "1"), ("practitioner", "1"),
)  # fmt: skip
#: Sounds like a digit, and is as often another word: in a number it is one, at a menu it is talk.
_HOMOPHONES = frozenset({"oh", "won", "to", "too", "tree", "for", "ate"})
_FILLERS = frozenset({"please", "a", "number", "me", "now"})
#: How many digits a spoken number has at a stage; anything else is talk.
_SPOKEN_LENGTHS = {Stage.CODE: (CONFIRM_DIGITS,), Stage.PIN: (4, 5, 6), Stage.NEW_PIN: (4,)}


def digits_said(speech: str) -> str:
    """Return the digits in what speech recognition heard (``three four one.`` or ``341``); other words are dropped."""
    found: list[str] = []
    for word in _words_of(speech):
        if word.isdigit() or word == "*":
            found.append(word)
        elif word in _SPOKEN_DIGITS:
            found.append(_SPOKEN_DIGITS[word])
    return "".join(found)


def _words_of(speech: str) -> list[str]:
    words = (word.strip(".,!?;:'\"") for word in speech.lower().replace("-", " ").split())
    return [word for word in words if word]


def _spoken(stage: Stage, speech: str) -> str:
    """Return the key or number that speech means at a stage, "" for talk."""
    number = digits_said(speech)
    if stage is Stage.HOLD or len(number) in _SPOKEN_LENGTHS.get(stage, ()):
        return number
    words = _words_of(speech)
    for word, key in _SPOKEN_WORDS:
        if word in words and key in KEYS[stage]:
            return key
    left = [word for word in words if word not in _FILLERS]
    alone = left[0] if len(left) == 1 and stage not in _SPOKEN_LENGTHS else ""
    return "" if alone in _HOMOPHONES else digits_said(alone)


def keyed(stage: Stage, digits: str, speech: str) -> tuple[Key, str]:
    """Return what an answer means at a stage, and the number in it where it is one.

    Keys win over speech. Of speech a word that means a key wins over digits in it, and a digit counts only by itself, or as
    part of a number of the right length: everything else is talk.
    """
    if not digits and speech == TRANSFER_WORD and stage in _MAY_GIVE_ON:
        return Key.TRANSFER, ""
    if not digits and speech == FOR_WHOM_WORD and stage in _MAY_ASK_FOR_WHOM:
        return Key.FOR_WHOM, ""
    entry = digits or _spoken(stage, speech)
    if not entry:
        return (Key.UNKNOWN, "") if speech else (Key.SILENCE, "")
    if stage is Stage.HOLD:
        return Key.AGAIN, entry
    meaning = KEYS[stage].get(entry.rstrip("#") or entry)
    if meaning is not None:
        return meaning, entry
    if stage in _SPOKEN_LENGTHS:
        return (Key.AGAIN, "") if entry.startswith("*") else (Key.NUMBER, entry.rstrip("#"))
    return Key.UNKNOWN, entry


def role_of(key: Key, ended_by: tuple[Role, ...]) -> ReceiverRole | None:
    """Return the role a menu key claims, no more exactly than the menu asked for it.

    ``1`` stands for any practitioner that the policy names, and is kept as all of them: nobody said which.
    """
    if key is Key.NURSE:
        return ReceiverRole.RN
    if key is not Key.PRACTITIONER:
        return None
    offered = frozenset(role for role in ended_by if role in PRACTITIONERS) or {Role.PHYSICIAN}
    return next(role for role in ReceiverRole if frozenset(stands_for(role)) == offered)


def stands_for(role: ReceiverRole) -> tuple[Role, ...]:
    """Return the roles of which a receiver has one."""
    return tuple(Role(one) for one in role.value.replace("_or_", "_").split("_"))


def may_end(key: Key, ended_by: tuple[Role, ...]) -> bool:
    """Tell whether somebody who pressed this role key may end the relay."""
    if key is Key.NURSE:
        return Role.RN in ended_by
    return key is Key.PRACTITIONER and any(role in PRACTITIONERS for role in ended_by)
