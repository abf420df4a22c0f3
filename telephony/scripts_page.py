"""Renders ``docs/call-scripts.md`` from the code, with a patient who never lived, so that the page cannot drift.

Write it anew with ``python -m telephony.scripts_page > docs/call-scripts.md``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from typing import Final

from handlers.domain.dialog import Lead, Leg, Prompt, PromptKind, Voice
from handlers.domain.policies import Role
from telephony import scenes, texter
from telephony.phrases import Part
from telephony.script import CallScript, seconds_before, utterances
from telephony.twiml import LISTENS, RECORD_SECONDS, RING_SECONDS

#: Every fact a prompt can hold; each kind says only what is its own.
EXAMPLE: Final = Prompt(
    kind=PromptKind.OPENING,
    facility="Mercy General Hospital",
    category=1,
    case_code="48210937",
    patient_name="Avery Example",
    birth_date=date(1961, 3, 3),
    patient_id="00417733",
    procedure="CT head without contrast",
    findings=("Large right subdural hematoma with 9 mm midline shift",),
    code="341",
    callback_number="+12025550142",
    callback_code="482173",
    ended_by=(Role.PHYSICIAN, Role.NP, Role.PA),
    dial=(Leg(key="radiologist", number="+12025550143"),),
    who="the radiologist",
    priority="stroke",
    modality="CT",
    minutes=9,
    stated="Pat Jones, covering",
)

_VOICE: Final = Voice(recording="example", seconds=6.0, until=0)
_WHO: Final = {
    PromptKind.DICTATE: "Dr. Lee",
    PromptKind.DESK: "the night desk",
    PromptKind.ENDED: "It was received at 16:26 by somebody who answered for Dr. Kim",
    PromptKind.CLAIM: "Dr. Lee",
    PromptKind.PIN_OFFER: "Dr. Kim",
    PromptKind.CONNECT: "Dr. Kim",
    PromptKind.NOT_CONNECTED: "Dr. Kim",
    PromptKind.ASK: "the emergency physician",
    PromptKind.SERVICE: "Dr. Kim",
    PromptKind.MESSAGE: "Dr. Kim",
    PromptKind.PROMISE: "Dr. Kim",
    PromptKind.VERIFY: "Dr. Kim",
    PromptKind.NOT_CLAIMED: "Your Illinois license has expired.",
}
_ABOUT: Final = {
    PromptKind.OPENING: "What is heard first. No identifiers.",
    PromptKind.PIN: "The opening for a contact with a PIN. No identifiers.",
    PromptKind.NO_AGREEMENT: "Without the vendor's agreement nothing identifying is spoken: a human tells it.",
    PromptKind.MAY_NOT: "The role that was keyed may not end this relay.",
    PromptKind.TELLING: "Two identifiers, the study, the finding, then the code that only this message reveals.",
    PromptKind.RECORD_CHOICE: "As above, where the facility records read-backs; announced, and 8 declines.",
    PromptKind.CODE: "Only the code, asked again.",
    PromptKind.RECORD: f"The spoken read-back, at most {RECORD_SECONDS} seconds.",
    PromptKind.HOLD: "Three minutes, then the opening starts again.",
    PromptKind.BRIDGE: f"A human's telephone rings for {RING_SECONDS} seconds.",
    PromptKind.CONFIRMED: "The code was keyed back.",
    PromptKind.RECORDED: "The read-back was recorded.",
    PromptKind.MESSAGE_LEFT: "Somebody who may not end the relay has heard that we called.",
    PromptKind.WRONG_PERSON: "9 was pressed.",
    PromptKind.SILENT: "Nobody answered. It may be a machine or a menu, so neither our number nor the code is said.",
    PromptKind.VOICEMAIL: "To a mailbox: no identifiers, no finding.",
    PromptKind.HANG_UP: "Nothing more is to be said.",
    PromptKind.RETRACTED: "The finding was withdrawn while we talked.",
    PromptKind.ENDED: "Somebody calls back after the relay has ended.",
    PromptKind.DESK: "At the desk's or the radiologist's telephone.",
    PromptKind.TAKEN: "1 was pressed at the desk.",
    PromptKind.HAS_IT: "1 at a desk's phone, when somebody else was quicker.",
    PromptKind.NOT_TAKEN: "Nobody pressed 1 at the desk.",
    PromptKind.CLAIM: "To the reader on call, when nobody claims a stroke or a trauma. No identifiers.",
    PromptKind.CLAIMED: "1 was pressed, and they may read it.",
    PromptKind.NOT_CLAIMED: "1 was pressed, and a rule keeps them from it.",
    PromptKind.PASSED: "2 was pressed.",
    PromptKind.PIN_OFFER: "`/relay pin CONTACT` calls a contact. Only a pressed key goes on.",
    PromptKind.PIN_TOLD: "1 was pressed: the PIN, which stands nowhere else, and is keyed back.",
    PromptKind.PIN_SET: "It was keyed back.",
    PromptKind.PIN_NOT_SET: "It was keyed back wrong three times.",
    PromptKind.VERIFY: "`/relay verify CONTACT` calls a number. No identifiers, and nothing of any case.",
    PromptKind.VERIFIED: "1 was pressed.",
    PromptKind.NOT_THEM: "9 was pressed on a call that is about no case.",
    PromptKind.CALLBACK: "Our number was called.",
    PromptKind.WHISPER: "Said to the one being bridged, before the two are connected.",
    PromptKind.WHISPER_GO: "1 was pressed; the two are connected.",
    PromptKind.CONNECT: "`/relay call`: our own person's telephone rings first.",
    PromptKind.CONNECTED: "The contact has answered, and hears our person: nothing recorded is played to them.",
    PromptKind.NOT_CONNECTED: "The contact was busy or did not answer.",
    PromptKind.ASK: "To an operator: whom we want, before any menu; 1 and 2 are for whoever comes to the line.",
    PromptKind.TRANSFER: "Somebody gives the line on; then the opening, for whoever comes.",
    PromptKind.SERVICE: "To an answering service. No identifiers; only who presses 1 is told number and code.",
    PromptKind.MESSAGE: "The message: from here on it is one left, and the ladder goes on.",
    PromptKind.PROMISE: "Their promise becomes a reminder of ours.",
    PromptKind.PROMISED: "A number was keyed or said.",
    PromptKind.PAGED: "A pager has taken our number and the code as digits; a human who answers there hears only this.",
    PromptKind.NAME: "On a line that several people answer, after the code: the relay has ended already.",
    PromptKind.NAME_CHECK: "The name, as it was heard.",
    PromptKind.NAMED: "1 was pressed.",
    PromptKind.DICTATE: "To the radiologist, after `/relay record CASE`. No identifiers. Only a key begins a recording.",
    PromptKind.DICTATION: f"The finding in the radiologist's own voice, at most {RECORD_SECONDS} seconds.",
    PromptKind.FETCHING: "The recording is fetched, to be played back.",
    PromptKind.DICTATED: "What was said is played back. Only 1 keeps it.",
    PromptKind.DICTATION_KEPT: "1 was pressed. In a telling the recording is played in place of the finding's words.",
    PromptKind.NOT_DICTATED: "2 was pressed, nothing was said, or the recording did not come.",
    PromptKind.REFERRED: "A person was asked for and nobody came to the line.",
}


def page() -> str:
    """Return the whole page."""
    parts = [_HEAD, _stopwatch(), _LINES, *scenes.stopwatch(EXAMPLE), "", _CALLS, *scenes.prose(EXAMPLE)]
    parts += [_HOW, *(_section(kind) for kind in PromptKind), _leads(), _text()]
    return "\n".join(parts)


_HEAD = """# What the telephone says

Written by `python -m telephony.scripts_page`, from the words that are really spoken; do not edit it by hand.
The patient never lived. Seconds are estimates at 2.75 words a second, 0.45 s for a digit said by itself.
"""

_LINES = f"""## Stopwatch, by kind of line

Each row is a whole call, played through the code that decides real ones: whoever is on the line lets every sentence end and takes
{scenes.REACTION_SECONDS} s to react. “First ring request” is our request to the vendor; two rings ({scenes.RINGING_SECONDS:.0f} s)
pass until somebody answers. Inputs are counted until the outcome; a name that is asked after it is none of them. Keys work while it
speaks, so somebody who knows the call is quicker.
"""

_CALLS = """## Whole calls, to be read aloud

For a physician to review: every word, in order, with the seconds since the answer.
"""

_HOW = """## How to read it

Keys work while it speaks. Slashes separate what is said in one breath; `(1 s)` is silence. Where speech counts, it counts
only when the whole utterance is digits or one of the words for a key: talk in the room, a greeting or a menu answers nothing.
"""


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _stopwatch() -> str:
    script = CallScript()
    opening = script.seconds(EXAMPLE)
    physician = script.seconds(replace(EXAMPLE, ended_by=(Role.PHYSICIAN,)))
    telling = replace(EXAMPLE, kind=PromptKind.TELLING)
    before = seconds_before(telling, Part.FINDING)
    rows = (
        ("A person is offered (`0`)", seconds_before(EXAMPLE, Part.MENU), "first sentence"),
        ("The opening, all of it", opening, "10 s"),
        ("The opening where only physicians may end it", physician, "10 s"),
        ("From the key to the finding", before, "5 s"),
        ("**Answer to finding, for who lets the menu end and presses one key**", opening + before, "15 s"),
        ("The telling, all of it", script.seconds(telling), "-"),
        ("The voicemail", script.seconds(replace(EXAMPLE, kind=PromptKind.VOICEMAIL)), "-"),
    )
    lines = ["## Stopwatch", "", "| What | Seconds | Limit |", "| --- | --- | --- |"]
    lines += [f"| {what} | {_seconds(value)} | {limit} |" for what, value, limit in rows]
    return "\n".join([*lines, ""])


def _section(kind: PromptKind) -> str:
    voice = _VOICE if kind is PromptKind.DICTATED else None
    prompt = replace(EXAMPLE, kind=kind, who=_WHO.get(kind, EXAMPLE.who), voice=voice)
    said = " / ".join(utterance.shown for utterance in utterances(prompt))
    said = said or "(nothing)"
    return f"## `{kind.value}`\n\n{_ABOUT[kind]}\n\n> {said}\n\n{_answers(kind)}{_seconds(CallScript().seconds(prompt))}.\n"


def _answers(kind: PromptKind) -> str:
    listen = LISTENS.get(kind)
    if listen is None:
        return ""
    keys = f"{listen.digits} keys" if listen.digits and listen.digits > 1 else "one key" if listen.digits else "keys"
    ended = f", then `{listen.finish}`" if listen.finish else ""
    return f"Answer: {keys}{ended}{', or speech' if listen.hints else ', or words of their own' if listen.words else ''}; silence counts after {listen.timeout} s. "


def _leads() -> str:
    lines = ["## What the last key did", "", "Said before the rest of the next prompt.", ""]
    for lead in Lead:
        if lead is not Lead.NONE:
            words = utterances(replace(EXAMPLE, kind=PromptKind.CODE, lead=lead))[0].text
            lines.append(f"- `{lead.value}`: {words}")
    return "\n".join([*lines, ""])


def _text() -> str:
    words = texter.words(
        facility=EXAMPLE.facility, callback_number=EXAMPLE.callback_number, callback_code=EXAMPLE.callback_code
    )
    link = texter.words(
        facility=EXAMPLE.facility,
        callback_number=EXAMPLE.callback_number,
        callback_code=EXAMPLE.callback_code,
        link="https://radrelay.example/pickup/Zx81-4m2kQ7pT0vWcY3hLrBn",
    )
    return (
        f"## The text message\n\nThe only one there is; it names nobody.\n\n> {words}\n\n"
        f"Where the policy lets a pickup page end the category, for a contact with a PIN:\n\n> {link}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
