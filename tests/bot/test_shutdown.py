"""A process that is asked to end does so, at whatever moment the signal comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.shutdown import on_signals

SIGNALS = 2000
ROOT = Path(__file__).parents[2]


@pytest.fixture
def quick_turns() -> Iterator[None]:
    """Let the threads take turns often: each signal waits for two turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_turns")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_may_come_in_the_middle_of_waiting(number: signal.Signals) -> None:
    """Whoever begins to wait again and again is interrupted at every point of that, and goes on."""
    done, handled = threading.Event(), list[int]()

    def signals() -> None:
        for count in range(SIGNALS):
            os.kill(os.getpid(), number)
            while len(handled) <= count:
                time.sleep(0)
        done.set()

    with on_signals() as shutdown:

        def handler(number: int, frame: object) -> None:
            shutdown.ask(number, frame)
            handled.append(number)

        signal.signal(number, handler)
        asking = threading.Thread(target=signals)
        asking.start()
        while not done.is_set():
            shutdown.wait(0)
        asking.join()
        assert shutdown.wait(0)
        assert shutdown.wait(None)


def test_nobody_asked() -> None:
    """Waiting so long as was said, and the handlers of before are there again afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    with on_signals() as shutdown:
        assert signal.getsignal(signal.SIGTERM) != before
        assert not shutdown.wait(0.001)
        shutdown.ask(signal.SIGTERM)
        assert shutdown.wait(0.001)
    assert signal.getsignal(signal.SIGTERM) == before


def test_ctrl_c_before_anything_has_begun_prints_no_traceback(tmp_path: Path) -> None:
    """Somebody changes their mind while the program is still being imported: here by its very first library."""
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    where = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], env=where, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
