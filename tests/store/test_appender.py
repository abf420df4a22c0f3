"""The appender: every door is answered after its commit, many in one, and with its own error."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import CancelledError
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from handlers.domain.machinery import Accepted, Verdict
from store.appender import GROUP, Appender, AppenderStopped
from store.memory import SqlMemory
from store.queues import INBOX
from tests.store.test_inbox import accepted
from tests.store.threads import PATIENCE, together


def stored(memory: SqlMemory) -> int:
    """Count what the inbox holds."""
    with memory.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(INBOX)).scalar_one())


def test_five_hundred_at_once_are_all_answered_after_their_commit(memory: SqlMemory) -> None:
    """From fifty threads: whoever has its answer finds its row."""
    appender = Appender(memory)
    appender.start()

    def door(number: int) -> list[tuple[Verdict, bool]]:
        answers = []
        for turn in range(10):
            verdict = appender.append(accepted(f"{number}-{turn}")).result(PATIENCE)
            with memory.database.reading() as connection:
                mine = INBOX.c.delivery_id == f"{number}-{turn}"
                answers.append((verdict, connection.execute(select(INBOX.c.id).where(mine)).first() is not None))
        return answers

    doors = together([lambda number=number: door(number) for number in range(50)])  # type: ignore[misc]
    appender.stop()
    assert [answer for one in doors for answer in one] == [(Verdict.NEW, True)] * 500
    assert stored(memory) == 500


def test_what_waits_together_is_committed_together(memory: SqlMemory) -> None:
    """Five hundred that were handed over before the first commit are two commits, in their order."""
    commits: list[int] = []
    memory.on_commit.append(lambda _touched: commits.append(1))
    appender = Appender(memory)
    futures = [appender.append(accepted(str(number))) for number in range(500)]
    appender.start()
    assert [future.result(PATIENCE) for future in futures] == [Verdict.NEW] * 500
    appender.stop()
    assert len(commits) == -(-500 // GROUP)
    with memory.database.reading() as connection:
        order = connection.execute(select(INBOX.c.delivery_id).order_by(INBOX.c.position)).scalars().all()
    assert order == [str(number) for number in range(500)]


def test_an_error_is_handed_to_the_door_it_belongs_to(memory: SqlMemory) -> None:
    """The other doors of the group get their verdict, and the appender goes on."""
    appender = Appender(memory)
    naive = accepted("bad", received_at=datetime(2026, 1, 1))  # noqa: DTZ001
    futures = [appender.append(one) for one in (accepted("1"), naive, accepted("2"))]
    appender.start()
    assert futures[0].result(PATIENCE) is Verdict.NEW
    assert futures[2].result(PATIENCE) is Verdict.NEW
    with pytest.raises(Exception, match="an instant needs a zone"):
        futures[1].result(PATIENCE)
    assert appender.append(accepted("3")).result(PATIENCE) is Verdict.NEW
    appender.stop()


class BrokenMemory(SqlMemory):
    """A memory whose database went away."""

    def accept(self, deliveries: Iterable[Accepted]) -> list[Verdict | Exception]:
        """Fail as the driver would."""
        raise OperationalError("INSERT", list(deliveries), Exception("the disk is full"))


def test_when_the_database_fails_every_door_of_the_group_hears_of_it(memory: SqlMemory) -> None:
    """No door is left waiting, and the thread lives."""
    broken = BrokenMemory.__new__(BrokenMemory)
    appender = Appender(broken)
    futures = [appender.append(accepted(str(number))) for number in range(3)]
    appender.start()
    for future in (*futures, appender.append(accepted("later"))):
        with pytest.raises(OperationalError, match="the disk is full"):
            future.result(PATIENCE)
    appender.stop()


def test_a_door_that_went_away_does_not_end_the_appender(memory: SqlMemory) -> None:
    """A canceled request cancels its future; the others are answered and nothing was promised to it."""
    appender = Appender(memory)
    gone, waiting = appender.append(accepted("gone")), appender.append(accepted("waiting"))
    assert gone.cancel()
    appender.start()
    assert waiting.result(PATIENCE) is Verdict.NEW
    with pytest.raises(CancelledError):
        gone.result(PATIENCE)
    assert appender.append(accepted("gone")).result(PATIENCE) is Verdict.NEW
    appender.stop()


def test_stopping_commits_what_was_handed_over_and_refuses_what_comes_after(memory: SqlMemory) -> None:
    """Each future ends: with its verdict, or told that the process is ending."""
    appender = Appender(memory)
    appender.start()
    futures = [appender.append(accepted(str(number))) for number in range(300)]
    appender.stop()
    assert all(future.done() and future.result() is Verdict.NEW for future in futures)
    with pytest.raises(AppenderStopped):
        appender.append(accepted("too late")).result(0)
    assert stored(memory) == 300
    assert not [thread for thread in threading.enumerate() if thread.name == "inbox-appender"]
