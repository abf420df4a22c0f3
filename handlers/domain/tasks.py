"""What a human desk is asked to do: the kinds of task, and the one table of how a task moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TaskKind(StrEnum):
    """Why a human desk is asked."""

    LADDER_EXHAUSTED = "ladder_exhausted"
    FIND_CONTACT = "find_contact"
    OUTCOME_NEEDED = "outcome_needed"
    STORM = "storm"
    HALTED = "halted"
    FINDING_WITHOUT_STUDY = "finding_without_study"
    NO_POLICY = "no_policy"
    QUIET_HOURS = "quiet_hours"  # the site leaves such findings to the desk in its quiet hours
    SECOND_FINDING = "second_finding"
    OTHER_RECEIVER = "other_receiver"  # a finding names somebody whom its relay does not call
    FINDING_CHANGED_AFTER = "finding_changed_after"
    AMENDED_UNKNOWN = "amended_unknown"  # an amendment without words, of a finding that nobody has
    RETRACTED_AFTER_TELLING = "retracted_after_telling"
    OPTED_OUT = "opted_out"
    TELEPHONE_DOWN = "telephone_down"  # the telephone vendor cannot be reached: only a human can call
    ACCOUNT_REFUSED = "account_refused"  # subject: the vendor's code; our account cannot call or text as it is
    MISSED_CALLER = "missed_caller"  # called our number, had no code, and nobody at the desk picked up
    ODD_REPORT = "odd_report"
    UNKNOWN_REPORT = "unknown_report"
    STUDY_PROBLEM = "study_problem"  # subject: the problem; it keeps a study from being read
    PATIENT_MISMATCH = "patient_mismatch"
    BAA_LAPSED = "baa_lapsed"
    PICKUP_LOCKED = "pickup_locked"  # subject: the pickup; code or PIN was entered wrong too often
    EVENT_SET_ASIDE = "event_set_aside"
    WRONG_PERSON_TOLD = "wrong_person_told"
    FIND_NUMBER = "find_number"  # a contact's number bounced, or is not theirs
    LOCKED_OUT = "locked_out"  # subject: the lockout; too much was entered wrong
    UNCLAIMED = "unclaimed"  # most of a read's time is gone and nobody has it
    READ_RETURNED = "read_returned"  # its holder may not read it any more
    OVERRIDE_ASKED = "override_asked"  # somebody asks that a rule of the house be waived
    EXPIRES_SOON = "expires_soon"  # a license, privilege or agreement
    HANDOVER = "handover"  # what somebody held whose shift is over was accepted by nobody
    READS_LEFT = "reads_left"  # a shift is over, and whoever follows may not read what its reader holds
    CALENDAR_FAILING = "calendar_failing"  # a rota's calendar cannot be read; its last good copy is used
    CHANNEL_REFUSED = "channel_refused"  # Slack takes nothing in the channel of a pool or a desk
    SHADOW = "shadow"
    NOT_COVERED = "not_covered"  # a study that no coverage agreement is about
    OVERFLOW_OPEN = "overflow_open"
    RECORDING_AT_VENDOR = "recording_at_vendor"  # subject: a recording that the vendor does not delete
    READ_BACK_DIFFERS = "read_back_differs"  # subject: a recording that its radiologist heard
    SINK_SILENT = "sink_silent"  # a client's system took nothing for a day


#: Tasks that ring the desk's phones until taken; the others are told in Slack only.
RINGS = frozenset(
    {
        TaskKind.LADDER_EXHAUSTED,
        TaskKind.TELEPHONE_DOWN,
        TaskKind.STORM,
        TaskKind.FINDING_WITHOUT_STUDY,
        TaskKind.NO_POLICY,
        TaskKind.QUIET_HOURS,
        TaskKind.SECOND_FINDING,
        TaskKind.OTHER_RECEIVER,
        TaskKind.FINDING_CHANGED_AFTER,
        TaskKind.AMENDED_UNKNOWN,
        TaskKind.RETRACTED_AFTER_TELLING,
        TaskKind.OUTCOME_NEEDED,
        TaskKind.MISSED_CALLER,
        TaskKind.READ_BACK_DIFFERS,
    }
)


#: Which task a telephone rings for first where several wait for it: a finding that nobody is told comes before all else.
FIRST = (
    TaskKind.LADDER_EXHAUSTED,
    TaskKind.TELEPHONE_DOWN,
    TaskKind.NO_POLICY,
    TaskKind.HALTED,
    TaskKind.FINDING_WITHOUT_STUDY,
    TaskKind.RETRACTED_AFTER_TELLING,
    TaskKind.FINDING_CHANGED_AFTER,
    TaskKind.SECOND_FINDING,
    TaskKind.OTHER_RECEIVER,
    TaskKind.UNCLAIMED,
)


#: Tasks about the reading itself, which is real work at a site in shadow too.
ABOUT_READING = frozenset(
    {
        TaskKind.STUDY_PROBLEM,
        TaskKind.UNCLAIMED,
        TaskKind.READ_RETURNED,
        TaskKind.OVERRIDE_ASKED,
        TaskKind.EXPIRES_SOON,
        TaskKind.NOT_COVERED,
        TaskKind.OVERFLOW_OPEN,
        TaskKind.HANDOVER,
        TaskKind.READS_LEFT,
    }
)


class TaskState(StrEnum):
    """Where a desk task stands; taken is not done."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class TaskEvent(StrEnum):
    """What moves a desk task."""

    TAKE = "take"
    FINISH = "finish"
    REOPEN = "reopen"


TASK_TABLE = {
    (TaskState.OPEN, TaskEvent.TAKE): TaskState.TAKEN,
    (TaskState.OPEN, TaskEvent.FINISH): TaskState.DONE,
    (TaskState.TAKEN, TaskEvent.TAKE): TaskState.TAKEN,
    (TaskState.TAKEN, TaskEvent.REOPEN): TaskState.OPEN,
    (TaskState.TAKEN, TaskEvent.FINISH): TaskState.DONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTask:
    """Something a human at a desk has to do; it rings until taken by name and stays until it has an outcome."""

    id: str
    facility: str
    desk: str
    kind: TaskKind
    case_code: str  #: "" where it belongs to no case
    relay_id: str | None
    subject_id: str
    state: TaskState
    opened_at: datetime
    every_seconds: int
    rings: bool
    rounds: int = 0
    taken_by: str = ""
    taken_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""
    outcome: str = ""
    version: int = 0

    def urgency(self) -> tuple[int, datetime, str]:
        """Return what tasks are put in order by, the most urgent first: their kind, then how long they wait."""
        rank = FIRST.index(self.kind) if self.kind in FIRST else len(FIRST)
        return rank, self.opened_at, self.id
