"""The stage of the stories: the real product between a sandbox Slack, a sandbox exchange and a small hospital.

Everything goes over real HTTP on loopback through slack-bolt, slack_sdk and twilio. Time stands still until ``advance``
moves it from one due instant to the next; "nothing more happens" means that everything is quiet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from cryptography.fernet import Fernet

from bot.settings import ServiceSettings
from bot.wiring.service import Service
from handlers.domain import case_code
from handlers.domain.relays import Attempt, Relay
from handlers.domain.studies import Read, Study
from handlers.domain.tasks import DeskTask, TaskState
from sandbox.exchange import Call, Exchange, NumberConfig
from sandbox.hospital import Hospital, Site
from sandbox.motion import Clock, Motion
from sandbox.serving import Servers
from sandbox.timeline import Timeline
from sandbox.workspace import Answer, Message, Workspace
from store import audit
from tests.contract.watching import Watch
from tests.databases import share_what_is_compiled
from tests.flows.recorded import RecordWatch
from tests.flows.served import forget_endpoints
from tests.flows.told import unexpected_messages

V = TypeVar("V")

OURS = "+15035550100"
OURS_AT_MERCY = "+15035550101"  #: ours as well; a story gives it to Mercy as its own caller number
READS, DESK = "C000000001", "C000000002"
SECOND = "C000000003"  #: the channel of a second pool, where a story's directory has one
LEE, HADDAD, QUINN, SILVA, STONE, STRANGER = (
    "U000000001",
    "U000000002",
    "U000000003",
    "U000000004",
    "U000000005",
    "U000000099",
)
KIM = "+13125550101"  #: the ordering ED physician of Mercy
CHARGE = "+13125550102"
SUPERVISOR = "+13125550103"
OKAFOR = "+12125550111"  #: the ordering ED physician of Lakeside
LEE_PHONE = "+13125550141"
DESK_PHONE, DESK_PHONE_2 = "+13125550151", "+13125550152"
DEMO = (Path(__file__).parents[2] / "sandbox" / "demo" / "directory.yaml").read_text()


def _without(text: str, section: str, following: str) -> str:
    return text[: text.index(f"{section}:\n")] + text[text.index(f"{following}:\n") :]


#: The demo's directory without rota and sink: nobody is on call, and no PACS is told, unless a story says so.
DIRECTORY = _without(_without(DEMO, "rotas", "radiologists"), "sinks", "vendor_baas").replace(
    ", oncall: night-readers", ""
)
SECRETS = {
    "RADRELAY_SOURCE_DEMO_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "RADRELAY_SOURCE_MODALITY_SECRET": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
}


class Stage:
    """One story's world. ``restart`` kills and starts the product's process state over the same database."""

    def __init__(
        self,
        servers: Servers,
        database_url: str,
        folder: Path,
        directory: str | None = None,
        begins: datetime | None = None,
    ) -> None:
        self.clock = Clock(begins)
        self.timeline = Timeline(self.clock.now)
        self.motion = Motion(self.clock, work=self._work, upcoming=self._upcoming)
        self.servers = servers
        self.folder = folder
        self.directory_file = folder / "directory.yaml"
        self.directory_file.write_text(directory or DIRECTORY)
        self.environment = _environment(servers, database_url, self.directory_file, folder)
        self.workspace = _workspace(self.timeline, servers)
        self.exchange = _exchange(self.timeline, servers)
        servers.slack.app = self.workspace.app
        self.contract = Watch(self.exchange.app)
        servers.exchange.app = self.contract
        self.hospital = Hospital(
            servers.urls["product"],
            events_secret=SECRETS["RADRELAY_SOURCE_DEMO_SECRET"],
            dicom_secret=SECRETS["RADRELAY_SOURCE_MODALITY_SECRET"],
            site=Site("mercy", "IL", "lee", {"emergency": "mercy-ed-physician", "inpatient": "mercy-ed-physician"}),
            now=self.clock.now,
        )
        self.record_watch = RecordWatch()
        #: The desk tasks that the story has looked at; the card of any other one is unexpected.
        self.looked_at: set[str] = set()
        self.service: Service
        self._running: Any = None
        self.start()

    # --- the product's process ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the product: its doors serve, and its work is done when ``settle`` or ``advance`` let it."""
        with _environ(self.environment):
            settings = ServiceSettings()
        self.service = Service(settings, doors=True, works=False, clock=self.clock)
        share_what_is_compiled(self.service.store.database)
        self.record_watch.watch(self.service.store.database)
        self.service.prepare()
        self.servers.product.app = self.service.application()
        self._running = self.service.running()
        self._running.__enter__()

    def stop(self) -> None:
        """End the product: nothing of it is left but the database."""
        self.servers.product.app = None
        self._running.__exit__(None, None, None)
        self.service.close()

    def restart(self) -> None:
        """Stop and start over the same database."""
        self.stop()
        self.start()

    def load(self, old: str, new: str) -> None:
        """Load the directory with one passage changed."""
        text = self.directory_file.read_text()
        assert old in text, f"the directory has no {old!r}"
        self.directory_file.write_text(text.replace(old, new))
        self.service.prepare()

    # --- time --------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything that can happen now happen."""
        self.motion.settle()

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Move time on, from one due instant to the next."""
        self.motion.advance(self.clock.instant + timedelta(seconds=seconds, minutes=minutes))

    def _work(self) -> int:
        busy = self.service.worker.drain()
        busy += self.timeline.run_due()
        self.service.slack.settle(10)
        return busy

    def _upcoming(self) -> tuple[datetime | None, ...]:
        return self.service.store.memory.next_instant(), self.timeline.next_due()

    # --- looking -----------------------------------------------------------------------------------------------------

    def all(self, kind: type[V], /, **equal: Any) -> list[V]:
        """Return stored values."""
        with self.service.store.memory.reading() as look:
            return look.all(kind, **equal)

    def study(self) -> Study:
        """Return the newest study."""
        return self.all(Study)[-1]

    def read(self) -> Read:
        """Return the newest read."""
        return self.all(Read)[-1]

    def relay(self) -> Relay:
        """Return the newest relay."""
        return self.all(Relay)[-1]

    def attempts(self) -> list[Attempt]:
        """Return all attempts by telephone, oldest first; texts are beside them."""
        return [one for one in self.all(Attempt) if one.channel != "sms"]

    def open_tasks(self) -> list[DeskTask]:
        """Return the desk tasks that are not done; the story has looked at them then."""
        return self.tasks(state=(TaskState.OPEN, TaskState.TAKEN))

    def tasks(self, **equal: Any) -> list[DeskTask]:
        """Return desk tasks, done ones too; the story has looked at them then."""
        found = self.all(DeskTask, **equal)
        self.looked_at |= {task.id for task in found}
        return found

    def case(self) -> str:
        """Return the newest case's code as people type it."""
        return case_code.shown(self.study().case_code)

    def actions(self) -> list[str]:
        """Return the actions in the record, oldest first, of all chains."""
        with self.service.store.database.snapshot() as connection:
            return [entry["action"] for entry in audit.export(connection)]

    def audit_count(self) -> int:
        """Return how many audit entries there are."""
        return len(self.actions())

    def code(self) -> str:
        """Return the code that the newest call's message reveals."""
        return self.attempts()[-1].code

    # --- Slack -------------------------------------------------------------------------------------------------------

    def card(self) -> Message:
        """Return the newest card in the readers' channel."""
        return self._cards(READS)[-1]

    def _cards(self, channel: str) -> list[Message]:
        """Return a channel's messages without what a thread has told to all of it."""
        return [one for one in self.workspace.messages(channel) if not one.thread_ts]

    def card_of_read(self) -> Message:
        """Return the newest read's card, wherever notes were told to the whole channel meanwhile."""
        with self.service.store.memory.reading() as look:
            shown = look.message(self.read().id)
        assert shown is not None, "the newest read has no card yet"
        found = self.workspace.memory.find(*shown)
        assert found is not None
        return found

    def desk_card(self) -> Message:
        """Return the newest card in the desk's channel; the story has looked at it then."""
        newest = self._cards(DESK)[-1]
        newest.seen = True
        return newest

    def click(
        self, user: str, action: str, channel: str = READS, message: Message | None = None, value: str | None = None
    ) -> str:
        """Click a button on the newest card of a channel; return the words that only this user sees."""
        card = message or self._cards(channel)[-1]
        before = len(self.workspace.ephemerals(user))
        self.workspace.click(user, channel, card.ts, action, value)
        self.settle()
        return " ".join(one.words for one in self.told_since(user, before))

    def command(self, user: str, text: str, command: str = "/relay", channel: str = DESK) -> str:
        """Type a slash command; return the answer's words."""
        return self.typed(user, text, command, channel).words

    def typed(self, user: str, text: str, command: str = "/relay", channel: str = DESK) -> Answer:
        """Type a slash command; return the answer as this user sees it."""
        before = len(self.workspace.ephemerals(user))
        answer = self.workspace.command(user, channel, command, text)
        self.settle()
        self.told_since(user, before)
        return answer

    def told_since(self, user: str, before: int = 0) -> list[Message]:
        """Return what only this user was shown since then; the story has looked at it."""
        said = self.workspace.ephemerals(user)[before:]
        for one in said:
            one.seen = True
        return said

    def report_by_modal(self, user: str, category: str, phrase: str) -> str:
        """Report a critical finding through the card's modal; return what the user is told."""
        self.click(user, "critical_finding")
        self.workspace.submit(user, {"category": {"category": category}, "phrase": {"phrase": phrase}})
        self.settle()
        view = self.workspace.modal(user)
        return "" if view is None else view.words

    # --- the hospital ------------------------------------------------------------------------------------------------

    def stroke_ct(self, **over: Any) -> Study:
        """Let a stroke CT arrive from Mercy's emergency department; its card is posted."""
        status, body = self.hospital.send_stroke_ct(**over)
        assert status == 202, body
        self.settle()
        return self.study()

    def finding(self, **over: Any) -> None:
        """Let the hospital report a critical finding on the newest study."""
        status, body = self.hospital.report_critical_finding(**over)
        assert status == 202, body
        self.settle()

    def critical_stroke(self, **over: Any) -> Call:
        """Send a stroke CT and its critical finding: the ordering physician's telephone rings."""
        self.stroke_ct()
        self.finding(**over)
        return self.rings(KIM)

    # --- the telephone -----------------------------------------------------------------------------------------------

    def rings(self, number: str) -> Call:
        """Return the call that rings at a number; there must be just one."""
        self.settle()
        call = self.exchange.expect_call(number)
        self.looked_at |= {one.task_id for one in self.attempts() if one.sid == call.sid and one.task_id}
        return call

    def press(self, call: Call, keys: str) -> str:
        """Press keys after what is being said has been heard; return what is said next."""
        self.listen(call)
        call.press(keys)
        self.settle()
        return call.last_heard

    def listen(self, call: Call) -> None:
        """Let time pass until the line has said everything."""
        until = call.speaking_until
        if until is not None and until > self.clock.instant:
            self.advance((until - self.clock.instant).total_seconds())

    def end_quietly(self) -> None:
        """At the end of a story: nothing rings, no text or message is unexpected, each change is in the record."""
        self.settle()
        assert not self.exchange.unexpected(), f"unexpected calls or texts: {self.exchange.unexpected()}"
        told = unexpected_messages(self)
        assert not told, f"unexpected messages: {told}"
        assert not self.contract.violations, f"not as the telephone company's document says: {self.contract.violations}"
        assert not self.exchange.application_errors, self.exchange.application_errors
        assert not self.workspace.failed_acks, self.workspace.failed_acks
        assert not self.workspace.late_acks, self.workspace.late_acks
        with self.service.store.database.snapshot() as connection:
            problems = [problem for one in audit.verify(connection, []) for problem in one.problems]
        assert not problems, problems
        assert not self.record_watch.unrecorded, f"changed without an entry: {set(self.record_watch.unrecorded)}"

    def close(self) -> None:
        """End everything."""
        with suppress(RuntimeError):
            self.stop()
        self.exchange.close()
        self.workspace.stop()
        self.hospital.stop()
        forget_endpoints()


def _environment(servers: Servers, database_url: str, directory: Path, folder: Path) -> dict[str, str]:
    return {
        "RADRELAY_DATABASE_URL": database_url,
        "RADRELAY_PUBLIC_URL": servers.urls["product"],
        "RADRELAY_DIRECTORY": str(directory),
        "RADRELAY_ANCHOR_FILE": str(folder / "anchors.jsonl"),
        "RADRELAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "RADRELAY_INDEX_KEY": "00112233445566778899aabbccddeeff" * 2,
        "RADRELAY_PIN_PEPPER": "ffeeddccbbaa99887766554433221100" * 2,
        "SLACK_BOT_TOKEN": "xoxb-1-sandbox",
        "SLACK_SIGNING_SECRET": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "SLACK_API_URL": f"{servers.urls['slack']}/api/",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "TWILIO_FROM_NUMBER": OURS,
        "TWILIO_API_URL": servers.urls["exchange"],
        "TWILIO_CALLS_PER_SECOND": "20",
        **SECRETS,
    }


def _workspace(timeline: Timeline, servers: Servers) -> Workspace:
    return Workspace(
        timeline,
        bot_token="xoxb-1-sandbox",
        signing_secret="a1b2c3d4e5f60718293a4b5c6d7e8f90",
        app_token="xapp-none",
        product_url=servers.urls["product"],
        channels={READS: "night-reads", DESK: "desk", SECOND: "second-reads"},
        users={
            LEE: "Dr. Maya Lee",
            HADDAD: "Dr. Omar Haddad",
            QUINN: "Pat Quinn",
            SILVA: "Ana Silva",
            STONE: "Dr. Ruth Stone",
            STRANGER: "Somebody",
        },
        url=servers.urls["slack"],
    )


def _exchange(timeline: Timeline, servers: Servers) -> Exchange:
    product = servers.urls["product"]
    line = NumberConfig(
        voice_url=f"{product}/twilio/inbound",
        sms_url=f"{product}/twilio/sms",
        voice_fallback_url=f"{product}/twilio/fallback",
        status_url=f"{product}/twilio/status/inbound",
    )
    return Exchange(
        timeline,
        "AC" + "1" * 32,
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        {OURS: line, OURS_AT_MERCY: line},
        calls_per_second=100,
        base_url=servers.urls["exchange"],
    )


@contextmanager
def _environ(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the body only; the source secrets stay, since they are read when used."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            if name not in SECRETS:
                os.environ.pop(name, None)
                if name in before:
                    os.environ[name] = before[name]
