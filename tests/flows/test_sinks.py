"""The client's PACS is told who has a read: in order, once each, signed, and as often as it takes until it has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.settings import SettingsProblem
from bot.wiring.service import Service
from handlers.domain.tasks import TaskKind
from sandbox.pacs import PATH, Pacs
from sandbox.serving import Servers
from store import upkeep
from tests.flows.stage import LEE, QUINN, STONE, Stage

NAME, NEXT = "RADRELAY_SINK_MERCY_SECRET", "RADRELAY_SINK_MERCY_SECRET_NEXT"
SECRET = "whsec_bWVyY3ktcGFjcy1zZWNyZXQtb2YtMzItYnl0ZXMtLS0="
OTHER = "whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhpcnR5LXR3by1ieXRlcy0="


@pytest.fixture
def pacs(servers: Servers, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pacs]:
    """Let Mercy have a PACS that is told."""
    pacs = Pacs(SECRET)
    servers.pacs.app = pacs.app
    monkeypatch.setenv(NAME, SECRET)
    url = f"{servers.urls['pacs']}{PATH}"
    sink = f"sinks:\n  mercy-pacs: {{facilities: [mercy], url: '{url}', secrets: [{NAME}, {NEXT}]}}\n"
    stage.load("\nvendor_baas:\n", f"\n{sink}\nvendor_baas:\n")
    yield pacs
    servers.pacs.app = None


def claimed(stage: Stage) -> None:
    """Let Lee hold a stroke at Mercy."""
    stage.stroke_ct()
    stage.click(LEE, "claim")


def test_what_becomes_of_a_read_is_told_in_order_once_each(stage: Stage, pacs: Pacs) -> None:
    """Claimed, released, claimed by another, reported."""
    claimed(stage)
    stage.advance(2)
    stage.click(LEE, "release")
    stage.advance(2)
    stage.click(STONE, "claim")
    assert stage.hospital.report_final(signed_by="stone")[0] == 202
    stage.advance(5)
    assert pacs.events() == [
        ("read.claimed", "lee"),
        ("read.released", "lee"),
        ("read.claimed", "stone"),
        ("read.reported", "stone"),
    ]
    assert (pacs.repeats, pacs.refused, pacs.asked) == (0, 0, 4)


def test_a_message_names_the_study_and_the_reader_and_no_patient(stage: Stage, pacs: Pacs) -> None:
    """Eight fields, of which none is the patient's."""
    claimed(stage)
    stage.settle()
    study, [told], at = stage.study(), pacs.told, stage.read().claimed_at
    assert at is not None
    assert told.data == {
        "facility": "mercy",
        "accession_number": study.accession_number,
        "study_instance_uid": study.study_instance_uid,
        "radiologist": "lee",
        "npi": "1234567893",
        "read": "final",
        "region": None,
        "at": at.isoformat(),
    }


def test_a_read_that_passes_on_is_released_and_claimed(stage: Stage, pacs: Pacs) -> None:
    """A take-over and a reassignment are two messages each, the release first."""
    claimed(stage)
    stage.advance(minutes=13)
    stage.click(STONE, "take_over")
    stage.command(QUINN, f"reassign {stage.case()} lee")
    stage.advance(2)
    assert pacs.events()[1:] == [
        ("read.released", "lee"),
        ("read.claimed", "stone"),
        ("read.released", "stone"),
        ("read.claimed", "lee"),
    ]


def test_a_split_releases_the_whole_and_claims_one_region(stage: Stage, pacs: Pacs) -> None:
    """What the PACS is told of each names the region that it is of."""
    assert stage.hospital.send_trauma()[0] == 202
    stage.settle()
    stage.click(LEE, "claim")
    stage.command(LEE, f"split {stage.case()} chest pelvis")
    assert stage.hospital.report_final(region="pelvis", signed_by="lee")[0] == 202
    stage.advance(5)
    assert [(one.type, one.data["region"], one.data["radiologist"]) for one in pacs.told] == [
        ("read.claimed", None, "lee"),
        ("read.released", None, "lee"),
        ("read.claimed", "chest", "lee"),
        ("read.reported", "pelvis", "lee"),
    ]
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]  # the pelvis was never claimed


def test_a_signer_whom_the_directory_does_not_have_is_nobody_by_name(stage: Stage, pacs: Pacs) -> None:
    """What was stated as a name could be anything, and is not handed on."""
    stage.stroke_ct()
    assert stage.hospital.report_final(signed_by="Dr. Nobody Knows")[0] == 202
    stage.advance(5)
    assert pacs.events() == [("read.reported", None)]
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]


def test_ten_minutes_down_lose_nothing_and_change_no_order(stage: Stage, pacs: Pacs) -> None:
    """What came first is tried until it is taken; the rest waits behind it, and Slack does not."""
    pacs.trouble.down = True
    claimed(stage)
    stage.advance(minutes=3)
    stage.click(LEE, "release")
    stage.advance(minutes=4)
    stage.click(STONE, "claim")
    stage.advance(minutes=3)
    assert pacs.told == []
    assert "Dr. Ruth Stone" in stage.card().words
    pacs.trouble.down = False
    stage.advance(minutes=5)
    assert pacs.events() == [("read.claimed", "lee"), ("read.released", "lee"), ("read.claimed", "stone")]


def test_a_restart_in_between_sends_what_waits(stage: Stage, pacs: Pacs) -> None:
    """The message is a row."""
    pacs.trouble.down = True
    claimed(stage)
    stage.restart()
    pacs.trouble.down = False
    stage.advance(minutes=1)
    assert pacs.events() == [("read.claimed", "lee")]


def test_patience_is_given_as_long_as_it_is_asked_for(stage: Stage, pacs: Pacs) -> None:
    """429 with Retry-After: nothing is sent before."""
    pacs.trouble.answers = [(429, {"retry-after": "300"})]
    claimed(stage)
    stage.advance(299)
    assert pacs.asked == 1
    stage.advance(1)
    assert pacs.events() == [("read.claimed", "lee")]


def test_a_lost_answer_repeats_the_same_message(stage: Stage, pacs: Pacs) -> None:
    """A receiver knows it by its ``webhook-id``: it took two claims of one for one."""
    pacs.trouble.lost_answers = 1
    claimed(stage)
    stage.advance(30)
    assert pacs.repeats == 1
    assert pacs.events() == [("read.claimed", "lee")]


def test_a_redirect_is_not_followed(stage: Stage, servers: Servers, pacs: Pacs) -> None:
    """Whoever answers it may name any address; only the one in the directory is ever told anything."""
    pacs.trouble.answers = [(307, {"location": f"{servers.urls['pacs']}{PATH}"})]
    claimed(stage)
    assert (pacs.asked, pacs.told) == (1, [])
    stage.advance(30)
    assert pacs.events() == [("read.claimed", "lee")]


def test_after_a_day_it_is_given_up_and_the_desk_is_told_once(stage: Stage, pacs: Pacs) -> None:
    """It does not ring; what was given up can be sent again by an operator."""
    pacs.trouble.down = True
    claimed(stage)
    stage.advance(2)
    stage.click(LEE, "release")
    assert stage.hospital.cancel_study()[0] == 202
    stage.advance(minutes=24 * 60 - 1)
    assert not stage.open_tasks()
    stage.advance(minutes=6)
    [task] = stage.open_tasks()
    assert (task.kind, task.rings) == (TaskKind.SINK_SILENT, False)
    given_up = [one for one in upkeep.set_aside(stage.service.store.database) if one.kind == "webhook"]
    assert len(given_up) == 2
    pacs.trouble.down = False
    for one in given_up:
        assert upkeep.try_again(stage.service.store.database, one.id, stage.clock.now())
    stage.advance(10)
    assert sorted(pacs.events()) == [("read.claimed", "lee"), ("read.released", "lee")]


def test_another_site_s_reads_are_not_told(stage: Stage, pacs: Pacs) -> None:
    """The sink is Mercy's."""
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.click(LEE, "claim")
    stage.advance(5)
    assert pacs.asked == 0


def test_without_an_agreement_in_force_nothing_is_sent(stage: Stage, pacs: Pacs) -> None:
    """Also what waited already, when the agreement ends meanwhile."""
    pacs.trouble.down = True
    claimed(stage)
    pacs.trouble.down = False
    ended = 'callback_number: "+13125550100"\n    baa: {effective: 2020-01-01, expires: '
    stage.load(f"{ended}2039-12-31}}", f"{ended}2021-12-31}}")
    stage.advance(minutes=2)
    assert pacs.told == []
    assert stage.hospital.report_final()[0] == 202
    stage.advance(minutes=2)
    assert pacs.told == []
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]


def test_during_a_rotation_both_secrets_sign(stage: Stage, pacs: Pacs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver may know either one."""
    monkeypatch.setenv(NEXT, OTHER)
    for receiver in (Pacs(SECRET), Pacs(OTHER)):
        stage.servers.pacs.app = receiver.app
        claimed(stage)
        stage.advance(5)
        assert receiver.events() == [("read.claimed", "lee")]
    assert pacs.asked == 0


def test_a_receiver_with_another_secret_believes_nothing(stage: Stage, pacs: Pacs) -> None:
    """The signature is what it goes by."""
    stranger = Pacs(OTHER)
    stage.servers.pacs.app = stranger.app
    claimed(stage)
    stage.advance(5)
    assert (stranger.told, stranger.refused > 0) == ([], True)
    stage.servers.pacs.app = pacs.app
    stage.advance(minutes=1)
    assert pacs.events() == [("read.claimed", "lee")]


@pytest.mark.parametrize("value", ["", "whsec_c2hvcnQ="], ids=["unset", "too short"])
def test_work_does_not_start_without_a_secret_to_sign_with(
    stage: Stage, pacs: Pacs, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Named by sink and variable; the doors alone need none."""
    monkeypatch.setenv(NAME, value)
    service = Service(stage.service.settings, doors=False, works=True, clock=stage.clock)
    with pytest.raises(SettingsProblem, match="the sink mercy-pacs"):
        service.check_secrets()
    service.close()
    doors = Service(stage.service.settings, doors=True, works=False, clock=stage.clock)
    doors.check_secrets()
    doors.close()
    assert pacs.asked == 0


def test_a_sink_whose_secret_was_lost_meanwhile_waits_for_it(
    stage: Stage, pacs: Pacs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that is loaded later may name one: the process goes on, and sends when it is set."""
    monkeypatch.delenv(NAME)
    claimed(stage)
    stage.advance(minutes=5)
    assert pacs.asked == 0
    monkeypatch.setenv(NAME, SECRET)
    stage.advance(minutes=5)
    assert pacs.events() == [("read.claimed", "lee")]
