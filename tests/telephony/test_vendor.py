"""Dialer, texter and recordings through Twilio's own client against a server on loopback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused, RadrelayError
from handlers.ports import Dialer, Recordings, Texter
from telephony.account import Account, retry_after
from telephony.dialer import TwilioDialer
from telephony.recordings import MAX_BYTES, TwilioRecordings
from telephony.texter import TwilioTexter, words
from telephony.urls import Urls
from telephony.vendor_codes import meaning
from tests.telephony.fake_twilio import ACCOUNT, CALL, MESSAGE, RECORDING, FakeTwilio, call, closed_port, page, serving
from tests.telephony.prompts import OUR_NUMBER, TOKEN

TO = "+12025550111"
SINCE = datetime(2025, 11, 24, 10, 0, 0, 600_000, tzinfo=UTC)
URLS = Urls("https://radrelay.example")


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with serving() as server:
        yield server


def account_at(url: str) -> Account:
    return Account(account_sid=ACCOUNT, auth_token="secret", from_number=OUR_NUMBER, api_url=url, timeout=0.3)


@pytest.fixture
def account(fake: FakeTwilio) -> Iterator[Account]:
    made = account_at(fake.url + "/prefix")
    yield made
    made.close()


@pytest.fixture
def dialer(account: Account) -> Dialer:
    return TwilioDialer(account, URLS)


@pytest.fixture
def texter(account: Account) -> Texter:
    return TwilioTexter(account, URLS)


@pytest.fixture
def recordings(account: Account) -> Recordings:
    return TwilioRecordings(account)


def place(dialer: Dialer, *, send_digits: str = "", detect_machine: bool = True) -> str:
    return dialer.place(token=TOKEN, to=TO, ours=OUR_NUMBER, send_digits=send_digits, detect_machine=detect_machine)


def send(texter: Texter, pickup: str = "") -> str:
    return texter.send(
        token=TOKEN, to=TO, facility="Mercy", callback_number=OUR_NUMBER, callback_code="482173", pickup=pickup
    )


def test_a_call_is_asked_for_with_our_token_only(fake: FakeTwilio, dialer: Dialer) -> None:
    """One POST under the configured address, with authentication, callbacks and asynchronous detection."""
    fake.will(201, call())
    assert place(dialer) == CALL
    [seen] = fake.seen
    assert (seen.method, seen.path) == ("POST", f"/prefix/2010-04-01/Accounts/{ACCOUNT}/Calls.json")
    assert seen.authorization.startswith("Basic ")
    at = "https://radrelay.example/twilio"
    assert seen.form == {
        "To": [TO],
        "From": [OUR_NUMBER],
        "Url": [f"{at}/voice/{TOKEN}/0"],
        "Method": ["POST"],
        "FallbackUrl": [f"{at}/fallback"],
        "FallbackMethod": ["POST"],
        "StatusCallback": [f"{at}/status/{TOKEN}"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
        "MachineDetection": ["DetectMessageEnd"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [f"{at}/amd/{TOKEN}"],
        "AsyncAmdStatusCallbackMethod": ["POST"],
    }


def test_a_switchboard_gets_its_digits_and_no_detection(fake: FakeTwilio, dialer: Dialer) -> None:
    """Twilio ignores detection then, so it is not pretended."""
    fake.will(201, call())
    place(dialer, send_digits="ww417#")
    assert fake.seen[0].form["SendDigits"] == ["ww417#"]
    assert "MachineDetection" not in fake.seen[0].form


@pytest.mark.parametrize("status", [-1, 0, 500, 502, 503, 504, 408])
def test_a_create_whose_answer_is_lost_is_in_doubt_and_sent_once(
    fake: FakeTwilio, dialer: Dialer, texter: Texter, status: int
) -> None:
    """A mute server, a dropped connection, a gateway's failure: it may have happened."""
    attempts: list[Callable[[], str]] = [lambda: place(dialer), lambda: send(texter)]
    for attempt in attempts:
        fake.will(status, {"message": f"about {TO}", "code": 20500})
        with pytest.raises(DeliveryInDoubt) as raised:
            attempt()
        assert_silent(raised.value)
    assert len(fake.seen) == 2


def test_a_success_that_cannot_be_read_is_in_doubt(fake: FakeTwilio, dialer: Dialer) -> None:
    """The call exists, though we do not know its sid."""
    fake.will(201, b"<html>not json")
    with pytest.raises(DeliveryInDoubt):
        place(dialer)


def test_a_refused_connection_certainly_did_nothing() -> None:
    """Nothing was sent, so it may be tried again."""
    account = account_at(f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(DeliveryFailed) as raised:
        place(TwilioDialer(account, URLS))
    assert raised.value.retry_after is None
    assert_silent(raised.value)
    account.close()


@pytest.mark.parametrize(("header", "wait"), [({"Retry-After": "7"}, timedelta(seconds=7)), ({}, None)])
def test_too_many_requests_wait_as_long_as_asked(
    fake: FakeTwilio, dialer: Dialer, header: dict[str, str], wait: timedelta | None
) -> None:
    """429 did nothing."""
    fake.will(429, {"code": 20429, "message": "Too Many Requests"}, header)
    with pytest.raises(DeliveryFailed) as raised:
        place(dialer)
    assert raised.value.retry_after == wait


@pytest.mark.parametrize(
    ("header", "wait"), [("3", 3), (" 3 ", 3), ("-1", None), ("soon", None), ("9" * 30, None), ("٣", None)]
)
def test_an_odd_retry_after_asks_for_nothing(header: str, wait: int | None) -> None:
    """Only whole seconds within a day count."""
    assert retry_after(header) == (None if wait is None else timedelta(seconds=wait))


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (400, 21610), (401, 20003), (403, 21215)])
def test_a_refusal_carries_the_vendors_code_and_our_words(
    fake: FakeTwilio, texter: Texter, status: int, code: int
) -> None:
    """Twilio's own message names the number, so it is not repeated."""
    fake.will(status, {"code": code, "message": f"The number {TO} is bad", "more_info": "https://x", "status": status})
    with pytest.raises(DeliveryRefused) as raised:
        send(texter)
    assert raised.value.code == str(code)
    assert raised.value.reason == meaning(str(code))
    assert_silent(raised.value)


def test_an_unknown_code_is_named() -> None:
    """So that it can be looked up."""
    assert "code 99999" in meaning("99999")
    assert "STOP" in meaning("21610")


def assert_silent(error: RadrelayError) -> None:
    """No number, token, secret or URL is in an exception's text or printed traceback messages."""
    printed = "".join(traceback.format_exception_only(error)) + repr(error) + str(error)
    assert error.__suppress_context__
    assert not any(word in printed for word in (TO, TO[1:], OUR_NUMBER, TOKEN, "secret", "http", "127.0.0.1"))


def test_an_in_doubt_call_is_found_by_number_and_time(fake: FakeTwilio, dialer: Dialer) -> None:
    """Twilio's whole seconds must not hide it; an older call is another one."""
    old = call(created="Mon, 24 Nov 2025 09:58:00 +0000", sid="CA" + "9" * 32)
    fake.will(200, page("calls", call(status="ringing"), old))
    found = dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE)
    assert found is not None
    assert (found.sid, found.status, found.created_at) == (CALL, "ringing", SINCE.replace(microsecond=0))
    assert "To=%2B12025550111" in fake.seen[0].path
    assert "From=%2B12025550100" in fake.seen[0].path
    assert "StartTime" not in fake.seen[0].path
    fake.will(200, page("calls", old))
    assert dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE) is None


@pytest.mark.parametrize(
    "other", [{"direction": "outbound-dial"}, {"parent": "CA" + "8" * 32}, {"direction": "inbound"}]
)
def test_a_leg_of_a_bridge_is_not_the_call_that_is_looked_for(
    fake: FakeTwilio, dialer: Dialer, other: dict[str, Any]
) -> None:
    """A bridge rings the same telephone from our number: newer, and no call that anybody asked for."""
    leg = call(sid="CA" + "7" * 32, status="ringing", created="Mon, 24 Nov 2025 10:00:05 +0000", **other)
    fake.will(200, page("calls", leg, call()))
    found = dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE)
    assert found is not None
    assert found.sid == CALL
    fake.will(200, page("calls", leg))
    assert dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE) is None


def text_row(sid: str, body: str, second: int = 0) -> dict[str, object]:
    """Return a text as Twilio lists it."""
    return {"sid": sid, "date_created": f"Mon, 24 Nov 2025 10:00:{second:02d} +0000", "body": body}


def test_a_text_is_found_by_number_time_and_its_code(fake: FakeTwilio, texter: Texter) -> None:
    """Newest first; another relay's text to the same number is another one, and so is one whose words are withheld."""
    newer = "SM" + "4" * 32
    rows = [
        text_row(MESSAGE, "code 482173."),
        text_row(newer, "code 482173.", 9),
        text_row("SM" + "5" * 32, "code 111111."),
    ]
    fake.will(200, page("messages", *rows, text_row("SM" + "6" * 32, "")))
    assert texter.find(to=TO, ours=OUR_NUMBER, since=SINCE, callback_code="482173") == [newer, MESSAGE]
    fake.will(200, page("messages"))
    assert texter.find(to=TO, ours=OUR_NUMBER, since=SINCE, callback_code="482173") == []


LOOKUPS: list[Callable[[Dialer], object]] = [
    lambda dialer: dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE),
    lambda dialer: dialer.look(CALL),
    lambda dialer: dialer.hang_up(CALL),
    lambda dialer: dialer.leave_voicemail(sid=CALL, token=TOKEN),
]


@pytest.mark.parametrize("look", LOOKUPS)
@pytest.mark.parametrize("status", [-1, 0, 500, 503])
def test_a_failed_look_up_may_be_tried_again(
    fake: FakeTwilio, dialer: Dialer, look: Callable[[Dialer], object], status: int
) -> None:
    """So may ending a call, which twice does nothing more."""
    fake.will(status)
    with pytest.raises(DeliveryFailed):
        look(dialer)


def test_what_became_of_a_call_is_told(fake: FakeTwilio, dialer: Dialer) -> None:
    """In Twilio's words; one it does not know is refused."""
    fake.will(200, call(status="no-answer"))
    assert dialer.look(CALL).status == "no-answer"
    fake.will(404, {"code": 20404, "message": "not found", "status": 404})
    with pytest.raises(DeliveryRefused, match="20404"):
        dialer.look(CALL)


def test_hanging_up_ends_a_call_and_leaves_an_ended_one_alone(fake: FakeTwilio, dialer: Dialer) -> None:
    """``completed`` ends queued, ringing and answered calls alike."""
    fake.will(200, call(status="completed"))
    dialer.hang_up(CALL)
    assert fake.seen[0].form == {"Status": ["completed"]}
    fake.will(400, {"code": 21220, "message": "Call is not in-progress", "status": 400})
    dialer.hang_up(CALL)


def test_a_live_call_is_turned_to_the_voicemail_words(fake: FakeTwilio, dialer: Dialer) -> None:
    """By an update of its URL."""
    fake.will(200, call(status="in-progress"))
    dialer.leave_voicemail(sid=CALL, token=TOKEN)
    assert fake.seen[0].form == {
        "Url": [f"https://radrelay.example/twilio/voicemail/{TOKEN}"],
        "Method": ["POST"],
    }


def test_the_one_text_there_is(fake: FakeTwilio, texter: Texter) -> None:
    """Facility, number, code; its callback carries the token."""
    fake.will(201, {"sid": MESSAGE})
    assert send(texter) == MESSAGE
    assert fake.seen[0].form == {
        "To": [TO],
        "From": [OUR_NUMBER],
        "Body": ["Urgent radiology callback for Mercy. Call +12025550100, code 482173."],
        "StatusCallback": [f"https://radrelay.example/twilio/sms-status/{TOKEN}"],
    }


def test_the_text_s_link_has_our_token_only(fake: FakeTwilio, texter: Texter) -> None:
    """At the very end, so that a telephone takes nothing else for a part of it."""
    fake.will(201, {"sid": MESSAGE})
    send(texter, pickup=TOKEN)
    ping = "Urgent radiology callback for Mercy. Call +12025550100, code 482173."
    assert fake.seen[0].form["Body"] == [f"{ping} Or open https://radrelay.example/pickup/{TOKEN}"]


def test_the_text_has_no_word_that_opts_out() -> None:
    """A reader who answers with a word of ours must not unsubscribe by it."""
    said = set(
        words(facility="", callback_number="", callback_code="", link="https://x")
        .upper()
        .replace(".", " ")
        .replace(",", " ")
        .split()
    )
    assert not said & {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}


def test_a_recording_is_fetched_with_authentication(fake: FakeTwilio, recordings: Recordings) -> None:
    """Audio and media type."""
    fake.will(200, b"RIFF....", {"content-type": "audio/x-wav"})
    assert recordings.fetch(RECORDING) == (b"RIFF....", "audio/x-wav")
    assert fake.seen[0].path == f"/prefix/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.wav"
    assert fake.seen[0].authorization.startswith("Basic ")


@pytest.mark.parametrize("status", [404, 429, 500, 0, -1])
def test_a_recording_that_is_not_there_yet_is_tried_again(
    fake: FakeTwilio, recordings: Recordings, status: int
) -> None:
    """However it is missing."""
    fake.will(status)
    with pytest.raises(DeliveryFailed):
        recordings.fetch(RECORDING)


def test_a_recording_that_cannot_be_ours_is_refused(fake: FakeTwilio, recordings: Recordings) -> None:
    """Too large, or not a recording's sid."""
    fake.will(200, b"x" * (MAX_BYTES + 1))
    with pytest.raises(DeliveryRefused, match="too_large"):
        recordings.fetch(RECORDING)
    with pytest.raises(DeliveryRefused, match="bad_sid"):
        recordings.fetch("../../Calls")
    fake.will(401)
    with pytest.raises(DeliveryRefused, match="http_401"):
        recordings.fetch(RECORDING)


def test_a_recording_is_deleted_once_and_twice(fake: FakeTwilio, recordings: Recordings) -> None:
    """What is gone already is fine."""
    fake.will(204, b"")
    recordings.delete(RECORDING)
    fake.will(404, {"code": 20404, "message": "not found", "status": 404})
    recordings.delete(RECORDING)
    assert [seen.method for seen in fake.seen] == ["DELETE", "DELETE"]


def test_nothing_is_logged_of_what_was_asked(
    fake: FakeTwilio, dialer: Dialer, texter: Texter, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither tokens nor numbers, even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    fake.will(201, call())
    place(dialer)
    fake.will(201, {"sid": MESSAGE})
    send(texter)
    fake.will(200, page("calls", call()))
    dialer.find(to=TO, ours=OUR_NUMBER, since=SINCE)
    assert len(fake.seen) == 3
    assert not any(word in caplog.text for word in (TOKEN, TO[1:], "482173", "secret"))
