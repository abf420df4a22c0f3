"""What somebody types to split a read, and what a report covers of a study that was split."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.errors import Rejection
from handlers.domain.regions import Region, asked, covered
from handlers.domain.studies import DUE, Read, ReadBy, ReadState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
READ = Read(
    id="r",
    facility="mercy",
    study_id="s",
    case_code="48210934",
    pool="night",
    priority=Priority.TRAUMA,
    state=ReadState.OPEN,
    opened_at=NOON,
    due_at=NOON,
    clock_started_at=NOON,
    target_seconds=0,
)


def of(region: str, holder: str | None = None, **over: object) -> Read:
    """Return a read of a region; held by somebody where one is named."""
    state = ReadState.OPEN if holder is None else ReadState.CLAIMED
    changed = {"id": f"{region}-{over.get('kind', '')}", "region": region, "claimed_by": holder, "state": state, **over}
    return replace(READ, **changed)  # type: ignore[arg-type]


HEAD, CHEST, SPINE = of("head", "lee"), of("chest", "stone"), of("spine")
WHOLE = of("", "lee")
EARLY_HEAD, EARLY_CHEST = of("head", kind=ReadKind.PRELIMINARY), of("chest", kind=ReadKind.PRELIMINARY)
EARLY = of("", kind=ReadKind.PRELIMINARY)


def test_regions_are_taken_in_the_order_in_which_they_are_typed() -> None:
    """Capitals and commas are forgiven."""
    assert asked(["Head,", "chest", "PELVIS"]) == (Region.HEAD, Region.CHEST, Region.PELVIS)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["head", "heart"], "unknown_region"),
        (["head", "chest", "head"], "region_twice"),
        (["head"], "how_many_regions"),
        ([], "how_many_regions"),
        (list(Region), "how_many_regions"),
    ],
)
def test_what_is_no_split_is_refused_with_the_regions_there_are(typed: list[str], code: str) -> None:
    """What was typed by mistake may be a name, and is not repeated."""
    with pytest.raises(Rejection) as refused:
        asked(typed)
    assert refused.value.code == code
    assert "`extremities`" in refused.value.sentence
    assert "heart" not in refused.value.sentence


@pytest.mark.parametrize(
    ("reads", "region", "signer", "ended"),
    [
        ([HEAD, CHEST, SPINE], "head", "lee", [HEAD]),
        ([HEAD, CHEST, SPINE], "spine", "lee", [SPINE]),
        ([HEAD, CHEST, SPINE], "pelvis", "lee", []),
        ([HEAD, CHEST, SPINE], "", "lee", [HEAD]),
        ([HEAD, CHEST, SPINE], "", "park", [HEAD, CHEST, SPINE]),
        ([CHEST, SPINE], "", "lee", [CHEST, SPINE]),
        ([of("head", "lee"), of("neck", "lee")], "", "lee", [of("head", "lee"), of("neck", "lee")]),
        ([WHOLE], "", "stone", [WHOLE]),
        ([WHOLE], "head", "lee", []),
        ([replace(HEAD, state=ReadState.REPORTED), SPINE], "head", "lee", []),
    ],
)
def test_a_report_ends_its_region_else_what_its_signer_holds_else_all(
    reads: list[Read], region: str, signer: str, ended: list[Read]
) -> None:
    """A read of the whole is ended by a report on the whole only."""
    assert list(covered(reads, "final", region, signer).ended) == ended


@pytest.mark.parametrize(
    ("reads", "region", "superseded"),
    [
        ([EARLY, WHOLE], "", [EARLY]),
        ([EARLY_HEAD, EARLY_CHEST, WHOLE], "", [EARLY_HEAD, EARLY_CHEST]),
        ([EARLY_HEAD, EARLY_CHEST, WHOLE], "head", [EARLY_HEAD]),
        ([EARLY_HEAD, EARLY_CHEST], "", [EARLY_HEAD, EARLY_CHEST]),
        ([EARLY, HEAD, CHEST], "head", []),
        ([EARLY, HEAD, CHEST], "", []),
        ([EARLY, HEAD], "head", [EARLY]),
        ([EARLY_HEAD, EARLY_CHEST, HEAD, CHEST], "", [EARLY_HEAD]),
    ],
)
def test_a_final_report_makes_the_preliminary_reads_superfluous_that_it_covers(
    reads: list[Read], region: str, superseded: list[Read]
) -> None:
    """All of them once no final one is left. It is Dr. Lee who signs."""
    assert list(covered(reads, "final", region, "lee").superseded) == superseded
    assert covered(reads, "preliminary", region, "lee").superseded == ()


READS = st.builds(
    of,
    st.sampled_from([*Region, ""]),
    st.sampled_from([None, "lee", "stone"]),
    kind=st.sampled_from(ReadKind),
    by=st.sampled_from(ReadBy),
)


@given(
    st.lists(READS, max_size=8),
    st.sampled_from(ReadKind),
    st.sampled_from([*Region, ""]),
    st.sampled_from(["lee", "x"]),
)
def test_a_report_ends_nothing_that_it_is_not_about(reads: list[Read], kind: str, region: str, signer: str) -> None:
    """Only what is due, only its own kind, only the region it names; and with none named never nothing where one is due."""
    found = covered(reads, kind, region, signer)
    assert all(read.kind == kind and read.state in DUE for read in found.ended)
    assert all(read.kind is ReadKind.PRELIMINARY for read in found.superseded)
    assert all(read.region == region for read in found.ended if region)
    assert bool(found.ended) or bool(region) or all(read.kind != kind for read in reads)
