"""What the page's own files may and may not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sandbox.page

FILES = sorted((Path(sandbox.page.__file__).parent / "static").iterdir())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_page_never_parses_data_as_html_and_fetches_nothing_from_elsewhere(file: Path) -> None:
    """Nodes and text only; no library, font or picture from another host."""
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"""(src|href|url\(|import|from)\s*[=(]?\s*["'](https?:)?//""", text)


def test_every_control_of_the_page_has_a_name() -> None:
    """Inputs have labels, and what is drawn over the page says what it is."""
    page = next(file for file in FILES if file.name == "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'<label[^>]*for="([^"]+)"', page)) | set(
        re.findall(r"<label[^>]*>[^<]*<(?:input|select)[^>]*\sid=\"([^\"]+)\"", page)
    )
    controls = set(re.findall(r'<(?:input|select)[^>]*\bid="([^"]+)"', page))
    assert controls <= named, controls - named
