"""What the case page asks of the inside: verbs of `handlers.cases` and `handlers.hands`, with the house already given."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from handlers.domain.case_page import CaseView
from handlers.outlook import Outlook
from handlers.session import Session


class CaseVerbs(Protocol):
    """Each verb is one transaction, committed when it returns; each refuses by ``Rejection``."""

    def redeem(self, token: str) -> Session:
        """Use a one-time link up."""

    def session(self, token: str, case: str) -> Session:
        """Return a session that is alive for this case."""

    def view(self, opened: Session) -> CaseView:
        """Look at the case; every look is audited."""

    def outlook(self, opened: Session, *, category: int, contact_id: str | None) -> Outlook:
        """Say whom starting would call, in what order; it changes nothing."""

    def start(
        self, opened: Session, *, contact_id: str | None, category: int, text: str, found_by: str, delivery: str
    ) -> str:
        """Record the finding and start to call."""

    def recording(self, opened: Session, recording_id: str) -> tuple[bytes, str]:
        """Return audio and media type; audited."""

    def judge(self, opened: Session, recording_id: str, *, matches: bool, delivery: str) -> str:
        """Record whether a read-back that was heard matches the finding."""

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
        """Record a call that was made by hand."""

    def redirect(self, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
        """Call somebody else instead."""

    def withdraw(self, case: str, slack_user: str, delivery: str) -> str:
        """Take the finding back."""

    def finish(self, task_id: str, slack_user: str, outcome: str, delivery: str) -> str:
        """Say what came of a call between two humans."""

    def close(self, case: str, slack_user: str, reason: str, delivery: str) -> str:
        """End the relay with a reason."""
