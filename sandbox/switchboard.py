"""What answers by itself in the demo: Mercy's phone tree, with its operator and its people behind extensions."""

from __future__ import annotations

from sandbox.exchange import FarEnd, Menu, Operator, Person, PhoneTree

#: Mercy's main number, as in the demo directory.
MERCY = "+13125550190"


def far_ends() -> dict[str, FarEnd]:
    """Return who answers which number; the people behind the tree only say hello: whoever is at the page acts for them."""
    surgeon = Person(name="Dr. Samuel Osei", greeting="Trauma surgery, this is Doctor Osei.")
    ward = Person(name="a nurse in the ED", greeting="Emergency department, this is Ana.")
    operator = Operator(
        greeting="Mercy General, how may I direct your call?",
        directory={"doctor osei": surgeon, "trauma": surgeon, "emergency": ward},
    )
    departments = Menu(
        ("For the emergency department press one.", "For trauma surgery press two.", "For the operator press zero."),
        {"1": ward, "2": surgeon, "0": operator},
    )
    tree = PhoneTree(
        name="Mercy's phone tree",
        greeting="Thank you for calling Mercy General Hospital. If you know the extension, enter it now.",
        menu=Menu(
            ("For departments press one.", "For the operator press zero, or stay on the line."),
            {"1": departments, "0": operator},
        ),
        extensions={"4321": surgeon, "4100": ward},
        otherwise=operator,
    )
    return {MERCY: tree}
