"""A sandbox as a process of its own, and its page in Chromium: what the browser stories are told with.

Everything here is real: time, processes, HTTP. A step waits for what the page shows, never for a fixed time.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.databases import free_port

START_SECONDS = 30
WAIT = 20_000  #: how long a step may take, in milliseconds; a call's words are spoken in real time
WINDOW = {"width": 1440, "height": 900}
KIM = "+13125550101"
KIM_NAME = "Dr. Grace Kim"
TELEPHONE = {"width": 390, "height": 844}  #: a telephone's screen
_SPOKEN_CODE = re.compile(r"Code: (\d), (\d), (\d)\.")
_SPOKEN_PIN = re.compile(r"Your radrelay PIN is (\d), (\d), (\d), (\d)")
_QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")


class Town:
    """`radrelay sandbox` in a folder of its own, started and ended as a person does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = (free_port(), free_port())
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}/"

    def start(self) -> None:
        """Start it and read on until it says where the page is."""
        page, product = map(str, self._ports)
        command = [sys.executable, "-m", "bot", "sandbox", "--no-browser", "--state", str(self.folder)]
        self._process = subprocess.Popen(
            [*command, "--page-port", page, "--product-port", product],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        told = []
        for line in self._process.stdout:
            told.append(line)
            if "Ctrl-C" in line:
                return
        raise AssertionError(f"the sandbox did not start: {''.join(told)}")

    def interrupt(self) -> tuple[int, float]:
        """Press Ctrl-C; return the exit status and the seconds it took."""
        assert self._process is not None
        begun = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=START_SECONDS)
        status, self._process = self._process.returncode, None
        return status, time.monotonic() - begun

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the product's own commands with this sandbox's settings, as the terminal is told to."""
        return subprocess.run([str(self.folder / "radrelay"), *words], capture_output=True, text=True, check=False)

    def close(self) -> None:
        """End it if it still runs."""
        if self._process is not None:
            self.interrupt()


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Run Debian's Chromium, which calls nobody by itself."""
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET])
        yield browser
        browser.close()


class Visitor:
    """Somebody who looks at the page, with a browser profile of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.context = browser.new_context(viewport={"width": WINDOW["width"], "height": WINDOW["height"]})
        self.context.set_default_timeout(WAIT)
        self.context.on("console", self._hear)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        expect(self.page.get_by_test_id("you-are")).to_have_value(re.compile("U0"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    # --- Slack ---------------------------------------------------------------------------------------------------

    def become(self, name: str) -> None:
        """Be another Slack user."""
        self.page.get_by_test_id("you-are").select_option(label=name)

    def order(self, what: str) -> None:
        """Let the hospital do something."""
        self.page.get_by_test_id(f"hospital-{what}").click()

    def study(self, what: str) -> Locator:
        """Let the hospital send a study; return its card, which is found by its case code from now on."""
        cards = self.page.locator("[data-kind=message]").filter(has=self.page.get_by_test_id("action-open_case"))
        before = cards.count()
        self.order(what)
        expect(cards).to_have_count(before + 1)
        return self.card(cards.last.locator("code").inner_text())

    def card(self, case: str) -> Locator:
        """Return the card of a case."""
        return self.page.locator("[data-kind=message]").filter(has_text=case)

    def case_of(self, card: Locator) -> str:
        """Return the case code that a card shows."""
        return card.locator("code").first.inner_text()

    def press(self, card: Locator, action: str) -> None:
        """Press a button of a card."""
        card.get_by_test_id(f"action-{action}").click()

    def say(self, words: str) -> None:
        """Type below the channel."""
        self.page.get_by_test_id("composer").fill(words)
        self.page.get_by_test_id("composer-send").click()

    def told(self, words: str) -> Locator:
        """Expect an answer that only this user sees, and return it."""
        answer = self.page.locator("[data-kind=ephemeral]").filter(has_text=words).last
        expect(answer).to_be_visible()
        return answer

    def choose_finding(self, category: str, phrase: str) -> None:
        """Fill in the modal that a card's Critical finding opens, submit it and close what it answers."""
        modal = self.page.get_by_test_id("modal")
        modal.get_by_test_id(f"input-category-{category}").check()
        modal.get_by_test_id("input-phrase").select_option(label=phrase)
        modal.get_by_test_id("modal-submit").click()
        expect(modal).to_contain_text("Recorded.")
        modal.get_by_test_id("modal-close").click()
        expect(modal).to_be_hidden()

    # --- telephone -----------------------------------------------------------------------------------------------

    def phone(self, number: str, status: str, end: str = "to") -> Locator:
        """Expect a call in this state to (or ``from``) a number, the newest first."""
        call = self.page.locator(f'.call[data-{end}="{number}"][data-status="{status}"]').first
        expect(call).to_be_visible()
        return call

    def heard(self, call: Locator, words: str | re.Pattern[str]) -> None:
        """Expect these words to have been spoken to their end."""
        expect(call.locator("[data-who=voice] .said").filter(has_text=words).last).to_be_visible()

    def begun(self, call: Locator, words: str | re.Pattern[str]) -> Locator:
        """Expect these words to be spoken just now, and do not wait for their end; return them."""
        line = call.locator("[data-who=voice]").filter(has_text=words).last
        expect(line).to_be_visible()
        return line

    def key(self, call: Locator, digits: str) -> None:
        """Press keys one after the other."""
        for digit in digits:
            call.get_by_test_id(f"key-{digit}").click()

    def spoken_code(self, call: Locator) -> str:
        """Listen until the code is said, and return it."""
        return self._spoken(call, _SPOKEN_CODE)

    def spoken_pin(self, call: Locator) -> str:
        """Listen until a new PIN is said, and return it."""
        return self._spoken(call, _SPOKEN_PIN)

    def _spoken(self, call: Locator, digits: re.Pattern[str]) -> str:
        found = digits.search(self.begun(call, digits).inner_text())
        assert found is not None
        return "".join(found.groups())

    def say_on(self, call: Locator, words: str) -> None:
        """Say something on a telephone."""
        call.get_by_test_id("call-say").fill(words)
        call.get_by_test_id("call-say-send").click()

    def hold(self, number: str) -> None:
        """Take a telephone in one's hand: its texts are shown, and calls and texts go from it."""
        self.page.get_by_test_id("call-in-from").fill(number)

    def text(self, number: str, words: str | re.Pattern[str]) -> Locator:
        """Expect a text in the conversation of the telephone in one's hand, the newest such."""
        text = self.page.locator(f'[data-testid=text-message][data-number="{number}"]').filter(has_text=words).last
        expect(text).to_be_visible()
        return text

    def follow(self, text: Locator) -> Page:
        """Open the link of a text on a telephone's screen."""
        with self.context.expect_page() as opened:
            text.get_by_test_id("text-link").click()
        opened.value.set_viewport_size({"width": TELEPHONE["width"], "height": TELEPHONE["height"]})
        return opened.value

    # --- the record ----------------------------------------------------------------------------------------------

    def recorded(self, action: str, case: str = "") -> Locator:
        """Expect an entry in the record, of a case where one is named, and return the newest such."""
        of_case = f'[data-print*="{case}"]' if case else ""
        entry = self.page.locator(f'[data-testid=record-entry][data-action="{action}"]{of_case}').last
        expect(entry).to_be_visible()
        return entry
