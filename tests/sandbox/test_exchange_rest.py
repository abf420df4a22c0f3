"""The exchange's REST API, spoken to by Twilio's own client."""

from __future__ import annotations

import io
import wave
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from sandbox import loopback
from tests import web
from tests.sandbox.exchange_stage import ACCOUNT, DOCTOR, MUTE, NURSE, OURS, TOKEN, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL = """sid date_created date_updated parent_call_sid account_sid to to_formatted from from_formatted
phone_number_sid status start_time end_time duration price price_unit direction answered_by api_version
forwarded_from group_sid caller_name queue_time trunk_sid uri subresource_uris"""
MESSAGE = """body num_segments direction from to date_updated price error_message uri account_sid num_media status
messaging_service_sid sid date_sent date_created error_code price_unit api_version subresource_uris"""
ACCOUNT_PROPERTIES = """auth_token date_created date_updated friendly_name owner_account_sid sid status
subresource_uris type uri"""
NUMBER = """account_sid address_sid address_requirements api_version beta capabilities date_created date_updated
friendly_name identity_sid phone_number origin sid sms_application_sid sms_fallback_method sms_fallback_url sms_method
sms_url status_callback status_callback_method trunk_sid uri voice_receive_mode voice_application_sid
voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method voice_url emergency_status
emergency_address_sid emergency_address_status bundle_sid status"""
RECORDING = """account_sid api_version call_sid conference_sid date_created date_updated start_time duration sid price
price_unit status channels source error_code uri encryption_details subresource_uris media_url"""
CALL_RECORDING = """account_sid api_version call_sid conference_sid date_created date_updated start_time duration sid
price uri encryption_details price_unit status channels source error_code track"""
PAGE = "end first_page_uri next_page_uri page page_size previous_page_uri start uri"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages["/voice"] = '<Record action="/recorded" maxLength="30"/>'
        yield one


def raw(
    stage: Stage, path: str, method: str = "GET", auth: tuple[str, str] = (ACCOUNT, TOKEN), **data: str
) -> httpx.Response:
    url = f"{stage.http.url}/2010-04-01/Accounts/{ACCOUNT}{path}"
    with loopback.client(auth=auth) as client:
        return client.request(method, url, data=data or None)


def names(properties: str) -> set[str]:
    return set(properties.split())


def test_every_resource_has_exactly_the_properties_of_the_official_description(stage: Stage) -> None:
    """A client generated from Twilio's OpenAPI description finds everything where it expects it."""
    call = stage.dialed()
    call.answer()
    call.record("hello", seconds=4)
    stage.client.messages.create(to=DOCTOR, from_=OURS, body="hello")
    stage.advance(5)
    found = {
        CALL: raw(stage, f"/Calls/{call.sid}.json").json(),
        MESSAGE: raw(stage, "/Messages.json").json()["messages"][0],
        ACCOUNT_PROPERTIES: raw(stage, ".json").json(),
        NUMBER: raw(stage, "/IncomingPhoneNumbers.json").json()["incoming_phone_numbers"][0],
        RECORDING: raw(stage, "/Recordings.json").json()["recordings"][0],
        CALL_RECORDING: raw(stage, f"/Calls/{call.sid}/Recordings.json").json()["recordings"][0],
    }
    for properties, resource in found.items():
        assert set(resource) == names(properties)
    assert set(raw(stage, "/Calls.json").json()) == names(PAGE) | {"calls"}


def test_the_official_client_reads_a_call_with_its_types(stage: Stage) -> None:
    """Dates, status and identifiers come out of Twilio's own client as they went in."""
    created = stage.create()
    assert (created.status, created.direction, created.to, created.start_time) == (
        "queued",
        "outbound-api",
        DOCTOR,
        None,
    )
    stage.timeline.run_due()
    call = stage.client.calls(created.sid).fetch()
    assert call.status == "ringing"
    assert call.start_time == stage.clock.instant
    assert call.to_formatted == "(212) 555-0123"
    assert stage.client.api.v2010.accounts(ACCOUNT).fetch().status == "active"
    assert [one.phone_number for one in stage.client.incoming_phone_numbers.list(phone_number=OURS)] == [OURS]


REFUSED_CALLS: list[tuple[dict[str, Any], int]] = [
    ({"to": ""}, 21201),
    ({"from_": ""}, 21213),
    ({"to": "+1415"}, 21211),
    ({"to": "sip:somebody@example.com"}, 21211),
    ({"from_": "anonymous"}, 21212),
    ({"from_": "+14155550199"}, 21210),
    ({"url": "ftp://example.com/"}, 21205),
    ({"url": "/voice"}, 21205),
    ({"url": "http://a b/"}, 21205),
    ({"url": "http://a.example/", "twiml": "<Response/>"}, 20001),
    ({"application_sid": "AP" + "0" * 32}, 21218),
    ({"timeout": 0}, 21208),
    ({"timeout": 601}, 21208),
    ({"method": "PUT"}, 21209),
    ({"send_digits": "1-2"}, 21206),
    ({"status_callback": "nowhere"}, 21609),
    ({"status_callback": "http://a.example/", "status_callback_event": ["finished"]}, 21626),
    ({"status_callback_method": "POST"}, 20001),
    ({"machine_detection": "Sometimes"}, 20001),
    ({"machine_detection": "Enable", "machine_detection_timeout": 2}, 20001),
    ({"async_amd": "true"}, 20001),
    ({"machine_detection": "Enable", "async_amd_status_callback": "http://a.example/"}, 20001),
    ({"record": "maybe"}, 20001),
    ({"caller_id": "+14155550199"}, 21210),
    ({"byoc": "BY" + "0" * 32}, 20001),
    ({"call_reason": "x" * 51}, 20001),
]


@pytest.mark.parametrize(("over", "code"), REFUSED_CALLS)
def test_a_call_is_refused_with_twilios_code(stage: Stage, over: dict[str, Any], code: int) -> None:
    """What Twilio refuses is refused, with its error body, and no call comes of it."""
    with pytest.raises(TwilioRestException) as caught:
        stage.create(**over)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert stage.exchange.calls == []


def test_an_unknown_parameter_is_refused(stage: Stage) -> None:
    """A typing error in a parameter's name does not pass unnoticed."""
    answer = raw(stage, "/Calls.json", "POST", To=DOCTOR, From=OURS, Url="http://a.example/", StatusCalback="x")
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert "StatusCalback" in answer.json()["message"]
    assert raw(stage, "/Calls.json?Sort=asc").status_code == 400


def test_a_call_without_a_document_is_refused(stage: Stage) -> None:
    """Url, Twiml or ApplicationSid is needed."""
    assert raw(stage, "/Calls.json", "POST", To=DOCTOR, From=OURS).json()["code"] == 21205


def test_wrong_credentials_are_refused(stage: Stage) -> None:
    """Only the account's own credentials open its resources, sound included."""
    for path in ("/Calls.json", ".json", "/Recordings/RE1.wav"):
        answer = raw(stage, path, auth=(ACCOUNT, "guessed"))
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    with pytest.raises(TwilioException, match="20404"):
        Client(ACCOUNT, TOKEN, account_sid="AC" + "2" * 32, http_client=stage.http).calls.list()
    assert raw(stage, "/Nothing.json").json()["code"] == 20404
    assert raw(stage, "/Calls/CA0.json").json()["code"] == 20404
    assert raw(stage, "/Calls.json", "PUT").json()["code"] == 20004


def test_calls_are_listed_by_number_status_and_start(stage: Stage) -> None:
    """A call in doubt is found by its number and the time of its start; the bounds are inclusive."""
    first = stage.dialed()
    stage.advance(60)
    second = stage.dialed(to=NURSE)
    start = second.start_time
    calls = stage.client.calls

    def sids(**query: Any) -> list[str]:
        return [call.sid for call in calls.list(**query)]

    assert sids() == [second.sid, first.sid]
    assert sids(to=DOCTOR) == [first.sid]
    assert sids(from_=DOCTOR) == []
    assert sids(status="ringing") == [second.sid]
    assert sids(status="no-answer") == [first.sid]
    assert sids(start_time_after=start) == [second.sid]
    assert sids(start_time_after=start + timedelta(seconds=1)) == []
    assert sids(start_time_before=start - timedelta(seconds=1)) == [first.sid]
    assert sids(start_time=start.date()) == [second.sid, first.sid]
    assert sids(end_time_after=start) == [first.sid]
    assert raw(stage, "/Calls.json?StartTime=yesterday").status_code == 400


def test_a_queued_call_has_no_start_and_is_not_found_by_one(stage: Stage) -> None:
    """As on Twilio: a call that was not dialed yet has no start time."""
    stage.create()
    assert stage.client.calls.list(start_time_after=stage.clock.instant) == []
    assert len(stage.client.calls.list(to=DOCTOR)) == 1


def test_lists_are_paged(stage: Stage) -> None:
    """The official client follows the pages to the end."""
    for number in range(5):
        stage.client.messages.create(to=DOCTOR, from_=OURS, body=str(number))
    bodies = [message.body for message in stage.client.messages.list(page_size=2, to=DOCTOR)]
    assert bodies == ["4", "3", "2", "1", "0"]
    middle = raw(stage, f"/Messages.json?PageSize=2&Page=1&To=%2B{DOCTOR[1:]}").json()
    assert (middle["start"], middle["end"], len(middle["messages"])) == (2, 3, 2)
    assert all(f"To=%2B{DOCTOR[1:]}" in middle[name] for name in ("next_page_uri", "previous_page_uri", "uri"))
    assert raw(stage, "/Messages.json?PageSize=2&Page=2").json()["next_page_uri"] is None
    assert raw(stage, "/Messages.json?PageSize=1001").status_code == 400


def test_calls_above_the_rate_wait_in_the_queue(stage: Stage) -> None:
    """One call a second is dialed; the others stay queued and say how long they waited."""
    sids = [stage.create(to=to).sid for to in (DOCTOR, NURSE, "+12125550125")]
    stage.advance(0)
    assert [call.status for call in stage.exchange.calls] == ["ringing", "queued", "queued"]
    stage.advance(1)
    assert [call.status for call in stage.exchange.calls] == ["ringing", "ringing", "queued"]
    stage.advance(1)
    assert [stage.client.calls(sid).fetch().queue_time for sid in sids] == ["0", "1000", "2000"]


def test_a_call_can_be_ended_by_request(stage: Stage) -> None:
    """Before the answer it is canceled, after it completed, and an ended call refuses."""
    queued, ringing, talking = stage.create(), stage.dialed(), stage.dialed()
    stage.advance(2)
    talking.answer()
    resource = stage.client.calls
    assert resource(queued.sid).update(status="canceled").status == "canceled"
    assert resource(ringing.sid).update(status="completed").status == "canceled"
    assert resource(talking.sid).update(status="canceled").status == "in-progress"
    assert resource(talking.sid).update(status="completed").status == "completed"
    with pytest.raises(TwilioRestException) as caught:
        resource(talking.sid).update(status="completed")
    assert caught.value.code == 21220


def test_a_call_in_progress_can_be_redirected_and_no_other(stage: Stage) -> None:
    """A redirect takes effect through the timeline; a ringing call refuses it (21220)."""
    stage.product.pages["/next"] = "<Say>something else</Say>"
    call = stage.dialed()
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls(call.sid).update(url=stage.url("/next"))
    assert caught.value.code == 21220
    call.answer()
    stage.client.calls(call.sid).update(url=stage.url("/next"))
    stage.timeline.run_due()
    assert call.last_heard == "something else"
    stage.client.calls(call.sid).update(twiml="<Response><Say>given at once</Say></Response>")
    stage.timeline.run_due()
    assert call.heard == ["given at once"]
    for over in ({"status": "completed", "url": stage.url("/next")}, {"method": "GET"}, {"status": "busy"}):
        with pytest.raises(TwilioRestException):
            stage.client.calls(call.sid).update(**over)


def test_a_time_limit_set_later_ends_the_call(stage: Stage) -> None:
    """TimeLimit of an update counts from the update."""
    stage.product.pages["/voice"] = '<Pause length="600"/>'
    call = stage.dialed()
    call.answer()
    stage.client.calls(call.sid).update(time_limit=20)
    stage.advance(21)
    assert (call.status, call.seconds) == ("completed", 20)


def test_only_a_finished_call_can_be_deleted(stage: Stage) -> None:
    """Deleting a live call is a conflict."""
    call = stage.dialed()
    with pytest.raises(TwilioRestException) as caught:
        stage.client.calls(call.sid).delete()
    assert caught.value.status == 409
    call.busy()
    assert stage.client.calls(call.sid).delete()
    assert stage.client.calls.list() == []


def test_a_recording_is_fetched_with_credentials_until_it_is_deleted(stage: Stage) -> None:
    """The sound is there once processed, as WAV and MP3, and is gone after a delete."""
    call = stage.dialed()
    call.answer()
    call.record("call me back", seconds=7)
    url = stage.product.forms("/recorded")[0]["RecordingUrl"]
    with loopback.client(auth=(ACCOUNT, TOKEN)) as client:
        assert client.get(url).status_code == 404
        stage.advance(2)
        sound = client.get(url + ".wav")
        assert sound.headers["content-type"] == "audio/x-wav"
        with wave.open(io.BytesIO(sound.content)) as file:
            assert file.getnframes() / file.getframerate() == 7
        assert client.get(url + ".mp3").headers["content-type"] == "audio/mpeg"
        assert client.get(url).content == sound.content
        assert web.get(url).status_code == 401
        [kept] = stage.client.calls(call.sid).recordings.list()
        assert (kept.duration, kept.status, kept.source) == ("7", "completed", "RecordVerb")
        assert stage.client.recordings(kept.sid).fetch().call_sid == call.sid
        assert stage.client.recordings(kept.sid).delete()
        assert client.get(url + ".wav").status_code == 404


def test_sound_given_by_a_person_is_served_byte_for_byte(stage: Stage) -> None:
    """What was recorded is what is fetched."""
    call = stage.dialed()
    call.answer()
    call.record(b"ID3 a sound", key="#")
    stage.advance(2)
    [sid] = stage.exchange.recordings.all
    assert raw(stage, f"/Recordings/{sid}.mp3").content == b"ID3 a sound"
    assert raw(stage, f"/Recordings/{sid}.wav").content == b"ID3 a sound"


def test_a_number_without_voice_or_text_refuses_it(stage: Stage) -> None:
    """A number that cannot send texts is no sender (21606)."""
    with pytest.raises(TwilioRestException) as caught:
        stage.client.messages.create(to=DOCTOR, from_=MUTE, body="hello")
    assert caught.value.code == 21606


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"To": "+12125550123"}', "application/json", 415),
        (b"To=%2B12125550123&To=%2B12125550124&From=%2B14155550100", "application/x-www-form-urlencoded", 400),
        (b"To", "application/x-www-form-urlencoded", 400),
        (b"\xff=1", "application/x-www-form-urlencoded", 400),
        (b"From=%2B14155550100&To=%2B12125550123&Url=http://[a/", "application/x-www-form-urlencoded", 400),
    ],
)
def test_what_is_no_form_is_refused(stage: Stage, content: bytes, kind: str, status: int) -> None:
    """JSON, a parameter given twice and broken encodings are refused."""
    url = f"{stage.http.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    with loopback.client(auth=(ACCOUNT, TOKEN)) as client:
        answer = client.post(url, content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert stage.exchange.calls == []


def test_a_live_call_can_be_given_other_callbacks(stage: Stage) -> None:
    """An update may name a new StatusCallback for what is still to come."""
    call = stage.dialed(send_digits="ww12")
    stage.client.calls(call.sid).update(status_callback=stage.url("/later"))
    call.answer()
    call.hang_up()
    stage.advance(0)
    assert [form["CallStatus"] for form in stage.product.forms("/later")] == ["completed"]
    assert ("line", "keys ww12") in [note[1:] for note in call.transcript]
