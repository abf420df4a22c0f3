"""What answers by itself in the demo stands at the demo's numbers."""

from __future__ import annotations

from pathlib import Path

from sandbox.cast import read_cast
from sandbox.exchange import PhoneTree
from sandbox.switchboard import MERCY, far_ends

DEMO = Path(__file__).parents[2] / "sandbox" / "demo" / "directory.yaml"


def test_every_far_end_is_at_a_number_of_the_demo() -> None:
    """The phone tree is Mercy's switchboard, and the surgeon behind it orders Mercy's trauma studies."""
    cast = read_cast(DEMO)
    assert set(far_ends()) <= set(cast.telephones)
    assert cast.telephones[MERCY] == "Dr. Samuel Osei, by switchboard"
    mercy = next(site for site in cast.sites if site.facility == "mercy")
    assert mercy.orderers["trauma"] == "mercy-trauma-surgeon"


def test_the_extension_of_the_directory_is_one_of_the_tree() -> None:
    """What the product keys after the answer leads to somebody."""
    tree = far_ends()[MERCY]
    assert isinstance(tree, PhoneTree)
    assert tree.extensions["4321"].name == "Dr. Samuel Osei"
    assert 'extension: "4321"' in DEMO.read_text()
