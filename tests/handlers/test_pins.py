"""PINs: what may be one, and that only its hash and the pepper together recognize it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.pins import UnfitPin, hash_pin, is_pin_hash, pin_matches, weakness_of

PEPPER = b"a pepper of the tests"


def test_the_right_pin_matches_and_no_other() -> None:
    """A hash recognizes its own PIN, and not a longer, shorter, empty or different one."""
    hashed = hash_pin("2748", PEPPER)
    assert pin_matches("2748", hashed, PEPPER)
    assert not any(pin_matches(other, hashed, PEPPER) for other in ("2747", "274", "27481", ""))


def test_the_pepper_is_needed() -> None:
    """The same PIN with another pepper does not match, and without one nothing is computed."""
    hashed = hash_pin("2748", PEPPER)
    assert not pin_matches("2748", hashed, b"another pepper")
    with pytest.raises(UnfitPin, match="RADRELAY_PIN_PEPPER"):
        pin_matches("2748", hashed, b"")


def test_two_hashes_of_a_pin_differ_and_show_nothing_of_it() -> None:
    """Each hash has its own salt, and the six fields that were promised."""
    first, second = hash_pin("2748", PEPPER), hash_pin("2748", PEPPER)
    assert first != second
    assert first.split("$")[:4] == ["scrypt", "16384", "8", "1"]
    assert len(first.split("$")) == 6
    assert is_pin_hash(first)


@pytest.mark.parametrize(
    "pin", ["274", "2748361", "2740", "2749", "27a8", "", "4444", "1234", "8765", "345678", "٢٧٤٨"]
)
def test_a_weak_pin_is_refused_without_being_shown(pin: str) -> None:
    """Too short or long, a command's digit, all equal, or a run: the refusal never repeats the PIN."""
    with pytest.raises(UnfitPin) as refusal:
        hash_pin(pin, PEPPER)
    assert not pin or pin not in str(refusal.value)


@given(st.text(alphabet="12345678", min_size=4, max_size=6))
def test_a_pin_is_weak_only_when_it_is_equal_or_a_run(pin: str) -> None:
    """Of the digits 1 to 8 in the right number, only repeats and runs are refused."""
    obvious = len(set(pin)) == 1 or pin in "12345678" or pin in "87654321"
    assert (weakness_of(pin) is not None) == obvious


GOOD = "scrypt$16384$8$1$" + "A" * 22 + "$" + "A" * 43


@pytest.mark.parametrize(
    "hashed",
    [
        "2748",
        "bcrypt" + GOOD[6:],
        GOOD.replace("16384", "1024"),
        GOOD.replace("16384", "16385"),
        GOOD.replace("16384", str(2**30)),
        GOOD.replace("$8$", "$800$"),
        GOOD.replace("$8$1$", "$8$99$"),
        GOOD.replace("$8$", "$eight$"),
        GOOD.replace("A" * 22, "AAAA"),
        GOOD.replace("A" * 22, "!" * 22),
        GOOD.replace("A" * 22, "é" * 22),
        GOOD[:-4],
        GOOD + "$",
    ],
)
def test_a_malformed_or_costly_hash_is_refused(hashed: str) -> None:
    """A hash that is damaged, cheap, or would exhaust the server is neither a hash nor ever computed."""
    assert is_pin_hash(GOOD)
    assert not is_pin_hash(hashed)
    with pytest.raises(UnfitPin):
        pin_matches("2748", hashed, PEPPER)
