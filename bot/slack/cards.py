"""Cards: a read in its pool's channel, a task in its desk's, a line of history in a thread.

Pure. The values they are drawn from have no field for a name of a patient, an identifier or a finding's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from bot.slack.blocks import (
    HEADER,
    LABEL,
    Json,
    Message,
    actions,
    button,
    confirm,
    context,
    header,
    option,
    plain,
    safe,
    section,
)
from bot.slack.times import clock, left, span
from handlers.domain.cards import DeskCard, Note, ReadCard

_VIEWERS = 3  #: people whom a card names as having it open
_MENU = 100  #: options that a menu takes
_EMOJI = {"stroke": "🧠", "trauma": "🚑", "stat": "🔴", "urgent": "🟠", "routine": "⚪"}
_SEX = {"F": "F", "M": "M", "O": "other"}
_MINUTE = timedelta(minutes=1)


class Action(StrEnum):
    """The action ids; a message may be clicked weeks after it was posted, so they never change."""

    CLAIM = "claim"
    CLAIM_LINKED = "claim_linked"
    NEXT_READ = "next_read"
    RELEASE = "release"
    CRITICAL_FINDING = "critical_finding"
    OPEN_CASE = "open_case"
    OPEN_LINK = "open_link"
    TAKE = "take"
    DONE = "done"
    WITHDRAW = "withdraw"
    PROBLEM = "problem"
    ACCEPT_HANDOVER = "accept_handover"
    STILL_READING = "still_reading"
    TAKE_OVER = "take_over"


def read_block(read_id: str) -> str:
    """Return the id of a read card's first block, by which a lost post is found again."""
    return f"read:{read_id}"


def task_block(task_id: str) -> str:
    """Return the id of a desk card's first block."""
    return f"task:{task_id}"


def read_actions_block(card: ReadCard) -> str:
    """Return the id of a read card's row of buttons, which carries the study's id beside the read's."""
    return f"read-actions:{card.read_id}:{card.study_id}"


def task_actions_block(task_id: str) -> str:
    """Return the id of a desk card's row of buttons."""
    return f"task-actions:{task_id}"


def is_task_block(block_id: str) -> bool:
    """Tell whether a click came from a desk card."""
    return block_id.startswith("task-actions:")


def subject_of(block_id: str) -> str:
    """Return the read's or the task's id of a row of buttons."""
    return [*block_id.split(":"), ""][1]


def study_of(block_id: str) -> str:
    """Return the study's id of a read card's row of buttons."""
    return [*block_id.split(":"), "", ""][2]


def headline(card: ReadCard) -> str:
    """Return ``STROKE · Riverside · CT Head without contrast``, with what keeps it from being real in front.

    A trauma that was split says of which region it is: ``TRAUMA · CHEST ONLY · Riverside · …``.
    """
    marks = [word for word, is_so in (("TEST", card.test), ("SHADOW", card.shadow)) if is_so]
    marks += ["PRELIMINARY"] if card.kind == "preliminary" else []
    region = [f"{safe(card.region.upper(), 12)} ONLY"] if card.region else []
    return " · ".join([*marks, safe(card.priority.upper(), 12), *region, safe(card.facility, 36), _procedure(card)])


def _procedure(card: ReadCard) -> str:
    modality, procedure = safe(card.modality, 8), safe(card.procedure, 60)
    if not procedure:
        return modality
    has_it = procedure.upper().split()[:1] == [modality.upper()]
    return procedure if has_it or not modality else f"{modality} {procedure}"


def _now(card: ReadCard) -> datetime:
    return card.due_at - card.minutes_left * _MINUTE


def time_line(card: ReadCard) -> str:
    """Return ``12 min left, due 02:15 EST``; why and since when it is paused; of a read that is over, how it ended."""
    if card.state == "reported":
        return f"reported by {safe(card.reported_by, 60)}" if card.reported_by else "reported"
    if card.state == "canceled":
        return "canceled"
    if card.state == "superseded":
        return "superseded: no longer to be read here"
    if card.paused_since is not None:
        since = clock(card.paused_since, card.zone)
        return f"paused: {safe(card.paused, 120)}, since {since}; {left(card.minutes_left)} when it goes on"
    return f"{left(card.minutes_left)}, due {clock(card.due_at, card.zone, _now(card))}"


def person_line(card: ReadCard) -> str:
    """Return what tells two like studies apart: age, sex, class, images, minutes since the last one."""
    age = safe(card.age, 8)
    count = "1 image" if card.images == 1 else f"{card.images} images"
    if card.last_image_minutes is not None:
        count += f", last {span(max(card.last_image_minutes, 0))} ago"
    years = f"{age} y" if age[:1].isdigit() else age or "age ?"
    parts = [f"{years}, {_SEX.get(card.sex, 'sex ?')}", safe(card.patient_class, 16), count, _state(card)]
    parts += [safe(card.subspecialty, 32)] if card.subspecialty else []
    return " · ".join(parts)


def _state(card: ReadCard) -> str:
    linked = {0: "", 1: ", 1 linked accession"}.get(card.linked, f", {card.linked} linked accessions")
    return ("ready" if card.ready else "arriving") + linked


def _viewers(card: ReadCard) -> str:
    if not card.viewers:
        return ""
    shown = [f"{safe(one.who, 60)} since {clock(one.since, card.zone, _now(card))}" for one in card.viewers[:_VIEWERS]]
    more = f" and {len(card.viewers) - _VIEWERS} more" if len(card.viewers) > _VIEWERS else ""
    return f"Open in the PACS: {', '.join(shown)}{more}"


def _regions(card: ReadCard) -> str:
    """Return who has the other regions of a split study, all under one clock."""
    if not card.regions:
        return ""
    return f"Split, one clock: {', '.join(safe(one, 80) for one in card.regions)}"


#: What a card says of a lease that ran out.
_LEASE = {
    "told": "Its holder was asked whether they still read this",
    "offered": "Its holder has not been heard from: it may be taken over",
}


def _holder(card: ReadCard) -> str:
    if card.state != "claimed":
        return "Next read hands it out" if card.handed_out else ""
    since = f" since {clock(card.claimed_at, card.zone, _now(card))}" if card.claimed_at else ""
    return f"Claimed by {safe(card.claimed_by, 60)}{since}"


def read_lines(card: ReadCard) -> list[str]:
    """Return what a read card says under its headline, formatted."""
    lines = [f"*{time_line(card)}* · case `{safe(card.case_code, 12)}`", person_line(card)]
    if holder := _holder(card):
        lines.append(f"👤 {holder}")
    if regions := _regions(card):
        lines.append(f"🔀 {regions}")
    lines += [f"🧩 Problem: {safe(problem, 120)}" for problem in card.problems]
    if lease := _LEASE.get(card.lease):
        lines.append(f"⏳ {lease}")
    if viewers := _viewers(card):
        lines.append(f"👁 {viewers}")
    if card.relay:
        lines.append(f"☎️ {safe(card.relay, 240)}")
    if card.late:
        lines.append("⏰ past its target")
    if card.override:
        lines.append(f"🖊️ {safe(card.override, 240)}")
    if card.flags:
        lines.append("⚠️ " + ", ".join(safe(flag.replace("_", " "), 60) for flag in card.flags[:6]))
    return lines


#: What a radiologist does with a read; others are not offered it where it is known that they are none.
_OF_READERS = frozenset(
    {Action.CLAIM, Action.CLAIM_LINKED, Action.CRITICAL_FINDING, Action.STILL_READING, Action.TAKE_OVER}
)


def read_buttons(card: ReadCard) -> list[Json]:
    """Return the buttons that a read's state allows; each carries the read's id and nothing else."""
    code = safe(card.case_code, 12)

    def of(label: str, action: Action, style: str = "") -> Json:
        return button(label, action, card.read_id, style=style, spoken=f"{label}, case {code}")

    linked = of(f"Claim these {card.claimed_with + 1}", Action.CLAIM_LINKED)
    claim = [of("Claim", Action.CLAIM, "primary"), *([linked] if card.claimed_with else [])]
    problem = of("Problem", Action.PROBLEM)
    buttons = {
        "open": [*([] if card.handed_out else claim), problem],
        "claimed": [of("Release", Action.RELEASE), of("Critical finding", Action.CRITICAL_FINDING, "danger"), problem],
    }.get(card.state, [])
    still, over = of("Still reading", Action.STILL_READING, "primary"), of("Take over", Action.TAKE_OVER)
    asked = {"told": [still], "offered": [still, over]}.get(card.lease, [])
    return [*asked, *buttons, of("Open case", Action.OPEN_CASE)]


def buttons_for(card: ReadCard, slack_user: str, *, reads: bool) -> list[Json]:
    """Return, of a read's buttons, those that are for one person: its holder takes nothing over, only readers read."""
    not_theirs = {Action.TAKE_OVER} if card.claimed_slack_user == slack_user else set()
    not_theirs |= set() if reads else _OF_READERS
    return [one for one in read_buttons(card) if one["action_id"] not in not_theirs]


def read_text(card: ReadCard) -> str:
    """Return all of a read card in one sentence."""
    parts = [headline(card), time_line(card), f"case {safe(card.case_code, 12)}", person_line(card), _holder(card)]
    parts.append(_regions(card))
    parts += [f"Problem: {safe(problem, 120)}" for problem in card.problems]
    parts += [_LEASE.get(card.lease, ""), _viewers(card)]
    parts.append(safe(card.relay, 240))
    parts += [safe(flag.replace("_", " "), 60) for flag in card.flags[:6]]
    return ". ".join(part for part in parts if part) + "."


def emoji(card: ReadCard) -> str:
    """Return the sign of a turnaround class."""
    return _EMOJI.get(card.priority, "⚪")


def read_card(card: ReadCard) -> Message:
    """Return the worklist card of a read; what it says of minutes is as of when it was drawn, and it says when that was."""
    counts = card.state in ("open", "claimed")
    drawn = [context(f"As of {clock(_now(card), card.zone)}")] if counts else []
    return Message(
        read_text(card),
        (
            header(f"{emoji(card)} {headline(card)}"[:HEADER], read_block(card.read_id)),
            section("\n".join(read_lines(card))),
            *drawn,
            actions(read_actions_block(card), read_buttons(card)),
        ),
    )


def desk_card(card: DeskCard, outcomes: Mapping[str, str]) -> Message:
    """Return a desk task's card. ``outcomes`` are the codes that end a task without a relay, with their words."""
    outcomes = dict(card.outcomes) or outcomes
    title, small = _desk_title(card), _desk_small(card)
    what, todo, now = safe(card.what, 600), safe(card.todo, 600), _desk_state(card, outcomes)
    blocks = [
        header(f"{_DESK_EMOJI.get(card.state, '🔔')} {title}"[:HEADER], task_block(card.task_id)),
        section(f"*What happened:* {what}\n*What to do next:* {todo}\n*{now}*"),
        context(small),
    ]
    if elements := _desk_elements(card, outcomes):
        blocks.append(actions(task_actions_block(card.task_id), elements))
    return Message(f"{title}. {what} {todo} {now}. {small}.", tuple(blocks))


_DESK_EMOJI = {"open": "🔔", "taken": "👤", "done": "✅"}


def _desk_title(card: DeskCard) -> str:
    parts = ["Desk", safe(card.facility, 36), safe(card.kind.replace("_", " "), 40)]
    parts += [f"category {card.category}"] if card.category is not None else []
    parts += [f"case {safe(card.case_code, 12)}"] if card.case_code else []
    return " · ".join(part for part in parts if part)


def _desk_state(card: DeskCard, outcomes: Mapping[str, str]) -> str:
    if card.state == "done":
        by = f" by {safe(card.done_by, 60)}" if card.done_by else ""
        words = outcomes.get(card.outcome, card.outcome.replace("_", " "))
        return f"Done{by}" + (f": {safe(words, 80)}" if words else "")
    if card.state == "taken":
        at = f" at {clock(card.taken_at, card.zone, card.opened_at)}" if card.taken_at else ""
        return f"Taken by {safe(card.taken_by, 60)}{at}: taken is not done"
    return "Nobody has taken this"


def _desk_small(card: DeskCard) -> str:
    since = f"Since {clock(card.opened_at, card.zone)}"
    if not card.rings:
        return f"{since}, told in Slack only"
    if card.state != "open":
        return since  # the rounds begin anew when somebody takes it
    rounds = {0: "not rung yet", 1: "phones rung once"}.get(card.rounds, f"phones rung {card.rounds} times")
    return f"{since}, {rounds}"


def _desk_elements(card: DeskCard, outcomes: Mapping[str, str]) -> list[Json]:
    elements = []
    if card.state == "open":
        elements.append(button("Take", Action.TAKE, card.task_id, style="primary"))
    elif card.state == "taken":
        elements.append(button("Take over", Action.TAKE, card.task_id))
    if card.case_code:
        elements.append(button("Open case", Action.OPEN_CASE, card.task_id))
    if card.state != "done" and not card.relay_open and outcomes:
        elements.append(_done(outcomes))
    return elements


def _done(outcomes: Mapping[str, str]) -> Json:
    return {
        "type": "static_select",
        "action_id": Action.DONE,
        "placeholder": plain("Done: what came of it?"),
        "options": [option(safe(words, LABEL), code) for code, words in list(outcomes.items())[:_MENU]],
        "confirm": confirm("Is it done?", "The task ends with this outcome, under your name.", "Done"),
    }


def thread_note(note: Note, *, mention: bool) -> Message:
    """Return a line of history; ``mention`` calls everybody who is there, ``note.to`` one person."""
    called = "<!here> " if mention else f"<@{safe(note.to, 24)}> " if note.to else ""
    text = called + safe(note.text, 2900)
    return Message(text, (section(text),))
