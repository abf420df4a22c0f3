"""Values and their rows: every kind comes back as it went in, patient fields sealed, found through keyed indexes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from handlers.domain.studies import Finding, Study
from store.cipher import Cipher, SealBroken
from store.mapping import KEPT
from store.memory import SqlMemory
from tests.conftest import INDEX_KEY, MakeMemory
from tests.store.opened import opened_memory

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
PLAIN = {
    str: WORDS,
    int: st.integers(-(2**31), 2**31 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(datetime(1970, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    timedelta: st.timedeltas(timedelta(0), timedelta(days=400)),
}
KINDS = sorted(KEPT, key=lambda kind: kind.__name__)
JANE = {"patient_name": "DOE^JANE", "patient_id": "MRN-778812", "accession_number": "ACC-4711"}


def values_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for every value that a kind may take."""
    for plain, strategy in PLAIN.items():
        st.register_type_strategy(plain, strategy)
    return st.from_type(kind)


def example_of(kind: type[Any], **fields: Any) -> Any:
    """Return a plain value of a kind: every field filled with what its type begins with."""
    found: list[Any] = []

    @settings(max_examples=1, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(values_of(kind))
    def draw(value: Any) -> None:
        found.append(value)

    draw()
    return dataclasses.replace(found[0], version=0, **fields)


def jane() -> Study:
    """Return the study of a patient whose name must not be readable."""
    born = date(1961, 4, 17)
    kept = {"id": "study-1", "facility": "north", "case_code": "48210934", "birth_date": born, "group": "GROUP-9"}
    study: Study = example_of(Study, study_instance_uid="1.2.840.77.1", **kept, **JANE)
    return study


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_comes_back_as_it_went_in(kind: type[Any], memory: SqlMemory) -> None:
    """Whatever its fields hold, a value read is equal to the value written, and so is a changed one."""

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(values_of(kind), values_of(kind))
    def round_trip(first: Any, second: Any) -> None:
        first = dataclasses.replace(first, id="the one", version=0)
        second = dataclasses.replace(second, id="the one", version=0)
        with memory.database.writing() as connection:
            connection.execute(KEPT[kind].table.delete())
        with memory.transaction("north") as tx:
            tx.add(first)
        with memory.reading() as look:
            assert look.get(kind, "the one") == first
        with memory.transaction("north") as tx:
            changed = tx.put(second)
        with memory.reading() as look:
            assert look.get(kind, "the one") == changed == dataclasses.replace(second, version=1)

    round_trip()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_row_has_the_names_of_its_value(kind: type[Any]) -> None:
    """Columns are the value's fields, with the sealed ones together and one more column for each keyed index."""
    kept = KEPT[kind]
    plain = {field.name for field in dataclasses.fields(kind)} - kept.sealed
    extra = {f"{name}_index" for name in kept.indexed} | ({"sealed"} if kept.sealed else set())
    assert set(kept.table.c.keys()) == plain | extra
    assert kept.indexed <= kept.sealed
    assert kept.born in plain


def test_patient_columns_are_not_readable_in_the_files_bytes(sqlite_database_url: str, tmp_path: Path) -> None:
    """Neither the SQLite file nor its journal has a patient field in it; what is not sealed is there to be found."""
    study = jane()
    finding = example_of(
        Finding, id="finding-1", facility="north", accession_number="ACC-4711", text="Basilar thrombus"
    )
    with opened_memory(sqlite_database_url) as opened:
        with opened.transaction("north") as tx:
            tx.add(study)
            tx.add(finding)
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("radrelay.db*"))
    stored += (tmp_path / "radrelay.db").read_bytes()
    for secret in (*JANE.values(), "DOE", "1.2.840.77.1", "1961", "Basilar", "thrombus", "GROUP-9"):
        assert secret.encode() not in stored, secret
    assert b"study-1" in stored
    assert b"48210934" in stored


def test_a_sealed_field_is_found_through_its_keyed_index(memory: SqlMemory) -> None:
    """Equal plaintexts share a digest, per field; nobody without the key can tell which."""
    with memory.transaction("north") as tx:
        tx.add(jane())
        assert tx.one(Study, facility="north", accession_number="ACC-4711") == jane()
        assert tx.all(Study, accession_number=("ACC-0000", "ACC-4711")) == [jane()]
        assert tx.one(Study, accession_number="ACC-4712") is None
    assert memory.facility_of(Study, study_instance_uid="1.2.840.77.1") == "north"


def test_a_sealed_field_without_an_index_cannot_be_searched(memory: SqlMemory) -> None:
    """Asking for a patient by name is a bug, and says so."""
    with memory.reading() as look, pytest.raises(ValueError, match="patient_name is sealed and has no index"):
        look.one(Study, patient_name="DOE^JANE")


def test_an_empty_sealed_field_has_no_digest(memory: SqlMemory) -> None:
    """What is empty is stored empty: its digest would only tell that it is."""
    with memory.transaction("north") as tx:
        tx.add(dataclasses.replace(jane(), group=""))
        assert tx.one(Study, group="") is not None
    with memory.database.reading() as connection:
        assert connection.execute(select(KEPT[Study].table.c.group_index)).scalar_one() == ""


def sealed_of(memory: SqlMemory) -> bytes:
    """Return the one study's sealed bytes."""
    with memory.database.reading() as connection:
        return bytes(connection.execute(select(KEPT[Study].table.c.sealed)).scalar_one())


def test_keys_rotate_while_values_stay_readable_and_findable(make_memory: MakeMemory) -> None:
    """A new first key seals; the old one still opens; once rotated, the old one may go. The index stays as it is."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = make_memory(cipher=Cipher([old], INDEX_KEY))
    with before.transaction("north") as tx:
        tx.add(jane())
    both = Cipher([new, old], INDEX_KEY)
    table = KEPT[Study].table
    with make_memory(cipher=both).reading() as look:
        assert look.one(Study, accession_number="ACC-4711") == jane()
    with before.database.writing() as connection:
        connection.execute(update(table).values(sealed=both.rotate(sealed_of(before))))
    with make_memory(cipher=Cipher([new], INDEX_KEY)).reading() as look:
        assert look.one(Study, accession_number="ACC-4711") == jane()
    with before.reading() as look, pytest.raises(SealBroken, match="RADRELAY_ENCRYPTION_KEYS"):
        look.get(Study, "study-1")


def test_sealed_bytes_that_were_changed_do_not_open(memory: SqlMemory) -> None:
    """Fernet authenticates: one flipped byte is noticed."""
    with memory.transaction("north") as tx:
        tx.add(jane())
    sealed = bytearray(sealed_of(memory))
    sealed[len(sealed) // 2] ^= 1
    with memory.database.writing() as connection:
        connection.execute(update(KEPT[Study].table).values(sealed=bytes(sealed)))
    with memory.reading() as look, pytest.raises(SealBroken):
        look.get(Study, "study-1")


def test_a_missing_key_stops_the_cipher_from_the_start() -> None:
    """Without any key nothing is sealed."""
    with pytest.raises(ValueError, match="at least one encryption key"):
        Cipher([], INDEX_KEY)
