"""The case code: seven chance digits and a check digit, shown ``4821-0934``. It names a case and opens nothing."""

from __future__ import annotations

import re

from handlers.domain.errors import Rejection

#: Damm's quasigroup: it finds every single wrong digit and every swapped pair (H. M. Damm, 2004).
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
BODY_DIGITS = 7
LENGTH = BODY_DIGITS + 1


def _interim(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def with_check_digit(body: str) -> str:
    """Return the eight-digit code for seven digits."""
    return f"{body}{_interim(body)}"


def is_valid(code: str) -> bool:
    """Tell whether eight digits carry their right check digit."""
    return len(code) == LENGTH and code.isascii() and code.isdigit() and _interim(code) == 0


def shown(code: str) -> str:
    """Return the code as people read it: ``4821-0934``."""
    return f"{code[:4]}-{code[4:]}"


def parse(typed: str) -> str | None:
    """Return the code that somebody typed, with or without dash and spaces, or None when it is not one."""
    digits = _digits(typed)
    return digits if is_valid(digits) else None


def asked(typed: str) -> str:
    """Return the code that somebody typed, or refuse with what is wrong with it."""
    digits = _digits(typed)
    if is_valid(digits):
        return digits
    if len(digits) == LENGTH and digits.isascii() and digits.isdigit():
        raise Rejection("bad_case", "One digit of this case code is wrong: compare it with the card.")
    raise Rejection("bad_case", "That is not a case code. It has eight digits, like 4821-0934.")


def _digits(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed)
