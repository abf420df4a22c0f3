"""Ten thousand forged requests: each a good one with one thing changed. What a run sent and saw refused is added up."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.security.refusing import DICOM, EVENTS, LINKS, PAGES, SLACK, TWILIO, reached_the_check
from tests.security.tally import PROPERTY, CountsForgeries, is_enough, keep, sentence


def _reported(config: pytest.Config, *properties: tuple[str, str], outcome: str = "passed") -> Counter[str]:
    """Return what is added up from one test's report."""
    tally = CountsForgeries(config)
    report = pytest.TestReport(
        nodeid="a test",
        location=("", None, ""),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=None,
        when="call",
        user_properties=list(properties),
    )
    tally.pytest_runtest_logreport(report)
    return tally.sent


def test_what_a_test_sent_is_added_up_when_it_passed(pytestconfig: pytest.Config) -> None:
    """Only a passed test counts, and only what it reports."""
    kept: list[tuple[str, str]] = []
    keep(lambda name, value: kept.append((name, str(value))), "sqlite", 1300)
    assert _reported(pytestconfig, *kept, ("another", "sqlite 5")) == {"sqlite": 1300}
    assert not _reported(pytestconfig, (PROPERTY, "sqlite 1300"), outcome="failed")


def test_one_database_is_only_half() -> None:
    """A run without PostgreSQL says so, and is not enough for CI, however many it sent."""
    half = Counter(sqlite=EVENTS + DICOM + SLACK + TWILIO + LINKS + PAGES)
    assert "only half" in sentence(half)
    assert "postgresql 0" in sentence(half)
    assert not is_enough(half)
    assert not is_enough(Counter(sqlite=20_000))
    both = half + Counter(postgresql=half["sqlite"])
    assert "half" not in sentence(both)
    assert is_enough(both)
    assert not is_enough(both - Counter(sqlite=both.total() - 9_999))


def test_what_is_turned_away_at_the_address_is_no_forgery() -> None:
    """404, 405 and 415 are answered before anybody asks who sent it: they do not count."""
    assert reached_the_check(Counter({401: 3, 403: 2, 400: 1, 404: 50, 405: 20, 415: 10})) == 6
