"""The forms of a critical finding and of a problem, and what is shown where no channel is at hand.

They offer fixed choices and the directory's phrases. Nothing can be typed into them: modals stay without patient data
whatever agreement Slack has signed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.blocks import LABEL, Json, Message, modal, option, plain, safe, section
from handlers.domain.cards import Choice
from handlers.domain.directory import Phrase

FINDING_FORM = "finding_form"
PROBLEM_FORM = "problem_form"
PROBLEM = "problem"  #: both the block's id and the element's
CATEGORY = "category"  #: both the block's id and the element's
PHRASE = "phrase"
_MENU = 100  #: options in a group
_ERROR = 1000  #: characters of a sentence under an input
#: ACR actionable findings (Larson et al., J Am Coll Radiol 2014): how soon somebody must know.
CATEGORIES = {
    1: ("1: within minutes", "Death or lasting harm unless somebody acts within minutes"),
    2: ("2: within hours", "Serious, or explains why the patient came; hours, not minutes"),
    3: ("3: within days", "Has to be followed up; nobody must act today"),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it came back."""

    read_id: str
    study_id: str
    category: int | None
    phrase_id: str


def finding_form(phrases: Sequence[Phrase], read_id: str, study_id: str, about: str) -> Json:
    """Return the form for one read; ``about`` says which study it is, without identifiers."""
    radio = {
        "type": "radio_buttons",
        "action_id": CATEGORY,
        "options": [option(label, str(number), meaning) for number, (label, meaning) in CATEGORIES.items()],
    }
    select = {
        "type": "static_select",
        "action_id": PHRASE,
        "placeholder": plain("Pick a phrase"),
        "option_groups": _groups(phrases),
    }
    hint = "Another finding, or words of your own? Close this and press Open case: they are entered on the case page."
    return modal(
        "Critical finding",
        [
            *([section(about)] if about else []),
            {"type": "input", "block_id": CATEGORY, "label": plain("How soon must somebody know?"), "element": radio},
            {
                "type": "input",
                "block_id": PHRASE,
                "label": plain("Finding"),
                "element": select,
                "hint": plain(hint),
            },
        ],
        callback_id=FINDING_FORM,
        private_metadata=json.dumps({"read": read_id, "study": study_id}),
        submit=plain("Start the relay"),
    )


def _groups(phrases: Sequence[Phrase]) -> list[Json]:
    groups = []
    for number, (label, _) in CATEGORIES.items():
        fitting = {phrase.id: phrase for phrase in phrases if phrase.category == number}
        options = [option(safe(phrase.text, LABEL), phrase.id) for phrase in list(fitting.values())[:_MENU]]
        if options:
            groups.append({"label": plain(f"Category {label}"), "options": options})
    return groups


def problem_form(kinds: Sequence[Choice], read_id: str, about: str) -> Json:
    """Return the form that asks what is wrong with a read's study; ``about`` says which it is, without identifiers."""
    radio = {
        "type": "radio_buttons",
        "action_id": PROBLEM,
        "options": [option(safe(kind.words, LABEL), kind.code, safe(kind.means, LABEL)) for kind in kinds],
    }
    asked = {"type": "input", "block_id": PROBLEM, "label": plain("What keeps it from being read?"), "element": radio}
    return modal(
        "Problem",
        [*([section(about)] if about else []), asked],
        callback_id=PROBLEM_FORM,
        private_metadata=json.dumps({"read": read_id}),
        submit=plain("Tell the desk"),
    )


def problem_filled(view: Json) -> tuple[str, str]:
    """Return the read's id and the kind of problem that a submitted form says."""
    values = view.get("state", {}).get("values", {})
    picked = values.get(PROBLEM, {}).get(PROBLEM, {}).get("selected_option") or {}
    ids = json.loads(view.get("private_metadata") or "{}")
    return str(ids.get("read", "")), str(picked.get("value", ""))


def filled(view: Json) -> Filled:
    """Return what a submitted form says."""
    values: dict[str, dict[str, dict[str, Any]]] = view.get("state", {}).get("values", {})

    def chosen(name: str) -> str:
        picked = values.get(name, {}).get(name, {}).get("selected_option") or {}
        return str(picked.get("value", ""))

    ids = json.loads(view.get("private_metadata") or "{}")
    category = chosen(CATEGORY)
    number = int(category) if category in {str(known) for known in CATEGORIES} else None
    return Filled(ids.get("read", ""), ids.get("study", ""), number, chosen(PHRASE))


def problems(form: Filled, phrases: Sequence[Phrase]) -> dict[str, str]:
    """Return what is wrong with a form, as block id to sentence; an empty mapping is fine."""
    if form.category is None:
        return {CATEGORY: "Choose category 1, 2 or 3."}
    phrase = next((phrase for phrase in phrases if phrase.id == form.phrase_id), None)
    if phrase is None:
        return {PHRASE: "The directory no longer has this phrase. Close this and press Critical finding again."}
    if phrase.category != form.category:
        return {
            PHRASE: f"The directory has this phrase as category {phrase.category}, you chose {form.category}. "
            f"Pick a phrase of category {form.category}, or choose category {phrase.category}."
        }
    return {}


def refused(sentence: str, block: str = CATEGORY) -> dict[str, str]:
    """Return a refusal as it is shown in the form."""
    return {block: safe(sentence, _ERROR)}


def told(message: Message, title: str = "radrelay") -> Json:
    """Return a message as a modal, for a click on the Home, where no channel is at hand."""
    return modal(title, message.blocks or [section(message.text)])
