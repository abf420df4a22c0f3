"""Whole calls, played through the machine that decides real ones: what is said, what is answered, and how long it takes.

``docs/call-scripts.md`` prints them for a physician to review; a story plays one of them on a telephone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from handlers.domain import afterwards, conversation, dialog, turns
from handlers.domain.dialog import Leg, Prompt, PromptKind
from handlers.domain.directory import SHARED, NumberKind
from handlers.domain.policies import DeskRung, EscalationPolicy, Role
from handlers.domain.relays import (
    AFTERWARDS,
    Attempt,
    AttemptState,
    Outcome,
    Purpose,
    Relay,
    RelayState,
    Stage,
)
from handlers.domain.said import Facts, Said
from telephony.phrases import Part
from telephony.script import CallScript, seconds_before, utterances

#: From our request to the vendor to the answer: two rings of the American cadence (2 s of tone, 4 s of silence).
RINGING_SECONDS: Final = 12.0
#: How long somebody takes to press a key or to speak after the words that asked for it.
REACTION_SECONDS: Final = 1.5
CODE: Final = "341"
_BEGINS: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody on the line does, and what of it reaches us: keys, an answer by voice, or words of their own."""

    does: str
    digits: str = ""
    speech: str = ""
    words: str = ""
    #: How long it takes beside the reaction: fetching somebody, speaking a read-back.
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One call at one kind of number."""

    title: str
    kind: NumberKind
    acts: tuple[Act, ...] = ()
    has_pin: bool = False
    recording: bool = False
    bridge: bool = False
    mailbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that is said by us (``prompt``) or done by them, at so many seconds after the answer."""

    at: float
    prompt: Prompt | None = None
    does: str = ""


@dataclass(slots=True, kw_only=True)
class Played:
    """A scene as it was played. ``None`` is what never came about."""

    lines: list[Line] = field(default_factory=list)
    inputs: int = 0
    finding_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None


_PHYSICIAN = Act(does="The physician presses 1", digits="1")
_CODE = Act(does="They key 3 4 1", digits=CODE)
SCENES: Final = (
    Scene(title="A physician's mobile", kind=NumberKind.MOBILE, acts=(_PHYSICIAN, _CODE)),
    Scene(
        title="A physician who has a PIN",
        kind=NumberKind.DIRECT,
        has_pin=True,
        acts=(Act(does="The physician keys the PIN, then pound", digits="2748#"), _CODE),
    ),
    Scene(
        title="A unit's line: the charge nurse",
        kind=NumberKind.UNIT,
        acts=(
            Act(does="The charge nurse presses 2", digits="2"),
            _CODE,
            Act(does="They say “Pat Jones, covering”", words="Pat Jones, covering", seconds=1.5),
            Act(does="They press 1", digits="1"),
        ),
    ),
    Scene(
        title="A unit's line: a clerk fetches the physician",
        kind=NumberKind.UNIT,
        acts=(
            Act(does="The clerk presses 3 and fetches the physician", digits="3"),
            Act(does="A minute later the physician presses any key", digits="1", seconds=60),
            _PHYSICIAN,
            _CODE,
        ),
    ),
    Scene(
        title="A switchboard: the operator connects",
        kind=NumberKind.SWITCHBOARD,
        acts=(
            Act(does="The operator says “One moment, I'll transfer you”", speech=dialog.TRANSFER_WORD, seconds=2),
            Act(does="The emergency physician picks up and says “Hello?”", speech="?", seconds=8),
            _PHYSICIAN,
            _CODE,
        ),
    ),
    Scene(
        title="A wireless badge",
        kind=NumberKind.BADGE,
        acts=(
            Act(does="The nurse says “nurse”", speech="nurse", seconds=0.5),
            Act(does="The nurse says “three four one”", speech="three four one", seconds=1.5),
        ),
    ),
    Scene(
        title="A read-back that is recorded",
        kind=NumberKind.MOBILE,
        recording=True,
        acts=(
            _PHYSICIAN,
            Act(does="They press 1", digits="1"),
            Act(does="They read it back, then press pound", seconds=12),
        ),
    ),
    Scene(
        title="The radiologist at once",
        kind=NumberKind.MOBILE,
        bridge=True,
        acts=(Act(does="The physician presses 0", digits="0"),),
    ),
    Scene(
        title="An answering service",
        kind=NumberKind.ANSWERING_SERVICE,
        acts=(
            Act(does="The operator presses 1", digits="1"),
            Act(does="They say “This is Dana”", words="This is Dana", seconds=1.5),
            Act(does="They key 1 0, then pound", digits="10#"),
        ),
    ),
    Scene(title="A pager", kind=NumberKind.PAGER),
    Scene(title="A mailbox", kind=NumberKind.MOBILE, mailbox=True),
)


def played(scene: Scene, example: Prompt) -> Played:
    """Play a scene to its end with the example's facts; whoever is on the line lets us finish speaking."""
    script, found = CallScript(), Played()
    attempt, facts = _attempt(scene, example), _facts(scene, example)
    said = turns.opening(attempt, facts)
    if scene.mailbox:
        said = conversation.voicemail(said.attempt, facts)
    at = 0.0
    for act in (*scene.acts, None):
        found.lines.append(Line(at=at, prompt=said.prompt))
        _mark(found, said, at)
        at += 0.0 if said.prompt.kind is PromptKind.HOLD else script.seconds(said.prompt)  # any key ends a hold
        if act is None:
            return found
        at += REACTION_SECONDS + act.seconds
        found.lines.append(Line(at=at, does=f"{act.does}."))
        found.inputs += found.ended_at is None
        said = _answered(replace(said.attempt, turn=said.attempt.turn + 1), facts, act, said, at)
    return found


def _mark(found: Played, said: Said, at: float) -> None:
    if said.prompt.kind in dialog.IDENTIFYING and found.finding_at is None:
        found.finding_at = at + seconds_before(said.prompt, Part.FINDING)
    if said.outcome is not None and found.outcome is None:
        found.outcome, found.ended_at = said.outcome, at


def _answered(attempt: Attempt, facts: Facts, act: Act, said: Said, at: float) -> Said:
    now = _BEGINS + timedelta(seconds=at)
    if said.prompt.kind in dialog.IDENTIFYING:
        attempt = replace(attempt, telling_seconds=CallScript().seconds_to_tell(said.prompt))
    if attempt.stage is Stage.RECORD:
        return conversation.read_back(attempt, facts, seconds=int(act.seconds), now=now)
    key, number = dialog.keyed(attempt.stage, act.digits, act.speech)
    if attempt.stage in AFTERWARDS:
        return afterwards.decide(attempt, facts, key, act.digits, act.words)
    return conversation.converse(attempt, facts, key, number, pin_ok=True, now=now)


def _attempt(scene: Scene, example: Prompt) -> Attempt:
    return Attempt(
        id="", facility="mercy", relay_id="", task_id=None, token="", purpose=Purpose.CONTACT, channel="call",
        inbound=False, who="dr-kim", number="+12025550143", number_kind=scene.kind.value, send_digits="", ours="",
        step=0, try_no=1, state=AttemptState.TALKING, stage=Stage.MENU, planned_at=_BEGINS, answered_at=_BEGINS,
        code=example.code, open_number=None,
    )  # fmt: skip


def _facts(scene: Scene, example: Prompt) -> Facts:
    policy = EscalationPolicy(
        name="critical", steps=(), ended_by=(*example.ended_by, Role.RN), desk=DeskRung(who="desk"), bridge=scene.bridge
    )
    relay = Relay(
        id="", facility="mercy", study_id="", case_code="", callback_code=example.callback_code, category=1,
        delegated_by="", delegated_at=_BEGINS, started_by="", found_at=_BEGINS, ordering=None, policy=policy,
        state=RelayState.CALLING, shadow=False,
    )  # fmt: skip
    return Facts(
        relay=relay, facility=example.facility, case_code=example.case_code, our_number=example.callback_number,
        patient_name=example.patient_name, birth_date=example.birth_date, procedure=example.procedure,
        findings=example.findings, may_identify=True, has_pin=scene.has_pin, recording=scene.recording,
        contact_role=Role.PHYSICIAN, asked_for="Dr. Kim", by_voice=scene.kind is NumberKind.BADGE,
        shared_line=scene.kind.value in SHARED, fresh_code=example.code,
        legs=(("radiologist", (Leg(key="r", number="+12025550143"),)),),
    )  # fmt: skip


def stopwatch(example: Prompt) -> Iterator[str]:
    """Yield the table: what each kind of line takes, from our request and from the answer."""
    yield "| Line | Inputs | Answer to finding | First ring request to finding | … to its outcome | Outcome |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for scene in SCENES:
        one = played(scene, example)
        outcome = "connected" if one.outcome is None else one.outcome.value.replace("_", " ")
        cells = (_shown(one.finding_at), _shown(one.finding_at, RINGING_SECONDS), _shown(one.ended_at, RINGING_SECONDS))
        yield f"| {scene.title} | {one.inputs} | {' | '.join(cells)} | {outcome} |"


def _shown(seconds: float | None, before: float = 0.0) -> str:
    return "-" if seconds is None else f"{seconds + before:.1f} s"


def prose(example: Prompt) -> Iterator[str]:
    """Yield every scene as a conversation on paper."""
    for scene in SCENES:
        yield f"### {scene.title}"
        yield ""
        for line in played(scene, example).lines:
            if line.prompt is None:
                yield f"*{line.does}*"
            else:
                words = " ".join(one.text for one in utterances(line.prompt))
                yield f"**Radiology** ({line.at:.0f} s): {words}"
            yield ""
