"""What may be shown, spoken and logged is one list a channel; these tests find a second one, and a way round the first."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from datetime import date
from typing import Any, get_type_hints

import pytest

from bot import log_shapes
from handlers.domain import cards, dialog
from handlers.domain.dialog import IDENTIFYING, Prompt, PromptKind
from handlers.domain.studies import Finding, Study
from handlers.ports import Messenger, Texter
from store.mapping import KEPT
from telephony import script
from tests.architecture.source import modules
from tests.security.canaries import BIRTH_DATE, FINDING, MRN, NAME, found_in

#: What a card shows of what the store seals: neither says who somebody is (45 CFR 164.514(b)(2)(i)).
SHOWN_THOUGH_SEALED = {"sex"}
#: Inside the house, what Slack's and the telephone's rooms may know: values of a channel, staff, codes and refusals.
KNOWN_TO_A_CHANNEL = (
    "handlers.domain.cards",
    "handlers.domain.dialog",
    "handlers.domain.directory",
    "handlers.domain.policies",
    "handlers.domain.errors",
    "handlers.domain.case_code",
    "handlers.domain.troubles",
    "handlers.ports.CallSeen",
    "handlers.ports.TextSeen",
)

#: Writes the documentation's page of calls, with a patient who never lived; no door and no adapter imports it.
OF_THE_DOCUMENTATION = ("telephony/scenes.py", "telephony/scripts_page.py")


def _patient_fields() -> set[str]:
    return set(KEPT[Study].sealed | KEPT[Finding].sealed) - SHOWN_THOUGH_SEALED


@pytest.mark.parametrize("card", [cards.ReadCard, cards.DeskCard, cards.HandoverCard, cards.Note])
def test_no_value_for_slack_has_a_patients_field(card: Any) -> None:
    """There is no field that could carry one, under the names that the store seals."""
    names = {one.name for one in dataclasses.fields(card)}
    if card is cards.Note:
        names.remove("text")  # a sentence of ours; the whole run of the PHI lint looks at what is in it
    assert names.isdisjoint(_patient_fields() | {"patient", "name", "finding", "findings", "mrn", "uid", "accession"})


def test_slack_is_given_cards_and_notes_only() -> None:
    """Every value that the messenger takes is of handlers.domain.cards, or plain: a channel, a time, yes or no."""
    given = set()
    for name, method in inspect.getmembers(Messenger, inspect.isfunction):
        if not name.startswith("_"):
            given |= {hint for key, hint in get_type_hints(method).items() if key != "return"}
    of_ours = {one.__module__ for one in given if isinstance(one, type) and one.__module__.startswith("handlers")}
    assert of_ours == {cards.__name__}


def test_a_text_has_no_parameter_for_a_patient() -> None:
    """The one text there is takes a facility, a number, a code and the token of a link."""
    assert set(inspect.signature(Texter.send).parameters) == {
        *("self", "token", "to", "facility", "callback_number", "callback_code", "pickup")
    }


@pytest.mark.parametrize("room", ["bot/slack", "telephony"])
def test_a_channels_room_does_not_know_a_study(room: str) -> None:
    """What does not import studies, findings or the case page cannot show them."""
    strangers = {
        f"{module.path}: {name}"
        for module in modules(room)
        if module.path not in OF_THE_DOCUMENTATION
        for name in module.imports()
        if name.startswith("handlers")
        and not f"{name}.".startswith(tuple(f"{one}." for one in KNOWN_TO_A_CHANNEL))
        and name != "handlers.domain"
    }
    assert {one for one in strangers if not one.endswith("handlers.domain.case_code")} == set()


def test_nothing_that_runs_imports_what_writes_the_documentation() -> None:
    """It knows the inside's machine, which the telephone's room may not."""
    names = tuple(path.removesuffix(".py").replace("/", ".") for path in OF_THE_DOCUMENTATION)
    importing = {module.path for module in modules() for name in module.imports() if name.startswith(names)}
    assert importing <= set(OF_THE_DOCUMENTATION)


@pytest.mark.parametrize("kind", list(PromptKind))
def test_only_identifying_prompts_say_who_it_is(kind: PromptKind) -> None:
    """Given everything about a patient, every other prompt says nothing of it; these two do, or the list is idle."""
    day = dataclasses.replace(Prompt(kind=kind), birth_date=date.fromisoformat(BIRTH_DATE))
    prompt = dataclasses.replace(
        day, patient_name=NAME, patient_id=MRN, findings=(FINDING,), code="123", who="the desk"
    )
    said = " ".join(one.text for one in script.utterances(prompt))
    assert bool(found_in(said)) is (kind in IDENTIFYING)


def test_there_is_one_list_of_identifying_prompts() -> None:
    """No other module keeps a set with a prompt of that list in it, except to say how it is spoken or listened to."""
    holding = set()
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Set | ast.List | ast.Tuple):
                named = {ast.unparse(one) for one in node.elts}
                if any(f"PromptKind.{kind.name}" in named for kind in IDENTIFYING):
                    holding.add(module.path)
    assert holding <= {"handlers/domain/dialog.py", "telephony/script.py"}
    assert "handlers/domain/dialog.py" in holding
    assert {kind.value for kind in dialog.IDENTIFYING} == {"telling", "record_choice"}


def test_patients_are_put_into_prompts_in_one_place() -> None:
    """One function decides by the list which facts a prompt may carry; elsewhere only made-up and empty ones are given."""
    giving = set()
    for module in modules():
        for function in (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                given = [word.value for word in call.keywords if word.arg == "patient_name"]
                made_up = all(isinstance(one, ast.Constant) for one in given)
                if (
                    given
                    and not made_up
                    and ast.unparse(call.func) in {"Prompt", "dialog.Prompt", "replace", "_prompt"}
                ):
                    giving.add(f"{module.path} {function.name}")
    assert giving == {"handlers/domain/said.py prompt_of"}


def test_there_is_one_way_to_the_log() -> None:
    """One module configures logging and opens no file; one list says what may pass; nobody prints but the commands."""
    configuring, printing = set(), set()
    for module in modules():
        for name, call in module.calls():
            where = ast.unparse(call.func)
            if name in {"basicConfig", "addHandler", "dictConfig", "StreamHandler", "FileHandler", "WriteLogger"} or (
                name == "configure" and where.startswith("structlog")
            ):
                configuring.add(module.path)
            if where == "print":
                printing.add(module.path)
    assert configuring == {"bot/logs.py"}
    assert printing == set()
    assigned = {
        module.path
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AnnAssign | ast.Assign)
        and "ALLOWED" in ast.unparse(node).partition("=")[0].split(":")[0]
    }
    assert assigned == {"bot/log_shapes.py"}
    assert set(log_shapes.ALLOWED).isdisjoint(_patient_fields())
