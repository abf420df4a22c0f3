"""Which of Slack's messages a story accounts for: any other one fails it.

A read's card is accounted for once per read, a desk's card once the story has looked at its task (``Stage.open_tasks``,
``Stage.desk_card``, answering a desk's phone, or ``expect_message``). Under a card a note is accounted for as often as the
record says that what it tells has happened. What only one person sees has to be looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from handlers.domain.handovers import Handover
from handlers.domain.studies import Read
from handlers.domain.tasks import DeskTask
from sandbox.workspace import Message
from store import audit

if TYPE_CHECKING:
    from tests.flows.stage import Stage

#: Every note there is, with the actions of the record one of which it tells.
NOTES: dict[str, tuple[str, ...]] = {
    r".+, this privacy event is yours\. .+": ("privacy:open",),
    r".+, this privacy event (is late and )?still has no outcome\. .+": ("privacy:remind",),
    r"Claimed by .+\.": ("read:claim",),
    r".+ opened this in the PACS, though .+ has the read\.": ("viewing:open",),
    r"Given to .+ by .+\.": ("read:reassign",),
    r".+ does not have this any more: .+ gave it to .+\.": ("read:reassign",),
    r".+: do you still read this\? Press Still reading, .+": ("lease:lapse",),
    r".+ has not been heard from: this read may be taken over\.": ("lease:offer",),
    r"(Nobody has it\. Calling|Would call) .+, who is on call(, try \d)?\.": ("read:ring",),
    r"(Half|\d+ percent) of its time is gone and nobody has it\.": ("read:remind",),
    r".+ The desk is asked to find a reader\.": ("read:ask_desk",),
    r"Past its target\.": ("read:breach",),
    r"Released by .+\.": ("read:release",),
    r".+, this is back on the worklist: you may not read it any more\. .+": ("read:return",),
    r"Back on the worklist: its reader is not in the directory any more\.": ("read:return",),
    r"(Preliminary|Final) report signed by .+": ("report:receive",),
    r"Ended by a report on the whole study, signed by .+\.": ("read:end",),
    r"Split by region by .+: .+\. One clock; .+": ("read:split",),
    r"The site canceled this study\.": ("study:cancel",),
    r"Superseded: .+\.": ("read:supersede",),
    r"Critical relay started, category [123](, SHADOW)?\.": ("relay:start",),
    r"(Calling|Would call) .+, try \d+\.": ("rung:try",),
    r"Would text .+\.": ("rung:enter",),
    r"Would ask the desk to find somebody: .+": ("rung:skip",),
    r"Call ended: .+\.": ("attempt:finish",),
    r"The telephone vendor answers again: calling goes on\.": ("relay:telephone_back",),
    r"A text came from .+; its words are on the case page\. It confirms nothing\..*": ("text:reply",),
    r".+ opened the pickup page\.": ("pickup:open",),
    r".+ saw the finding on the pickup page and did not confirm it\.": ("pickup:over",),
    r"STOP: .+ is not texted any more, only called\.": ("text:to_voice",),
    r"Text not delivered.*\.": ("text:status", "text:asked", "attempt:finish"),
    r"The answering service was to give .+ our message by now, .+": ("call:not_given",),
    r"Held \((halt|storm)\): nobody is being called\.": ("relay:hold",),
    r"Told in the same call: .+\.": ("relay:same_call",),
    r"Waits: .+": ("relay:wait",),
    r".+ is being connected to .+\.": ("relay:call",),
    r"At the desk\.|.+ has it; the outcome is to be recorded\.": ("relay:at_desk",),
    r"(A second|An amended) finding joined this relay\.": ("finding:join",),
    r"The finding was amended; .+": ("finding:amend",),
    r"A finding was retracted; another remains\.": ("finding:retract",),
    r"The same finding was reported again; .+": ("finding:repeat",),
    r"Shadow: the desk would be asked .+": ("finding:report", "finding:amend"),
    r"The recording of the read-back has not arrived; it is asked for again\.": ("recording:missing",),
    r".+ heard the read-back: it (matches|does NOT match) the finding\.": ("recording:match", "recording:differ"),
    r".+ recorded the finding: it is played in their own voice\.": ("dictation:keep",),
    r".+ recorded no finding \(.+\): its words are spoken\.": ("dictation:drop",),
    r"Relay ended: .+\.": ("relay:end",),
    r"Round \d+: nobody has taken this yet\..*": ("task:ring",),
    r".+ took this( over from .+)?\. Taken is not done: it needs an outcome\.": ("task:take",),
    r".+ has this now: handed over by .+\. Taken is not done: it needs an outcome\.": ("task:take",),
    r".+ took this and gave no outcome\. It rings again\.": ("task:reopen",),
    r"(.+ has|Nobody has taken) this; it still needs an outcome\.": ("task:remind",),
    r".+ granted the override: claim this within \d+ minutes\.": ("override:grant",),
    r".+ denied the override for .+\.": ("override:close",),
    r"Problem reported by .+\.": ("problem:open",),
    r"Problem ended(,| by) .+": ("problem:solve",),
    r"Handed over by .+ to .+\.": ("read:hand_over",),
    r".+, this waits to be accepted by you\.": ("handover:remind",),
    r".+ took this over from .+\.": ("read:take_over",),
}

#: What is told to a whole channel and belongs to no card, likewise.
CHANNEL_NOTES: dict[str, tuple[str, ...]] = {
    r"The number .+ of .+ is verified\.": ("number:verify",),
    r"The number .+ is not that of .+": ("number:not_theirs",),
    r"The number .+ of .+ is not verified: .+\.": ("number:not_verified",),
    r".+ has a new PIN, which holds until .+\.": ("pin:activate",),
    r"No new PIN for .+: .+": ("pin:not_set",),
    r"Calls of .+ are halted by .+\. Nothing is dialed until .+": ("calls:halt",),
    r"Resumed by .+\. .+": ("calls:resume",),
    r"The telephone vendor('s account)? cannot be reached: .+": ("vendor:out",),
    r"The telephone vendor('s first account)? answers again.+": ("vendor:back",),
}


def unexpected_messages(stage: Stage) -> list[str]:
    """Return what Slack shows that the story does not account for."""
    left = _cards(stage)
    happened = _happened(stage)
    odd = [f"{one.channel}: {one.words}" for one in stage.workspace.unseen() if one.visible_to]
    said: Counter[tuple[str, str]] = Counter()
    for message in [one for channel in _channels(stage) for one in _all_of(stage, channel)]:
        subject = left.get((message.channel, message.thread_ts or message.ts))
        if message.user in stage.workspace.memory.users:
            continue  # a person wrote it
        if subject is None and not message.thread_ts and (note := _note_of(message, CHANNEL_NOTES)):
            said[message.channel, note] += 1
            if said[message.channel, note] > sum(happened["", action] for action in CHANNEL_NOTES[note]):
                odd.append(f"{message.channel}: {message.words}")
        elif subject is None and not message.seen:
            odd.append(f"{message.channel}: {message.words}")
        elif message.thread_ts and subject is not None:
            note = _note_of(message, NOTES)
            said[subject, note] += 1
            if not note or said[subject, note] > sum(happened[subject, action] for action in NOTES[note]):
                odd.append(f"{message.channel}, under a card: {message.words}")
    return odd


def _note_of(message: Message, notes: dict[str, tuple[str, ...]]) -> str:
    """Return the kind of a note, "" for one that is of none."""
    words = re.sub(r"^<[!@]\w+> ", "", message.text).strip()
    return next((kind for kind in notes if re.fullmatch(kind, words, re.DOTALL)), "")


def _channels(stage: Stage) -> list[str]:
    return list(stage.workspace.memory.channels)


def _all_of(stage: Stage, channel: str) -> list[Message]:
    with stage.workspace.memory.lock:
        return [one for one in stage.workspace.memory.messages if one.channel == channel]


def _cards(stage: Stage) -> dict[tuple[str, str], str]:
    """Return where the accounted-for cards are, each with its case's code, or its task's id where it has no case."""
    found: dict[tuple[str, str], str] = {}
    with stage.service.store.memory.reading() as look:
        subjects: list[tuple[str, str]] = [(read.id, read.case_code) for read in look.all(Read)]
        for handover in look.all(Handover):
            shown = look.message(handover.id)
            if shown is not None and _seen(stage, *shown):
                subjects.append((handover.id, handover.id))
        for task in look.all(DeskTask):
            shown = look.message(task.id)
            if task.id in stage.looked_at or (shown is not None and _seen(stage, *shown)):
                subjects.append((task.id, task.id))
        for subject, about in subjects:
            shown = look.message(subject)
            if shown is not None:
                found[shown] = about
    return found


def _seen(stage: Stage, channel: str, ts: str) -> bool:
    message = stage.workspace.memory.find(channel, ts)
    return message is not None and message.seen


def _happened(stage: Stage) -> Counter[tuple[str, str]]:
    """Return how often the record says that something happened, by case, by subject, and ("") at all."""
    counts: Counter[tuple[str, str]] = Counter()
    with stage.service.store.database.snapshot() as connection:
        entries: list[dict[str, Any]] = list(audit.export(connection))
    for entry in entries:
        for about in {entry.get("case", ""), entry.get("subject", ""), ""}:
            counts[about, entry["action"]] += 1
    return counts
