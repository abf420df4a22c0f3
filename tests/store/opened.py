"""The store's face over a given database, for tests that need no choice of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.cipher import Cipher
from store.database import Database
from store.memory import SqlMemory
from tests.clock import ManualClock, SeededChance
from tests.conftest import FERNET_KEY, INDEX_KEY, unpaced


@contextmanager
def opened_memory(url: str, seed: int = 0) -> Iterator[SqlMemory]:
    """Open a memory and close its database at the end."""
    database = Database(url)
    try:
        yield SqlMemory(database, Cipher([FERNET_KEY], INDEX_KEY), ManualClock(), SeededChance(seed), unpaced)
    finally:
        database.close()
