"""Warnings before a last day: which is due when, and what it says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.directory import Directory
from handlers.domain.expiries import WARN_DAYS, Expiry, ExpiryKind, all_of, due, expiry_of, told
from handlers.domain.standing import Agreement, License, Privilege, ProxyAgreement, Radiologist

LAST = date(2026, 12, 31)
ENDS = Expiry(kind=ExpiryKind.LICENSE, whose="lee", where="IL", last_day=LAST)


@pytest.mark.parametrize(
    ("left", "warning"),
    [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (-1, None)],
)
def test_the_nearest_warning_that_was_reached_is_due(left: int, warning: int | None) -> None:
    """None before the first day and none after the last."""
    assert due(ENDS, LAST - timedelta(days=left)) == warning


@given(st.integers(0, 400))
def test_a_warning_once_reached_gives_way_only_to_a_nearer_one(left: int) -> None:
    """From day to day the number of days never grows."""
    today = LAST - timedelta(days=left)
    before, after = due(ENDS, today), due(ENDS, today + timedelta(days=1))
    assert before is None or after is None or after <= before
    assert (before is not None) == (left <= max(WARN_DAYS))


@pytest.mark.parametrize("kind", ExpiryKind)
def test_a_warning_s_key_says_what_it_was(kind: ExpiryKind) -> None:
    """So the card can be drawn from it, and a renewal has another."""
    ends = Expiry(kind=kind, whose="lee", where="IL", last_day=LAST)
    assert expiry_of(ends.key(30)) == (ends, 30)
    assert LAST.isoformat() in told(ends, Directory())


def test_everything_that_has_a_last_day_is_looked_at() -> None:
    """A privilege without an end has none."""
    term = Agreement(effective=LAST, expires=LAST)
    reader = Radiologist(
        id="lee", name="Dr. Lee", slack_user="U1", npi="1", phone="",
        licenses=(License(state="IL", number="1", expires=LAST),),
        privileges=(Privilege(facility="mercy", expires=LAST), Privilege(facility="lakeside")),
    )  # fmt: skip
    proxy = ProxyAgreement(id="apex", term=term, list_as_of=LAST, list_limit=timedelta(days=90))
    directory = Directory(
        radiologists={"lee": reader}, proxy_agreements={"apex": proxy}, vendor_baas={"slack": term, "twilio": term}
    )
    assert [ends.kind.value for ends in all_of(directory)] == [
        "license",
        "privilege",
        "proxy_agreement",
        "privilege_list",
        "vendor_baa",
        "vendor_baa",
    ]
