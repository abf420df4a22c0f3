"""Takes the guards away one at a time, in copies of the tree, and tells which tests notice: ``python -m tests.guards``.

Exit status 1 when a test stays green without its guard, is not green with it, or a guard's text is not found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.guards.table import GUARDS, Guard

TREE = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".radrelay", ".hypothesis", "__pycache__", ".*_cache", "dist", "*.egg-info"
)
AT_ONCE = 2
SECONDS = 300
RED = re.compile(r"\b[1-9]\d* failed\b")
GREEN = re.compile(r"\b[1-9]\d* passed\b")


def _run(folder: Path, guards: list[Guard]) -> tuple[int, str]:
    """Run the guards' tests in a copy of the tree, which its own modules come from; return pytest's status and last lines."""
    chosen = {"sqlite": "not postgresql"}.get(guards[0].database, guards[0].database)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "--show-capture=no"]
    command += ["-k", chosen, *sorted({guard.test for guard in guards})]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return -1, "timed out"
    return done.returncode, (done.stdout + done.stderr)[-2000:]


def _without(guard: Guard) -> str:
    """Return "" when the guard's test goes red without it, else what happened instead."""
    with tempfile.TemporaryDirectory(prefix="radrelay-guard-") as name:
        folder = Path(name) / "tree"
        shutil.copytree(TREE, folder, ignore=LEFT_OUT)
        path = folder / guard.file
        text = path.read_text(encoding="utf-8")
        if text.count(guard.old) != 1:
            return f"its text occurs {text.count(guard.old)} times in {guard.file}, not once"
        path.write_text(text.replace(guard.old, guard.new), encoding="utf-8")
        status, told = _run(folder, [guard])
        if status == 1 and RED.search(told):
            return ""
        last = told.strip().splitlines()[-1] if told.strip() else ""
        return "the test stays green" if status == 0 and GREEN.search(told) else f"pytest ended with {status}: {last}"


def main(wanted: list[str]) -> int:
    """Run all guards, or those whose name contains a word that was given; return the exit status."""
    guards = [one for one in GUARDS if not wanted or any(word in one.name for word in wanted)]
    begun = time.monotonic()
    for database in sorted({guard.database for guard in guards}):
        status, told = _run(TREE, [guard for guard in guards if guard.database == database])
        if status:
            print(f"With every guard in place the tests are not green:\n{told}")
            return 1
    with ThreadPoolExecutor(AT_ONCE) as threads:
        results = list(threads.map(_without, guards))
    widest = max(len(guard.name) for guard in guards)
    for guard, trouble in zip(guards, results, strict=True):
        print(f"{'red  ' if not trouble else 'GREEN'} {guard.name:{widest}}  {guard.file}  {guard.test}")
        if trouble:
            print(f"      {trouble}")
    missed = sum(bool(trouble) for trouble in results)
    print(f"{len(guards)} guards, {missed} unnoticed; {time.monotonic() - begun:.0f} s")
    return 1 if missed or not guards else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
