"""The product's source, as trees: what these tests look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("bot", "handlers", "store", "telephony")


@dataclass(frozen=True)
class Module:
    """One module of the product."""

    path: str
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Yield every call with the last part of the name of what is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield name, node

    def imports(self) -> Iterator[str]:
        """Yield the dotted names that are imported, with what follows ``import`` as a part of what follows ``from``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(*packages: str) -> list[Module]:
    """Return the modules of packages of the product, or of all of it."""
    files = [file for package in packages or PRODUCT for file in sorted((ROOT / package).rglob("*.py"))]
    texts = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}
    return [Module(path, text, ast.parse(text)) for path, text in texts.items()]
