"""`radrelay directory check` and `hash-pin` as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.directory.cli import app
from handlers.pins import pin_matches
from tests.bot.directory.sample import GOOD, spoiled

PEPPER = bytes(range(32)).hex()


def written(folder: Path, text: str) -> str:
    """Write a directory file and return its path."""
    path = folder / "directory.yaml"
    path.write_text(text)
    return str(path)


def test_a_clean_file_is_summed_up(tmp_path: Path) -> None:
    """Without a problem there is one line of counts, and exit 0."""
    path = written(tmp_path, GOOD)
    done = CliRunner().invoke(app, ["check", path])
    assert done.exit_code == 0
    assert done.output == (
        f"{path}: usable: 0 errors, 0 warnings; 1 facility, 1 pool, 1 radiologist, 1 contact, 1 desk,"
        " 1 member of staff, 1 source, 1 phrase.\n"
    )


def test_an_error_is_printed_as_a_compiler_would_and_exits_1(tmp_path: Path) -> None:
    """``file:line: error: path: sentence``, so that an editor can jump there."""
    path = written(tmp_path, spoiled("pool: night\n", "pool: nigth\n"))
    done = CliRunner().invoke(app, ["check", path])
    assert done.exit_code == 1
    assert f'{path}:8: error: facilities.north.pool: there is no pool "nigth". Did you mean "night"?' in done.output
    assert f"{path}: not usable: 1 error, 0 warnings." in done.output


def test_a_warning_exits_0(tmp_path: Path) -> None:
    """Warnings are told and accepted."""
    path = written(tmp_path, spoiled("  twilio: {", "  slack: {"))
    done = CliRunner().invoke(app, ["check", path])
    assert done.exit_code == 0
    assert f"{path}:53: warning: vendor_baas: " in done.output


def test_a_file_that_is_not_there_exits_2(tmp_path: Path) -> None:
    """A missing or unreadable file is told by its name."""
    done = CliRunner().invoke(app, ["check", str(tmp_path / "none.yaml")])
    assert done.exit_code == 2
    assert "none.yaml: cannot be read" in done.output
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\xff")
    assert CliRunner().invoke(app, ["check", str(tmp_path / "bytes.yaml")]).exit_code == 2


def test_explain_says_which_ladder_applies_when(tmp_path: Path) -> None:
    """Every category and class is explained by rungs, waits and who may end it; a gap names the desk."""
    hours = (
        '{use: critical, categories: [1, 2]}\n    - {use: critical, hours: {days: mon-fri, from: "07:00", to: "18:00"}}'
    )
    done = CliRunner().invoke(app, ["check", "--explain", written(tmp_path, spoiled("{use: critical}", hours))])
    ladder = "ordering 5m (2 tries) → Charge nurse 5m → radiologist 5m → desk front every 2m; ended by physician, rn"
    assert "facility north, North Hospital, America/Chicago:" in done.output
    assert f"category 1 emergency, inpatient, outpatient; at all hours → policy critical: {ladder}" in done.output
    assert f"mon-fri 07:00–18:00 → policy critical: {ladder}" in done.output
    assert "→ no policy: the desk front is told" in done.output


def test_hash_pin_prints_a_hash_that_matches_and_never_the_pin() -> None:
    """The PIN, asked twice, comes out only as its hash."""
    done = CliRunner().invoke(app, ["hash-pin"], input="2748\n2748\n", env={"RADRELAY_PIN_PEPPER": PEPPER})
    assert done.exit_code == 0
    assert "2748" not in done.output
    assert pin_matches("2748", done.stdout.strip(), bytes.fromhex(PEPPER))


@pytest.mark.parametrize(
    ("typed", "pepper", "says"),
    [
        ("2748\n2747\n", PEPPER, "differ"),
        ("1234\n1234\n", PEPPER, "run"),
        ("2790\n2790\n", PEPPER, "1 to 8"),
        ("2748\n2748\n", "short", "RADRELAY_PIN_PEPPER"),
        ("2748\n2748\n", None, "RADRELAY_PIN_PEPPER"),
    ],
)
def test_hash_pin_refuses_without_showing_what_was_typed(typed: str, pepper: str | None, says: str) -> None:
    """Two PINs that differ, a weak one, or a missing pepper: exit 1 and a reason."""
    done = CliRunner().invoke(app, ["hash-pin"], input=typed, env={"RADRELAY_PIN_PEPPER": pepper})
    assert done.exit_code == 1
    assert says in done.stderr
    assert typed[:4] not in done.output


@pytest.mark.parametrize("command", ["check", "hash-pin"])
def test_each_command_shows_an_example(command: str) -> None:
    """``--help`` ends with a line that can be typed."""
    assert f"Example: radrelay directory {command}" in CliRunner().invoke(app, [command, "--help"]).output


def test_a_contact_card_holds_the_numbers_that_call_for_a_site(tmp_path: Path) -> None:
    """Whoever saves it sees who calls: our number, or the site's own, and the staffed one; a vCard ends its lines with CRLF."""
    path = written(tmp_path, GOOD)
    done = CliRunner().invoke(app, ["card", path, "north"], env={"TWILIO_FROM_NUMBER": "+15035550100"})
    assert done.exit_code == 0
    lines = done.stdout_bytes.decode().split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:3.0"]
    assert lines[-2:] == ["END:VCARD", ""]
    assert "TEL;TYPE=WORK,VOICE,PREF:+15035550100" in lines
    assert "TEL;TYPE=WORK:+13125550100" in lines
    own = written(
        tmp_path,
        spoiled(
            '    callback_number: "+13125550100"\n',
            '    callback_number: "+13125550100"\n    caller_number: "+15035550101"\n',
        ),
    )
    done = CliRunner().invoke(app, ["card", own, "north"], env={"TWILIO_FROM_NUMBER": "+15035550100"})
    assert "TEL;TYPE=WORK,VOICE,PREF:+15035550101" in done.output
    assert "+15035550100" not in done.output


def test_no_card_is_made_of_what_is_not_there(tmp_path: Path) -> None:
    """An unknown facility names those there are, and without a number of ours it says where to give one."""
    path = written(tmp_path, GOOD)
    done = CliRunner().invoke(app, ["card", path, "south", "--number", "+15035550100"])
    assert done.exit_code == 1
    assert "there is no facility 'south' to make a card of (north)" in done.output
    done = CliRunner().invoke(app, ["card", path, "north"], env={"TWILIO_FROM_NUMBER": ""})
    assert done.exit_code == 1
    assert "set TWILIO_FROM_NUMBER" in done.output
