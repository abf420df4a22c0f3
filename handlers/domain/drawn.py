"""The state machines as pictures, drawn from the tables themselves: ``python -m handlers.domain.drawn``.

The page in docs/ is this module's output; a test holds them together.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from handlers.domain.leases import LEASE_TABLE, LeaseState
from handlers.domain.pickups import PICKUP_TABLE, PickupState
from handlers.domain.problems import PROBLEM_TABLE, ProblemState
from handlers.domain.relays import ATTEMPT_TABLE, RELAY_TABLE, AttemptState, RelayState
from handlers.domain.tasks import TASK_TABLE, TaskState

_HEAD = """# State machines

Drawn from the tables in `handlers/domain/relays.py`, `tasks.py`, `leases.py` and `problems.py` by `python -m handlers.domain.drawn`. A pair of state and event that a table
does not have is an error, never a silent change; a stale callback changes nothing and is recorded as stale.
"""


def diagram(table: Mapping[tuple[Any, Any], Any], first: StrEnum, *last: StrEnum) -> str:
    """Return a table as a Mermaid state diagram; events between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), after in table.items():
        arrows.setdefault((state.value, after.value), []).append(event.value)
    lines = [f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()]
    ends = [f"    {one.value} --> [*]" for one in last]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first.value}", *lines, *ends])


def page() -> str:
    """Return the whole page."""
    drawings = [
        (
            "Relay",
            "One conversation about a study's critical findings.",
            diagram(RELAY_TABLE, RelayState.CALLING, RelayState.ENDED),
        ),
        ("Attempt", "One try to reach somebody.", diagram(ATTEMPT_TABLE, AttemptState.QUEUED, AttemptState.FINISHED)),
        (
            "Lease",
            "How long a reader who holds a read may be silent. No state of it ends the claim; it ends with it.",
            diagram(LEASE_TABLE, LeaseState.RUNNING, LeaseState.OFFERED),
        ),
        ("Desk task", "Something a human at a desk has to do.", diagram(TASK_TABLE, TaskState.OPEN, TaskState.DONE)),
        (
            "Pickup",
            "The link of a text, and the one visit to the pickup page that it opens.",
            diagram(PICKUP_TABLE, PickupState.OFFERED, PickupState.OVER),
        ),
        (
            "Problem",
            "Something that keeps a study from being read.",
            diagram(PROBLEM_TABLE, ProblemState.OPEN, ProblemState.SOLVED, ProblemState.CLOSED),
        ),
    ]
    parts = [f"## {name}\n\n{what}\n\n```mermaid\n{drawn}\n```\n" for name, what, drawn in drawings]
    return "\n".join([_HEAD, *parts])


if __name__ == "__main__":
    sys.stdout.write(page())
