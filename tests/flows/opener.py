"""Somebody who opens the link of a text on their telephone: a browser with cookies, and the two forms of the pickup page."""

from __future__ import annotations

import html
import re

import httpx

from handlers import pins
from sandbox import loopback
from sandbox.exchange.messages import Message
from tests.flows.stage import KIM, Stage

LINK = re.compile(r"/pickup/[A-Za-z0-9_-]+")
PIN, OTHER_PIN = "2748", "8472"
NAMED = "    name: Dr. Grace Kim\n    role: physician\n"
#: What the demo's policy for category 2 says of the page.
ALLOWED = "    pickup: [2, 3] # whoever has a PIN may read it on the pickup page instead\n"


def gets_pin(stage: Stage, named: str = NAMED) -> None:
    """Give the ordering physician a PIN."""
    stage.load(named, f'{named}    pin_hash: "{pins.hash_pin(PIN, stage.service.house.pin_pepper)}"\n')


def relayed(stage: Stage, category: int = 2) -> Message:
    """Let a finding that may wait be relayed: the physician's telephone rings and its text has arrived."""
    stage.stroke_ct()
    stage.finding(category=category)
    stage.rings(KIM)
    return stage.exchange.expect_text(KIM)


def link_in(text: Message) -> str:
    """Return the path of the link in a text."""
    (found,) = LINK.findall(text.body)
    return str(found)


class Opener:
    """One telephone's browser."""

    def __init__(self, stage: Stage, link: str) -> None:
        self.stage = stage
        self.link = link
        self.http = loopback.client(base_url=stage.servers.urls["product"], timeout=10)

    def landing(self) -> str:
        """Follow the link."""
        answer = self.http.get(self.link)
        assert answer.status_code == 200
        return answer.text

    def identify(self, code: str = "", pin: str = PIN, key: str = "") -> httpx.Response:
        """Key code and PIN, and see what comes of it."""
        typed = {
            "code": code or self.stage.relay().callback_code,
            "pin": pin,
            "key": key or hidden(self.landing())["key"],
        }
        answer = self.http.post(self.link, data=typed)
        self.stage.settle()
        if answer.status_code == 303:
            assert answer.headers["location"] == "/pickup"
            return self.look()
        return answer

    def look(self) -> httpx.Response:
        """Look at the finding."""
        answer = self.http.get("/pickup")
        self.stage.settle()
        return answer

    def confirm(self, shown: str, code: str = "", *, ticked: bool = True) -> httpx.Response:
        """Tick, key the code that is shown, and send."""
        data = hidden(shown) | {"code": code or code_shown(shown)} | ({"read": "yes"} if ticked else {})
        answer = self.http.post("/pickup", data=data)
        self.stage.settle()
        return answer

    def close(self) -> None:
        """Close the browser."""
        self.http.close()


def hidden(page: str) -> dict[str, str]:
    """Return a page's hidden fields."""
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def code_shown(page: str) -> str:
    """Return the confirmation code on the page."""
    (found,) = re.findall(r"Confirmation code <strong>(\d{3})</strong>", page)
    return str(found)


def words(page: str) -> str:
    """Return what a page says."""
    return html.unescape(" ".join(re.sub("<[^>]+>", " ", page).split()))
