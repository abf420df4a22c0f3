"""The launcher with a small product of our own: it starts, stops, and continues where it was."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests import web

if TYPE_CHECKING:
    from collections.abc import Iterator
from tests.databases import free_port

PRODUCT = textwrap.dedent(
    """
    import json, os, sys, time
    import uvicorn
    from slack_sdk import WebClient
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    if "export" in sys.argv:
        print(json.dumps({"seq": 1, "at": "2031-03-04T12:00:00Z", "action": "study:receive", "facility": "mercy"}), flush=True)
        time.sleep(60)

    slack = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])

    def event(request):
        slack.chat_postMessage(channel="C000000001", text="a study came")
        return JSONResponse({}, 202)

    routes = [
        Route("/readyz", lambda request: Response("")),
        Route("/webhooks/events", event, methods=["POST"]),
        Route("/slack/events", lambda request: Response("noted"), methods=["POST"]),
    ]
    uvicorn.run(Starlette(routes=routes), host=os.environ["RADRELAY_HOST"], port=int(os.environ["RADRELAY_PORT"]))
    """
)

PROGRAM = """
import sys
from pathlib import Path
from bot.shutdown import on_signals
from sandbox.launch import run
with on_signals() as told:
    {}
"""


@contextmanager
def launched(folder: Path, product: Path, page: int, beside: int) -> Iterator[subprocess.Popen[str]]:
    """Run the sandbox in a process of its own until the block ends, and expect a clean end."""
    call = f"run(told, Path({str(folder)!r}), {page}, {beside}, open_browser=False, product=[sys.executable, {str(product)!r}])"
    code = PROGRAM.format(call)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
            assert process.wait(30) == 0, rest


def state(page: int) -> dict[str, Any]:
    got: dict[str, Any] = web.get(f"http://127.0.0.1:{page}/state").json()
    return got


def do(page: int, deed: str, **given: Any) -> httpx.Response:
    return web.post(f"http://127.0.0.1:{page}/do", json={"deed": deed, **given})


def test_it_starts_works_ends_and_continues(tmp_path: Path) -> None:
    """A study goes through the page to the product and back into Slack, and is still there after a second start."""
    product, folder = tmp_path / "product.py", tmp_path / "state"
    product.write_text(PRODUCT)
    page, beside = free_port(), free_port()
    with launched(folder, product, page, beside):
        assert do(page, "hospital", what="stroke", site="lakeside").json() == {"note": "radrelay answered 202"}
        first = state(page)
        assert [message["text"] for message in first["slack"]["messages"]] == ["a study came"]
        assert first["hospital"]["studies"][0]["facility"] == "lakeside"
        assert first["phone"]["names"]["+13125550101"] == "Dr. Grace Kim"
        command = {"user": "U000000001", "channel": "C000000001", "text": "/relay status"}
        assert do(page, "compose", **command).json() == {}
        assert state(page)["slack"]["ephemerals"][0]["text"] == "noted"
        assert web.get(f"http://127.0.0.1:{page}/").text.startswith("<!doctype html>")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "radrelay").stat().st_mode) == 0o700
    assert f"export RADRELAY_DATABASE_URL=sqlite:///{folder}/radrelay.db" in (folder / "radrelay").read_text()
    secrets = json.loads((folder / "secrets.json").read_text())
    with launched(folder, product, page, beside):
        second = state(page)
        assert second["slack"]["messages"] == first["slack"]["messages"]
        assert second["hospital"] == first["hospital"]
    assert json.loads((folder / "secrets.json").read_text()) == secrets


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    """Status 1 and what to do about it, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = PROGRAM.format(f"run(told, Path({str(tmp_path)!r}), {port}, {free_port()})")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} on 127.0.0.1 is taken")
    assert "Traceback" not in done.stderr


def test_a_product_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    """The end of its log is shown, and the sandbox ends with status 1."""
    product = tmp_path / "product.py"
    product.write_text("raise SystemExit('no such setting')")
    call = (
        f"run(told, Path({str(tmp_path)!r}), {free_port()}, {free_port()}, product=[sys.executable, {str(product)!r}])"
    )
    code = PROGRAM.format(call)
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False, env=environment
    )
    assert done.returncode == 1
    assert "no such setting" in done.stderr


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Host": "evil.example"}, 400),
    ],
)
def test_no_other_site_presses_a_button(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    """A page of another origin, a plain form or a rebound name is refused."""
    product = tmp_path / "product.py"
    product.write_text(PRODUCT)
    page = free_port()
    with launched(tmp_path, product, page, free_port()):
        sent = {"Content-Type": "application/json", **headers}
        answer = web.post(
            f"http://127.0.0.1:{page}/do",
            content=b'{"deed": "x"}',
            headers=sent,
        )
        assert answer.status_code == status
