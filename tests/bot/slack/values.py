"""Cards and phrases that the tests begin from, and a record of what the listeners asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.slack.verbs import SlackVerbs
from handlers.domain.cards import Choice, ClassFigures, DeskCard, ReadCard, Turnaround, Worklist
from handlers.domain.directory import Phrase

DUE = datetime(2031, 3, 4, 7, 15, tzinfo=UTC)
ANA, BEN = "U0ANA", "U0BEN"
OUTCOMES = {"handled": "Handled", "not_needed": "Not needed"}
PHRASES = (
    Phrase(id="ich", text="Intracranial hemorrhage", category=1),
    Phrase(id="nodule", text="Lung nodule < 8 mm", category=3),
)
READ = ReadCard(
    read_id="r1",
    study_id="s1",
    case_code="4821-0934",
    priority="stroke",
    facility="Riverside",
    patient_class="emergency",
    modality="CT",
    procedure="Head without contrast",
    age="63",
    sex="F",
    images=312,
    last_image_minutes=4,
    ready=True,
    due_at=DUE,
    minutes_left=12,
    zone="America/New_York",
    state="open",
)
CLAIMED = replace(
    READ,
    state="claimed",
    claimed_by="Dr. Ana Ruiz",
    claimed_slack_user=ANA,
    claimed_at=DUE - timedelta(minutes=14),
    relay="calling Dr. Osei, second try",
)
TASK = DeskCard(
    task_id="t1",
    kind="ladder_exhausted",
    case_code="4821-0934",
    facility="Riverside",
    category=1,
    opened_at=DUE,
    zone="America/New_York",
    state="open",
    rounds=2,
    rings=True,
    taken_by="",
    taken_at=None,
    done_by="",
    outcome="",
    what="Nobody on the ladder could be reached.",
    todo="Take it, open the case, and call somebody who can act.",
    relay_open=True,
    read_id="r1",
)
KINDS = (
    Choice(code="missing_prior", words="Missing prior; the clock stands still", means="An earlier study is needed"),
    Choice(code="wrong_protocol", words="Wrong protocol", means="Done in another way than ordered"),
)
STROKES = ClassFigures(
    priority="stroke",
    ended=9,
    in_target=7,
    paused=2,
    p50=timedelta(minutes=8),
    p90=timedelta(minutes=16, seconds=1),
    p95=timedelta(minutes=16, seconds=1),
    shortest_target=timedelta(minutes=15),
    longest_target=timedelta(minutes=15),
)
FOUND = Turnaround(where="Riverside", span="7d", classes=(STROKES,), picture="/pictures/turnaround/sealed.png")


@dataclass
class Verbs:
    """Answers what a test told it to, and keeps every question in order."""

    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    during: Callable[[], None] = lambda: None

    def _ask(self, name: str, default: Any, *args: Any, **named: Any) -> Any:
        self.asked.append((name, args, named))
        self.during()
        answer = self.answers.get(name, default)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def names(self) -> list[str]:
        return [name for name, _, _ in self.asked]

    def claim(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("claim", "You hold 4821-0934.", read_id, slack_user, delivery))

    def release(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("release", "Released.", read_id, slack_user, delivery))

    def still_reading(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("still_reading", "It stays yours.", read_id, slack_user, delivery))

    def take_over(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("take_over", "It is yours.", read_id, slack_user, delivery))

    def reassign(self, case: str, radiologist: str, slack_user: str, delivery: str, *, region: str = "") -> str:
        return str(self._ask("reassign", "Reassigned.", case, radiologist, slack_user, delivery, region))

    def split(self, case: str, words: Sequence[str], slack_user: str, delivery: str) -> str:
        return str(self._ask("split", "Split.", case, tuple(words), slack_user, delivery))

    def active(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("active", "", read_id, slack_user, delivery))

    def worklist(self, slack_user: str) -> Worklist:
        return listed(self._ask("worklist", [READ], slack_user))

    def why(self, case: str, slack_user: str, named: str = "") -> list[str]:
        return list(self._ask("why", ["Your NY license expired."], case, slack_user, named))

    def next_read(self, slack_user: str, delivery: str) -> str:
        return str(self._ask("next_read", "It is yours.", slack_user, delivery))

    def claim_linked(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("claim_linked", "2 of 2 are yours.", read_id, slack_user, delivery))

    def claim_batch(self, facility: str, count: int, slack_user: str, delivery: str) -> str:
        return str(self._ask("claim_batch", "2 of 2 are yours.", facility, count, slack_user, delivery))

    def phrases(self, slack_user: str, read_id: str) -> list[Phrase]:
        return list(self._ask("phrases", PHRASES, slack_user, read_id))

    def report(
        self, *, study_id: str, slack_user: str, category: int, phrase_id: str | None, text: str | None, delivery: str
    ) -> str:
        named = {"study_id": study_id, "slack_user": slack_user, "category": category}
        named |= {"phrase_id": phrase_id, "text": text, "delivery": delivery}
        return str(self._ask("report", "The relay has started.", **named))

    def problem_kinds(self, slack_user: str, read_id: str) -> list[Choice]:
        return list(self._ask("problem_kinds", KINDS, slack_user, read_id))

    def report_problem(self, read_id: str, kind: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("report_problem", "Reported.", read_id, kind, slack_user, delivery))

    def report_problem_of_case(self, case: str, kind: str, slack_user: str, delivery: str, *, which: str = "") -> str:
        return str(self._ask("report_problem_of_case", "Reported.", case, kind, slack_user, delivery, which))

    def turnaround(self, slack_user: str, facility_id: str, span: str) -> Turnaround:
        found: Turnaround = self._ask("turnaround", FOUND, slack_user, facility_id, span)
        return found

    def withdrawing(self, case: str, slack_user: str) -> str:
        return str(self._ask("withdrawing", "Withdraw your finding of case 4821-0934?", case, slack_user))

    def withdraw(self, case: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("withdraw", "Withdrawn.", case, slack_user, delivery))

    def redirect(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("redirect", "Redirected.", case, contact_id, slack_user, delivery))

    def call(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("call", "Your telephone rings now.", case, contact_id, slack_user, delivery))

    def record_finding(self, case: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("record_finding", "Your telephone rings now.", case, slack_user, delivery))

    def status_lines(self, slack_user: str) -> list[str]:
        return list(self._ask("status_lines", ["4821-0934 calling"], slack_user))

    def override(self, case: str, words: tuple[str, ...], slack_user: str, delivery: str) -> str:
        return str(self._ask("override", "Asked.", case, words, slack_user, delivery))

    def oncall_lines(self, facility_id: str, when: str, slack_user: str) -> list[str]:
        return list(self._ask("oncall_lines", ["Riverside, now:", "desk: Pat Quinn"], facility_id, when, slack_user))

    def accept_handover(self, handover_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("accept_handover", "Accepted: 1 read.", handover_id, slack_user, delivery))

    def take(self, task_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("take", "It is yours.", task_id, slack_user, delivery))

    def take_case(self, case: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("take_case", "It is yours.", case, slack_user, delivery))

    def finish(self, task_id: str, slack_user: str, outcome: str, delivery: str) -> str:
        return str(self._ask("finish", "Done.", task_id, slack_user, outcome, delivery))

    def pin(self, contact_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("pin", "Calling.", contact_id, slack_user, delivery))

    def verify(self, contact_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("verify", "Calling.", contact_id, slack_user, delivery))

    def verify_lines(self, slack_user: str) -> Sequence[str]:
        found: Sequence[str] = self._ask("verify_lines", ["Mercy: Dr. Osei (dr-osei): …42 bounced."], slack_user)
        return found

    def halt(self, facility_id: str | None, slack_user: str, delivery: str) -> str:
        return str(self._ask("halt", "Halted.", facility_id, slack_user, delivery))

    def resume(self, facility_id: str | None, slack_user: str, delivery: str) -> str:
        return str(self._ask("resume", "Resumed.", facility_id, slack_user, delivery))

    def open_link(self, case: str, slack_user: str, delivery: str, *, purpose: str = "view") -> str:
        return str(self._ask("open_link", "/open/token", case, slack_user, delivery, purpose=purpose))

    def open_link_for_read(self, read_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("open_link_for_read", "/open/read-token", read_id, slack_user, delivery))

    def open_link_for_task(self, task_id: str, slack_user: str, delivery: str) -> str:
        return str(self._ask("open_link_for_task", "/open/task-token", task_id, slack_user, delivery))


def listed(cards: Sequence[ReadCard]) -> Worklist:
    """Return cards as Ana's worklist, with nothing beside them."""
    mine = sum(one.state == "claimed" and one.claimed_slack_user == ANA for one in cards)
    waiting = sum(one.state == "open" for one in cards)
    return Worklist(cards=tuple(cards), mine=mine, ready=waiting, others=len(cards) - mine - waiting)


def as_port(verbs: Verbs) -> SlackVerbs:
    """Return the fake as the port; mypy checks here that it is one."""
    return verbs
