"""TwiML is read strictly, and words take their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.exchange.speech import Utterance
from sandbox.exchange.twiml import TwimlError, read
from sandbox.exchange.verbs import Dial, Gather, Hangup, Pause, Record, Redirect, Reject, Say

NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)

REFUSED = [
    ("<Shout>hello</Shout>", 12200, "Shout"),
    ("hello", 12200, "text"),
    ("<Say/>", 13520, "nothing to say"),
    (f"<Say>{'a' * 4001}</Say>", 13520, "4001"),
    (f"<Say>{'a ' * 40000}</Say>", 11750, "bytes"),
    ('<Say voice="Polly.joanna">a</Say>', 13511, "voice"),
    ('<Say language="English">a</Say>', 13512, "language"),
    ('<Say loop="often">a</Say>', 13510, "loop"),
    ('<Say speed="2">a</Say>', 12200, "speed"),
    ("<Say><Play>a</Play></Say>", 12200, "Play"),
    ('<Say><break time="11s"/></Say>', 13520, "nothing to say"),
    ('<Say>a<break time="11s"/></Say>', 12200, "10 s"),
    ('<Say>a<break time="1"/></Say>', 12200, "time"),
    ("<Say><say-as>1</say-as></Say>", 12200, "interpret-as"),
    ('<Say><say-as interpret-as="letters">1</say-as></Say>', 12200, "letters"),
    ("<Say><prosody>a</prosody></Say>", 12200, "prosody"),
    ('<Say><prosody rate="201%">a</prosody></Say>', 12200, "201%"),
    ("<Say><sub>a</sub></Say>", 12200, "alias"),
    ("<Say><phoneme>a</phoneme></Say>", 12200, "ph"),
    ('<Say voice="Polly.Joanna-Neural"><emphasis level="strong">a</emphasis></Say>', 13520, "neural"),
    ('<Say voice="Polly.Joanna-Neural"><prosody pitch="high">a</prosody></Say>', 13520, "neural"),
    ("<Play/>", 12200, "URL or digits"),
    ('<Play digits="1">http://a.example/</Play>', 12200, "either"),
    ('<Play digits="1x"/>', 12200, "digits"),
    ('<Pause length="0"/>', 13910, "length"),
    ('<Gather timeout="0"/>', 13313, "timeout"),
    ('<Gather timeout="soon"/>', 13313, "timeout"),
    ('<Gather numDigits="0"/>', 13314, "numDigits"),
    ('<Gather finishOnKey="x"/>', 13311, "finishOnKey"),
    ('<Gather method="PUT"/>', 13312, "method"),
    ('<Gather input="keys"/>', 12200, "input"),
    ('<Gather num_digits="1"/>', 12200, "num_digits"),
    ("<Gather><Hangup/></Gather>", 12200, "Hangup"),
    ("<Gather>press one</Gather>", 12200, "text"),
    ('<Record maxLength="1"/>', 13611, "maxLength"),
    ('<Record finishOnKey="a"/>', 13614, "finishOnKey"),
    ("<Dial/>", 13223, "number"),
    ("<Dial>911</Dial>", 13223, "911"),
    ("<Dial><Client>bob</Client></Dial>", 12200, "Client"),
    ("<Dial><Sip>sip:a@b</Sip></Dial>", 12200, "Sip"),
    ("<Dial>+12125550123<Number>+12125550124</Number></Dial>", 12200, "both"),
    (f"<Dial>{'<Number>+12125550123</Number>' * 11}</Dial>", 12200, "ten"),
    ('<Dial callerId="us">+12125550123</Dial>', 13214, "callerId"),
    ('<Dial><Number sendDigits="a">+12125550123</Number></Dial>', 13240, "sendDigits"),
    ('<Dial><Number statusCallbackEvent="done">+12125550123</Number></Dial>', 12200, "statusCallbackEvent"),
    ("<Redirect/>", 12200, "URL"),
    ("<Redirect>/a /b</Redirect>", 12200, "URL"),
    ('<Hangup reason="done"/>', 12200, "reason"),
    ('<Reject reason="no"/>', 12200, "reason"),
    ('<Response version="1"/>', 12200, "Response"),
    ('<Say voice="alice">a<break/></Say>', 13520, "alice"),
    ("<Say><emphasis><p>a</p></emphasis></Say>", 12200, "<p>"),
    ('<Say><emphasis level="loud">a</emphasis></Say>', 12200, "level"),
    ('<Say><prosody volume="11">a</prosody></Say>', 12200, "volume"),
    ('<Say><phoneme alphabet="runes" ph="x">a</phoneme></Say>', 12200, "alphabet"),
    ('<Play loop="-1">http://a.example/</Play>', 13410, "loop"),
    ('<Play volume="2">http://a.example/</Play>', 12200, "volume"),
    ("<Play>a b.mp3</Play>", 12200, "URL"),
    ("<Pause>a</Pause>", 12200, "text"),
    ("<Pause><Say>a</Say></Pause>", 12200, "Say"),
    ('<Pause seconds="2"/>', 12200, "seconds"),
    ('<Gather action=" "/>', 12200, "action"),
    ('<Gather speechTimeout="never" input="speech"/>', 12200, "speechTimeout"),
    ('<Gather bargeIn="no"/>', 12200, "bargeIn"),
    ('<Gather actionOnEmptyResult="1"/>', 12200, "actionOnEmptyResult"),
    ('<Gather hints="yes, no"/>', 12200, "does nothing"),
    ('<Gather speechTimeout="auto"/>', 12200, "does nothing"),
    ('<Gather input="speech" numDigits="1"/>', 12200, "does nothing"),
    (f'<Gather input="speech" hints="{"a," * 501}"/>', 12200, "500"),
    (f'<Gather input="speech" hints="{"a" * 101}"/>', 12200, "100"),
    ("<Gather><Gather/></Gather>", 12200, "Gather"),
    ("<Gather><Record/></Gather>", 12200, "Record"),
    ("<Gather><Redirect>/a</Redirect></Gather>", 12200, "Redirect"),
    ("<Record>a</Record>", 12200, "text"),
    ("<Record><Say>a</Say></Record>", 12200, "Say"),
    ('<Record timeout="0"/>', 13613, "timeout"),
    ('<Record method="PUT"/>', 12200, "method"),
    ('<Record playBeep="no"/>', 12200, "playBeep"),
    ('<Record trim="yes"/>', 12200, "trim"),
    ('<Record recordingStatusCallbackEvent="done"/>', 12200, "recordingStatusCallbackEvent"),
    ('<Record recordingStatusCallbackMethod="PUT"/>', 12200, "recordingStatusCallbackMethod"),
    ('<Record numDigits="1"/>', 12200, "numDigits"),
    ('<Dial timeout="0">+12125550123</Dial>', 12200, "timeout"),
    ('<Dial timeLimit="never">+12125550123</Dial>', 12200, "timeLimit"),
    ('<Dial record="always">+12125550123</Dial>', 12200, "record"),
    ('<Dial answerOnBridge="yes">+12125550123</Dial>', 12200, "answerOnBridge"),
    ('<Dial url="/whisper">+12125550123</Dial>', 12200, "url"),
    ("<Dial><Say>a</Say></Dial>", 12200, "Say"),
    ('<Dial><Number url="">+12125550123</Number></Dial>', 12200, "url"),
    ('<Dial><Number method="PUT">+12125550123</Number></Dial>', 12200, "method"),
    ('<Dial><Number callerId="+12125550123">+12125550123</Number></Dial>', 12200, "callerId"),
    ('<Dial><Number machineDetection="yes">+12125550123</Number></Dial>', 12200, "machineDetection"),
    (f'<Dial><Number sendDigits="{"1" * 33}">+12125550123</Number></Dial>', 13240, "sendDigits"),
    ("<Dial><Number>extension 12</Number></Dial>", 13223, "extension"),
    ("<Number>+12125550123</Number>", 12200, "Number"),
    ('<Redirect method="PUT">/a</Redirect>', 12200, "method"),
    ("<Redirect><Say>a</Say></Redirect>", 12200, "Say"),
    ("<Redirect>/a</Redirect><Say>b</Say>", 12200, "never reached"),
    ("<Hangup/><Say>b</Say>", 12200, "never reached"),
    ("<Reject/><Say>b</Say>", 12200, "never reached"),
    ('<Dial action="/a">+12125550123</Dial><Say>b</Say>', 12200, "never reached"),
    ("<Say>a</Say><Reject/>", 12200, "answered"),
    ("<Hangup>now</Hangup>", 12200, "text"),
    ("<Message>a</Message>", 12200, "Message"),
]


def document(inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'.encode()


def seconds(say: object) -> float:
    assert isinstance(say, Say)
    return sum(piece.seconds for piece in say.pieces)


def text(say: object) -> str:
    assert isinstance(say, Say)
    return Utterance.at(NOON, say.pieces).text


@pytest.mark.parametrize(("inside", "code", "reason"), REFUSED)
def test_what_twilio_would_refuse_or_ignore_is_an_error(inside: str, code: int, reason: str) -> None:
    """The error carries Twilio's code and names the culprit."""
    with pytest.raises(TwimlError) as caught:
        read(document(inside))
    assert caught.value.code == code
    assert reason in caught.value.reason


@pytest.mark.parametrize("body", [b"", b"<Response>", b"<response/>", b"<!DOCTYPE r><Response/>"])
def test_what_is_no_document_is_a_parse_failure(body: bytes) -> None:
    """Empty, unclosed and misspelled documents are error 12100."""
    with pytest.raises(TwimlError) as caught:
        read(body)
    assert caught.value.code == 12100


def test_every_verb_is_read() -> None:
    """One document with every verb gives every value, in order."""
    verbs = read(
        document(
            "<Say>a</Say><Play>http://a.example/b.mp3</Play><Pause/><Gather><Say>a</Say><Pause/></Gather><Record/>"
            "<Dial>(212) 555-0123</Dial>".replace("(212)", "+1 (212)")
            + '<Redirect method="GET">/next</Redirect>'
        )
    )
    verbs += read(document("<Hangup/>")) + read(document("<Pause/><Reject/>"))
    assert [type(verb) for verb in verbs] == [Say, Say, Pause, Gather, Record, Dial, Redirect, Hangup, Pause, Reject]
    assert isinstance(verbs[5], Dial)
    assert verbs[5].numbers[0].number == "+12125550123"


SPEECH = [
    ("<Say>one two three four five six seven eight nine ten eleven</Say>", 4.0, None),
    ('<Say loop="2">eleven words</Say>', 4 / 2.75, "eleven words eleven words"),
    ('<Say>code <say-as interpret-as="digits">341</say-as></Say>', 1 / 2.75 + 1.2, "code 341"),
    ('<Say><say-as interpret-as="characters">K7 Q</say-as></Say>', 1.2, "K7 Q"),
    ('<Say>wait<break time="1.5s"/></Say>', 1 / 2.75 + 1.5, "wait"),
    ('<Say>wait<break time="250ms"/>here</Say>', 2 / 2.75 + 0.25, "wait here"),
    ('<Say>wait<break strength="strong"/></Say>', 1 / 2.75 + 0.75, "wait"),
    (
        '<Say><prosody rate="slow">one <prosody rate="50%">two</prosody></prosody></Say>',
        1 / (2.75 * 0.75) * 3,
        "one two",
    ),
    ('<Say><sub alias="computed tomography">CT</sub> of <p><s>the</s></p> head</Say>', 5 / 2.75, None),
    ('<Say><phoneme alphabet="ipa" ph="x">ileus</phoneme> now</Say>', 2 / 2.75, "ileus now"),
    ('<Play digits="w12"/>', 1.0, "[keys w12]"),
    ("<Play>http://a.example/b.mp3</Play>", 3.0, "[plays http://a.example/b.mp3]"),
]


@pytest.mark.parametrize(("inside", "length", "words"), SPEECH)
def test_words_take_their_time(inside: str, length: float, words: str | None) -> None:
    """2.75 words a second, 0.4 s for each spelled character, breaks as long as they say."""
    [say] = read(document(inside))
    assert seconds(say) == pytest.approx(length)
    assert words is None or text(say) == words


def test_an_utterance_is_cut_at_whole_words() -> None:
    """What was said when it was cut off is what was said completely."""
    [say] = read(document("<Say>one two three</Say>"))
    assert isinstance(say, Say)
    said = Utterance.at(NOON, say.pieces)
    assert said.cut(NOON + timedelta(seconds=0.8)).text == "one two"
    assert said.cut(NOON + timedelta(seconds=0.8)).seconds == 0.8
    assert said.cut(NOON + timedelta(seconds=9)) == said
