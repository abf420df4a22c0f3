"""Prompts for the tests: one that carries every fact, and patients that a leak would show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from handlers.domain.dialog import Lead, Leg, Prompt, PromptKind
from handlers.domain.policies import Role

TOKEN = "Tok_en-0123456789abcdef"
OUR_NUMBER = "+12025550100"
STAFFED = "+12025550142"
FULL = Prompt(
    kind=PromptKind.OPENING,
    facility="Mercy General Hospital",
    category=1,
    case_code="48210937",
    patient_name="CANARY^TWEETY",
    birth_date=date(1961, 3, 3),
    patient_id="99887766",
    procedure="CT zebraprocedure",
    findings=("Large right zebrafinding",),
    code="341",
    callback_number=STAFFED,
    callback_code="482173",
    ended_by=(Role.PHYSICIAN, Role.NP, Role.PA),
    dial=(Leg(key="leg1", number="+12025550143"),),
    who="the radiologist",
)
CANARIES = ("canary", "tweety", "1961", "march", "9, 9, 8", "99887766", "zebra")


def prompt(kind: PromptKind, lead: Lead = Lead.NONE) -> Prompt:
    """Return a prompt of a kind with every fact in it."""
    return replace(FULL, kind=kind, lead=lead)
