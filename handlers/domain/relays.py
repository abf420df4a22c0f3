"""Relays, attempts and desk tasks: their values and, in three tables, every change of state there is.

The tables are the specification: the restart tests and the diagrams in the documentation are generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.domain.outage import FIRST
from handlers.domain.policies import EscalationPolicy
from handlers.domain.recordings import RecordingKind
from handlers.domain.waits import Wait


class RelayState(StrEnum):
    """Where a relay stands."""

    CALLING = "calling"  # a rung is being worked: an attempt is open, or a text waits for its call back
    BETWEEN = "between"  # waiting to try the rung again
    HELD = "held"  # a halt or a storm keeps it from calling
    AT_DESK = "at_desk"  # a human desk has it, or is being rung until somebody takes it
    ENDED = "ended"


#: Why a relay is at its desk where the telephone vendor cannot be reached.
TELEPHONE = "telephone"


class RelayEvent(StrEnum):
    """What moves a relay."""

    RETRY_LATER = "retry_later"
    CALL = "call"  # the rung again, the next rung, a redirect or a resume
    REACH_DESK = "reach_desk"
    HOLD = "hold"
    END = "end"


RELAY_TABLE = {
    (RelayState.CALLING, RelayEvent.RETRY_LATER): RelayState.BETWEEN,
    (RelayState.CALLING, RelayEvent.CALL): RelayState.CALLING,
    (RelayState.CALLING, RelayEvent.REACH_DESK): RelayState.AT_DESK,
    (RelayState.CALLING, RelayEvent.HOLD): RelayState.HELD,
    (RelayState.CALLING, RelayEvent.END): RelayState.ENDED,
    (RelayState.BETWEEN, RelayEvent.CALL): RelayState.CALLING,
    (RelayState.BETWEEN, RelayEvent.REACH_DESK): RelayState.AT_DESK,
    (RelayState.BETWEEN, RelayEvent.HOLD): RelayState.HELD,
    (RelayState.BETWEEN, RelayEvent.END): RelayState.ENDED,
    (RelayState.HELD, RelayEvent.CALL): RelayState.CALLING,
    (RelayState.HELD, RelayEvent.REACH_DESK): RelayState.AT_DESK,
    (RelayState.HELD, RelayEvent.HOLD): RelayState.HELD,
    (RelayState.HELD, RelayEvent.END): RelayState.ENDED,
    (RelayState.AT_DESK, RelayEvent.CALL): RelayState.CALLING,
    (RelayState.AT_DESK, RelayEvent.REACH_DESK): RelayState.AT_DESK,
    (RelayState.AT_DESK, RelayEvent.END): RelayState.ENDED,
}


class AttemptState(StrEnum):
    """Where one try to reach somebody stands."""

    QUEUED = "queued"  # recorded; the dispatcher will send it
    SUBMITTING = "submitting"  # being sent to the vendor; a crash here leaves it in doubt
    IN_DOUBT = "in_doubt"  # the vendor may have it: looked up before anything is sent again
    RINGING = "ringing"  # the vendor has it; nobody has answered
    TALKING = "talking"  # answered; our words are playing or an answer is awaited
    BRIDGED = "bridged"  # connected, or being connected, to a human
    FINISHED = "finished"


class AttemptEvent(StrEnum):
    """What moves an attempt."""

    SUBMIT = "submit"
    ACCEPTED = "accepted"
    LOST_ANSWER = "lost_answer"
    NOT_THERE = "not_there"
    POSTPONED = "postponed"  # the vendor certainly did nothing; later
    ANSWERED = "answered"
    BRIDGE = "bridge"
    UNBRIDGE = "unbridge"  # nobody came to the line; the dialog goes on
    FINISH = "finish"


ATTEMPT_TABLE = {
    (AttemptState.QUEUED, AttemptEvent.SUBMIT): AttemptState.SUBMITTING,
    # Looked up twice and believed not to be there, it turns up all the same: it is this attempt's, and not dialed again.
    (AttemptState.QUEUED, AttemptEvent.ACCEPTED): AttemptState.RINGING,
    (AttemptState.QUEUED, AttemptEvent.ANSWERED): AttemptState.TALKING,
    (AttemptState.QUEUED, AttemptEvent.FINISH): AttemptState.FINISHED,
    (AttemptState.SUBMITTING, AttemptEvent.ACCEPTED): AttemptState.RINGING,
    (AttemptState.SUBMITTING, AttemptEvent.LOST_ANSWER): AttemptState.IN_DOUBT,
    (AttemptState.SUBMITTING, AttemptEvent.POSTPONED): AttemptState.QUEUED,
    (AttemptState.SUBMITTING, AttemptEvent.ANSWERED): AttemptState.TALKING,
    (AttemptState.SUBMITTING, AttemptEvent.FINISH): AttemptState.FINISHED,
    (AttemptState.IN_DOUBT, AttemptEvent.ACCEPTED): AttemptState.RINGING,
    (AttemptState.IN_DOUBT, AttemptEvent.NOT_THERE): AttemptState.QUEUED,
    (AttemptState.IN_DOUBT, AttemptEvent.LOST_ANSWER): AttemptState.IN_DOUBT,
    (AttemptState.IN_DOUBT, AttemptEvent.ANSWERED): AttemptState.TALKING,
    (AttemptState.IN_DOUBT, AttemptEvent.FINISH): AttemptState.FINISHED,
    (AttemptState.RINGING, AttemptEvent.ACCEPTED): AttemptState.RINGING,
    (AttemptState.RINGING, AttemptEvent.ANSWERED): AttemptState.TALKING,
    (AttemptState.RINGING, AttemptEvent.FINISH): AttemptState.FINISHED,
    (AttemptState.TALKING, AttemptEvent.ACCEPTED): AttemptState.TALKING,
    (AttemptState.TALKING, AttemptEvent.ANSWERED): AttemptState.TALKING,
    (AttemptState.TALKING, AttemptEvent.BRIDGE): AttemptState.BRIDGED,
    (AttemptState.TALKING, AttemptEvent.FINISH): AttemptState.FINISHED,
    (AttemptState.BRIDGED, AttemptEvent.ACCEPTED): AttemptState.BRIDGED,
    (AttemptState.BRIDGED, AttemptEvent.BRIDGE): AttemptState.BRIDGED,
    (AttemptState.BRIDGED, AttemptEvent.UNBRIDGE): AttemptState.TALKING,
    (AttemptState.BRIDGED, AttemptEvent.FINISH): AttemptState.FINISHED,
}

#: States in which the line is, or may be, in use.
OPEN_ATTEMPT = frozenset(AttemptState) - {AttemptState.FINISHED}


class Purpose(StrEnum):
    """Why a telephone rings."""

    CONTACT = "contact"  # a clinician or a unit of the ladder
    CALLBACK = "callback"  # they called our number and gave the relay's code
    RADIOLOGIST = "radiologist"  # the reader is asked to take the relay over
    DESK = "desk"  # a desk's phone
    ON_CALL = "on_call"  # the reader on call is asked to claim a read that nobody has
    BY_HAND = "by_hand"  # our own person, who is then connected to a contact
    PIN = "pin"  # a contact is told a new PIN
    VERIFY = "verify"  # a contact's number is checked
    DICTATION = "dictation"  # a radiologist says a finding, which is played where it is told


class ReceiverRole(StrEnum):
    """In which role somebody received it, as exactly as known: a key that stands for several roles says only that."""

    PHYSICIAN = "physician"
    NP = "np"
    PA = "pa"
    RN = "rn"
    CLERK = "clerk"
    UNIT = "unit"
    PHYSICIAN_OR_NP = "physician_or_np"
    PHYSICIAN_OR_PA = "physician_or_pa"
    NP_OR_PA = "np_or_pa"
    PHYSICIAN_NP_OR_PA = "physician_np_or_pa"


class Outcome(StrEnum):
    """What came of an attempt; the record never claims the stronger one."""

    CONFIRMED_BY_CODE = "confirmed_by_code"
    CONFIRMED_ON_PAGE = "confirmed_on_page"  # read on the pickup page, its code keyed there
    READ_BACK_RECORDED = "read_back_recorded"
    READ_BACK_TO_HUMAN = "read_back_to_human"  # a call made by hand
    BRIDGED = "bridged"
    TAKEN = "taken"
    FINDING_RECORDED = "finding_recorded"  # a radiologist said it, heard it and kept it
    PASSED = "passed"  # the reader on call did not take the read, or may not
    PIN_SET = "pin_set"  # the new PIN was keyed back
    PIN_NOT_SET = "pin_not_set"
    VERIFIED = "verified"  # whoever answered confirmed whose number it is
    REACHED_WITHOUT_READ_BACK = "reached_without_read_back"
    MESSAGE_LEFT = "message_left"
    PAGED = "paged"  # a pager took our number and the code; whether anybody looked at it, nobody knows
    VOICEMAIL_LEFT = "voicemail_left"
    WRONG_PERSON = "wrong_person"
    HUNG_UP = "hung_up"
    SILENT = "silent"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    REFUSED = "refused"  # the vendor will never take this number
    LOST = "lost"  # the vendor never said what became of it
    CANCELED = "canceled"
    TEXTED = "texted"
    SHADOW = "shadow"  # nobody was called; this is what would have happened


#: Busy and the like are tried again inside the rung.
TRIED_AGAIN = frozenset(
    {
        Outcome.BUSY,
        Outcome.NO_ANSWER,
        Outcome.FAILED,
        Outcome.HUNG_UP,
        Outcome.SILENT,
        Outcome.MACHINE,
        Outcome.LOST,
        Outcome.SHADOW,
    }
)
#: These move the ladder on at once.
MOVES_ON = frozenset(
    {
        Outcome.MESSAGE_LEFT,
        Outcome.VOICEMAIL_LEFT,
        Outcome.WRONG_PERSON,
        Outcome.REFUSED,
        Outcome.REACHED_WITHOUT_READ_BACK,
    }
)
#: Only these, from a receiver whose role the policy names, end a relay by telephone or on the pickup page.
CONFIRMS = frozenset({Outcome.CONFIRMED_BY_CODE, Outcome.CONFIRMED_ON_PAGE, Outcome.READ_BACK_RECORDED})


class Ending(StrEnum):
    """How a relay ended: always by a human."""

    CONFIRMED_BY_CODE = "confirmed_by_code"
    CONFIRMED_ON_PAGE = "confirmed_on_page"
    READ_BACK_RECORDED = "read_back_recorded"
    READ_BACK_TO_HUMAN = "read_back_to_human"
    REACHED_WITHOUT_READ_BACK = "reached_without_read_back"
    WITHDRAWN = "withdrawn"
    RETRACTED = "retracted"
    CLOSED = "closed"
    SHADOW = "shadow"


class Stage(StrEnum):
    """What a live call is waiting for."""

    MENU = "menu"
    PIN = "pin"
    NO_AGREEMENT = "no_agreement"  # without the vendor's agreement nothing identifying is spoken
    MAY_NOT = "may_not"  # the receiver's role may not end the relay
    CODE = "code"
    RECORD_CHOICE = "record_choice"
    RECORD = "record"
    HOLD = "hold"
    TAKE = "take"  # desk and radiologist: 1 takes it
    CLAIM = "claim"  # the reader on call: 1 claims, 2 passes
    CHECK = "check"  # a contact, about no case: 1 is right, 9 is somebody else
    NEW_PIN = "new_pin"  # the PIN that was just told is keyed back
    ASK = "ask"  # an operator is asked for somebody
    TRANSFER = "transfer"  # the line is being given to somebody else
    SERVICE = "service"  # an answering service: 1 takes the message
    DICTATE = "dictate"  # a radiologist: 1 records the finding
    FETCHING = "fetching"  # what was said is on its way here, to be played back
    DICTATED = "dictated"  # it was played back: 1 keeps it, 2 says it again
    OVER = "over"
    # What is asked once the call has come to what it came to; hanging up instead changes nothing of that.
    MESSAGE = "message"  # who took the message
    PROMISE = "promise"  # in how many minutes it will be given
    NAME = "name"  # who has confirmed
    NAME_CHECK = "name_check"  # whether the name was heard right


#: Stages after a call's outcome is known.
AFTERWARDS = frozenset({Stage.MESSAGE, Stage.PROMISE, Stage.NAME, Stage.NAME_CHECK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One conversation about a study's critical findings, from the first release to a human's confirmation."""

    id: str
    facility: str
    study_id: str
    case_code: str
    #: Six digits, 1 to 8; valid on our number until the relay ends.
    callback_code: str
    category: int
    #: Directory id of the radiologist whose finding it is and on whose behalf we call; "" when nobody known was named.
    delegated_by: str
    delegated_at: datetime
    started_by: str
    found_at: datetime
    #: Directory id of the contact that ``ordering`` means for this relay, or None: then a human finds one.
    ordering: str | None
    policy: EscalationPolicy
    state: RelayState
    shadow: bool
    #: Grows when the findings change; a telling of an older revision confirms nothing.
    revision: int = 1
    step: int = 0
    step_started_at: datetime | None = None
    tries: int = 0
    hold_reason: str = ""
    #: What the next call waits for; it holds while the relay is BETWEEN.
    wait: Wait | None = None
    #: From when the rung's time counts where something kept it from calling; None: from ``step_started_at``.
    counts_from: datetime | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    ended_by: str = ""
    ended_role: str = ""
    ended_attempt: str | None = None
    ended_note: str = ""  #: ids and codes only
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One immutable-once-finished try to reach somebody, over one channel, at one number."""

    id: str
    facility: str
    relay_id: str | None
    task_id: str | None
    #: Opaque; the only thing of ours in a callback URL.
    token: str
    purpose: Purpose
    channel: str  #: ``call``, ``sms``, ``hand`` (made by hand) or ``page`` (the pickup page)
    inbound: bool
    #: Directory id of the contact, radiologist, or the name at a desk's phone.
    who: str
    number: str
    number_kind: str
    send_digits: str
    #: The number of ours that it comes from; "" for a call made by hand.
    ours: str
    step: int
    try_no: int
    state: AttemptState
    stage: Stage
    planned_at: datetime
    #: Three digits, 1 to 8, revealed only by this attempt's telling.
    code: str
    #: The number while the line is, or may be, in use; unique, so that no number is ever dialed twice at once.
    open_number: str | None
    sid: str | None = None
    #: The newest Twilio SequenceNumber that was applied.
    sequence: int = -1
    turn: int = 0
    wrong: int = 0
    silent: int = 0
    holds: int = 0
    revision: int = 0
    receiver_role: ReceiverRole | None = None
    machine: str = ""
    bridged_to: str = ""
    submitted_at: datetime | None = None
    answered_at: datetime | None = None
    told_at: datetime | None = None
    #: When somebody had begun to be told who then gave the line to somebody else; whoever has it now is told anew.
    told_earlier_at: datetime | None = None
    #: They had heard all of it.
    heard_earlier: bool = False
    transfers: int = 0
    #: How long the newest telling speaks until its findings were said; before that they were not heard.
    telling_seconds: float = 0.0
    finished_at: datetime | None = None
    outcome: Outcome | None = None
    vendor_code: str = ""
    #: What that code means and what to do about it, as the desk is told.
    vendor_says: str = ""
    #: The account at the vendor that has it: it is looked up, hung up and fetched there.
    account: str = FIRST
    #: Whom our own person is connected to (a call by hand): the contact, and at which number.
    to_contact: str = ""
    to_number: str = ""
    #: The read that whoever is on call is asked to claim.
    read_id: str | None = None
    #: The attempt before this one on the same call: several results for one contact are one call.
    follows: str | None = None
    version: int = 0

    @property
    def first_told_at(self) -> datetime | None:
        """When somebody on this call began to be told the finding, whoever has the line now."""
        return self.told_earlier_at or self.told_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange on a call; a repeat of its number gets the same answer, byte for byte."""

    id: str
    facility: str
    attempt_id: str
    number: int
    heard: str
    answer: str
    at: datetime
    version: int = 0


class RecordingState(StrEnum):
    """Where a recording is."""

    PENDING = "pending"
    STORED = "stored"
    MISSING = "missing"
    DESTROYED = "destroyed"  # its time had passed, or nobody kept it; the row stays without the sound


class Heard(StrEnum):
    """What a radiologist said of a read-back after listening to it."""

    UNHEARD = ""
    MATCHES = "matches"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Something recorded on a call, fetched from the vendor and kept encrypted with its checksum."""

    id: str
    facility: str
    relay_id: str
    attempt_id: str
    sid: str
    state: RecordingState
    announced_at: datetime
    kind: RecordingKind = RecordingKind.READ_BACK
    tries: int = 0
    audio: bytes = b""
    sha256: str = ""
    media_type: str = ""
    #: How long it sounds.
    seconds: float = 0.0
    #: When the vendor said that it has it no more; None: it may be there still.
    gone_at: datetime | None = None
    #: What was said of a read-back by whom (a directory id), after listening to it.
    heard: Heard = Heard.UNHEARD
    heard_by: str = ""
    heard_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Calls are stopped for a facility (or ``*``, all) until a human resumes them."""

    id: str
    facility: str  #: the chain it is recorded on; ``system`` for all
    by: str
    at: datetime
    reason: str  #: ``halt`` or ``storm``
    lifted_at: datetime | None = None
    version: int = 0
