"""The other models: subspecialty, final by us under an agreement's own ladder, and administration without any read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handlers import findings, worklists
from handlers.domain.relays import Ending, RelayState
from handlers.domain.studies import ReadState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import confirm, hear_out
from tests.flows.covered import Begin, in_order, reads_of
from tests.flows.stage import KIM, LEE, READS, SECOND, STONE
from tests.flows.test_problems import end

DATES = "effective: 2020-01-01, expires: 2039-12-31"
SUBSPECIALTY = f"""
subspecialties:
  neuro: {{modalities: [CT, MR], body_parts: [head, brain, spine]}}
coverage:
  mercy-neuro:
    {{model: subspecialty, subspecialty: neuro, facilities: [mercy], pool: second, targets: {{stroke: 12m}}, {DATES}}}
  mercy-final: {{model: final, facilities: [mercy], {DATES}}}
"""
FINAL = f"""
coverage:
  mercy-final:
    model: final
    reads: [preliminary, final]
    facilities: [mercy]
    final_pool: second
    targets: {{stroke: 10m}}
    final_targets: {{stroke: 8h}}
    policy: [{{use: physicians_only, categories: [1]}}]
    {DATES.replace(", ", chr(10) + "    ")}
"""
ADMINISTRATION = f"""
coverage:
  mercy-relays: {{model: pacs_administration, facilities: [mercy], {DATES}}}
"""
LIMITED = f"""
coverage:
  mercy-ct: {{model: final, modalities: [CT], facilities: [mercy], {DATES}}}
"""
STONE_HERSELF = "    slack_user: U000000005\n"
NOON = datetime(2026, 12, 2, 18, tzinfo=UTC)


def test_a_head_goes_to_the_experts_and_a_chest_to_everybody(covered: Begin) -> None:
    """The read carries the subspecialty, its pool and its target; another examination is a read like any other."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.stroke_ct()
    neuro = stage.read()
    assert (neuro.subspecialty, neuro.pool, neuro.coverage) == ("neuro", "second", "mercy-neuro")
    assert neuro.due_at == stage.study().last_image_at + timedelta(minutes=12)  # type: ignore[operator]
    assert "neuro" in stage.workspace.expect_message(SECOND, "STROKE").words
    stage.advance(1)
    stage.hospital.send_trauma()
    stage.settle()
    assert (stage.read().subspecialty, stage.read().pool) == ("", "night")
    assert len(stage.workspace.messages(READS)) == 1
    assert "neuro is not among your subspecialties" in stage.click(STONE, "claim", channel=SECOND)
    stage.load(STONE_HERSELF, f"{STONE_HERSELF}    subspecialties: [neuro]\n")
    stage.click(STONE, "claim", channel=SECOND)
    assert stage.all(type(neuro), pool="second")[0].claimed_by == "stone"


def test_what_no_expert_takes_is_open_to_general_readers_half_way(covered: Begin) -> None:
    """Twelve minutes are the target: after six the facility's own pool is told, and anybody of it may claim."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.load("members: [lee, stone]", "members: [stone]")
    stage.stroke_ct()
    (card,) = stage.workspace.messages(SECOND)
    said = stage.command(LEE, f"why {stage.case()}")
    assert "neuro is not among your subspecialties. Later it is open to readers without it, at" in said
    assert "not a member of the pool second" in stage.click(LEE, "claim", channel=SECOND, message=card)
    assert "Nothing waits" in stage.command(LEE, "next")
    read = stage.read()
    assert read.general_at is not None
    stage.advance((read.general_at - stage.clock.instant).total_seconds())
    stage.workspace.expect_message(READS, "is open to you by now")
    assert "Nothing keeps you from it" in stage.command(LEE, f"why {stage.case()}")
    assert "It is yours" in stage.command(LEE, "next")


def test_a_site_says_when_general_readers_may(covered: Begin) -> None:
    """After three quarters of the time: the pool's channel is called half-way as ever, the other pool is told at its time."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.load("subspecialty: neuro, ", "subspecialty: neuro, general_after: 75, ")
    stage.load("members: [lee, stone]", "members: [stone]")
    stage.stroke_ct()
    read = stage.read()
    assert read.general_at == read.at_share(75)
    stage.advance((read.at_share(51) - stage.clock.instant).total_seconds())
    assert stage.actions().count("read:remind") == 1
    assert stage.workspace.messages(READS) == []
    assert "Nothing waits" in stage.command(LEE, "next")
    stage.advance((read.at_share(75) - stage.clock.instant).total_seconds())
    stage.workspace.expect_message(READS, "is open to you by now")
    assert "It is yours" in stage.command(LEE, "next")


def test_a_pause_is_no_wait_for_an_expert(covered: Begin) -> None:
    """While its clock stands still a read does not open to general readers; afterwards it does so much later."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.load("members: [lee, stone]", "members: [stone]")
    stage.stroke_ct()
    general_at = stage.read().general_at
    assert general_at is not None
    stage.command(LEE, f"problem {stage.case()} missing_prior")
    stage.advance(minutes=30)
    assert "neuro is not among your subspecialties" in stage.command(LEE, f"why {stage.case()}")
    assert "Nothing waits" in stage.command(LEE, "next")
    end(stage, "missing_prior")
    assert stage.read().general_at == general_at + timedelta(minutes=30)
    stage.advance((general_at + timedelta(minutes=30) - stage.clock.instant).total_seconds())
    stage.workspace.expect_message(READS, "is open to you by now")
    assert "It is yours" in stage.command(LEE, "next")


def test_a_reader_of_the_agreements_pool_only_is_at_home_there(covered: Begin) -> None:
    """Somebody who is not of the facility's own pool sees the case, reports its finding and may take what the desk asks."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.load("members: [lee, haddad, stone]", "members: [lee, haddad]")
    stage.load(STONE_HERSELF, f"{STONE_HERSELF}    subspecialties: [neuro]\n")
    stage.stroke_ct()
    stage.click(STONE, "claim", channel=SECOND)
    assert stage.read().claimed_by == "stone"
    assert [card.read_id for card in worklists.worklist(stage.service.house, STONE).cards] == [stage.read().id]
    answer = findings.report(
        stage.service.house,
        study_id=stage.study().id,
        slack_user=STONE,
        category=1,
        phrase_id="intracranial-hemorrhage",
        text=None,
        delivery="by-hand-1",
    )
    assert answer.startswith("Recorded.")
    stage.settle()
    confirm(stage, stage.rings(KIM))
    hear_out(stage)
    assert stage.relay().delegated_by == "stone"
    stage.advance(10)
    thread = " ".join(one.words for one in stage.workspace.thread(SECOND, stage.workspace.messages(SECOND)[0].ts))
    assert "Relay ended: confirmed by code" in thread


def test_an_order_that_names_the_body_part_later_moves_the_unread_study(covered: Begin) -> None:
    """The first image says nothing of the head; when the order does, the read goes to the experts."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.stroke_ct(body_part=None)
    assert stage.read().pool == "night"
    stage.advance(5)
    stage.hospital.update_study(body_part="HEAD")
    stage.settle()
    assert [one[2] for one in reads_of(stage)] == [ReadState.SUPERSEDED, ReadState.OPEN]
    assert stage.read().subspecialty == "neuro"
    assert "superseded" in stage.card().words


def test_a_claimed_read_stays_where_it_is(covered: Begin) -> None:
    """Whoever has begun reads on."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.stroke_ct(body_part=None)
    stage.click(LEE, "claim")
    stage.advance(5)
    stage.hospital.update_study(body_part="HEAD")
    stage.settle()
    assert reads_of(stage) == [("final", "us", ReadState.CLAIMED)]


def test_both_by_us_are_two_cards_two_clocks_and_two_claims(covered: Begin) -> None:
    """The preliminary in the first pool within minutes, the final in the second one within hours; each report ends its own."""
    stage = covered(FINAL, NOON)
    stage.stroke_ct()
    preliminary, final = in_order(stage.all(type(stage.read())))
    assert (preliminary.pool, final.pool) == ("night", "second")
    assert final.due_at - preliminary.due_at == timedelta(hours=7, minutes=50)
    assert "PRELIMINARY" in stage.workspace.expect_message(READS, "STROKE").words
    assert "PRELIMINARY" not in stage.workspace.expect_message(SECOND, "STROKE").words
    stage.click(LEE, "claim")
    stage.hospital.report_preliminary(signed_by="lee")
    stage.settle()
    assert [one[2] for one in reads_of(stage)] == [ReadState.REPORTED, ReadState.OPEN]
    stage.click(STONE, "claim", channel=SECOND)
    stage.hospital.report_final(signed_by="stone")
    stage.settle()
    assert [one[2] for one in reads_of(stage)] == [ReadState.REPORTED, ReadState.REPORTED]
    assert stage.open_tasks() == []


def test_an_agreements_own_ladder_tells_its_findings(covered: Begin) -> None:
    """Category 1 by the agreement's policy; category 3, which it does not name, by the facility's."""
    stage = covered(FINAL, NOON)
    call = stage.critical_stroke()
    hear_out(stage)
    assert stage.relay().policy.name == "physicians_only"
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_administration_makes_no_read_and_still_relays(covered: Begin) -> None:
    """No card and nothing to claim; a finding is called through all the same, and the site's report is not odd."""
    stage = covered(ADMINISTRATION, NOON)
    call = stage.critical_stroke()
    hear_out(stage)
    assert reads_of(stage) == []
    assert stage.workspace.messages(READS) == []
    confirm(stage, call)
    assert stage.relay().state is RelayState.ENDED
    assert call.to == KIM
    assert stage.hospital.report_final(signed_by="1999999984")[0] == 202
    stage.settle()
    assert stage.open_tasks() == []


def test_a_study_that_no_agreement_covers_is_read_and_told(covered: Begin) -> None:
    """A gap in the paper leaves nothing unread: it goes to the site's pool, and the desk is asked to settle it."""
    stage = covered(LIMITED, NOON)
    stage.hospital.send_routine_xr(ordering_contact="lakeside-family-medicine")
    stage.settle()
    assert reads_of(stage) == [("final", "us", ReadState.OPEN)]
    assert stage.read().coverage == ""
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.NOT_COVERED]
