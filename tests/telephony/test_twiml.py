"""The TwiML of every prompt."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from handlers.domain.dialog import IDENTIFYING, PLAYS, UNSPOKEN, Leg, PromptKind, Voice
from sandbox.exchange.twiml import read
from telephony.twiml import LISTENS, RECORDS, VOICE, Speaker
from telephony.urls import Urls
from tests.telephony.prompts import CANARIES, FULL, OUR_NUMBER, STAFFED, TOKEN, prompt

URLS = Urls("https://radrelay.example", b"a key of the tests")
SPEAKER = Speaker(URLS, our_number=OUR_NUMBER, staffed_number=STAFFED)
ENDS = [
    *(PromptKind.CONFIRMED, PromptKind.RECORDED, PromptKind.MESSAGE_LEFT, PromptKind.WRONG_PERSON, PromptKind.SILENT),
    *(PromptKind.VOICEMAIL, PromptKind.HANG_UP, PromptKind.RETRACTED, PromptKind.ENDED, PromptKind.TAKEN),
    *(PromptKind.HAS_IT, PromptKind.NOT_TAKEN, PromptKind.REFERRED),
    *(PromptKind.DICTATION_KEPT, PromptKind.NOT_DICTATED),
    *(PromptKind.CLAIMED, PromptKind.NOT_CLAIMED, PromptKind.PASSED, PromptKind.PROMISED, PromptKind.PAGED),
    *(PromptKind.PIN_SET, PromptKind.PIN_NOT_SET, PromptKind.NOT_THEM, PromptKind.NAMED, PromptKind.NOT_CONNECTED),
    *(PromptKind.VERIFIED,),
]


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - our own document


def tree(kind: PromptKind) -> ET.Element:
    return parsed(SPEAKER.document(TOKEN, 3, prompt(kind)))


def test_the_opening_is_exactly_this() -> None:
    """One Gather of one key; star and pound are keys like the others; silence comes back."""
    assert SPEAKER.document(TOKEN, 1, prompt(PromptKind.OPENING)) == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        f'<Gather action="https://radrelay.example/twilio/voice/{TOKEN}/1" actionOnEmptyResult="true" finishOnKey="" '
        'hints="physician, doctor, nurse, please hold, person, wrong person, zero, one, two, three, eight, nine, star" '
        'input="dtmf speech" language="en-US" method="POST" numDigits="1" speechTimeout="auto" timeout="6">'
        f'<Say language="en-US" voice="{VOICE}">'
        "Radiology, Mercy General Hospital, critical result; press 0 for a person.</Say>"
        f'<Say language="en-US" voice="{VOICE}">'
        "1 physician, N P or P A; 2 nurse; 3 please hold; 9 wrong person.</Say></Gather></Response>"
    )


@pytest.mark.parametrize("kind", sorted(set(PromptKind) - UNSPOKEN))
def test_twilio_reads_every_document(kind: PromptKind) -> None:
    """The strict reader of the sandbox's exchange knows each verb, attribute and value."""
    assert read(SPEAKER.document(TOKEN, 3, prompt(kind)).encode())
    assert read(SPEAKER.whisper(TOKEN, "leg1", 1, prompt(PromptKind.WHISPER)).encode())
    assert read(SPEAKER.fallback().encode())


@pytest.mark.parametrize("kind", LISTENS)
def test_every_word_is_inside_the_gather(kind: PromptKind) -> None:
    """So keys work during speech, and an empty answer comes to us."""
    root = tree(kind)
    assert [child.tag for child in root] == ["Gather"]
    assert root[0].attrib["actionOnEmptyResult"] == "true"
    assert root[0].attrib["action"] == f"https://radrelay.example/twilio/voice/{TOKEN}/3"


@pytest.mark.parametrize(
    ("kind", "digits", "finish", "heard"),
    [
        (PromptKind.OPENING, "1", "", "dtmf speech"),
        (PromptKind.PIN, None, "#", "dtmf"),
        (PromptKind.MAY_NOT, "1", "", "dtmf speech"),
        (PromptKind.TELLING, "3", "#", "dtmf speech"),
        (PromptKind.CODE, "3", "#", "dtmf speech"),
        (PromptKind.RECORD_CHOICE, "1", "", "dtmf speech"),
        (PromptKind.HOLD, "1", "", "dtmf"),
        (PromptKind.DESK, "1", "", "dtmf"),
        (PromptKind.WHISPER, "1", "", "dtmf"),
        (PromptKind.CLAIM, "1", "", "dtmf"),
        (PromptKind.CALLBACK, "6", "#", "dtmf speech"),
    ],
)
def test_each_stage_waits_for_its_own_keys(kind: PromptKind, digits: str | None, finish: str, heard: str) -> None:
    """A mailbox's greeting can take no case, and no PIN is asked to be said aloud."""
    gather = tree(kind)[0].attrib
    assert (gather.get("numDigits"), gather["finishOnKey"], gather["input"]) == (digits, finish, heard)
    assert ("hints" in gather) == ("speech" in heard)


@pytest.mark.parametrize("kind", ENDS)
def test_an_end_hangs_up_after_its_words(kind: PromptKind) -> None:
    """And waits for nothing."""
    tags = [child.tag for child in tree(kind)]
    assert tags[-1] == "Hangup"
    assert "Say" in tags
    assert "Gather" not in tags


def test_every_kind_listens_ends_records_bridges_or_goes_on() -> None:
    """No kind is forgotten."""
    others = RECORDS | {PromptKind.CONNECTED, PromptKind.BRIDGE, PromptKind.WHISPER_GO}
    assert set(LISTENS) | set(ENDS) | others == set(PromptKind)


def test_a_recording_is_announced_by_a_beep_and_reported_in_either_case() -> None:
    """Nothing said goes on to us as well: Twilio requests no action for an empty Record."""
    _, record, onward = tree(PromptKind.RECORD)
    assert record.attrib["playBeep"] == "true"
    assert (record.attrib["finishOnKey"], record.attrib["maxLength"]) == ("#", "60")
    assert record.attrib["recordingStatusCallbackEvent"] == "completed absent"
    assert record.attrib["recordingStatusCallback"] == f"https://radrelay.example/twilio/recording/{TOKEN}"
    assert onward.tag == "Redirect"
    assert onward.text == record.attrib["action"] == f"https://radrelay.example/twilio/record/{TOKEN}/3"


def test_a_bridge_rings_every_leg_with_its_own_whisper() -> None:
    """From the number that calls for the site, for twenty-five seconds."""
    legs = (Leg(key="a", number="+12025550143"), Leg(key="b", number="+12025550144"))
    root = parsed(SPEAKER.document(TOKEN, 4, replace(FULL, kind=PromptKind.BRIDGE, dial=legs)))
    say, dial = root
    assert say.text
    assert "the radiologist" in say.text
    assert dial.attrib == {
        "action": f"https://radrelay.example/twilio/dial/{TOKEN}/4",
        "answerOnBridge": "true",
        "callerId": FULL.callback_number,
        "method": "POST",
        "timeout": "25",
    }
    assert [(leg.text, leg.attrib["url"]) for leg in dial] == [
        ("+12025550143", f"https://radrelay.example/twilio/whisper/{TOKEN}/a/0"),
        ("+12025550144", f"https://radrelay.example/twilio/whisper/{TOKEN}/b/0"),
    ]


def test_a_bridge_to_nobody_is_a_bug_and_raises() -> None:
    """Then the fallback URL speaks."""
    with pytest.raises(ValueError, match="at least one"):
        SPEAKER.document(TOKEN, 4, replace(FULL, kind=PromptKind.BRIDGE, dial=()))


def test_a_whispers_answer_comes_to_its_leg() -> None:
    """And the word before the connection does not hang up."""
    asked = parsed(SPEAKER.whisper(TOKEN, "leg1", 1, prompt(PromptKind.WHISPER)))
    assert asked[0].attrib["action"] == f"https://radrelay.example/twilio/whisper/{TOKEN}/leg1/1"
    connected = parsed(SPEAKER.whisper(TOKEN, "leg1", 2, prompt(PromptKind.WHISPER_GO)))
    assert [child.tag for child in connected] == ["Say"]


@pytest.mark.parametrize("kind", [kind for kind in PromptKind if kind not in IDENTIFYING])
def test_no_other_document_identifies_anybody(kind: PromptKind) -> None:
    """Neither in its words nor in its URLs."""
    document = SPEAKER.document(TOKEN, 3, prompt(kind)).lower()
    assert not any(canary in document for canary in CANARIES)


def test_what_people_typed_is_escaped() -> None:
    """A finding cannot become a verb."""
    finding = '</Say><Dial>+12025550199</Dial> & <"quoted">'
    document = SPEAKER.document(TOKEN, 3, replace(FULL, kind=PromptKind.TELLING, findings=(finding,)))
    root = parsed(document)
    assert [child.tag for child in root] == ["Gather"]
    assert {child.tag for child in root[0]} == {"Say", "Pause"}
    assert finding in "".join(root.itertext())


def test_the_fallback_gives_the_staffed_number() -> None:
    """It needs nothing that could have failed."""
    assert "2 0 2, 5 5 5, 0 1 4 2" in SPEAKER.fallback()
    assert "call radiology" not in Speaker(URLS, our_number=OUR_NUMBER).fallback()


def test_a_text_is_answered_with_words_or_not_at_all() -> None:
    """An empty answer is an empty response."""
    assert "<Message>Call us.</Message>" in SPEAKER.text("Call us.")
    assert SPEAKER.text("").endswith("<Response />")


@pytest.mark.parametrize("kind", list(PromptKind))
def test_only_a_recording_records(kind: PromptKind) -> None:
    """No other document starts one, so that no PIN is ever keyed into a recording."""
    document = SPEAKER.document(TOKEN, 3, prompt(kind))
    assert ("<Record" in document) == (kind in RECORDS)
    assert " record=" not in document


@pytest.mark.parametrize("kind", sorted(PLAYS))
def test_a_voice_is_played_in_place_of_the_findings_words(kind: PromptKind) -> None:
    """From an address that holds a token, the turn, an instant and a seal; and only where findings may be said."""
    said = replace(prompt(kind), voice=Voice(recording="r1", seconds=7.5, until=1_800_000_000))
    document = SPEAKER.document(TOKEN, 3, said)
    played = [one.text for one in parsed(document).iter("Play")]
    seal = URLS.seal(TOKEN, 2, 1_800_000_000)
    assert played == [f"https://radrelay.example/twilio/play/{TOKEN}/2/1800000000/{seal}"]
    assert "zebrafinding" not in document
    assert read(document.encode())


@pytest.mark.parametrize("kind", sorted(set(PromptKind) - PLAYS))
def test_no_other_prompt_plays_a_voice(kind: PromptKind) -> None:
    """Whatever it carries."""
    said = replace(prompt(kind), voice=Voice(recording="r1", seconds=7.5, until=1_800_000_000))
    assert "<Play" not in SPEAKER.document(TOKEN, 3, said)
