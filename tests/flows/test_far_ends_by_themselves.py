"""Real lines end to end: whatever answers does so by itself, in its own time, and our call finds its way to a person."""

from __future__ import annotations

import re

from handlers.domain.relays import Ending, Outcome
from sandbox.exchange import (
    AnsweringService,
    Badge,
    Call,
    Menu,
    Operator,
    PagerTerminal,
    Person,
    PhoneTree,
    Presses,
    Says,
)
from telephony import spoken
from tests.flows.acts import attempt_of
from tests.flows.ringing import code_heard, let_ring, until_rings
from tests.flows.stage import CHARGE, OURS, SUPERVISOR, Stage
from tests.flows.test_real_lines import reach_the_charge_line, the_charge_line_is

NURSE = Person(name="the charge nurse", greeting="Emergency department, this is Ana.", rings_for=5)


def until_there(stage: Stage, call: Call, name: str) -> None:
    """Let time pass until somebody is at the far end."""
    for _ in range(90):
        if call.talk is not None and call.talk.here.name == name:
            stage.advance(6)
            return
        stage.advance(1)
    raise AssertionError(f"{name} never came; heard at the far end: {call.heard}")


def says_the_code(words: str) -> Says | None:
    """Say the code that was said last, if one was said whole."""
    found = re.findall(r"[Cc]ode: (\d), (\d), (\d)", words)
    return Says(" ".join(found[-1])) if found else None


def confirms(stage: Stage, call: Call, role: str = "2") -> None:
    """Act for whoever is there now: say who one is, hear the finding and key the code."""
    stage.press(call, role)
    stage.listen(call)
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def tree() -> PhoneTree:
    """Return Mercy's phone tree: departments, an extension, and an operator for whoever waits."""
    operator = Operator(directory={"charge nurse": NURSE})
    return PhoneTree(
        menu=Menu(
            ("For the emergency department press two.", "For the operator press zero."), {"2": NURSE, "0": operator}
        ),
        extensions={"417": NURSE},
        otherwise=operator,
    )


def test_an_extension_leads_through_a_phone_tree_to_the_nurse(stage: Stage) -> None:
    """The keys come when the tree listens; nothing is lost, and she hears the opening from its beginning."""
    stage.exchange.far_end(CHARGE, tree())
    the_charge_line_is(stage, "switchboard", 'extension: "417", ask_for: "the charge nurse", ')
    call = reach_the_charge_line(stage)
    until_there(stage, call, "the charge nurse")
    assert call.talk is not None
    assert call.talk.keys == "417"
    confirms(stage, call)


def test_a_tree_without_a_way_for_us_ends_at_its_operator(stage: Stage) -> None:
    """Who presses nothing is at last given to a human, who hears whom we want and puts us through."""
    stage.exchange.far_end(CHARGE, tree())
    the_charge_line_is(stage, "switchboard", 'send_digits: "wwww0", ask_for: "the charge nurse", ')
    call = reach_the_charge_line(stage)
    until_there(stage, call, "the charge nurse")
    confirms(stage, call)


def test_an_answering_service_writes_down_only_number_and_code(stage: Stage) -> None:
    """She presses 1, writes the message down, gives her name and a time, and the ladder goes on meanwhile."""
    service = AnsweringService(
        greeting="Doctor Osei's answering service, this is Dana.",
        called="Dana",
        replies={"1 to take a message": Presses("1"), "how many minutes": Says("ten minutes")},
    )
    stage.exchange.far_end(CHARGE, service)
    the_charge_line_is(stage, "answering_service", 'ask_for: "Doctor Osei", ')
    call = reach_the_charge_line(stage)
    stage.advance(40)
    supervisor = until_rings(stage, SUPERVISOR)
    assert attempt_of(stage, call).outcome is Outcome.MESSAGE_LEFT
    written = " ".join(service.messages)
    assert spoken.telephone(OURS) in written
    assert spoken.in_groups(stage.relay().callback_code) in written
    assert "subdural" not in written.lower()
    supervisor.answer()
    stage.settle()
    confirms(stage, supervisor)


def test_a_pager_takes_number_and_code_after_its_tone(stage: Stage) -> None:
    """The keys wait for the tone; the page stands in the terminal as it is shown on the belt."""
    terminal = PagerTerminal()
    stage.exchange.far_end(CHARGE, terminal)
    the_charge_line_is(stage, "pager", 'send_digits: "wwww", ')
    call = reach_the_charge_line(stage)
    stage.advance(40)
    assert terminal.pages == [f"5035550100*{stage.relay().callback_code}"]
    assert attempt_of(stage, call).outcome is Outcome.PAGED
    let_ring(stage, until_rings(stage, CHARGE))


def test_a_badge_is_spoken_with_from_beginning_to_end(stage: Stage) -> None:
    """It has no keys: the role and the code are said."""
    wearer = Badge(
        greeting="",
        replies={"Code": says_the_code, "nurse": Says("nurse")},
    )
    stage.exchange.far_end(CHARGE, wearer)
    the_charge_line_is(stage, "badge")
    call = reach_the_charge_line(stage)
    stage.advance(60)
    assert call.pressed == ""
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
