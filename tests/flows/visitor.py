"""Somebody with a browser who presses *Open case* in Slack: a client with cookies, and the forms of the pages."""

from __future__ import annotations

import html
import re

import httpx

from sandbox import loopback
from tests.flows.stage import READS, Stage

LINK = re.compile(r"/open/[A-Za-z0-9_-]+")


class Visitor:
    """One person's browser."""

    def __init__(self, stage: Stage, user: str) -> None:
        self.stage = stage
        self.user = user
        self.http = loopback.client(base_url=stage.servers.urls["product"], timeout=10)

    def close(self) -> None:
        """Close the browser."""
        self.http.close()

    def link(self, text: str = "") -> str:
        """Type ``/relay open CASE`` (or another command that opens) and return the path of the link in the answer."""
        answer = self.stage.typed(self.user, text or f"open {self.stage.case()}")
        return _only(LINK.findall(repr(answer)))

    def link_of_card(self) -> str:
        """Press *Open case* on the newest card of the readers' channel; return the link in what only they see."""
        self.stage.click(self.user, "open_case", READS)
        return _only(LINK.findall(str(self.stage.workspace.ephemerals(self.user)[-1].blocks)))

    def sign_in(self, text: str = "") -> httpx.Response:
        """Open the case: the landing page's button is pressed, and the redirect followed."""
        answer = self.http.post(self.link(text))
        assert answer.status_code == 303, answer.text
        return self.page(answer.headers["location"])

    def page(self, path: str = "") -> httpx.Response:
        """Look at the case."""
        return self.http.get(path or self.address)

    @property
    def address(self) -> str:
        """The case page's path."""
        return f"/cases/{self.stage.case()}"

    def fields(self, page: str, form: str) -> dict[str, str]:
        """Return the hidden fields of a form."""
        shown = re.search(rf'action="{re.escape(form)}".*?</form>', page, re.DOTALL)
        assert shown is not None, f"the page has no form {form}"
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown[0])
        return {name: html.unescape(value) for name, value in found}

    def offered(self) -> list[str]:
        """Return what the page offers to do."""
        return re.findall(rf'action="{self.address}/([\w/]+)"', self.page().text)

    def send(self, deed: str, **typed: str) -> httpx.Response:
        """Fill in a form of the case page and send it."""
        hidden = self.fields(self.page().text, f"{self.address}/{deed}")
        answer = self.http.post(f"{self.address}/{deed}", data=hidden | typed)
        self.stage.settle()
        return answer

    def confirm_start(self, shown: str) -> httpx.Response:
        """Press *Start to call now* on the page that shows patient and finding together."""
        path = f"{self.address}/start/confirmed"
        answer = self.http.post(path, data=self.fields(shown, path))
        self.stage.settle()
        return answer


def _only(found: list[str]) -> str:
    links = set(found)
    assert len(links) == 1, f"not one link but {len(links)}"
    return links.pop()
