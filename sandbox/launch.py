"""Starts the sandbox: one server with the page, Slack and the telephone exchange, and the real product beside it.

The product is a process of its own with nothing but settings that point at loopback; it cannot tell the difference.
"""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx
import uvicorn

from sandbox import loopback
from sandbox.cast import read_cast
from sandbox.exchange import Exchange, NumberConfig
from sandbox.hospital import Hospital
from sandbox.keep import Keep
from sandbox.pacs import Pacs
from sandbox.page import Page, Record
from sandbox.switchboard import far_ends
from sandbox.timeline import Timeline
from sandbox.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.cast import Cast

OURS = "+15035550100"  #: the product's own number
VOICE_PATH = "/twilio/inbound"  #: where our number's calls go, as the product says it
SMS_PATH = "/twilio/sms"
STATUS_PATH = "/twilio/status/inbound"
FALLBACK_PATH = "/twilio/fallback"
PRODUCT: tuple[str, ...] = (sys.executable, "-m", "bot")
_LOOPBACK = "127.0.0.1"
_READY_SECONDS = 30
_STOP_SECONDS = 20


class Shutdown(Protocol):
    """What asks us to end."""

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it asks, or so many seconds; tell whether it did."""


def run(
    shutdown: Shutdown,
    state_dir: Path = Path(".radrelay"),
    page_port: int = 8080,
    product_port: int = 8081,
    *,
    open_browser: bool = True,
    product: Sequence[str] = PRODUCT,
) -> None:
    """Run until ``shutdown`` asks; a taken port, or a product that ends, is a sentence and exit status 1."""
    listener = _listen(page_port, "page")
    _listen(product_port, "product").close()
    sandbox = Sandbox(Keep(state_dir), page_port, product_port, product)
    try:
        sandbox.start(listener, shutdown)
        if not shutdown.wait(0):
            say(f"\n  Open {sandbox.page_url} — Ctrl-C ends it.")
            say(f"  Its record, from another terminal: {sandbox.command} audit verify (or show CASE, export)\n")
            _show(sandbox.page_url, wanted=open_browser)
            sandbox.watch(shutdown)
    finally:
        sandbox.stop()


class Sandbox:
    """Everything that runs, in the order in which it starts; it stops in reverse."""

    def __init__(self, keep: Keep, page_port: int, product_port: int, product: Sequence[str]) -> None:
        self.page_url = f"http://{_LOOPBACK}:{page_port}"
        self.product_url = f"http://{_LOOPBACK}:{product_port}"
        self._keep = keep
        keep.point_at(page_port)
        self._cast = read_cast(keep.directory)
        self._command = product
        self._secrets = keep.secrets(self._cast.secret_names)
        self._settings = self._settings_of(product_port)
        self._env = _without_settings() | self._settings
        self._timeline = Timeline()
        self._record = Record()
        self._workspace, self._exchange, self._hospital = self._town(self._cast)
        self._pacs = Pacs(*(self._secrets[name] for name in self._cast.pacs_secrets))
        self._changed = threading.Event()
        self._workspace.on_change = self._exchange.on_change = self._hospital.on_change = self._changed.set
        self._process: subprocess.Popen[bytes] | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def command(self) -> str:
        """Return what to type for the product's own commands with this sandbox's settings."""
        return (
            os.path.relpath(self._keep.command)
            if self._keep.command.is_relative_to(Path.cwd())
            else str(self._keep.command)
        )

    def start(self, listener: socket.socket, shutdown: Shutdown) -> None:
        """Start the stand-ins, then the product, and wait until it is ready or ``shutdown`` is asked for."""
        kept = self._keep.load()
        if kept is not None:
            self._workspace.restore(kept["workspace"])
            self._exchange.restore(kept["exchange"])
            self._hospital.restore(kept["hospital"])
            self._pacs.restore(kept.get("pacs", []))
            say(f"Continuing in {self._keep.folder}")
        else:
            say(f"First start; everything is kept in {self._keep.folder}")
        self._timeline.start()
        self._serve(listener)
        say("Slack, the telephone exchange and the hospital are up")
        self._keep.write_command(self._command, self._settings)
        log = self._keep.log.open("ab")
        with log:
            self._process = subprocess.Popen(
                [*self._command, "serve"], env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        self._await_ready(shutdown)
        if not shutdown.wait(0):
            self._record.follow([*self._command, "audit"], self._env)

    def watch(self, shutdown: Shutdown) -> None:
        """Wait for ``shutdown``, keeping a snapshot of what changed; a product that ends by itself ends the sandbox."""
        while not shutdown.wait(1.0):
            self._expect_alive()
            if self._changed.is_set():
                self._changed.clear()
                self._save()

    def stop(self) -> None:
        """End the record, the product and the stand-ins, and keep what a second start needs."""
        say("Stopping")
        self._record.stop()
        self._end_product()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS)
        self._timeline.stop()
        if self._thread is not None:
            self._save()
        for one in (self._workspace.stop, self._exchange.close, self._hospital.stop):
            one()
        say("Stopped. Start again to continue where it was.")

    def _save(self) -> None:
        self._keep.save(
            {
                "workspace": self._workspace.snapshot(),
                "exchange": self._exchange.snapshot(),
                "hospital": self._hospital.snapshot(),
                "pacs": self._pacs.snapshot(),
            }
        )

    def _serve(self, listener: socket.socket) -> None:
        page = Page(
            self._workspace,
            self._exchange,
            self._hospital,
            self._record,
            self._pacs,
            names=self._cast.telephones,
            people=self._cast.people,
            parts=self._cast.parts,
            ours=OURS,
            sites=self._cast.sites,
            readers=self._cast.readers,
        )
        # Twilio's paths begin at the root of its host, so the exchange answers there too.
        app = page.app(
            {
                "/slack": self._workspace.app,
                "/pacs": self._pacs.app,
                "/twilio": self._exchange.app,
                "": self._exchange.app,
            }
        )
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        sockets = {"sockets": [listener]}
        self._thread = threading.Thread(target=self._server.run, kwargs=sockets, name="sandbox-server", daemon=True)
        self._thread.start()

    def _town(self, cast: Cast) -> tuple[Workspace, Exchange, Hospital]:
        workspace = Workspace(
            self._timeline,
            bot_token=self._secrets["SLACK_BOT_TOKEN"],
            signing_secret=self._secrets["SLACK_SIGNING_SECRET"],
            app_token="xapp-none",
            product_url=self.product_url,
            channels=cast.channels,
            users=cast.users,
            url=f"{self.page_url}/slack",
        )
        line = NumberConfig(
            voice_url=f"{self.product_url}{VOICE_PATH}",
            voice_fallback_url=f"{self.product_url}{FALLBACK_PATH}",
            sms_url=f"{self.product_url}{SMS_PATH}",
            status_url=f"{self.product_url}{STATUS_PATH}",
        )
        sid, token = self._secrets["TWILIO_ACCOUNT_SID"], self._secrets["TWILIO_AUTH_TOKEN"]
        exchange = Exchange(self._timeline, sid, token, {OURS: line}, base_url=self.page_url)
        for number, far_end in far_ends().items():
            exchange.far_end(number, far_end)
        hospital = Hospital(
            self.product_url,
            events_secret=self._secrets[cast.events_secret],
            dicom_secret=self._secrets[cast.dicom_secret],
            site=cast.sites[0],
        )
        hospital.modality_facility = cast.dicom_facility
        return workspace, exchange, hospital

    def _settings_of(self, port: int) -> dict[str, str]:
        """Return all that the product is told: where everything is, and its secrets."""
        return {
            "RADRELAY_DATABASE_URL": f"sqlite:///{self._keep.database}",
            "RADRELAY_PUBLIC_URL": self.product_url,
            "RADRELAY_HOST": _LOOPBACK,
            "RADRELAY_PORT": str(port),
            "RADRELAY_DIRECTORY": str(self._keep.directory),
            "RADRELAY_ANCHOR_FILE": str(self._keep.anchors),
            "SLACK_API_URL": f"{self.page_url}/slack/api/",
            "TWILIO_FROM_NUMBER": OURS,
            "TWILIO_API_URL": self.page_url,
            **self._secrets,
        }

    def _await_ready(self, shutdown: Shutdown) -> None:
        say("Starting radrelay")
        deadline = time.monotonic() + _READY_SECONDS
        with loopback.client(timeout=2) as client:
            while not shutdown.wait(0.1):
                self._expect_alive()
                if _is_ready(client, f"{self.product_url}/readyz"):
                    say(f"radrelay is ready at {self.product_url}; its log is {self._keep.log}")
                    return
                if time.monotonic() > deadline:
                    fail(f"radrelay was not ready after {_READY_SECONDS} seconds.\n{self._last_words()}")

    def _expect_alive(self) -> None:
        if self._process is not None and (status := self._process.poll()) is not None:
            fail(f"radrelay ended by itself with status {status}.\n{self._last_words()}")

    def _last_words(self) -> str:
        lines = self._keep.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join([f"The end of {self._keep.log}:", *lines])

    def _end_product(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"radrelay did not end within {_STOP_SECONDS} seconds and is killed")
            self._process.kill()
            self._process.wait()


def _without_settings() -> dict[str, str]:
    """Return our environment without any setting of the product's."""
    settings = ("RADRELAY_", "SLACK_", "TWILIO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(settings)}


def say(words: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def fail(words: str) -> None:
    """Tell the person at the terminal what is wrong, and end with status 1."""
    sys.stderr.write(f"{words}\n")
    raise SystemExit(1)


def _listen(port: int, whose: str) -> socket.socket:
    try:
        return socket.create_server((_LOOPBACK, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        fail(
            f"Port {port} on {_LOOPBACK} is taken, and the {whose} needs it. "
            f"End what uses it, or choose another with --{whose}-port."
        )
        raise


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _show(url: str, *, wanted: bool) -> None:
    """Open a browser where there is a screen to open it on."""
    has_screen = sys.platform in ("darwin", "win32") or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))
    if wanted and has_screen:
        webbrowser.open(url)
