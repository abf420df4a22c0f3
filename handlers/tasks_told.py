"""What a desk is told of each kind of task: what happened, what to do next, how it may end. Fixed sentences, no identifiers."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.domain import privacy, problems
from handlers.domain.tasks import TaskKind

#: What a task that is no relay may end with, where its kind has no endings of its own.
OUTCOMES: Mapping[str, str] = {
    "settled": "Settled with the site",
    "told_by_hand": "Told by hand",
    "not_needed": "Nothing was needed",
    "handed_on": "Handed to somebody responsible",
}
_OUTCOMES_OF: Mapping[TaskKind, Mapping[str, str]] = {
    TaskKind.STUDY_PROBLEM: problems.OUTCOMES,
    TaskKind.OVERRIDE_ASKED: {"denied": "Denied: no rule is waived"},
    TaskKind.WRONG_PERSON_TOLD: privacy.OUTCOMES,
    TaskKind.FIND_NUMBER: {
        "found": "Found: the directory has a number that reaches them",
        "not_by_machine": "They are called by hand only",
    },
    TaskKind.LOCKED_OUT: {"unlocked": "Unlocked: entries count again", "left_locked": "Left locked for its time"},
}

_TOLD: dict[TaskKind, tuple[str, str]] = {
    TaskKind.LADDER_EXHAUSTED: (
        "Nobody on the ladder has confirmed this critical result.",
        "Take it, open the case, reach a responsible clinician, and record the outcome.",
    ),
    TaskKind.FIND_CONTACT: (
        "A person on the ladder cannot be dialed: unknown, retired, or no verified number with consent.",
        "Open the case, find who is responsible, then `/relay redirect CASE CONTACT`, or call by hand and `/relay log CASE`.",
    ),
    TaskKind.OUTCOME_NEEDED: (
        "A clinician was connected to a person of ours. Only that person knows how it ended.",
        "Open the case and record the outcome: read back, reached without read-back, or not reached.",
    ),
    TaskKind.STORM: (
        "More critical relays started than this site's limit. Their calls are held: a feed may be broken.",
        "Look at the held relays, then `/relay resume FACILITY` to let them call, or withdraw them.",
    ),
    TaskKind.HALTED: (
        "A critical relay started while calls are halted. Nobody is being called.",
        "Reach the clinician by hand and `/relay log CASE`, or `/relay resume`.",
    ),
    TaskKind.FINDING_WITHOUT_STUDY: (
        "A critical finding arrived for a study that has not arrived. It waits; nobody is being called.",
        "Ask the site to send the study, or reach the clinician by hand.",
    ),
    TaskKind.NO_POLICY: (
        "No escalation policy fits this critical finding, so there is nobody to call.",
        "Take it, reach a responsible clinician by hand, record the outcome, and have the directory completed.",
    ),
    TaskKind.QUIET_HOURS: (
        "It is this site's quiet hours for such a finding, and its rule leaves it to the desk: nobody is called by machine.",
        "Take it and decide: call by hand and `/relay log CASE`, or have it told when the clinic opens, and record the outcome.",
    ),
    TaskKind.SECOND_FINDING: (
        "Another finding was reported for a study whose result was already received or taken.",
        "Open the case, tell the clinician who has it, and record that.",
    ),
    TaskKind.OTHER_RECEIVER: (
        "A finding names a receiver whom its relay does not call.",
        "Open the case, tell that receiver by hand or by `/relay redirect CASE CONTACT`, and record that.",
    ),
    TaskKind.PICKUP_LOCKED: (
        "The link of a text was opened with a wrong code or PIN three times, and is closed. The ladder goes on by telephone.",
        "Ask the contact of this case whether it was them, and have their PIN issued anew if not.",
    ),
    TaskKind.FINDING_CHANGED_AFTER: (
        "A finding was amended after the clinician had received the earlier one.",
        "Open the case and make sure that the amended finding is the one acted on.",
    ),
    TaskKind.AMENDED_UNKNOWN: (
        "An amendment came for a finding that nobody has here, without its words. Nobody is being called.",
        "Ask the site for the finding itself; it is sent as `finding.reported`, or entered on the case page.",
    ),
    TaskKind.RETRACTED_AFTER_TELLING: (
        "A finding was retracted after somebody had been told.",
        "Open the case, call everyone listed there as told, and record that.",
    ),
    TaskKind.OPTED_OUT: (
        "A contact answered STOP and is not texted any more. Calls go on.",
        "Ask the contact how they want to be reached, and update the directory.",
    ),
    TaskKind.TELEPHONE_DOWN: (
        "The telephone vendor cannot be reached: radrelay can call nobody, and the desk's phones do not ring.",
        "Call by hand now: take it, open the case, reach a responsible clinician from any telephone, and record the outcome.",
    ),
    TaskKind.ACCOUNT_REFUSED: (
        "The telephone vendor refuses what our account asks for: no call or text of this kind goes through.",
        "Call by hand what waits, and have an operator run `radrelay doctor` and mend the account.",
    ),
    TaskKind.MISSED_CALLER: (
        "Somebody called our number without a valid code, and nobody at the desk picked up.",
        "Look at the open relays (`/relay status`) for who may have called, and call them back.",
    ),
    TaskKind.ODD_REPORT: (
        "A report was signed by somebody else than its reader, by one who may not read here, or on a region that is no read.",
        "Open the case and settle it with the readers and the site; the report was accepted as it is.",
    ),
    TaskKind.UNKNOWN_REPORT: (
        "A report arrived for an accession that this site has not sent. It waits, and is taken when the study comes.",
        "If it does not come, ask the site which study the report belongs to.",
    ),
    TaskKind.STUDY_PROBLEM: (
        "A study cannot be read as it is.",
        "Take it, settle it with the site, and pick the outcome below.",
    ),
    TaskKind.PATIENT_MISMATCH: (
        "An update names another patient than the study has. It was not applied.",
        "Open the case, compare, and have the site correct the one that is wrong.",
    ),
    TaskKind.BAA_LAPSED: (
        "The Business Associate Agreement with this site is not in force: its new studies are refused.",
        "Renew the agreement, then load the directory again.",
    ),
    TaskKind.EVENT_SET_ASIDE: (
        "An accepted event could not be handled after several tries and was set aside; later ones go on.",
        "Have an operator look at the log for this time; the event is kept.",
    ),
    TaskKind.WRONG_PERSON_TOLD: (
        "Somebody said that they are the wrong person after the finding had been spoken.",
        "Find out who heard it. The privacy officer judges whether it is a breach, and picks the outcome below.",
    ),
    TaskKind.FIND_NUMBER: (
        "A contact cannot be reached at a number that the directory has.",
        "Find out how they are reached, record it in the directory and load it; then `/relay verify CONTACT`.",
    ),
    TaskKind.LOCKED_OUT: (
        "Codes or PINs were entered wrong too often. For a while whatever is entered brings a human.",
        "Call the contact whom it names at a number you know. Was it them: unlock. Was it not: leave it locked.",
    ),
    TaskKind.UNCLAIMED: (
        "Most of this read's time is gone and nobody has it.",
        "Find a reader who may read it. `/relay why CASE READER` says what keeps a reader from it.",
    ),
    TaskKind.READ_RETURNED: (
        "A reader who held this read may not read it any more: a license, privilege or agreement is not in force.",
        "The read is on the worklist again. Make sure that somebody else claims it, and tell credentialing.",
    ),
    TaskKind.OVERRIDE_ASKED: (
        "Somebody asks that a rule of the house be waived for one reader and this read.",
        "Another PACS administrator answers with `/relay override CASE grant` or `deny`; ending this task denies it.",
    ),
    TaskKind.EXPIRES_SOON: (
        "A license, a privilege, an agreement or a PIN ends soon.",
        "Have it renewed; a new date is recorded in the directory, which is loaded. Nobody is asked again before the next date.",
    ),
    TaskKind.HANDOVER: (
        "A shift is over, and what its reader or staff member holds was accepted by nobody.",
        "Open the handover's card, and have it accepted, each task taken over, or each read released and claimed.",
    ),
    TaskKind.READS_LEFT: (
        "A shift is over, and whoever follows may not read some of what its reader still holds.",
        "Open the handover's card: have each of these reads released, and claimed by somebody who may.",
    ),
    TaskKind.CALENDAR_FAILING: (
        "The calendar of a rota cannot be read for hours. Its last good copy is used, and may be out of date.",
        "Have an operator look at the record for the reason and at the feed's address; add overrides meanwhile.",
    ),
    TaskKind.RECORDING_AT_VENDOR: (
        "A recording is kept here, but the telephone's vendor still has it: its deletion failed again and again.",
        "Have an operator delete it in the vendor's console. It is tried again meanwhile, and this ends by itself then.",
    ),
    TaskKind.READ_BACK_DIFFERS: (
        "The radiologist listened to a recorded read-back and says that it does not match the finding.",
        "Open the case and reach whoever read it back. A new relay tells them the finding again; it ends by its own receipt.",
    ),
    TaskKind.SINK_SILENT: (
        "A client's system that is to be told who has a read took nothing for a day: its worklist does not agree with ours.",
        "Ask the site about its receiver and its secret. `radrelay aside list` names what was given up, `aside retry` sends it again.",
    ),
    TaskKind.CHANNEL_REFUSED: (
        "Slack refuses what is to be shown in a channel: nobody sees it there.",
        "Invite the bot to that channel, or correct its id in the directory and load it. What waits is shown by itself then.",
    ),
    TaskKind.SHADOW: (
        "Shadow: this ladder ran to its end and nobody was called. Here the desk would have been rung.",
        "Read the timeline on the case page. Nothing else is to be done.",
    ),
    TaskKind.NOT_COVERED: (
        "A study arrived that no coverage agreement of this site covers. It is on the worklist of the site's own pool.",
        "See that somebody reads it, and settle with the site who reads such studies at this hour.",
    ),
    TaskKind.OVERFLOW_OPEN: (
        "Overflow is open at this site: too many reads wait, or are late. New studies that its agreement covers go to the overflow pool.",
        "See that its readers are there. This closes by itself when few reads wait.",
    ),
}


def told(kind: TaskKind) -> tuple[str, str]:
    """Return (what happened, what to do next)."""
    return _TOLD[kind]


def outcomes_of(kind: TaskKind) -> Mapping[str, str]:
    """Return the endings of its own that a kind has; none means the usual ones."""
    return _OUTCOMES_OF.get(kind, {})
