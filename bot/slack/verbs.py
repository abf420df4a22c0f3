"""What Slack may ask of the inside: the verbs, already bound to their house."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from handlers.domain.cards import Choice, Turnaround, Worklist
from handlers.domain.directory import Phrase


class SlackVerbs(Protocol):
    """Each commits before it returns a sentence for the person; an expected refusal raises ``Rejection``.

    ``delivery`` names the click, command or submission: a repeat changes nothing and answers the same. ``case`` is what
    a person typed.
    """

    def claim(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Give the read to this reader."""

    def release(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Give the read back to the pool."""

    def still_reading(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Let the holder, who was asked, keep the read."""

    def take_over(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Give this reader a read whose holder did not answer."""

    def reassign(self, case: str, radiologist: str, slack_user: str, delivery: str, *, region: str = "") -> str:
        """Give a case's read, of a region or kind where one is named, to another radiologist of the directory."""

    def split(self, case: str, words: Sequence[str], slack_user: str, delivery: str) -> str:
        """Split a trauma's read by region; what names no region is refused with those there are."""

    def active(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Notice that somebody does something with a read; its holder's lease begins anew."""

    def worklist(self, slack_user: str) -> Worklist:
        """Return the open and claimed reads that this person may see, their own first."""

    def why(self, case: str, slack_user: str, named: str = "") -> Sequence[str]:
        """Return what keeps this reader, or the one named, from each read of a case, a line each."""

    def next_read(self, slack_user: str, delivery: str) -> str:
        """Claim the read that is next for this reader."""

    def claim_linked(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Claim a read and every open one that is linked to it."""

    def claim_batch(self, facility: str, count: int, slack_user: str, delivery: str) -> str:
        """Claim the next reads of one site."""

    def phrases(self, slack_user: str, read_id: str) -> Sequence[Phrase]:
        """Return the finding phrases this reader may pick for this read."""

    def report(
        self, *, study_id: str, slack_user: str, category: int, phrase_id: str | None, text: str | None, delivery: str
    ) -> str:
        """Report a critical finding; from Slack always by phrase, never by text."""

    def problem_kinds(self, slack_user: str, read_id: str) -> Sequence[Choice]:
        """Return the problems that this person may report on a read."""

    def report_problem(self, read_id: str, kind: str, slack_user: str, delivery: str) -> str:
        """Tell the desk what keeps a study from being read."""

    def report_problem_of_case(self, case: str, kind: str, slack_user: str, delivery: str, *, which: str = "") -> str:
        """Tell it by the case's code, of the read that ``which`` names; an unknown kind is refused with those there are."""

    def turnaround(self, slack_user: str, facility_id: str, span: str) -> Turnaround:
        """Return how fast reads were, of a facility or, where it is "", of all that this person may see."""

    def withdrawing(self, case: str, slack_user: str) -> str:
        """Return what somebody is asked before they withdraw their own finding."""

    def withdraw(self, case: str, slack_user: str, delivery: str) -> str:
        """End a relay on behalf of the radiologist whose finding it is."""

    def redirect(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        """Call somebody else of the directory."""

    def call(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        """Ring this person, and connect them to a contact, or the one whose turn it is."""

    def record_finding(self, case: str, slack_user: str, delivery: str) -> str:
        """Ring this radiologist, so that they say the finding in their own voice."""

    def status_lines(self, slack_user: str) -> Sequence[str]:
        """Return the open relays, a line each, without identifiers."""

    def override(self, case: str, words: tuple[str, ...], slack_user: str, delivery: str) -> str:
        """Ask that a rule of the house be waived for one read, or grant what somebody else asked."""

    def oncall_lines(self, facility_id: str, when: str, slack_user: str) -> Sequence[str]:
        """Return who is on duty for a facility, now ("") or at a written time, a line each."""

    def take(self, task_id: str, slack_user: str, delivery: str) -> str:
        """Take a desk task by name."""

    def take_case(self, case: str, slack_user: str, delivery: str) -> str:
        """Take the open desk task of a case by name."""

    def finish(self, task_id: str, slack_user: str, outcome: str, delivery: str) -> str:
        """End a desk task that has no relay, with an outcome's code."""

    def accept_handover(self, handover_id: str, slack_user: str, delivery: str) -> str:
        """Accept what somebody holds whose shift is over."""

    def pin(self, contact_id: str, slack_user: str, delivery: str) -> str:
        """Call a contact with a new PIN."""

    def verify(self, contact_id: str, slack_user: str, delivery: str) -> str:
        """Call a contact's numbers that are not verified, or were long ago."""

    def verify_lines(self, slack_user: str) -> Sequence[str]:
        """Return whom no robot reaches, and what is to be verified, a line each."""

    def halt(self, facility_id: str | None, slack_user: str, delivery: str) -> str:
        """Stop all calls of a facility, or of all."""

    def resume(self, facility_id: str | None, slack_user: str, delivery: str) -> str:
        """Let calls go on."""

    def open_link(self, case: str, slack_user: str, delivery: str, *, purpose: str = "view") -> str:
        """Return the path of a one-time link; ``purpose`` is view, start or log."""

    def open_link_for_read(self, read_id: str, slack_user: str, delivery: str) -> str:
        """Return the path of a one-time link to a read's case."""

    def open_link_for_task(self, task_id: str, slack_user: str, delivery: str) -> str:
        """Return the path of a one-time link to a desk task's case."""
