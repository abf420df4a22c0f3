"""The run of faults loses and doubles nothing; and without the look-up of calls in doubt it sees that calls are doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from benchmarks.faults.__main__ import table
from benchmarks.faults.run import Came, run
from handlers.ports import CallSeen
from sandbox.serving import Servers, serving
from telephony.dialer import TwilioDialer
from tests.flows.served import forget_endpoints


@pytest.fixture
def servers() -> Iterator[Servers]:
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(drop_missing=True)])
    with serving() as running:
        yield running
    structlog.reset_defaults()
    forget_endpoints()


class NeverFinds(TwilioDialer):
    """Looks and sees nothing."""

    def find(self, *, to: str, ours: str, since: datetime) -> CallSeen | None:
        return None


def test_a_few_faults_lose_and_double_nothing(servers: Servers, database_url: str, tmp_path: Path) -> None:
    """Each relay reaches a human, each attempt is one call, each text is one text."""
    came = run(servers, database_url, tmp_path, faults=50, seed=4)
    assert came.good, came
    assert came.injected >= 50
    assert came.relays == came.ended > 2


def test_a_look_up_that_sees_nothing_is_noticed(servers: Servers, sqlite_database_url: str, tmp_path: Path) -> None:
    """Calls that are there are dialed once more, and the run says so: its zeros mean something."""
    came = run(servers, sqlite_database_url, tmp_path, faults=60, seed=2, dialer=NeverFinds)
    assert came.double_dials > 0
    assert not came.good


@pytest.mark.parametrize("wrong", ["lost", "double_dials", "doubled_texts"])
def test_one_of_anything_is_a_failure(wrong: str) -> None:
    """Whatever is not zero is printed, and is no good."""
    zero = {"lost": 0, "double_dials": 0, "doubled_texts": 0}
    came = Came(faults=Counter({"drop:ringing": 7}), relays=3, ended=3, amiss=(), **(zero | {wrong: 1}))
    assert not came.good
    assert "     7  drop ringing" in table(came)
    assert "     1  " in table(came)
