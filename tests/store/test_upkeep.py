"""What an operator does by hand: sealing anew, and trying again what was set aside."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bot.clock import SecretChance, WallClock
from handlers.domain.machinery import Accepted, Effect, EffectKind
from handlers.domain.relays import Turn
from handlers.ports import Delivered
from store import queues, schema, upkeep
from store.cipher import Cipher, SealBroken
from store.database import Database
from store.memory import SqlMemory
from store.queues import Pace

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INDEX = b"i" * 32


def memory_of(database: Database, *keys: str) -> SqlMemory:
    clock = WallClock()
    return SqlMemory(
        database, Cipher(keys, INDEX), clock, SecretChance(), lambda _: Pace(clock.now() - clock.now(), alone=False)
    )


@pytest.fixture
def database(database_url: str) -> Database:
    opened = Database(database_url)
    schema.migrate(opened)
    return opened


def turn(key: str, words: str) -> Turn:
    return Turn(id=key, facility="f", attempt_id=key, number=0, heard="", answer=words, at=NOW)


def test_after_resealing_the_old_key_may_go(database: Database) -> None:
    """Rows and waiting inbox bodies open with the new key alone, and say what they said."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = memory_of(database, old)
    with before.transaction("f") as tx:
        for index in range(3):
            tx.add(turn(f"t{index}", f"words {index}"))
    before.accept([Accepted(source="s", delivery_id="d", facility="f", kind="k", body=b"body", received_at=NOW)])
    list(upkeep.reseal(database, Cipher([new, old], INDEX)))
    after = memory_of(database, new)
    with after.reading() as look:
        assert [one.answer for one in look.all(Turn)] == ["words 0", "words 1", "words 2"]
    with after.next_delivery() as work:
        assert work is not None
        assert work[0].accepted.body == b"body"
    with before.reading() as look, pytest.raises(SealBroken):
        look.all(Turn)
    database.close()


def taken_and_failed(memory: SqlMemory) -> Delivered:
    """Take the oldest event, and fail while handling it."""
    taken = []
    with suppress(KeyError), memory.next_delivery() as work:
        assert work is not None
        taken.append(work[0])
        raise KeyError
    return taken[0]


def test_what_was_set_aside_is_listed_and_can_be_tried_again(database: Database) -> None:
    """An event and an effect that were given up come back when they are asked for, and only then."""
    memory = memory_of(database, Fernet.generate_key().decode())
    memory.accept([Accepted(source="s", delivery_id="d", facility="f", kind="k", body=b"body", received_at=NOW)])
    for _ in range(queues.EVENT_TRIES):
        with memory.database.writing() as connection:
            connection.execute(text("UPDATE inbox SET due_at = received_at"))
        memory.delivery_failed(taken_and_failed(memory), "KeyError")
    with memory.transaction("f") as tx:
        tx.effect(Effect(kind=EffectKind.HANG_UP, subject="x", lane="control"))
    sending = memory.take_effect("control")
    assert sending is not None
    memory.effect_dropped(sending, "20404: gone")
    found = upkeep.set_aside(database)
    assert [(one.what, one.reason) for one in found] == [("event", "KeyError"), ("effect", "20404: gone")]
    assert all(upkeep.try_again(database, one.id, NOW) for one in found)
    assert not upkeep.set_aside(database)
    assert not upkeep.try_again(database, found[0].id, NOW)
    assert memory.take_effect("control") is not None
    database.close()
