"""The sandbox's one folder: secrets made once, the demo directory, and what a second start continues with."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_OUR_PACS = re.compile(r"http://127\.0\.0\.1:\d+/pacs/")
DEMO_DIRECTORY = Path(__file__).parent / "demo" / "directory.yaml"


class Keep:
    """The state folder, made with mode 0700 when it is not there; its files are for the owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.database = self.folder / "radrelay.db"
        self.directory = self.folder / "directory.yaml"
        self.anchors = self.folder / "anchors.jsonl"
        self.log = self.folder / "radrelay.log"
        self.command = self.folder / "radrelay"
        if not self.directory.exists():
            self.directory.write_bytes(DEMO_DIRECTORY.read_bytes())

    def point_at(self, page_port: int) -> None:
        """Let the directory's PACS be where the page is this time: it is the sandbox's own, whatever the port."""
        text = self.directory.read_text(encoding="utf-8")
        fresh = _OUR_PACS.sub(f"http://127.0.0.1:{page_port}/pacs/", text)
        if fresh != text:
            self.directory.write_text(fresh, encoding="utf-8")

    def secrets(self, source_names: Iterable[str]) -> dict[str, str]:
        """Return the product's secrets by the name of their variable; each is made the first time it is asked for."""
        makers: dict[str, Callable[[], str]] = {
            "RADRELAY_ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "RADRELAY_INDEX_KEY": lambda: secrets.token_hex(32),
            "RADRELAY_PIN_PEPPER": lambda: secrets.token_hex(32),
            "SLACK_BOT_TOKEN": lambda: f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.token_hex(12)}",
            "SLACK_SIGNING_SECRET": lambda: secrets.token_hex(16),
            "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
            "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
        }
        for name in source_names:
            makers[name] = _webhook_secret
        path = self.folder / "secrets.json"
        kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {name: kept.get(name) or make() for name, make in makers.items()}
        if made != kept:
            _write(path, {**kept, **made})
        return made

    def write_command(self, product: Sequence[str], settings: Mapping[str, str]) -> None:
        """Write a command that is the product's own with the sandbox's settings, for a second terminal."""
        exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items())]
        lines = [
            "#!/bin/sh",
            "# radrelay with the settings of this sandbox.",
            *exports,
            f'exec {shlex.join(product)} "$@"',
        ]
        _put(self.command, "\n".join([*lines, ""]), 0o700)

    def save(self, snapshot: Any) -> None:
        """Keep what a second start continues with; a crash in the middle leaves the older one."""
        _write(self.folder / "sandbox.json", snapshot)

    def load(self) -> Any:
        """Return what was kept last, or None at the first start."""
        path = self.folder / "sandbox.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _webhook_secret() -> str:
    """Make a secret as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def _write(path: Path, value: Any) -> None:
    _put(path, json.dumps(value), 0o600)


def _put(path: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
