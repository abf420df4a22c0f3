"""`radrelay directory …`: check a directory file, and make the hash of a PIN."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import settings
from bot.directory import contact_card
from bot.directory.explain import explained
from bot.directory.gaps import gaps
from bot.directory.reading import Inspection, inspect
from handlers.pins import hash_pin, weakness_of

app = typer.Typer(help="The directory: who may read, who is called, and by which ladder.", no_args_is_help=True)


@app.callback()
def directory() -> None:
    """Check the directory, and make what goes into it."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The directory file.")],
    explain: Annotated[bool, typer.Option("--explain", help="Say which ladder applies where and when.")] = False,
) -> None:
    """Name every problem of a directory file with its line; exit 1 when there is an error.

    Of a file without errors also every gap of the next 14 days: hours in which a study would find nobody who may read it, or
    a finding nobody to call.

    Example: radrelay directory check examples/directory.yaml --explain
    """
    found = _inspected(file)
    for problem in found.problems:
        typer.echo(f"{file}:{problem}")
    if explain and found.directory is not None:
        for line in explained(found.directory):
            typer.echo(line)
    ahead = gaps(found.directory, datetime.now(UTC)) if found.directory is not None else []
    for gap in ahead:
        typer.echo(f"{file}: gap: {gap}")
    typer.echo(_summary(file, found))
    if found.directory is None:
        raise typer.Exit(1)


def _inspected(file: Path) -> Inspection:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        typer.echo(f"{file}: cannot be read: {reason}. Give the path of a directory file.", err=True)
        raise typer.Exit(2) from None
    return inspect(text)


@app.command("card")
def card(
    file: Annotated[Path, typer.Argument(help="The directory file.")],
    facility: Annotated[str, typer.Argument(help="The facility's id in it.")],
    number: Annotated[
        str, typer.Option(envvar="TWILIO_FROM_NUMBER", help="Our number, where the facility has none of its own.")
    ] = "",
) -> None:
    """Print a facility's contact card (.vcf), so that its people's telephones know who calls.

    Example: radrelay directory card examples/directory.yaml st-anne > radiology-st-anne.vcf
    """
    found = _inspected(file).directory
    site = None if found is None else found.facilities.get(facility)
    if found is None or site is None:
        known = "the file has errors: see `radrelay directory check`" if found is None else ", ".join(found.facilities)
        typer.echo(f"{file}: there is no facility {facility!r} to make a card of ({known}).", err=True)
        raise typer.Exit(1)
    if not (site.caller_number or number):
        typer.echo("Say which number of ours calls: set TWILIO_FROM_NUMBER, or --number +15035550100.", err=True)
        raise typer.Exit(1)
    typer.echo(contact_card.card(site, number), nl=False)


def _summary(file: Path, found: Inspection) -> str:
    told = f"{_count(len(found.errors), 'error')}, {_count(len(found.warnings), 'warning')}"
    held = found.directory
    if held is None:
        return f"{file}: not usable: {told}."
    counts = (
        _count(len(held.facilities), "facility", "facilities"),
        _count(len(held.pools), "pool"),
        _count(len(held.radiologists), "radiologist"),
        _count(len(held.contacts), "contact"),
        _count(len(held.desks), "desk"),
        _count(len(held.staff), "member of staff", "members of staff"),
        _count(len(held.sources), "source"),
        _count(len(held.phrases), "phrase"),
    )
    return f"{file}: usable: {told}; {', '.join(counts)}."


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


@app.command("hash-pin")
def hash_a_pin() -> None:
    """Ask for a contact's PIN twice, unseen, and print what belongs after pin_hash.

    The pepper is read from RADRELAY_PIN_PEPPER: the same as the service's, or no PIN will ever match.

    Example: radrelay directory hash-pin
    """
    try:
        pepper = settings.pin_pepper()
    except settings.SettingsProblem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    pin = typer.prompt("PIN (4 to 6 digits, 1 to 8)", hide_input=True, err=True)
    again = typer.prompt("The same PIN again", hide_input=True, err=True)
    refusal = weakness_of(pin) if pin == again else "The two PINs differ: begin again."
    if refusal is not None:
        typer.echo(refusal, err=True)
        raise typer.Exit(1)
    typer.echo(hash_pin(pin, pepper))
