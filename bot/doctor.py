"""Find out whether a deployment works before a patient depends on it: `radrelay doctor`.

Everything it touches is given to it, so it can be tried without a vendor. It prints no secret: of an error it shows the
type, of an answer the status or the vendor's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import httpx
from pydantic import SecretStr

from bot.intake.signatures import secret_problems
from bot.knocking import Doors
from bot.settings import ServiceSettings
from bot.verdicts import Check, Verdict, bad, code, good
from handlers.domain.directory import Directory
from handlers.domain.errors import DeliveryFailed, RadrelayError
from handlers.domain.rotas import Rota, Shift
from handlers.domain.sinks import Sink

MAX_SKEW_SECONDS = 60
VOICE_PATH = "/twilio/inbound"
TEXT_PATH = "/twilio/sms"


#: So far ahead calendars are read.
_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the doctor looks at the deployment with."""

    #: Reach the database and compare its migration head; returns what is there, raises ``RadrelayError`` with what to do.
    database: Callable[[], str]
    #: Load the directory file; raises ``RadrelayError`` with what is wrong.
    directory: Callable[[], Directory]
    #: The scopes that the app's manifest asks for.
    scopes: Sequence[str]
    #: Twilio's signature of a URL and its parameters, with the account's auth token.
    sign: Callable[[str, Mapping[str, str]], str]
    #: Slack's signature of a timestamp and a body, with the app's signing secret.
    sign_slack: Callable[[str, str], str]
    http: httpx.Client
    now: Callable[[], datetime]
    #: What a rota's calendar says of a span; raises ``DeliveryFailed`` with a reason that holds nothing of it.
    shifts: Callable[[Rota, datetime, datetime], Sequence[Shift]]


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One account at Twilio: what it is called here, the beginning of its variables, and who it is."""

    name: str
    variables: str
    sid: str
    token: SecretStr


@dataclass(slots=True)
class Examination:
    """One run over a deployment."""

    settings: ServiceSettings
    ports: Ports

    def run(self) -> Iterator[Check]:
        """Yield every check; a failed one does not stop the others."""
        yield good(f"settings: {self.settings.public_url}, {self.settings.database_shown}")
        yield from self._guarded("database", self._database)
        directory: list[Directory] = []
        yield from self._guarded("directory", lambda: self._directory(directory))
        yield from self._guarded("Slack", self._slack)
        for channel, name in sorted(_channels(directory).items()):
            yield from self._guarded(f"Slack channel of {name}", partial(self._channel, channel, name))
        for sink in [one for found in directory for one in found.sinks.values()]:
            yield from self._guarded(f"sink {sink.id}", partial(self._sink, sink))
        for rota in [one for found in directory for one in found.rotas.values() if one.calendar is not None]:
            yield from self._guarded(f"calendar of {rota.id}", partial(self._calendar, rota))
        doors = Doors(self.settings.public_url, self.ports.http)
        yield from self._guarded("public URL", lambda: doors.twilio(self.ports.sign))
        if self.settings.slack_app_token is None:
            at = str(int(self.ports.now().timestamp()))
            yield from self._guarded("public URL, for Slack", lambda: doors.slack(at, self.ports.sign_slack))
        else:
            yield from self._guarded("Slack Socket Mode", self._socket)
        yield from self._twilio_accounts(directory)

    def _guarded(self, what: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
        try:
            yield from list(look())
        except RadrelayError as error:
            yield bad(what, str(error))
        except httpx.TimeoutException:
            yield bad(what, "No answer in time. Check the address, the firewall and the proxy.")
        except httpx.HTTPError as error:
            yield bad(
                what, f"Could not be reached ({type(error).__name__}). Check address, DNS, certificate and proxy."
            )
        except Exception as error:  # noqa: BLE001 - one check that breaks must not hide the others
            yield bad(what, f"The check itself failed ({type(error).__name__}).")

    def _database(self) -> Iterator[Check]:
        yield good(f"database: {self.ports.database()}")

    def _directory(self, found: list[Directory]) -> Iterator[Check]:
        directory = self.ports.directory()
        found.append(directory)
        yield good(
            f"directory: {len(directory.facilities)} facilities, {len(directory.radiologists)} radiologists, "
            f"{len(directory.contacts)} contacts"
        )
        yield from _agreements(directory, self.ports.now().astimezone(UTC).date())
        shadow = sorted(one.id for one in directory.facilities.values() if one.shadow)
        if shadow:
            yield Check(
                Verdict.NOTE,
                f"in shadow, nobody is called: {', '.join(shadow)}",
                "Take them out of shadow when they are ready.",
            )
        yield from self._sources(directory)

    def _sources(self, directory: Directory) -> Iterator[Check]:
        problems = secret_problems([*directory.sources.values(), *directory.sinks.values()], self.settings.secret)
        for variable, problem in problems.items():
            yield bad(f"secret {variable}", problem)
        for source in directory.sources.values():
            unset = [one for one in source.secret_env if self.settings.secret(one) is None]
            if unset and len(unset) < len(source.secret_env):
                yield Check(
                    Verdict.NOTE, f"source {source.id}: {', '.join(unset)} is not set", "Fine outside a rotation."
                )

    def _sink(self, sink: Sink) -> Iterator[Check]:
        """Look whether anybody answers there; nothing is signed or told, so whatever is answered is fine."""
        with self.ports.http.stream("HEAD", sink.url) as answer:
            yield good(f"sink {sink.id} answers (HTTP {answer.status_code})")

    def _calendar(self, rota: Rota) -> Iterator[Check]:
        """Read a rota's calendar as the service does; a feed in which nobody is known has no shift that counts."""
        variable = "" if rota.calendar is None else rota.calendar.url_env
        now = self.ports.now()
        try:
            found = self.ports.shifts(rota, now, now + _AHEAD)
        except DeliveryFailed as failed:
            todo = f"Look at the address in {variable}, and whether this machine may fetch it."
            yield bad(f"calendar of {rota.id} cannot be read ({failed.reason})", todo)
            return
        people = len({one.who for one in found})
        what = f"calendar of {rota.id}: {len(found)} shifts of {people} people in {_AHEAD.days} days"
        yield good(what) if found else Check(Verdict.NOTE, what, "Compare the titles of its events with `names`.")

    def _slack(self) -> Iterator[Check]:
        answer = self._slack_call("auth.test")
        yield from self._clock("Slack", answer)
        body = answer.json()
        if not body.get("ok"):
            yield bad(
                f"Slack: {code(body.get('error'))}",
                "Set SLACK_BOT_TOKEN from OAuth & Permissions, of an installed app.",
            )
            return
        yield good(f"Slack: the bot of workspace {code(body.get('team_id'))}")
        held = {one.strip() for one in answer.headers.get("x-oauth-scopes", "").split(",")}
        lacking = sorted(set(self.ports.scopes) - held)
        if lacking:
            yield bad(
                f"Slack scopes lack {', '.join(lacking)}", "Update the app from its manifest and install it again."
            )
        else:
            yield good(f"Slack scopes: all {len(self.ports.scopes)}")

    def _channel(self, channel: str, name: str) -> Iterator[Check]:
        body = self._slack_call("conversations.info", channel=channel).json()
        if not body.get("ok"):
            yield bad(
                f"Slack channel of {name}: {code(body.get('error'))}",
                f"Check {channel} in the directory; invite the bot if it is private.",
            )
            return
        found = body.get("channel", {})
        if found.get("is_archived"):
            yield bad(f"Slack channel of {name} is archived", "Restore it or name another in the directory.")
        elif not found.get("is_member"):
            yield bad(f"Slack channel of {name}: the bot is not in it", "Type /invite with the bot's name there.")
        else:
            yield good(f"Slack channel of {name}")

    def _slack_call(self, method: str, *, token: SecretStr | None = None, **fields: str) -> httpx.Response:
        secret = (token or self.settings.slack_bot_token).get_secret_value()
        return self.ports.http.post(
            f"{self.settings.slack_api_url}{method}", data=fields, headers={"Authorization": f"Bearer {secret}"}
        )

    def _socket(self) -> Iterator[Check]:
        """Ask for a connection of Socket Mode, and leave it unopened: its address is a secret and lasts half a minute."""
        body = self._slack_call("apps.connections.open", token=self.settings.slack_app_token).json()
        if body.get("ok"):
            yield good("Slack Socket Mode: the app token opens a connection")
        else:
            yield bad(
                f"Slack Socket Mode: {code(body.get('error'))}",
                "Set SLACK_APP_TOKEN from Basic Information, App-Level Tokens, with the scope connections:write.",
            )

    def _twilio_accounts(self, directory: Sequence[Directory]) -> Iterator[Check]:
        """Look at our account and its numbers, and at the second one where there is one: it must be ready before it is needed."""
        ours = self.settings
        first = TwilioAccount("Twilio", "TWILIO", ours.twilio_account_sid, ours.twilio_auth_token)
        yield from self._guarded("Twilio account", partial(self._account, first))
        for number, whose in _our_numbers(ours.twilio_from_number, directory).items():
            yield from self._guarded(f"Twilio number of {whose}", partial(self._number, first, number, whose))
        sid, token = ours.twilio_fallback_account_sid, ours.twilio_fallback_auth_token
        number, whose = ours.twilio_fallback_from_number or "", "TWILIO_FALLBACK_FROM_NUMBER"
        if sid is not None and token is not None:
            second = TwilioAccount("Twilio's second", "TWILIO_FALLBACK", sid, token)
            yield from self._guarded("Twilio's second account", partial(self._account, second))
            yield from self._guarded(f"Twilio number of {whose}", partial(self._number, second, number, whose))

    def _account(self, which: TwilioAccount) -> Iterator[Check]:
        answer = self._twilio(which, ".json")
        yield from self._clock("Twilio", answer)
        if answer.status_code != httpx.codes.OK:
            yield bad(
                f"{which.name} answers {answer.status_code}",
                f"Check {which.variables}_ACCOUNT_SID and {which.variables}_AUTH_TOKEN.",
            )
            return
        body = answer.json()
        if body.get("status") != "active":
            yield bad(f"{which.name} account is {code(body.get('status'))}", "Talk to Twilio: it will not call.")
            return
        yield good(f"{which.name} account is active")
        if body.get("type") == "Trial":
            yield Check(
                Verdict.NOTE, "a trial account", "It calls only numbers verified with Twilio, after an announcement."
            )

    def _number(self, which: TwilioAccount, ours: str, whose: str) -> Iterator[Check]:
        answer = self._twilio(which, "/IncomingPhoneNumbers.json", PhoneNumber=ours)
        if answer.status_code != httpx.codes.OK:
            yield bad(f"Twilio number: Twilio answers {answer.status_code}", "Check the account first.")
            return
        found = [one for one in answer.json().get("incoming_phone_numbers", []) if one.get("phone_number") == ours]
        if not found:
            yield bad(f"{ours} is not a number of this account", f"Buy it, or correct {whose}.")
            return
        yield good(f"{ours} belongs to the account")
        yield from self._calls_back(found[0])

    def _calls_back(self, number: Mapping[str, Any]) -> Iterator[Check]:
        for what, field, path in (("a call", "voice", VOICE_PATH), ("a text", "sms", TEXT_PATH)):
            wanted = f"{self.settings.public_url}{path}"
            if number.get(f"{field}_url") == wanted and number.get(f"{field}_method", "POST") == "POST":
                yield good(f"{what} to it reaches us")
            else:
                yield bad(f"{what} to it does not reach us", f"Set its {field} webhook to POST {wanted}.")

    def _twilio(self, which: TwilioAccount, path: str, **query: str) -> httpx.Response:
        url = f"{self.settings.twilio_api_url}/2010-04-01/Accounts/{which.sid}{path}"
        return self.ports.http.get(url, params=query, auth=(which.sid, which.token.get_secret_value()))

    def _clock(self, whose: str, answer: httpx.Response) -> Iterator[Check]:
        stated = answer.headers.get("date", "")
        try:
            skew = abs((parsedate_to_datetime(stated) - self.ports.now()).total_seconds())
        except (TypeError, ValueError):
            yield Check(Verdict.NOTE, f"{whose} states no time", "The clock could not be compared.")
            return
        if skew > MAX_SKEW_SECONDS:
            yield bad(f"our clock is {skew:.0f} s off {whose}'s", "Run NTP: signatures are good for five minutes only.")
        else:
            yield good(f"clock agrees with {whose}'s")


def examine(settings: ServiceSettings, ports: Ports) -> list[Check]:
    """Run every check."""
    return list(Examination(settings, ports).run())


def table(checks: Iterable[Check]) -> str:
    """Return the checks as the command prints them."""
    lines = []
    for check in checks:
        lines.append(f"{check.verdict} {check.what}")
        if check.todo:
            lines.append(f"  → {check.todo}")
    return "\n".join(lines)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 1 when anything is ✗."""
    return int(any(check.verdict is Verdict.BAD for check in checks))


def _channels(found: Sequence[Directory]) -> dict[str, str]:
    return {
        one.channel: f"{kind} {one.id}"
        for directory in found
        for kind, rooms in (("pool", directory.pools.values()), ("desk", directory.desks.values()))
        for one in rooms
    }


def _our_numbers(shared: str, found: Sequence[Directory]) -> dict[str, str]:
    """Return every number of ours, with where it is written down."""
    own = [one for directory in found for one in directory.facilities.values() if one.caller_number]
    return {**{one.caller_number: f"caller_number of {one.id}" for one in own}, shared: "TWILIO_FROM_NUMBER"}


def _agreements(directory: Directory, today: date) -> Iterator[Check]:
    for vendor in ("slack", "twilio"):
        if directory.vendor_may_hear(vendor, today):
            yield good(f"Business Associate Agreement with {vendor} in force")
        else:
            yield Check(
                Verdict.NOTE,
                f"no Business Associate Agreement with {vendor} in force",
                "No identifiers go there: "
                + ("calls tell a callback number only." if vendor == "twilio" else "cards carry none either way."),
            )
    for facility in directory.facilities.values():
        if facility.baa is None or not facility.baa.is_active(today):
            yield Check(
                Verdict.NOTE,
                f"no Business Associate Agreement with {facility.id} in force",
                "Its new studies are refused (403).",
            )
