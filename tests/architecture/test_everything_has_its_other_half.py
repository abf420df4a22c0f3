"""What is declared in one place is carried out, worded or written down in another; here neither half is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
import yaml

from bot.settings import DatabaseSettings, MemorySettings, ServiceSettings
from bot.slack import app as slack_app
from bot.slack.commands import COMMANDS
from handlers import dispatcher, overdue, tasks_told
from handlers.domain.dialog import KEYS, UNSPOKEN, Lead, Prompt, PromptKind
from handlers.domain.machinery import DeadlineKind, EffectKind
from handlers.domain.relays import Stage
from handlers.domain.tasks import TaskKind
from telephony import script
from tests.architecture.source import ROOT, Module, modules

ACTION = re.compile(r"[a-z_]+:[a-z_]+")
#: What takes the action of an audit entry, by its last name.
RECORDING = ("AuditFact", "record", "_record", "_audit")
DOCUMENT = ROOT / "docs" / "record.md"


def _members(*kinds: type[StrEnum]) -> list[Any]:
    return [pytest.param(member, id=f"{kind.__name__}.{member.value}") for kind in kinds for member in kind]


@pytest.mark.parametrize("kind", _members(TaskKind))
def test_every_task_has_its_words(kind: TaskKind) -> None:
    """A desk is told what happened and what to do next, in two sentences of its own."""
    what, todo = tasks_told.told(kind)
    assert what.endswith(".")
    assert todo.endswith(".")
    assert what != todo


def test_every_deadline_has_a_handler() -> None:
    """A kind without one would be tried again for ever."""
    assert set(overdue.HANDLERS) == set(DeadlineKind)


def test_every_effect_has_a_carrier() -> None:
    """A kind without one would never leave."""
    assert set(dispatcher.CARRIERS) == set(EffectKind)


@pytest.mark.parametrize("kind", sorted(set(PromptKind) - UNSPOKEN))
def test_every_prompt_and_lead_has_its_words(kind: PromptKind) -> None:
    """Nobody is left with a silent line."""
    for lead in Lead:
        assert any(one.text.strip() for one in script.utterances(Prompt(kind=kind, lead=lead, code="123")))


def test_every_stage_that_listens_has_its_keys() -> None:
    """The keys of every stage are one table; the recording listens for the voice, and the end for nothing."""
    assert set(KEYS) == set(Stage) - {Stage.RECORD, Stage.OVER}


def _actions(module: Module) -> Iterator[tuple[str, str]]:
    for name, call in module.calls():
        if name in RECORDING:
            for given in (*call.args, *(word.value for word in call.keywords)):
                for node in ast.walk(given):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
                        yield node.value, f"{module.path}:{node.lineno}"


def test_every_action_of_the_record_is_documented() -> None:
    """Whoever reads an export finds each action in docs/record.md, and none there that is never written."""
    used = {action: place for module in modules() for action, place in _actions(module)}
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## Every action\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`([a-z_]+:[a-z_]+)`", section))
    assert {action: place for action, place in used.items() if action not in documented} == {}
    assert documented - set(used) == set()


def test_every_action_is_named_where_it_is_recorded() -> None:
    """An action that is put together at run time could not be documented: only what passes one on may take a variable."""
    passed_on = []
    for module in modules():
        for name, call in module.calls():
            given = [word.value for word in call.keywords if word.arg == "action"]
            if name == "AuditFact" and not any(isinstance(one, ast.Constant) for one in given):
                passed_on.append(module.path)
    assert sorted(passed_on) == sorted(
        [
            f"handlers/{name}.py"
            for name in (
                "claims",
                "desk",
                "dictations",
                "endings",
                "handover",
                "inbound",
                "lines",
                "lockouts",
                "outages",
                "overrides",
                "pauses",
                "pickups",
                "pin_calls",
                "privacy",
                "recordings",
                "studies",
                "unclaimed",
                "verifying",
            )
        ]
    )


def _variables(kind: type[DatabaseSettings]) -> set[str]:
    return {str(field.validation_alias) for field in kind.model_fields.values()}


@pytest.mark.parametrize("variable", sorted(_variables(ServiceSettings) | _variables(MemorySettings)))
def test_every_setting_is_documented(variable: str) -> None:
    """In .env.example, with a comment above it or above the group it stands in."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    at = next((at for at, line in enumerate(lines) if re.match(rf"#?{variable}=", line)), None)
    assert at is not None, f"{variable} is not in .env.example"
    group: list[str] = []
    for line in reversed(lines[:at]):
        if not line:
            break
        group.append(line)
    assert any(line.startswith("# ") for line in group), f"nothing is said about {variable}"


@pytest.mark.parametrize("name", ["manifest-http.yaml", "manifest-socket.yaml"])
def test_a_manifest_asks_for_what_is_used_and_no_more(name: str) -> None:
    """Scopes, commands and events, of both ways to connect; nothing that reads what people write to each other."""
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "slack" / name).read_text(encoding="utf-8"))
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}
    assert sorted(scopes["bot"]) == sorted({scope for needed in slack_app.SCOPES.values() for scope in needed})
    assert {command["command"] for command in manifest["features"]["slash_commands"]} == set(COMMANDS)
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == set(slack_app.EVENTS)
    assert not [event for event in slack_app.EVENTS if event.startswith("message")]


def test_the_product_does_not_know_of_the_sandbox() -> None:
    """It is told where Slack and Twilio are; only the wiring and the command line can start the stand-ins."""
    knowing = {module.path for module in modules() if "sandbox" in module.text.lower()}
    assert {path for path in knowing if not path.startswith("bot/wiring")} <= {"bot/cli.py"}
    assert knowing, "nothing could start the sandbox"
