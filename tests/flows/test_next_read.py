"""Next read, why not me, claim these: work is handed out by a rule that can be read, and each "no" says why."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from handlers import claims, nexts
from handlers.domain.case_code import shown
from handlers.domain.errors import Rejection
from handlers.domain.studies import Read, ReadState
from sandbox.hospital import ROUTINE_XR
from sandbox.workspace.model import elements
from tests import web
from tests.flows.stage import HADDAD, LEE, QUINN, READS, SILVA, STONE, STRANGER, Stage


def held(stage: Stage) -> dict[str, list[str]]:
    """Return who holds which classes."""
    found: dict[str, list[str]] = {}
    for read in stage.all(Read, state=ReadState.CLAIMED):
        found.setdefault(read.claimed_by or "", []).append(read.priority.value)
    return found


def films(stage: Stage, count: int) -> None:
    """Send so many routine chest films."""
    for _ in range(count):
        assert stage.hospital.send_study(ROUTINE_XR)[0] == 202
    stage.settle()
    stage.advance(count)


def test_next_read_gives_the_most_urgent_one_may_read(stage: Stage) -> None:
    """Two films wait and a stroke: the stroke is next, then a film; then nothing is left and that is said."""
    films(stage, 2)
    stage.stroke_ct()
    for _ in range(3):
        assert "It is yours" in stage.command(LEE, "next")
    assert held(stage) == {"lee": ["routine", "routine", "stroke"]}
    assert "Nothing waits that you may read now" in stage.command(LEE, "next")
    assert stage.actions().count("read:next") == 3


def test_a_stroke_goes_to_the_reader_with_the_least_open_work(stage: Stage) -> None:
    """Lee holds two films, Stone one: Lee is given another film, Stone the stroke."""
    films(stage, 4)
    for user in (LEE, LEE, STONE):
        stage.command(user, "next")
    stage.stroke_ct()
    stage.command(LEE, "next")
    assert held(stage) == {"lee": ["routine"] * 3, "stone": ["routine"]}
    stage.command(STONE, "next")
    assert held(stage)["stone"] == ["routine", "stroke"]


def test_what_one_may_not_read_is_never_next(stage: Stage) -> None:
    """Haddad's Illinois license has expired; Mercy is in Illinois."""
    stage.stroke_ct()
    assert "Nothing waits that you may read now" in stage.command(HADDAD, "next")
    assert held(stage) == {}


def test_a_repeated_command_gives_one_read(stage: Stage) -> None:
    """Slack sends it again when an answer was late."""
    films(stage, 2)
    stage.command(LEE, "next")
    sent = stage.workspace.sent[-1]
    answered = web.post(sent.url, content=sent.body, headers=sent.headers)
    assert "It is yours" in answered.text
    stage.settle()
    assert held(stage) == {"lee": ["routine"]}


def test_why_not_me_names_every_rule(stage: Stage) -> None:
    """Before anything is clicked; and to whoever may, that nothing keeps them."""
    stage.stroke_ct()
    assert "Your IL license expired on 2024-06-30" in stage.command(HADDAD, f"why {stage.case()}")
    assert "Nothing keeps you from it" in stage.command(LEE, f"why {stage.case()}")
    stage.click(LEE, "claim")
    assert "Dr. Maya Lee has it already" in stage.command(STONE, f"why {stage.case()}")
    assert "You have it already." in stage.command(LEE, f"why {stage.case()}")
    assert "Say which reader" in stage.command(QUINN, f"why {stage.case()}")
    assert "Only a radiologist" in stage.command(SILVA, f"why {stage.case()}")
    assert "I do not know you yet" in stage.command(STRANGER, f"why {stage.case()}")


def test_an_administrator_asks_for_a_reader_by_name(stage: Stage) -> None:
    """Whoever has to find a reader learns who may read it; nobody else asks for others."""
    stage.stroke_ct()
    case = stage.case()
    assert "Dr. Maya Lee: Nothing keeps them from it." in stage.command(QUINN, f"why {case} lee")
    assert "Dr. Omar Haddad: Their IL license expired on 2024-06-30" in stage.command(QUINN, f"why {case} haddad")
    assert "There is no such radiologist" in stage.command(QUINN, f"why {case} nobody")
    assert "Only a PACS administrator of Mercy" in stage.command(LEE, f"why {case} haddad")
    assert "Nothing keeps you from it" in stage.command(LEE, f"why {case} lee")


def test_why_says_what_became_of_a_case_that_nobody_can_claim(stage: Stage) -> None:
    """It is reported, and by whom; or there is none."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(2)
    assert stage.hospital.report_final()[0] == 202
    stage.settle()
    assert "It is reported, by Dr. Maya Lee." in stage.command(STONE, f"why {stage.case()}")
    assert "There is no case 0000-0000." in stage.command(STONE, "why 0000-0000")


def test_the_home_shows_what_i_may_read_and_counts_what_i_may_not_with_the_reason(stage: Stage) -> None:
    """Haddad sees no card that he could not claim, and why."""
    stage.stroke_ct()
    stage.workspace.open_home(HADDAD)
    stage.settle()
    home = stage.workspace.home(HADDAD)
    assert home is not None
    assert "No open read that you may read" in home.words
    assert "1 read you may not claim" in home.words
    assert "Your IL license expired" in home.words
    stage.workspace.open_home(LEE)
    stage.settle()
    seen = stage.workspace.home(LEE)
    assert seen is not None
    assert "Next read" in seen.words
    assert "STROKE" in seen.words


def test_linked_accessions_are_one_claim(stage: Stage) -> None:
    """A pan-scan is four orders: one click claims them, each judged by itself."""
    for number in range(4):
        stage.stroke_ct(group="PAN-1", accession_number=f"SBX-PAN-{number}")
    stage.advance(5)
    assert "Claim these 4" in stage.card().words
    assert "4 of 4 are yours" in stage.click(LEE, "claim_linked")
    assert len(held(stage)["lee"]) == 4
    stage.advance(5)


def test_claim_these_counts_what_is_open_and_says_so_on_every_card(stage: Stage) -> None:
    """The first of two offers it when the second arrives; what somebody claims, is counted no more, until it is given back."""

    def offered() -> list[bool]:
        return ["Claim these 2" in card.words for card in (first, second)]

    stage.stroke_ct(group="PAN-1", accession_number="SBX-PAN-1")
    first = stage.card_of_read()
    stage.advance(2)
    stage.stroke_ct(group="PAN-1", accession_number="SBX-PAN-2")
    stage.advance(5)
    second = stage.card_of_read()
    assert offered() == [True, True]
    stage.click(LEE, "claim", message=first)
    stage.advance(5)
    assert offered() == [False, False]
    assert "1 linked accession" in second.words
    stage.click(LEE, "release", message=first)
    stage.advance(5)
    assert offered() == [True, True]


def test_a_batch_from_one_site_is_one_command(stage: Stage) -> None:
    """Forty nursing-home films are not forty clicks; nobody else's site is touched."""
    films(stage, 6)
    site = stage.read().facility
    said = stage.command(LEE, f"batch {site} 5")
    assert "5 of 5 are yours" in said
    assert len(held(stage)["lee"]) == 5
    assert "There is no such facility on your worklist" in stage.command(LEE, "batch nowhere 5")
    stage.advance(6)


def test_what_is_handed_out_says_which_it_is(stage: Stage) -> None:
    """Whoever asked for the next read, or for several, is told their codes, and how few there were."""
    films(stage, 2)
    stage.stroke_ct()
    due = stage.read().due_at.astimezone(ZoneInfo("America/Chicago"))
    assert f"It is yours: {stage.case()}, stroke, Mercy, due {due:%H:%M %Z}." in stage.command(LEE, "next")
    codes = {shown(read.case_code) for read in stage.all(Read, state=ReadState.OPEN)}
    said = stage.command(LEE, "batch Mercy 1")
    (first,) = (code for code in codes if f"1 of 1 is yours: {code}." in said)
    (last,) = codes - {first}
    assert f"1 of 1 is yours: {last}. Only 1 was open to you." in stage.command(LEE, "batch mercy 5")
    assert "Nothing waits there that you may read now." in stage.command(LEE, "batch mercy")


def test_a_mistyped_count_claims_nothing(stage: Stage) -> None:
    """It is not taken for "all"."""
    films(stage, 2)
    for typed in ("0", "-1", "ten", "1O", "100"):
        assert "COUNT is a number from 1 to 40." in stage.command(LEE, f"batch mercy {typed}")
    assert held(stage) == {}


def test_a_refusal_that_may_be_waived_says_how(stage: Stage) -> None:
    """Once, at the end; never where the law refuses too."""
    stage.load("members: [lee, haddad, stone]}", "members: [lee, haddad, stone], queue_cap: 1}")
    films(stage, 2)
    stage.command(LEE, "next")
    (open_read,) = stage.all(Read, state=ReadState.OPEN)
    case = shown(open_read.case_code)
    way_out = f"always open to you. `/relay override {case} REASON` asks for an exception."
    assert way_out in stage.command(LEE, f"why {case}")
    with stage.service.store.memory.reading() as look:
        where = look.message(open_read.id)
    assert where is not None
    card = stage.workspace.memory.find(*where)
    assert way_out in stage.click(LEE, "claim", message=card)
    assert "override" not in stage.command(HADDAD, f"why {case}")
    assert "override" not in stage.click(HADDAD, "claim", message=card)


def test_a_batch_stops_at_the_cap_and_says_so(stage: Stage) -> None:
    """Three may be held: three are claimed, the rest is explained."""
    stage.load("members: [lee, haddad, stone]}", "members: [lee, haddad, stone], queue_cap: 3}")
    films(stage, 5)
    said = stage.command(LEE, f"batch {stage.read().facility}")
    assert "3 of 5 are yours: " in said
    assert ". 2 not: You hold 3 reads" in said
    assert stage.workspace.messages(READS)


def test_a_pool_that_hands_out_its_reads_lets_nobody_choose(stage: Stage) -> None:
    """No Claim on the card, and a forged click is refused; Next read gives it; a stroke may be chosen all the same."""
    stage.load("members: [lee, haddad, stone]", "members: [lee, haddad, stone], hands_out: true")
    stage.stroke_ct(priority="routine")
    stage.advance(2)
    card = stage.card_of_read()
    assert "Next read hands it out" in card.words
    assert "claim" not in {one["action_id"] for _, one in elements(card.blocks)}
    with pytest.raises(Rejection, match="The pool night hands out its reads: press Next read"):
        claims.claim(stage.service.house, stage.read().id, LEE, "forged")
    assert "hands out its reads" in stage.command(LEE, "batch mercy 1")
    assert stage.read().claimed_by is None
    assert "It is yours" in stage.command(LEE, "next")
    stage.stroke_ct()
    stage.advance(2)
    assert "It is yours" in stage.click(STONE, "claim", message=stage.card_of_read())


def test_what_is_linked_to_a_read_that_was_handed_out_goes_with_it(stage: Stage) -> None:
    """The rest of a pan-scan is no choice; of another patient it would be."""
    stage.load("members: [lee, haddad, stone]", "members: [lee, haddad, stone], hands_out: true")
    for number in range(2):
        stage.stroke_ct(priority="routine", group="PAN-1", accession_number=f"SBX-PAN-{number}")
    stage.advance(2)
    reads = stage.all(Read)
    linked = [one.id for one in reads]
    assert "hands out its reads" in nexts.claim_linked(stage.service.house, linked[0], LEE, "before")
    assert "It is yours" in stage.command(LEE, "next")
    left = next(one for one in stage.all(Read) if one.claimed_by is None)
    assert "1 of 1 is yours" in nexts.claim_linked(stage.service.house, left.id, LEE, "after")
    assert {one.claimed_by for one in stage.all(Read)} == {"lee"}
    stage.advance(5)
