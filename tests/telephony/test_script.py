"""The words of the telephone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.dialog import CODE_ALPHABET, IDENTIFYING, KEYS, UNSPOKEN, Lead, Prompt, PromptKind
from handlers.domain.policies import Role
from handlers.domain.relays import Stage
from handlers.ports import Script
from telephony.phrases import Part
from telephony.receiver_words import FACILITY_WORDS
from telephony.script import CallScript, seconds_before, utterances
from tests.telephony.prompts import CANARIES, FULL, prompt

SCRIPT: Script = CallScript()


def words(said: Prompt) -> str:
    return " ".join(utterance.text for utterance in utterances(said))


def part(said: Prompt, wanted: Part) -> str:
    return " ".join(utterance.text for utterance in utterances(said) if utterance.part is wanted)


@pytest.mark.parametrize("kind", sorted(set(PromptKind) - UNSPOKEN))
def test_every_kind_has_words(kind: PromptKind) -> None:
    """No prompt is silence, with every fact and with none."""
    assert words(prompt(kind))
    assert words(Prompt(kind=kind))


@pytest.mark.parametrize("kind", [PromptKind.OPENING, PromptKind.PIN, PromptKind.NO_AGREEMENT, PromptKind.CALLBACK])
def test_a_person_is_offered_in_the_first_sentence(kind: PromptKind) -> None:
    """Who calls, for whom, and 0."""
    first = utterances(prompt(kind))[0].text.split(".")[0]
    assert first.startswith("Radiology")
    assert "press 0" in first
    assert "person" in first
    assert kind is PromptKind.CALLBACK or FULL.facility in first


@pytest.mark.parametrize(
    ("ended_by", "offered"),
    [
        ((Role.PHYSICIAN,), "1 physician; 2 nurse"),
        ((Role.PHYSICIAN, Role.NP, Role.PA), "1 physician, N P or P A; 2 nurse"),
        ((Role.PA, Role.PHYSICIAN, Role.RN), "1 physician or P A; 2 nurse"),
        ((Role.RN,), "1 physician; 2 nurse"),
        ((), "1 physician; 2 nurse"),
    ],
)
def test_the_menu_names_the_roles_that_may_end_it(ended_by: tuple[Role, ...], offered: str) -> None:
    """And the nurse's key is there in any case."""
    assert offered in words(replace(FULL, ended_by=ended_by))


def test_the_menu_offers_exactly_the_keys_of_its_stage() -> None:
    """The table of keys and the words agree."""
    said = {word for word in words(prompt(PromptKind.OPENING)) if word.isdigit()}
    assert said == {key for key in KEYS[Stage.MENU] if key.isdigit()}
    said = {word for word in part(prompt(PromptKind.RECORD_CHOICE), Part.ACTION) if word.isdigit()}
    assert said == {key for key in KEYS[Stage.RECORD_CHOICE] if key.isdigit()}


def test_the_finding_begins_within_fifteen_seconds_of_the_answer() -> None:
    """For somebody who lets the whole menu end and presses one key, at the longest name that needs no alias."""
    opening = replace(FULL, facility=" ".join(["Hospital"] * FACILITY_WORDS))
    telling = replace(FULL, kind=PromptKind.TELLING, patient_name="Avery Bailey Casey Example")
    assert SCRIPT.seconds(opening) <= 10
    assert SCRIPT.seconds(opening) + seconds_before(telling, Part.FINDING) <= 15


@given(st.lists(st.sampled_from(["ANGIOGRAPHY", "neck", "CT", "without", "12"]), min_size=1, max_size=20))
def test_a_long_procedure_never_delays_the_finding(procedure: list[str]) -> None:
    """It is said after the finding then."""
    said = replace(FULL, kind=PromptKind.TELLING, procedure=" ".join(procedure))
    assert seconds_before(said, Part.FINDING) <= 5
    assert part(said, Part.PROCEDURE)


def test_the_telling_names_two_identifiers_the_finding_the_study_and_then_the_code_twice() -> None:
    """In this order, and then what to do."""
    said = utterances(prompt(PromptKind.TELLING))
    assert [utterance.part for utterance in said] == [
        *(Part.IDENTITY, Part.FINDING, Part.PROCEDURE, Part.CODE, Part.CODE, Part.ACTION, Part.ACTION)
    ]
    assert said[0].text == "Tweety Canary, born March third, 1961."
    assert [utterance.text.count("3, 4, 1") for utterance in said] == [0, 0, 0, 1, 1, 0, 0]
    assert said[3].pause == 1


def test_without_a_birth_date_the_record_number_is_the_second_identifier() -> None:
    """Digit by digit."""
    said = part(replace(FULL, kind=PromptKind.TELLING, birth_date=None, patient_id="A-417"), Part.IDENTITY)
    assert said == "Tweety Canary, record number A, 4, 1, 7."


def test_two_findings_are_both_told() -> None:
    """Counted first, then one after another."""
    said = part(replace(FULL, kind=PromptKind.TELLING, findings=("One thing.", "Another")), Part.FINDING)
    assert said == "2 findings. Number 1: One thing. Number 2: Another."


def test_while_a_number_is_entered_a_person_is_a_key_away() -> None:
    """No code has a 0 or a 9, so that these two are commands there as well; no other digit is one."""
    for kind in (PromptKind.TELLING, PromptKind.CODE):
        action = part(prompt(kind), Part.ACTION)
        assert {character for character in action if character.isdigit()} == {"0", "9"}
        assert "Star" in action
        assert not {"0", "9"} & set(CODE_ALPHABET)


def test_a_finding_is_told_before_anything_that_confirms_it_is_said() -> None:
    """The time that a finding takes ends with its last word: what reveals a code, or asks for a read-back, follows."""
    script = CallScript()
    for kind in IDENTIFYING:
        said = prompt(kind)
        assert seconds_before(said, Part.FINDING) < script.seconds_to_tell(said) < script.seconds(said)
        assert script.seconds_to_tell(said) <= seconds_before(said, Part.CODE)


@pytest.mark.parametrize("lead", [lead for lead in Lead if lead is not Lead.NONE])
def test_every_lead_is_said_before_the_rest(lead: Lead) -> None:
    """What the last key did comes first."""
    said = utterances(prompt(PromptKind.OPENING, lead))
    assert [utterance.part for utterance in said][:2] == [Part.LEAD, Part.WHO]
    assert said[1:] == utterances(prompt(PromptKind.OPENING))


def test_a_voicemail_has_the_number_and_the_code_twice_and_no_finding() -> None:
    """Slowly, with a silence between."""
    said = words(prompt(PromptKind.VOICEMAIL))
    assert said.count("2 0 2, 5 5 5, 0 1 4 2, code 4 8 2, 1 7 3") == 2
    assert any(utterance.pause for utterance in utterances(prompt(PromptKind.VOICEMAIL)))


REVEALING = (PromptKind.TELLING, PromptKind.CODE, PromptKind.PIN_TOLD)


@pytest.mark.parametrize("kind", [kind for kind in PromptKind if kind not in REVEALING])
def test_only_the_telling_reveals_the_code(kind: PromptKind) -> None:
    """And the CODE prompt, which follows a telling; what tells a PIN is on a call without any finding."""
    assert "3, 4, 1" not in words(prompt(kind))
    assert "341" not in words(prompt(kind)).replace(" ", "").replace(",", "")


NAMES = st.text(st.characters(categories=["L"]), min_size=4, max_size=12).map(lambda name: f"Qx{name}xq")


@given(
    kind=st.sampled_from([kind for kind in PromptKind if kind not in IDENTIFYING]),
    lead=st.sampled_from(Lead),
    name=NAMES,
    finding=NAMES,
    born=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
)
def test_no_other_kind_ever_has_a_patients_words(
    kind: PromptKind, lead: Lead, name: str, finding: str, born: date
) -> None:
    """Even where the prompt wrongly carries them."""
    clean = prompt(kind, lead)
    loaded = replace(clean, patient_name=name, findings=(finding,), procedure=finding, patient_id=name, birth_date=born)
    said = words(loaded)
    assert name.lower() not in said.lower()
    assert finding.lower() not in said.lower()
    assert said == words(clean)
    assert not any(canary in said.lower() for canary in CANARIES)


@pytest.mark.parametrize("kind", sorted(IDENTIFYING))
def test_the_identified_call_does_have_them(kind: PromptKind) -> None:
    """Or the test above would prove nothing."""
    said = words(prompt(kind)).lower()
    assert all(fact in said for fact in ("tweety canary", "march third, 1961", "zebraprocedure", "zebrafinding"))


def test_the_hold_says_that_it_holds_every_thirty_seconds_for_three_minutes() -> None:
    """Within one Gather, so that any key ends it."""
    said = utterances(prompt(PromptKind.HOLD))
    assert len(said) == 6
    assert 170 <= SCRIPT.seconds(prompt(PromptKind.HOLD)) <= 180
    starts = [sum(utterance.seconds for utterance in said[:n]) for n in range(6)]
    assert all(29 <= later - earlier <= 30 for earlier, later in pairwise(starts))


@pytest.mark.parametrize("kind", sorted(set(PromptKind) - {PromptKind.HOLD, *UNSPOKEN}))
def test_nobody_has_to_listen_for_more_than_half_a_minute(kind: PromptKind) -> None:
    """But for who holds."""
    assert 0 < SCRIPT.seconds(prompt(kind)) <= 30


def test_a_desks_prompts_do_not_say_our_own_name_as_a_site() -> None:
    """A call without a code belongs to no facility."""
    assert words(Prompt(kind=PromptKind.WHISPER, facility="radrelay")).count("adrelay") == 1
    assert words(Prompt(kind=PromptKind.DESK, facility="radrelay")).count("adrelay") == 1
    assert FULL.facility in words(prompt(PromptKind.WHISPER))


def test_the_staffed_number_is_given_without_the_robots_code() -> None:
    """Humans answer there."""
    said = words(prompt(PromptKind.REFERRED))
    assert said.count("2 0 2, 5 5 5, 0 1 4 2") == 2
    assert "4 8 2, 1 7 3" not in said
