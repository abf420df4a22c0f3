"""The ground that benchmarks stand on: a folder, a directory of many sites, and the product as real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.events import SECRET, SECRET_NAME

RADRELAY = (str(Path(sys.executable).with_name("radrelay")),)
READY_SECONDS = 30.0
LOOPBACK = "127.0.0.1"
#: Telephone numbers set aside for fiction: 100 an area code.
_AREAS = ("212", "213", "214", "312", "313", "314", "412", "413", "414", "503", "512", "513", "612", "614", "713")


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def number(index: int) -> str:
    """Return the telephone number of the contact with this index."""
    return f"+1{_AREAS[index // 100]}5550{100 + index % 100}"


def contact(index: int) -> str:
    """Return the directory id of the contact with this index."""
    return f"physician{index}"


def channel(site: int) -> str:
    """Return the Slack channel of a site's pool."""
    return f"C{site:09d}"


def directory(sites: int, contacts: int) -> str:
    """Return a directory: each site has a pool and so a Slack channel of its own, and may be told to every contact."""
    facilities = "".join(
        f"  site{site}:\n    name: Site {site}\n    alias: Site {site}\n    state: IL\n    zone: America/Chicago\n"
        f'    callback_number: "+13125550100"\n    pool: pool{site}\n'
        "    baa: {effective: 2020-01-01, expires: 2039-12-31}\n    shadow: false\n"
        for site in range(sites)
    )
    pools = "".join(f"  pool{site}: {{channel: {channel(site)}, members: [lee]}}\n" for site in range(sites))
    people = "".join(
        f"  {contact(one)}:\n    name: Dr. Number {one}\n    role: physician\n    facilities: '*'\n"
        f'    numbers: [{{number: "{number(one)}", kind: mobile, consent: 2024-01-15, verified: 2024-01-15}}]\n'
        for one in range(contacts)
    )
    return f"""defaults:
  desk: desk
  policy: standard
  targets: {{stroke: 4h, trauma: 4h, stat: 4h, urgent: 4h, routine: 24h}}
  storm: {{relays: 1000, within: 15m}}
facilities:
{facilities}policies:
  critical:
    steps: [{{to: ordering, tries: 1, within: 3h}}]
    ended_by: [physician, np, pa, rn]
    desk: {{who: $desk, every: 10m}}
policy_sets:
  standard: [{{use: critical, categories: [1, 2, 3]}}]
pools:
{pools}radiologists:
  lee:
    name: Dr. Maya Lee
    slack_user: U000000001
    npi: "1234567893"
    phone: "+12025550141"
    licenses: [{{state: IL, number: IL-036-100001, expires: 2039-12-31}}]
    privileges: [{{facilities: "*"}}]
contacts:
{people}desks:
  desk:
    name: Desk
    channel: C999999999
    phones: [{{number: "+12025550151", who: Pat Quinn}}]
front_desk: desk
sources:
  bench: {{facilities: "*", secrets: [{SECRET_NAME}]}}
vendor_baas:
  slack: {{effective: 2020-01-01, expires: 2039-12-31}}
  twilio: {{effective: 2020-01-01, expires: 2039-12-31}}
phrases:
  hemorrhage: {{text: Acute intracranial hemorrhage, category: 1}}
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder with a directory file, and the settings of a product that uses it."""

    folder: Path
    environment: dict[str, str]

    def with_settings(self, **changed: str) -> dict[str, str]:
        """Return the whole environment of a process."""
        mine = ("RADRELAY_", "SLACK_", "TWILIO_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        return inherited | self.environment | changed


@contextmanager
def ground(*, sites: int = 8, contacts: int = 1, vendors: str = "http://127.0.0.1:9") -> Iterator[Ground]:
    """Lay out a folder that goes again; ``vendors`` is where Slack and Twilio are said to be."""
    with tempfile.TemporaryDirectory(prefix="radrelay-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = folder / "directory.yaml"
        file.write_text(directory(sites, contacts), encoding="utf-8")
        environment = {
            "RADRELAY_DATABASE_URL": f"sqlite:///{folder / 'radrelay.db'}",
            "RADRELAY_DIRECTORY": str(file),
            "RADRELAY_ANCHOR_FILE": str(folder / "anchors.jsonl"),
            "RADRELAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "RADRELAY_INDEX_KEY": os.urandom(32).hex(),
            "RADRELAY_PIN_PEPPER": os.urandom(32).hex(),
            "RADRELAY_LOG_LEVEL": "WARNING",
            "SLACK_BOT_TOKEN": "xoxb-1-bench",
            "SLACK_SIGNING_SECRET": os.urandom(16).hex(),
            "SLACK_API_URL": f"{vendors}/api/",
            "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
            "TWILIO_AUTH_TOKEN": os.urandom(16).hex(),
            "TWILIO_FROM_NUMBER": "+15035550100",
            "TWILIO_API_URL": vendors,
            "TWILIO_CALLS_PER_SECOND": "100",
            SECRET_NAME: SECRET,
        }
        yield Ground(folder, environment)


def on_port(port: int) -> dict[str, str]:
    """Return the settings that put a product on a port."""
    return {"RADRELAY_PORT": str(port), "RADRELAY_HOST": LOOPBACK, "RADRELAY_PUBLIC_URL": f"http://{LOOPBACK}:{port}"}


def command(environment: dict[str, str], *arguments: str) -> None:
    """Run one command of radrelay to its end."""
    done = subprocess.run([*RADRELAY, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"radrelay {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def process(
    arguments: Sequence[str], environment: dict[str, str], log: Path, path: str = "/healthz"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that serves, from when ``path`` answers 200 until the body ends; then SIGTERM."""
    with log.open("ab") as words:
        running = subprocess.Popen(arguments, env=environment, stdout=words, stderr=words)
    try:
        await_answer(running, int(environment["RADRELAY_PORT"]), path, log)
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def await_answer(running: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Wait until a process answers 200, or say its last words."""
    until = time.monotonic() + READY_SECONDS
    while not answers(port, path):
        if running.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"no {path} 200: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.005)


def answers(port: int, path: str) -> bool:
    """Tell whether a path answers 200 just now."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=5) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
        return line.recv(4096).startswith(b"HTTP/1.1 200")
    return False


def resident_mib(pid: int) -> float:
    """Return how much memory a process holds (VmRSS), in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def busy_seconds(pid: int) -> float:
    """Return the processor time of a process and of its living children, in seconds."""
    family = [pid, *(child for child in _processes() if _stat(child)[1:2] == [str(pid)])]
    ticks = sum(int(stat[11]) + int(stat[12]) for stat in map(_stat, family) if stat)
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's stat after its name, or nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
