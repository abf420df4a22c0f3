"""The record pane's lines: whatever a command of the product prints, one JSON object a line, as it prints it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_STOP_SECONDS = 5
_CHECK_SECONDS = 30
_SHOWN = 400


class Record:
    """The entries read so far, and the process that they come from."""

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._entries: list[dict[str, Any]] = []
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._note = "not following yet"
        self._command: tuple[str, ...] = ()
        self._env: dict[str, str] = {}

    def follow(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Start the product's ``audit`` command following its record, and take its lines until ``stop`` or its end."""
        self._note = ""
        self._command, self._env = tuple(command), dict(env)
        follower = [*command, "export", "--follow"]
        self._process = subprocess.Popen(
            follower, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self._thread = threading.Thread(target=self._read, args=(self._process,), name="sandbox-record", daemon=True)
        self._thread.start()

    def verify(self) -> dict[str, str]:
        """Let the product check its record; what it says is a note, or a failure when it found something."""
        if not self._command:
            raise LookupError("radrelay is not up yet")
        done = subprocess.run(
            [*self._command, "verify"],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=_CHECK_SECONDS,
            check=False,
        )
        return {"failure" if done.returncode else "note": (done.stdout + done.stderr).strip()}

    def add(self, line: str) -> None:
        """Take one line; one that is not a JSON object is left out."""
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                self._entries.append(entry)
                self.on_change()

    def state(self) -> dict[str, Any]:
        """Return the newest entries, how many there are, and why no more come."""
        return {"entries": self._entries[-_SHOWN:], "count": len(self._entries), "note": self._note}

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._process = None

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        assert process.stderr is not None  # noqa: S101
        with process.stdout, process.stderr:
            for line in process.stdout:
                self.add(line)
            words = process.stderr.read().strip().splitlines()
        self._note = f"the record is no longer followed: {words[-1]}" if words else "the record is no longer followed"
        self.on_change()
