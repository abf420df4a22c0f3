"""Several threads at one moment, and what became of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 30.0


def together(functions: Sequence[Callable[[], T]]) -> list[T]:
    """Run each in a thread of its own, released by a barrier; return their results in order."""
    barrier = threading.Barrier(len(functions))

    def released(function: Callable[[], T]) -> T:
        barrier.wait(PATIENCE)
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(released, function) for function in functions]]
