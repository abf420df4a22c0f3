"""A browser with one person at it, who follows the links that Slack showed them."""

from __future__ import annotations

import re

import httpx

from sandbox import loopback
from tests.flows.stage import Stage

_LINK = re.compile(r"/open/[A-Za-z0-9_-]+")
_HIDDEN = re.compile(r'name="(csrf|key|seal)" value="([^"]+)"')


def newest_link(stage: Stage) -> str:
    """Return the path of the one-time link that was given last."""
    links: list[str] = [link for body in stage.workspace.traffic for link in _LINK.findall(body)]
    if links:
        return links[-1]
    raise AssertionError("no link was given")


class Browser:
    """Signs in by a link and sends the page's forms."""

    def __init__(self, stage: Stage) -> None:
        self.client = loopback.client(base_url=stage.servers.urls["product"], timeout=20)
        self.path = ""
        self.page = ""

    def sign_in(self, link: str) -> str:
        """Look at the landing page, follow the link once, and return the case page."""
        self.client.get(link)
        answer = self.client.post(link)
        assert answer.status_code == 303, answer.text
        self.path = answer.headers["location"].partition("#")[0]
        return self.look()

    def look(self) -> str:
        """Return the case page as it is now."""
        answer = self.client.get(self.path)
        assert answer.status_code == 200, answer.text
        self.page = answer.text
        return self.page

    def fields(self, **more: str) -> dict[str, str]:
        """Return what a form of the last page carries, and more."""
        return dict(_HIDDEN.findall(self.page)) | more

    def send(self, deed: str, **more: str) -> httpx.Response:
        """Send one of the page's forms."""
        answer = self.client.post(f"{self.path}/{deed}", data=self.fields(**more))
        self.page = answer.text
        return answer

    def close(self) -> None:
        """Close the window."""
        self.client.close()
