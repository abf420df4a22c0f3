"""The doctor finds each thing that can be wrong, says what to do, and prints no secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretBytes, SecretStr

from bot import doctor
from bot.settings import ServiceSettings
from bot.verdicts import Check, Verdict
from handlers.domain.directory import Desk, DeskPhone, Directory, Facility, Source
from handlers.domain.errors import DeliveryFailed, RadrelayError
from handlers.domain.rotas import Feed, Rota, RotaKind, Shift
from handlers.domain.sinks import Sink
from handlers.domain.standing import Agreement, Pool

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SID = "AC0123456789abcdef0123456789abcdef"
PUBLIC = "https://radrelay.test"
NUMBER = "+15035550100"
SCOPES = ("chat:write", "commands")
YEAR = Agreement(effective=date(2026, 1, 1), expires=date(2026, 12, 31))
SECRETS = (
    "canary-bot",
    "canary-app",
    "canary-signing",
    "canary-auth-token",
    "canary-fernet",
    "canary-pepper",
    "Y2FuYXJ5",
)
SOURCE_SECRET = "whsec_" + "Y2FuYXJ5" * 5
DIRECTORY = Directory(
    facilities={
        "mercy": Facility(
            id="mercy",
            name="Mercy",
            alias="M",
            state="IL",
            zone="America/Chicago",
            pool="night",
            desk="desk",
            callback_number="+13125550100",
            baa=YEAR,
            rules=(),
            targets={},
            shadow=False,
        )
    },
    pools={"night": Pool(id="night", channel="C1", members=())},
    desks={"desk": Desk(id="desk", name="Desk", channel="C2", phones=(DeskPhone(number="+13125550101", who="Kim"),))},
    sources={"pacs": Source(id="pacs", facilities=("mercy",), secret_env=("DOCTOR_TEST_SECRET",))},
    vendor_baas={"slack": YEAR, "twilio": YEAR},
)


SECOND_SID, SECOND_NUMBER = "AC" + "2" * 32, "+15035550101"


def settings(app_token: str = "", *, second: bool = False) -> ServiceSettings:
    return ServiceSettings.model_construct(
        database_url=SecretStr("sqlite:////tmp/radrelay.db"),
        directory=Path("directory.yaml"),
        encryption_keys=(SecretStr("canary-fernet"),),
        index_key=SecretBytes(b"canary-index"),
        pin_pepper=SecretBytes(b"canary-pepper"),
        public_url=PUBLIC,
        slack_bot_token=SecretStr("canary-bot"),
        slack_signing_secret=SecretStr("canary-signing"),
        slack_app_token=SecretStr(app_token) if app_token else None,
        slack_api_url="https://slack.test/api/",
        twilio_account_sid=SID,
        twilio_auth_token=SecretStr("canary-auth-token"),
        twilio_from_number=NUMBER,
        twilio_api_url="https://twilio.test",
        twilio_fallback_account_sid=SECOND_SID if second else None,
        twilio_fallback_auth_token=SecretStr("canary-second-token") if second else None,
        twilio_fallback_from_number=SECOND_NUMBER if second else None,
    )


def sign_slack(timestamp: str, body: str) -> str:
    return f"good:{timestamp}:{body}"


def sign(url: str, fields: Mapping[str, str]) -> str:
    return f"good:{url}:{sorted(fields)}"


def _no_calendar(_rota: Rota, _begins: datetime, _ends: datetime) -> Sequence[Shift]:
    return ()


@dataclass
class World:
    """A deployment and its vendors, in good health until something is changed."""

    directory: Directory = DIRECTORY
    calendar: Callable[[Rota, datetime, datetime], Sequence[Shift]] = _no_calendar
    database_problem: str = ""
    directory_problem: str = ""
    scopes: str = "chat:write,commands,users:read"
    slack_error: str = ""
    channel: dict[str, bool] = field(default_factory=lambda: {"is_member": True, "is_archived": False})
    healthz: int = 200
    good_signature: int = 404
    bad_signature: int = 403
    slack_good: int = 200
    slack_bad: int = 401
    slack_echo: bool = True
    app_token: str = ""
    app_error: str = ""
    account_status: int = 200
    account: dict[str, str] = field(default_factory=lambda: {"status": "active", "type": "Full"})
    numbers: list[dict[str, str]] = field(
        default_factory=lambda: [
            {"phone_number": NUMBER, "voice_url": f"{PUBLIC}/twilio/inbound", "sms_url": f"{PUBLIC}/twilio/sms"}
        ]
    )
    second: bool = False
    second_status: int = 200
    second_sms: str = f"{PUBLIC}/twilio/sms"
    skew: timedelta = timedelta()
    down: str = ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == self.down:
            raise httpx.ConnectError("canary-bot")
        status, body = self._route(request)
        return httpx.Response(
            status,
            content=json.dumps(body),
            headers={"Date": format_datetime(NOW + self.skew, usegmt=True), "X-OAuth-Scopes": self.scopes},
        )

    def _route(self, request: httpx.Request) -> tuple[int, object]:
        path = request.url.path
        if path == "/hook":
            assert (request.method, request.content) == ("HEAD", b"")
            return 405, {}
        if path == "/api/auth.test":
            assert request.headers["authorization"] == "Bearer canary-bot"
            return 200, {"ok": not self.slack_error, "error": self.slack_error, "team_id": "T1"}
        if path == "/api/conversations.info":
            assert parse_qs(request.content.decode())["channel"][0] in {"C1", "C2"}
            return 200, {"ok": True, "channel": self.channel}
        if path == "/healthz":
            return self.healthz, {}
        if path == "/api/apps.connections.open":
            assert request.headers["authorization"] == f"Bearer {self.app_token}"
            return 200, {"ok": not self.app_error, "error": self.app_error, "url": "wss://wss.slack.test/canary-app"}
        if path == "/slack/events":
            return self._slack_events(request)
        if path == "/twilio/status/doctor":
            good = request.headers["x-twilio-signature"].startswith("good:")
            return (self.good_signature if good else self.bad_signature), {}
        if SECOND_SID in path:
            return self._second(request)
        if path.endswith("/IncomingPhoneNumbers.json"):
            assert request.url.params["PhoneNumber"] == NUMBER
            return 200, {"incoming_phone_numbers": self.numbers}
        assert path == f"/2010-04-01/Accounts/{SID}.json"
        return self.account_status, self.account

    def _second(self, request: httpx.Request) -> tuple[int, object]:
        """Answer for the second account, with its own credentials."""
        assert request.headers["authorization"] == httpx.BasicAuth(SECOND_SID, "canary-second-token")._auth_header
        if request.url.path.endswith("/IncomingPhoneNumbers.json"):
            number = {
                "phone_number": SECOND_NUMBER,
                "voice_url": f"{PUBLIC}/twilio/inbound",
                "sms_url": self.second_sms,
            }
            return 200, {"incoming_phone_numbers": [number]}
        return self.second_status, {"status": "active", "type": "Full"}

    def _slack_events(self, request: httpx.Request) -> tuple[int, object]:
        body, at = request.content.decode(), request.headers["x-slack-request-timestamp"]
        assert at == str(int(NOW.timestamp()))
        if request.headers["x-slack-signature"] != sign_slack(at, body):
            return self.slack_bad, {}
        return self.slack_good, {"challenge": json.loads(body)["challenge"]} if self.slack_echo else {}

    def _database(self) -> str:
        if self.database_problem:
            raise RadrelayError(self.database_problem)
        return "SQLite at migration head 0001"

    def _directory(self) -> Directory:
        if self.directory_problem:
            raise RadrelayError(self.directory_problem)
        return self.directory

    def examined(self) -> list[Check]:
        with httpx.Client(transport=httpx.MockTransport(self.answer)) as http:
            ports = doctor.Ports(
                database=self._database,
                directory=self._directory,
                scopes=SCOPES,
                sign=sign,
                sign_slack=sign_slack,
                http=http,
                now=lambda: NOW,
                shifts=self.calendar,
            )
            return doctor.examine(settings(self.app_token, second=self.second), ports)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("DOCTOR_TEST_SECRET", SOURCE_SECRET)
    return World()


def test_a_healthy_deployment_is_good_throughout(world: World) -> None:
    checks = world.examined()
    assert {check.verdict for check in checks} == {Verdict.GOOD}
    assert doctor.exit_code(checks) == 0
    assert "✓ a bad Twilio signature is refused" in doctor.table(checks)
    assert "✓ a bad Slack signature is refused" in doctor.table(checks)
    assert len(checks) == 20


def test_a_second_account_is_examined_like_the_first(world: World) -> None:
    """It must work on the night when it is needed: its account, its number, and what reaches us of that."""
    world.second = True
    checks = world.examined()
    assert {check.verdict for check in checks} == {Verdict.GOOD}
    assert "✓ Twilio's second account is active" in doctor.table(checks)
    assert f"✓ {SECOND_NUMBER} belongs to the account" in doctor.table(checks)


FAULTS: list[tuple[dict[str, object], str, str]] = [
    ({"database_problem": "It is at 0001, not 0002."}, "database", "0002"),
    ({"directory_problem": "Line 7: no such pool."}, "directory", "Line 7"),
    ({"slack_error": "invalid_auth"}, "Slack: invalid_auth", "SLACK_BOT_TOKEN"),
    ({"slack_error": "<b>canary-bot text</b>"}, "Slack: an unreadable answer", "SLACK_BOT_TOKEN"),
    ({"scopes": "chat:write"}, "scopes lack commands", "manifest"),
    ({"channel": {"is_member": False}}, "channel of pool night: the bot is not in it", "/invite"),
    ({"channel": {"is_member": True, "is_archived": True}}, "channel of desk desk is archived", "Restore"),
    ({"healthz": 502}, "/healthz answers 502", "Start radrelay"),
    ({"good_signature": 403}, "good Twilio signature is refused", "RADRELAY_PUBLIC_URL"),
    ({"good_signature": 200}, "answered 200, not 404", "before radrelay"),
    ({"bad_signature": 404}, "bad Twilio signature is answered 404", "Do not go on"),
    ({"slack_good": 401}, "good Slack signature is refused", "SLACK_SIGNING_SECRET"),
    ({"slack_good": 404}, "signed request of Slack's is answered 404, not 200", "/slack/events"),
    ({"slack_echo": False}, "answered 200 by something else", "/slack/events"),
    ({"slack_bad": 200}, "bad Slack signature is answered 200", "Do not go on"),
    ({"app_token": "canary-app", "app_error": "invalid_auth"}, "Socket Mode: invalid_auth", "SLACK_APP_TOKEN"),
    ({"app_token": "canary-app", "app_error": "canary app"}, "Socket Mode: an unreadable answer", "connections:write"),
    ({"account_status": 401}, "Twilio answers 401", "TWILIO_AUTH_TOKEN"),
    ({"account": {"status": "suspended"}}, "account is suspended", "Talk to Twilio"),
    ({"second": True, "second_status": 401}, "Twilio's second answers 401", "TWILIO_FALLBACK_AUTH_TOKEN"),
    ({"second": True, "second_sms": "https://old.test"}, "a text to it does not", "/twilio/sms"),
    ({"numbers": []}, "is not a number of this account", "TWILIO_FROM_NUMBER"),
    (
        {"numbers": [{"phone_number": NUMBER, "voice_url": "https://old.test"}]},
        "a call to it does not",
        "/twilio/inbound",
    ),
    ({"skew": timedelta(seconds=61)}, "our clock is 61 s off Slack's", "NTP"),
    ({"skew": timedelta(seconds=-61)}, "our clock is 61 s off Twilio's", "NTP"),
    ({"down": "slack.test"}, "Slack", "ConnectError"),
    ({"down": "radrelay.test"}, "public URL", "ConnectError"),
    ({"down": "twilio.test"}, "Twilio number", "ConnectError"),
]


@pytest.mark.parametrize(("change", "what", "todo"), FAULTS)
def test_each_fault_is_found_with_what_to_do(world: World, change: dict[str, object], what: str, todo: str) -> None:
    checks = replace(world, **change).examined()  # type: ignore[arg-type]
    bad = [check for check in checks if check.verdict is Verdict.BAD]
    assert [check for check in bad if what in check.what and todo in check.todo]
    assert doctor.exit_code(checks) == 1
    assert any(check.verdict is Verdict.GOOD for check in checks)
    for secret in SECRETS:
        assert secret not in doctor.table(checks)


def test_a_source_without_its_secret_is_bad(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCTOR_TEST_SECRET")
    checks = world.examined()
    (bad,) = [check for check in checks if check.verdict is Verdict.BAD]
    assert bad.what == "secret DOCTOR_TEST_SECRET"
    assert bad.todo.startswith("not set; it should be the secret of the source pacs: whsec_")


def test_a_bad_secret_of_a_source_is_bad(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCTOR_TEST_SECRET", "whsec_Y2FuYXJ5")
    bad = [check for check in world.examined() if check.verdict is Verdict.BAD]
    assert [check.what for check in bad] == ["secret DOCTOR_TEST_SECRET"]
    assert bad[0].todo.startswith("holds fewer than 24 bytes; it should be the secret of the source pacs")
    assert "Y2FuYXJ5" not in doctor.table(bad)


def _with_sink(world: World) -> None:
    sink = Sink(id="mercy-pacs", facilities=("mercy",), url="https://pacs.test/hook", secret_env=("DOCTOR_SINK",))
    world.directory = replace(DIRECTORY, sinks={"mercy-pacs": sink})


def test_a_sink_is_looked_for_and_told_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it answers to a HEAD, somebody is there."""
    _with_sink(world)
    monkeypatch.setenv("DOCTOR_SINK", SOURCE_SECRET)
    assert Check(Verdict.GOOD, "sink mercy-pacs answers (HTTP 405)") in world.examined()
    world.down = "pacs.test"
    [bad] = [check for check in world.examined() if check.verdict is Verdict.BAD]
    assert (bad.what, "ConnectError" in bad.todo) == ("sink mercy-pacs", True)


def test_a_sink_without_its_secret_is_bad(world: World) -> None:
    """Nothing could be signed."""
    _with_sink(world)
    [bad] = [check for check in world.examined() if check.verdict is Verdict.BAD]
    assert bad.what == "secret DOCTOR_SINK"
    assert bad.todo.startswith("not set; it should be the secret of the sink mercy-pacs")


NURSES = Rota(
    id="nurses",
    kind=RotaKind.CONTACTS,
    zone="America/Chicago",
    calendar=Feed(url_env="RADRELAY_CALENDAR_NURSES", names={"Smith": "kim"}),
)


def test_each_calendar_is_read(world: World) -> None:
    """How many shifts of how many known people; a feed in which nobody is known is looked at twice."""
    world.directory = replace(DIRECTORY, rotas={"nurses": NURSES})
    shift = Shift(who="kim", begins=NOW, ends=NOW + timedelta(hours=12))
    world.calendar = lambda _rota, _begins, _ends: [shift]
    assert Check(Verdict.GOOD, "calendar of nurses: 1 shifts of 1 people in 14 days") in world.examined()
    world.calendar = _no_calendar
    [note] = [check for check in world.examined() if check.what.startswith("calendar")]
    assert (note.verdict, "names" in note.todo) == (Verdict.NOTE, True)


def test_a_calendar_that_cannot_be_read_is_bad(world: World) -> None:
    """By its variable, never by its address."""

    def fails(_rota: Rota, _begins: datetime, _ends: datetime) -> Sequence[Shift]:
        raise DeliveryFailed("http_404")

    world.directory = replace(DIRECTORY, rotas={"nurses": NURSES})
    world.calendar = fails
    [bad] = [check for check in world.examined() if check.verdict is Verdict.BAD]
    assert bad.what == "calendar of nurses cannot be read (http_404)"
    assert "RADRELAY_CALENDAR_NURSES" in bad.todo


def test_in_socket_mode_the_app_token_opens_a_connection(world: World) -> None:
    """Slack then posts nothing to us, so no route of ours need be reachable from outside for it."""
    world.app_token = "canary-app"
    world.slack_good = world.slack_bad = 404
    checks = world.examined()
    assert Check(Verdict.GOOD, "Slack Socket Mode: the app token opens a connection") in checks
    assert doctor.exit_code(checks) == 0
    assert "canary-app" not in doctor.table(checks)


def test_missing_agreements_are_told_and_do_not_fail(world: World) -> None:
    world.directory = replace(DIRECTORY, vendor_baas={})
    checks = world.examined()
    assert [check.what for check in checks if check.verdict is Verdict.NOTE] == [
        "no Business Associate Agreement with slack in force",
        "no Business Associate Agreement with twilio in force",
    ]
    assert doctor.exit_code(checks) == 0


def test_a_facility_in_shadow_is_told(world: World) -> None:
    mercy = replace(DIRECTORY.facilities["mercy"], shadow=True, baa=None)
    world.directory = replace(DIRECTORY, facilities={"mercy": mercy})
    notes = [check.what for check in world.examined() if check.verdict is Verdict.NOTE]
    assert notes == [
        "no Business Associate Agreement with mercy in force",
        "in shadow, nobody is called: mercy",
    ]
