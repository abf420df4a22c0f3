"""Draws docs/sandbox.png: `python -m tests.browser.picture [FILE]`, with what the browser stories use.

For the picture as it is in the README, install Debian's fonts-inter and fonts-noto-color-emoji first, and pngquant, which
makes the file small.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.stage import KIM, Town, Visitor, chromium
from tests.databases import need_chromium

PICTURE = Path("docs/sandbox.png")


def draw(file: Path) -> None:
    """Play the main job up to the moment at which the finding is being told, and photograph the page."""
    with tempfile.TemporaryDirectory() as folder, chromium(need_chromium()) as browser:
        town = Town(Path(folder) / "state")
        town.start()
        try:
            _pose(Visitor(browser, town.url), file)
        finally:
            town.close()


def _pose(visitor: Visitor, file: Path) -> None:
    page = visitor.page
    page.get_by_test_id("hospital-site").select_option("lakeside")
    visitor.study("xray")
    page.get_by_test_id("hospital-site").select_option("mercy")
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    visitor.press(card, "critical_finding")
    visitor.choose_finding("1", "Acute intracranial hemorrhage")
    visitor.phone(KIM, "ringing").get_by_test_id("call-answer").click()
    call = visitor.phone(KIM, "in-progress")
    visitor.begun(call, "1 physician")
    visitor.key(call, "1")
    visitor.begun(call, "Again, code")
    visitor.press(card, "open_case")
    visitor.told("The link works once")
    page.mouse.move(700, 700)
    page.screenshot(path=file)


def main() -> None:
    """Draw the picture where asked, as small as can be."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    draw(file)
    if program := shutil.which("pngquant"):
        subprocess.run([program, "--force", "--strip", "--skip-if-larger", "--output", file, file], check=False)
    print(f"{file}: {file.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
