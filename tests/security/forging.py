"""Forgeries: a good request with exactly one thing changed, drawn from a seed.

Nothing is changed that says nothing: headers that no one reads (``user-agent``), a percent-encoding of the same byte.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tests.security.wire import Request

Change = Callable[[random.Random, Request], Request]
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Forgery:
    """What was changed, and the request that came of it."""

    what: str
    request: Request


def other(chance: random.Random, character: str) -> str:
    """Return another letter or digit, which differs in more than its case."""
    return chance.choice([one for one in LETTERS if one.lower() != character.lower()])


def one_changed(chance: random.Random, text: str) -> str:
    """Return text with one character changed."""
    at = chance.randrange(len(text))
    return text[:at] + other(chance, text[at]) + text[at + 1 :]


def spoiled(chance: random.Random, text: str) -> str:
    """Return text changed, cut, lengthened, emptied or doubled."""
    at = chance.randrange(len(text))
    return chance.choice(
        [one_changed(chance, text), text[:at], text[at + 1 :], text[:at] + text[at] + text[at:], text + "0", ""]
    )


def header_spoiled(name: str) -> Change:
    """Change a header's value."""
    return lambda chance, request: request.with_header(name, unlike(chance, request.header(name)))


def unlike(chance: random.Random, value: str) -> str:
    """Return a header value changed in what counts: blanks around it do not."""
    found = spoiled(chance, value)
    return found if found.strip() != value else one_changed(chance, value)


def header_missing(name: str) -> Change:
    """Leave a header out."""
    return lambda _chance, request: request.with_header(name)


def header_twice(name: str) -> Change:
    """Send a header twice, the good value first or last."""

    def change(chance: random.Random, request: Request) -> Request:
        values = [request.header(name), one_changed(chance, request.header(name))]
        chance.shuffle(values)
        return request.with_header(name, *values)

    return change


def header_of(name: str, *values: str) -> Change:
    """Give a header one of these values."""
    return lambda chance, request: request.with_header(name, chance.choice(values))


def body_changed(chance: random.Random, request: Request) -> Request:
    """Change one byte, anywhere."""
    at = chance.randrange(len(request.body))
    new = other(chance, chr(request.body[at])).encode()
    return replace(request, body=request.body[:at] + new + request.body[at + 1 :])


def body_cut(chance: random.Random, request: Request) -> Request:
    """End the body too early."""
    return replace(request, body=request.body[: chance.randrange(len(request.body))])


def body_without(chance: random.Random, request: Request) -> Request:
    """Leave out a piece from the middle."""
    at = chance.randrange(len(request.body) - 1)
    return replace(request, body=request.body[:at] + request.body[at + chance.randint(1, 40) :])


def body_with(chance: random.Random, request: Request) -> Request:
    """Put bytes in, anywhere."""
    at = chance.randint(0, len(request.body))
    more = "".join(chance.choices(LETTERS, k=chance.randint(1, 20))).encode()
    return replace(request, body=request.body[:at] + more + request.body[at:])


def body_twice(_chance: random.Random, request: Request) -> Request:
    """Send the body twice over."""
    return replace(request, body=request.body + request.body)


def parameter_twice(chance: random.Random, request: Request) -> Request:
    """Repeat one parameter of a form, as it is or with another value."""
    pairs = request.body.split(b"&")
    pair = chance.choice(pairs)
    return replace(request, body=b"&".join([*pairs, chance.choice([pair, pair + b"0"])]))


def parameter_more(chance: random.Random, request: Request) -> Request:
    """Add a parameter."""
    return replace(request, body=request.body + f"&{''.join(chance.choices(LETTERS, k=6))}=1".encode())


def parameter_less(chance: random.Random, request: Request) -> Request:
    """Leave a parameter out."""
    pairs = request.body.split(b"&")
    del pairs[chance.randrange(len(pairs))]
    return replace(request, body=b"&".join(pairs))


def boundary_moved(chance: random.Random, request: Request) -> Request:
    """Move the last letter of a parameter's name into its value: Twilio's scheme signs both without a mark between."""
    pairs = request.body.split(b"&")
    at = next(at for at, pair in enumerate(pairs) if pair.startswith((b"Digits=", b"SpeechResult=")))
    name, _, value = pairs[at].partition(b"=")
    cut = chance.randint(1, len(name) - 1)
    pairs[at] = name[:-cut] + b"=" + name[-cut:] + value
    return replace(request, body=b"&".join(pairs))


def path_changed(chance: random.Random, request: Request) -> Request:
    """Change, cut or lengthen the path."""
    path = request.target
    at = chance.randrange(1, len(path))
    new = chance.choice(
        [
            path[:at] + other(chance, path[at]) + path[at + 1 :],
            path[:at],
            path + "/",
            path + chance.choice(LETTERS),
            "/" + path,
            path + "/..",
            path.upper(),
        ]
    )
    return replace(request, target=new)


def query_added(chance: random.Random, request: Request) -> Request:
    """Add a query."""
    return replace(request, target=f"{request.target}?{chance.choice(LETTERS)}={chance.randrange(99)}")


def method_changed(*methods: str) -> Change:
    """Use another method."""
    return lambda chance, request: replace(request, method=chance.choice(methods))


def forged(seed: str, twins: list[Request], changes: dict[str, Change]) -> Iterator[Forgery]:
    """Yield forgeries, no two of them alike, as long as any is wanted: every change of every twin, again and again."""
    chance = random.Random(seed)
    seen = set(twins)
    while True:
        before = len(seen)
        for what, change, twin in ((what, change, twin) for twin in twins for what, change in changes.items()):
            try:
                request = change(chance, twin)
            except StopIteration:  # this twin has nothing of the kind
                continue
            if request not in seen:
                seen.add(request)
                yield Forgery(f"{what} of {twin.method} {twin.target}", request)
        assert len(seen) > before, "there are not so many ways to forge these"
