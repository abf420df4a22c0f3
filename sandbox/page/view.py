"""What the page shows, as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.exchange import Exchange
    from sandbox.hospital import Hospital, Site
    from sandbox.workspace import Workspace
    from sandbox.workspace.model import View

MESSAGES_SHOWN = 120
CALLS_SHOWN = 12
_LIVE = {"queued", "ringing", "in-progress"}


def slack(workspace: Workspace, parts: Mapping[str, str]) -> dict[str, Any]:
    """Return channels, people and their parts, messages, modals and Homes."""
    memory = workspace.memory
    with memory.lock:
        shown = {
            "users": [{"id": user, "name": name, "part": parts.get(user, "")} for user, name in memory.users.items()],
            "channels": [{"id": c.id, "name": c.name, "person": c.person} for c in memory.channels.values()],
            "bot": {"id": memory.identity.bot_user_id, "name": memory.identity.bot_name},
            "messages": [m.to_json() for m in memory.messages[-MESSAGES_SHOWN:]],
            "ephemerals": [m.to_json() for m in memory.ephemerals[-MESSAGES_SHOWN:]],
            "modals": {user: _view(memory.views[stack[-1]]) for user, stack in memory.stacks.items() if stack},
            "homes": {user: _view(home) for user, home in memory.homes.items()},
        }
        return shown | {"commands": list(workspace.commands)}


def telephone(exchange: Exchange, names: Mapping[str, str], ours: str) -> dict[str, Any]:
    """Return calls with who is called, texts, and what the exchange could not make sense of."""
    shown = exchange.state()
    ended = [call.state() for call in exchange.calls if call.status not in _LIVE]
    return {
        "ours": ours,
        "names": dict(names),
        "calls": [*shown["calls"], *reversed(ended[-CALLS_SHOWN:])],
        "texts": shown["messages"],
        "errors": shown["application_errors"],
    }


def hospital(
    house: Hospital, sites: Sequence[Site], reading: Mapping[str, str], people: Mapping[str, str]
) -> dict[str, Any]:
    """Return the studies sent, newest first, without their patients, each with who has it as the PACS was told."""
    studies = [
        {
            "accession": study.accession_number,
            "description": study.description,
            "facility": study.facility,
            "told": study.told,
            "reader": people.get(who, who) if (who := reading.get(study.accession_number)) else "",
        }
        for study in reversed(house.studies)
    ]
    return {"sites": [site.facility for site in sites], "studies": studies[:40]}


def _view(view: View) -> dict[str, Any]:
    return {"id": view.id, "hash": view.hash, "body": view.body, "errors": view.errors, "entered": view.entered}
