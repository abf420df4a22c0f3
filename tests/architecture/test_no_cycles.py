"""No module of ours imports, by whatever way, a module that imports it.

An import under `if TYPE_CHECKING` or inside a function counts as any other: whoever names a module depends on it.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "sandbox", "store", "telephony")


def modules_of(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """Return every module of ``packages`` by its dotted name; a package has the name of its folder."""
    files = [file for package in packages for file in (root / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in sorted(files)
    }


def names_in(name: str, file: Path) -> set[str]:
    """Return all that a module imports, with what follows `import` as a part of what follows `from`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inside = name.split(".") + (["__init__"] if file.name == "__init__.py" else [])
            above = inside[: -node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{source}.{alias.name}" for alias in node.names}
    return found


def imports_of(root: Path, packages: tuple[str, ...]) -> dict[str, set[str]]:
    """Return, for every module, the modules of ours that it imports."""
    modules = modules_of(root, packages)

    def module_of(name: str) -> str | None:
        """Return the module itself, or the one in which the name is looked up."""
        return next((one for one in (name, name.rpartition(".")[0]) if one in modules), None)

    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        targets = {module_of(imported) for imported in names_in(name, file)}
        graph[name] = {target for target in targets if target is not None and target != name}
    return graph


def cycle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return modules each of which imports the next, the last being the first again; empty if there is no cycle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # The sorter names whoever is imported first; people read "a imports b".
        cycle: list[str] = error.args[1]
        return cycle[::-1]
    return []


def test_no_module_imports_itself_through_others() -> None:
    cycle = cycle_in(imports_of(ROOT, PACKAGES))
    assert not cycle, f"an import cycle: {' imports '.join(cycle)}"


def test_every_package_is_looked_at() -> None:
    graph = imports_of(ROOT, PACKAGES)
    assert {name.partition(".")[0] for name in graph} == set(PACKAGES)
    assert "handlers.domain" in {target.rpartition(".")[0] for target in graph["handlers.calls"]}


@pytest.mark.parametrize(
    "back",
    [
        "from pack import top",
        "import pack.top",
        "from pack.top import thing",
        "from . import top",
        "from .top import thing",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack.top import thing",
        "def late() -> None:\n    from pack.top import thing",
    ],
)
def test_a_cycle_is_seen_however_it_is_written(tmp_path: Path, back: str) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").write_text("from pack.top import thing\n", encoding="utf-8")
    (folder / "top.py").write_text("from pack.bottom import other\n", encoding="utf-8")
    (folder / "bottom.py").write_text("other = 1\n", encoding="utf-8")
    assert cycle_in(imports_of(tmp_path, ("pack",))) == []

    (folder / "bottom.py").write_text(f"{back}\n", encoding="utf-8")
    found = cycle_in(imports_of(tmp_path, ("pack",)))
    assert set(found) == {"pack.top", "pack.bottom"}
    assert found[0] == found[-1]


def test_a_cycle_reads_in_the_direction_of_its_imports() -> None:
    found = cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert {"a imports b", "b imports c", "c imports a"} == {f"{one} imports {other}" for one, other in pairwise(found)}
