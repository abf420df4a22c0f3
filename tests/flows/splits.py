"""What the stories of split traumas share: a trauma, its split, and its reads and cards by region."""

from __future__ import annotations

from handlers.domain.studies import Read, ReadState
from sandbox.workspace import Message
from tests.flows.stage import LEE, QUINN, READS, STONE, Stage


def trauma(stage: Stage) -> None:
    """Let a trauma CT arrive at Mercy, its last image just now."""
    assert stage.hospital.send_trauma(last_image_at=stage.clock.instant.isoformat())[0] == 202
    stage.settle()


def split(stage: Stage, user: str = QUINN, regions: str = "head chest pelvis") -> str:
    """Type the command for the newest case; the cards are posted, one a second."""
    answer = stage.command(user, f"split {stage.case()} {regions}")
    stage.advance(6)
    return answer


def reads(stage: Stage) -> dict[str, Read]:
    """Return the newest study's reads by region."""
    return {read.region: read for read in stage.all(Read, study_id=stage.study().id)}


def states(stage: Stage) -> dict[str, ReadState]:
    """Return how each region stands."""
    return {region: read.state for region, read in reads(stage).items()}


def card(stage: Stage, region: str) -> Message:
    """Return a region's card."""
    with stage.service.store.memory.reading() as look:
        shown = look.message(reads(stage)[region].id)
    assert shown is not None
    found = stage.workspace.memory.find(*shown)
    assert found is not None
    return found


def click(stage: Stage, user: str, action: str, region: str) -> str:
    """Click a button on a region's card."""
    return stage.click(user, action, message=card(stage, region))


def thread(stage: Stage, region: str) -> str:
    """Return all that stands under a region's card."""
    return "\n".join(one.text for one in stage.workspace.thread(READS, card(stage, region).ts))


def report(stage: Stage, signed_by: str = "lee", region: str | None = None, kind: str = "final") -> None:
    """Let a report be signed, of a region where one is named."""
    named = {} if region is None else {"region": region}
    send = stage.hospital.report_final if kind == "final" else stage.hospital.report_preliminary
    assert send(signed_by=signed_by, **named)[0] == 202
    stage.settle()
    stage.advance(6)


def halves(stage: Stage) -> None:
    """Let Lee hold the head and Stone the chest of a trauma; the pelvis is open."""
    trauma(stage)
    split(stage)
    click(stage, LEE, "claim", "head")
    click(stage, STONE, "claim", "chest")
    stage.advance(6)
