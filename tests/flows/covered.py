"""What the stories of coverage share: the demo's directory with agreements, and the reads of the newest study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers.domain.classes import ReadKind
from handlers.domain.studies import Read, ReadState
from tests.flows.stage import DIRECTORY, LEE, SECOND, Stage

Begin = Callable[[str, datetime], Stage]
_NIGHT = "  night: {channel: C000000001, members: [lee, haddad, stone]}\n"


def with_coverage(sections: str) -> str:
    """Return the demo's directory with a second pool and further sections."""
    text = DIRECTORY
    assert _NIGHT in text
    return text.replace(_NIGHT, f"{_NIGHT}  second: {{channel: {SECOND}, members: [lee, stone]}}\n") + sections


def reads_of(stage: Stage, study_id: str | None = None) -> list[tuple[str, str, ReadState]]:
    """Return kind, whose and state of a study's reads, preliminary ones first; the newest study's unless told which."""
    study_id = study_id or stage.study().id
    return [(one.kind.value, one.by.value, one.state) for one in in_order(stage.all(Read, study_id=study_id))]


def in_order(reads: list[Read]) -> list[Read]:
    """Return reads by when they were opened; of those of one instant, the preliminary ones first."""
    return sorted(reads, key=lambda one: (one.opened_at, one.kind is ReadKind.FINAL))


def claim_and_report(stage: Stage, read: Read) -> None:
    """Let Dr. Lee claim a read from its card and sign its final report."""
    with stage.service.store.memory.reading() as look:
        shown = look.message(read.id)
    assert shown is not None
    card = next(one for one in stage.workspace.messages(shown[0]) if one.ts == shown[1])
    stage.click(LEE, "claim", channel=shown[0], message=card)
    at = [one.id for one in stage.all(type(stage.study()))].index(read.study_id)
    assert stage.hospital.report_final(stage.hospital.studies[at].accession_number, signed_by="lee")[0] == 202
    stage.settle()
