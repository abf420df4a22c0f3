"""The YAML file as nodes that know their lines; it refuses what is too large, too deep, doubled or unknown.

The file is composed, never constructed: every value stays the text that was written, so that ``18:00`` is not a number and
``+13125550101`` keeps its plus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import yaml

from bot.directory.problems import DirectoryProblems, Log, Problem, Unfit, suggestion

T = TypeVar("T")
D = TypeVar("D")

#: libyaml's where it was built in: ten times faster; the nodes are the same.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_CHARACTERS = 4_000_000
DEEPEST = 20
#: Nodes after every alias is followed; the guard against "billion laughs".
MOST_NODES = 250_000
_TAGS = frozenset(
    f"tag:yaml.org,2002:{tag}"
    for tag in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
#: What a parser that failed hands on; nobody meets it, since a file with problems yields no directory.
_ABSENT: Any = None


class Value:
    """A value somewhere in the file."""

    __slots__ = ("_log", "_node", "line", "path")

    def __init__(self, node: yaml.Node, path: str, log: Log) -> None:
        self._node, self.path, self._log = node, path, log
        written_at = _line(node)
        self.line = written_at if isinstance(node, yaml.ScalarNode) else log.marks.lines.get(path, written_at)

    def text(self) -> str:
        """Return a scalar's text; a list, a mapping or nothing raises `Unfit`."""
        if not isinstance(self._node, yaml.ScalarNode):
            raise Unfit(f"one value belongs here, not a {_kind(self._node)}.")
        if self._node.tag == _NULL or not self._node.value.strip():
            raise Unfit("it is empty: write a value or leave the key out.")
        return str(self._node.value)

    def is_text(self) -> bool:
        """Tell whether this is one scalar value."""
        return isinstance(self._node, yaml.ScalarNode)

    def items(self) -> list[Value]:
        """Return a list's items; one lone value or mapping is a list of one, nothing raises `Unfit`."""
        if isinstance(self._node, yaml.SequenceNode):
            paths = [f"{self.path}[{at}]" for at in range(len(self._node.value))]
            self._log.marks.lines.update(zip(paths, map(_line, self._node.value), strict=True))
            return [Value(node, path, self._log) for node, path in zip(self._node.value, paths, strict=True)]
        if self._node.tag == _NULL:
            raise Unfit("it is empty: write a list or leave the key out.")
        return [self]

    def entry(self, fallback: Entry | None = None, shared: frozenset[str] = frozenset()) -> Entry:
        """Return this mapping, opened; keys in ``shared`` that it lacks come from ``fallback``."""
        if not isinstance(self._node, yaml.MappingNode):
            raise Unfit(f"a mapping (key: value) belongs here, not {_described(self._node)}.")
        return Entry(self, dict(self._pairs(self._node)), fallback, shared)

    def read(self, parse: Callable[[Value], T]) -> T:
        """Return what ``parse`` makes of this value; an `Unfit` one becomes a problem here."""
        try:
            return parse(self)
        except Unfit as unfit:
            self.refuse(str(unfit))
            absent: T = _ABSENT
            return absent

    def refuse(self, sentence: str) -> None:
        """Record a problem here."""
        self._log.error(self.line, self.path, sentence)

    def _pairs(self, mapping: yaml.MappingNode) -> Iterator[tuple[str, Value]]:
        own: dict[str, Value] = {}
        for _, node in (pair for pair in mapping.value if pair[0].tag == _MERGE):
            yield from self._merged(node)
        for key, node in (pair for pair in mapping.value if pair[0].tag != _MERGE):
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            path, line = f"{self.path}.{name}" if self.path else name, _line(key)
            if not name:
                self._log.error(line, self.path, "a key is one word, not a list, a mapping or nothing.")
            elif name in own:
                first = self._log.marks.lines[path]
                self._log.error(line, path, f'"{name}" stands here twice, first in line {first}: keep one.')
            else:
                self._log.marks.lines[path] = line
                own[name] = Value(node, path, self._log)
        yield from own.items()

    def _merged(self, node: yaml.Node) -> Iterator[tuple[str, Value]]:
        parts = reversed(node.value) if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            if isinstance(part, yaml.MappingNode):
                yield from self._pairs(part)
            else:
                self._log.error(_line(node), self.path, "<< merges mappings only: name one with <<: *anchor.")


class Entry:
    """A mapping being read: every key is asked for, and at the end those that nobody asked for are refused."""

    def __init__(self, value: Value, pairs: dict[str, Value], fallback: Entry | None, shared: frozenset[str]) -> None:
        self.value, self._pairs, self._fallback, self._shared = value, pairs, fallback, shared
        self._asked: set[str] = set()

    def __enter__(self) -> Self:
        """Begin reading."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Refuse unknown keys, unless the reading was given up."""
        if kind is None:
            self.refuse_unknown(self._asked)

    def refuse_unknown(self, known: set[str] | frozenset[str]) -> None:
        """Record a problem for each key that is not known."""
        for name, value in self._pairs.items():
            if name not in known:
                line = value._log.marks.line(value.path)  # noqa: SLF001 - of the same module
                sentence = f'"{name}" is not a key here.{suggestion(name, known)}'
                value._log.error(line, value.path, sentence)  # noqa: SLF001

    def find(self, key: str) -> Value | None:
        """Return the value of a key, from the fallback where this mapping lacks a shared one."""
        self._asked.add(key)
        found = self._pairs.get(key)
        if found is None and self._fallback is not None and key in self._shared:
            return self._fallback.find(key)
        return found

    def inherited(self, key: str) -> Value | None:
        """Return the fallback's value of a shared key, whether or not this mapping has its own."""
        return self._fallback.find(key) if self._fallback is not None and key in self._shared else None

    def get(self, key: str, parse: Callable[[Value], T], default: D) -> T | D:
        """Read an optional key."""
        found = self.find(key)
        return default if found is None else found.read(parse)

    def need(self, key: str, parse: Callable[[Value], T]) -> T:
        """Read a key that must be there."""
        found = self.find(key)
        if found is not None:
            return found.read(parse)
        shared = " or in defaults" if key in self._shared else ""
        self.missing(f'"{key}" is missing: add it here{shared}.')
        absent: T = _ABSENT
        return absent

    def missing(self, sentence: str) -> None:
        """Record a problem with this mapping as a whole, at its own key."""
        log = self.value._log  # noqa: SLF001 - of the same module
        log.error(log.marks.line(self.value.path), self.value.path, sentence)

    def pairs(self) -> dict[str, Value]:
        """Return every key and value, all of them asked for: the keys are names."""
        self._asked |= set(self._pairs)
        return self._pairs


def compose(text: str, log: Log) -> Value:
    """Return the file's root; what is not YAML, or beyond the limits above, raises `DirectoryProblems`."""
    if len(text) > MOST_CHARACTERS:
        raise _refusal(1, f"the file has more than {MOST_CHARACTERS} characters: is this a directory?")
    try:
        _refuse_depth(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        begun = f", in what began in line {error.context_mark.line + 1}" if error.context_mark else ""
        sentence = f"this is not YAML: {error.problem or error.context}{begun}."
        raise _refusal(mark.line + 1 if mark else 1, sentence) from None
    except (yaml.YAMLError, UnicodeError):
        raise _refusal(_odd_line(text), "this is not YAML: a character that text does not have.") from None
    if root is None:
        raise _refusal(1, "the file is empty: start from examples/directory.yaml.")
    _measure(root, {}, set())
    return Value(root, "", log)


def _refuse_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _refusal(_line(event), f"this is nested more than {DEEPEST} deep: no directory is.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: yaml.Node, sizes: dict[int, int], above: set[int]) -> int:
    """Return how many nodes stand below, aliases followed. An anchor precedes its aliases, so each is measured once."""
    if id(node) in above:
        raise _refusal(_line(node), "this holds itself through an alias: write it out.")
    if id(node) in sizes:
        return sizes[id(node)]
    if node.tag not in _TAGS:
        raise _refusal(_line(node), f"the tag {node.tag} is not used in a directory: write a plain value.")
    above.add(id(node))
    size = 1 + sum(_measure(child, sizes, above) for child in _children(node))
    above.remove(id(node))
    if size > MOST_NODES:
        raise _refusal(_line(node), f"this is more than {MOST_NODES} values once its aliases are followed: shorten it.")
    sizes[id(node)] = size
    return size


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _refusal(line: int, sentence: str) -> DirectoryProblems:
    return DirectoryProblems([Problem(line, "", sentence)])


def _odd_line(text: str) -> int:
    odd = next((at for at, letter in enumerate(text) if not letter.isprintable() and letter not in "\n\r\t"), 0)
    return text[:odd].count("\n") + 1


def _line(part: yaml.Node | yaml.Event) -> int:
    mark = part.start_mark
    return 1 if mark is None else mark.line + 1


def _kind(node: yaml.Node) -> str:
    return "mapping" if isinstance(node, yaml.MappingNode) else "list"


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "nothing" if node.tag == _NULL else "one value"
