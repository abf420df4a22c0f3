"""A hand-written inside for the page: it remembers what was asked of it and refuses like the real one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from handlers.domain.case_page import (
    CaseView,
    FindingLine,
    ReadLine,
    RecordingLine,
    RelayView,
    ReportLine,
    TaskLine,
    TimelineLine,
)
from handlers.domain.errors import Rejection
from handlers.domain.policies import Role
from handlers.outlook import Callee, Outlook
from handlers.session import Session

NOW = datetime(2026, 11, 24, 9, 20, tzinfo=UTC)
CODE = "48210934"
ADDRESS = "/cases/4821-0934"
EVERYTHING = frozenset({"start", "log", "redirect", "withdraw", "close", "play"})
PATIENT_PARTS = ("DOE", "JANE", "Doe", "Jane", "1957-03-14", "14 Mar 1957", "00417733", "ACC-77", "1.2.826.77")


def at(minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 24, 9, minute, second, tzinfo=UTC)


ARRIVED, LAST_IMAGE, CLAIMED, DUE = at(2), at(1, 30), at(3), at(17)


def a_session(token: str, purpose: str = "view") -> Session:
    return Session(
        token=token,
        facility="mercy",
        case_code=CODE,
        slack_user="U7",
        name="Dr. Ana Ruiz",
        roles=("radiologist",),
        purpose=purpose,
        expires_at=at(35),
    )


OKAFOR = ("okafor", "Dr. Sam Okafor", "physician")
CHARGE = ("ed_charge", "ED charge nurse", "rn")
EMPTY_CASE = CaseView(
    facility="Mercy Hospital",
    alias="Site M",
    zone="America/Chicago",
    case_code="4821-0934",
    accession_number="ACC-77",
    study_instance_uid="1.2.826.77.1.4821",
    patient_name="DOE^JANE^M",
    patient_id="00417733",
    birth_date=None,
    sex="F",
    modality="CT",
    body_part="HEAD",
    description="Head without contrast",
    priority="stroke",
    patient_class="emergency",
    patient_state="IL",
    location="ED, bay 4",
    ordering="Dr. Sam Okafor",
    callback_phone="(312) 555-0100",
    instance_count=412,
    received_at=at(2),
    last_image_at=None,
    ready=True,
    test=False,
    reads=(),
    reports=(),
    findings=(),
    relay=None,
    timeline=(),
    recordings=(),
    tasks=(),
    contacts=(OKAFOR, CHARGE),
    finders=(("lee", "Dr. Maya Lee"),),
    close_reasons=(("patient_died", "The patient has died"), ("duplicate", "It is told in another relay")),
    pacs_link="https://pacs.mercy.example/viewer?acc=ACC-77",
    may=frozenset(),
    halted=False,
    shadow=False,
    staffed_number="+13125550199",
)
RELAY = RelayView(
    state="ended",
    category=1,
    delegated_by="Dr. Ana Ruiz",
    callback_code="",
    ordering_contact="Dr. Sam Okafor",
    steps=("ordering: call/sms, 2 tries", "ed_charge: call, 2 tries"),
    at_step=0,
    line="Ended: receipt confirmed by keyed code.",
    ended="receipt confirmed by keyed code, by Dr. Sam Okafor (physician)",
    statement=(
        "COMMUNICATED TO DR. SAM OKAFOR, PHYSICIAN, BY TELEPHONE ON 24 NOV 2026 AT 03:14 CST, "
        "RECEIPT CONFIRMED BY KEYED CODE"
    ),
)

#: A case in the middle of its story, for a look at the page.
BUSY_CASE = replace(
    EMPTY_CASE,
    birth_date=date(1957, 3, 14),
    last_image_at=at(1, 30),
    reads=(
        ReadLine(
            kind="preliminary",
            by="us",
            coverage="night",
            state="claimed",
            claimed_by="Dr. Ana Ruiz",
            claimed_at=at(3),
            due_at=at(17),
        ),
    ),
    may=EVERYTHING,
    relay=RELAY,
    findings=(
        FindingLine(
            id="f1",
            category=1,
            text="Acute left subdural hematoma, 14 mm, with 9 mm of midline shift",
            found_by="Dr. Ana Ruiz",
            found_at=at(9, 12),
            state="relayed",
        ),
    ),
    timeline=(
        TimelineLine(at=at(2), who="Mercy PACS", what="The study arrived."),
        TimelineLine(at=at(3), who="Dr. Ana Ruiz", what="Claimed the read."),
        TimelineLine(at=at(9, 40), who="Dr. Ana Ruiz", what="Reported a critical finding, category 1."),
        TimelineLine(at=at(9, 41), who="radrelay", what="Called Dr. Sam Okafor (mobile): busy."),
        TimelineLine(at=at(11, 41), who="radrelay", what="Called Dr. Sam Okafor (mobile): answered, finding heard."),
        TimelineLine(at=at(14, 5), who="physician, by key", what="Receipt confirmed by keyed code."),
    ),
    recordings=(
        RecordingLine(id="r1", at=at(13), state="stored", sha256="ab" * 32),
        RecordingLine(id="r2", at=at(12), state="missing", sha256=""),
    ),
    tasks=(TaskLine(id="t1", what="A stated number was not dialed.", state="taken", taken_by="Kim"),),
    reports=(ReportLine(kind="preliminary", signed_by="Dr. Ana Ruiz", signed_at=at(16), flags=("late",)),),
)

OUTLOOK = Outlook(
    calls=(
        Callee(name="Dr. Sam Okafor", role=Role.PHYSICIAN),
        Callee(name="ED charge nurse", role=Role.RN),
        Callee(name="Night desk"),
    ),
    notes=("Dr. Ivan Petrov cannot be called by machine.",),
)


@dataclass
class FakeVerbs:
    """The verbs of one case."""

    case: CaseView = BUSY_CASE
    links: dict[str, Session] = field(default_factory=lambda: {"one-time": a_session("session-secret")})
    sessions: dict[str, Session] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuse: Rejection | None = None
    audio: tuple[bytes, str] = (b"RIFF", "audio/wav")
    calls: Outlook = OUTLOOK
    refused: int = 0

    def count_refused(self) -> None:
        self.refused += 1

    def _did(self, verb: str, session: Session | None = None, **values: Any) -> str:
        assert session is None or session in self.sessions.values()
        self.asked.append((verb, values))
        if self.refuse is not None:
            raise self.refuse
        return "It is done."

    def redeem(self, token: str) -> Session:
        self._did("redeem", token=token)
        if token not in self.links:
            raise Rejection("link_gone", "This link was used, or its minute is over.")
        session = self.links.pop(token)
        self.sessions[session.token] = session
        return session

    def session(self, token: str, case: str) -> Session:
        found = self.sessions.get(token)
        if found is None or found.case_code != case:
            raise Rejection("signed_out", "There is no such visit.")
        return found

    def view(self, opened: Session) -> CaseView:
        self._did("view", opened)
        return self.case

    def outlook(self, opened: Session, *, category: int, contact_id: str | None) -> Outlook:
        self._did("outlook", opened, category=category, contact_id=contact_id)
        return self.calls

    def start(
        self, opened: Session, *, contact_id: str | None, category: int, text: str, found_by: str, delivery: str
    ) -> str:
        given = {"contact_id": contact_id, "category": category, "text": text, "found_by": found_by}
        return self._did("start", opened, **given, delivery=delivery)

    def recording(self, opened: Session, recording_id: str) -> tuple[bytes, str]:
        self._did("recording", opened, recording_id=recording_id)
        return self.audio

    def judge(self, opened: Session, recording_id: str, *, matches: bool, delivery: str) -> str:
        return self._did("judge", opened, recording_id=recording_id, matches=matches, delivery=delivery)

    def log(
        self,
        case: str,
        slack_user: str,
        *,
        receiver: str,
        receiver_name: str,
        role: str,
        at: datetime,
        read_back: bool,
        delivery: str,
    ) -> str:
        return self._by_hand(
            "log",
            case,
            slack_user,
            delivery,
            receiver=receiver,
            receiver_name=receiver_name,
            role=role,
            at=at,
            read_back=read_back,
        )

    def redirect(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        return self._by_hand("redirect", case, slack_user, delivery, contact_id=contact_id)

    def withdraw(self, case: str, slack_user: str, delivery: str) -> str:
        return self._by_hand("withdraw", case, slack_user, delivery)

    def close(self, case: str, slack_user: str, reason: str, delivery: str) -> str:
        return self._by_hand("close", case, slack_user, delivery, reason=reason)

    def finish(self, task_id: str, slack_user: str, outcome: str, delivery: str) -> str:
        assert slack_user == "U7"
        return self._did("finish", delivery=delivery, task_id=task_id, outcome=outcome)

    def _by_hand(self, verb: str, case: str, slack_user: str, delivery: str, **values: Any) -> str:
        assert (case, slack_user) == (CODE, "U7")
        return self._did(verb, delivery=delivery, **values)

    def did(self, verb: str) -> list[dict[str, Any]]:
        """Return what was asked of one verb."""
        return [values for name, values in self.asked if name == verb]

    def as_(self, **changes: Any) -> None:
        """Change the case."""
        self.case = replace(self.case, **changes)
