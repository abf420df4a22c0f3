"""`radrelay audit …`: verify, export, show and anchor the record. It reads, takes no lock and needs no key.

What opens the record is handed in (``use``): this module knows its shape only.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from bot import settings
from bot.clock import WallClock
from bot.shutdown import on_signals
from handlers.domain import case_code
from handlers.domain.errors import RadrelayError

POLL_SECONDS = 0.5
KEYS = ("seq", "at", "actor", "action", "facility", "case", "subject", "facts", "prev", "hash")


class ChainFound(Protocol):
    """What verification found in one chain."""

    @property
    def chain(self) -> str:
        """The facility, or ``system``."""

    @property
    def entries(self) -> int:
        """How many entries there are."""

    @property
    def problems(self) -> Sequence[str]:
        """A sentence for each."""

    @property
    def anchored_to(self) -> int:
        """The greatest sequence number that was anchored; 0 where none was."""

    @property
    def anchored_at(self) -> str:
        """When that was, or ""."""

    @property
    def after_anchor(self) -> int:
        """How many entries came after it."""


class Record(Protocol):
    """The record, opened to be looked at."""

    def verify(self) -> Sequence[ChainFound]:
        """Check every chain."""

    def damaged_anchors(self) -> Sequence[int]:
        """Return the numbers of the anchor file's lines that cannot be read."""

    def entries(self, case_code: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield every entry, or a case's, chain by chain."""

    def fresh(self, seen: dict[str, int]) -> Sequence[Mapping[str, Any]]:
        """Return what came after ``seen`` (by chain), oldest first, and move ``seen`` on."""

    def anchor(self, at: datetime) -> Mapping[str, Any]:
        """Write the heads of all chains to the anchor file; return ``{"at", "heads": {chain: (seq, hash)}}``."""


#: Opens the record of a database (its URL) with its anchor file.
OpenRecord = Callable[[str, Path], AbstractContextManager[Record]]


class NotWired(RadrelayError):
    """These commands were started without what opens the record: a bug of ours."""


class _Wiring:
    open_record: OpenRecord | None = None


def use(open_record: OpenRecord) -> typer.Typer:
    """Say what opens the record, and return the commands."""
    _Wiring.open_record = staticmethod(open_record)
    return app


app = typer.Typer(
    help="The record: what happened, who did it, and whether anybody changed it since.", no_args_is_help=True
)
Case = Annotated[str, typer.Argument(metavar="CASE", help="The case code, like 4821-0934.")]


@contextmanager
def _record() -> Iterator[tuple[Record, settings.DatabaseSettings]]:
    if _Wiring.open_record is None:
        raise NotWired("nothing was handed in that opens the record; this is a bug of radrelay")
    found = settings.for_database(settings.Mode.AUDIT)
    with _Wiring.open_record(found.database_url.get_secret_value(), found.anchor_file) as record:
        yield record, found


def _case(typed: str) -> str:
    code = case_code.parse(typed)
    if code is None:
        raise typer.BadParameter(f"{typed} is not a case code: eight digits with a check digit, like 4821-0934")
    return code


def _shown(code: str) -> str:
    return case_code.shown(code) if code else ""


@app.callback()
def audit() -> None:
    """Look at the record. Nothing here changes it, and the service goes on meanwhile."""


# --- verify ----------------------------------------------------------------------------------------------------------


@app.command()
def verify() -> None:
    """Check every chain by itself and against the anchors; name each problem, and exit 1 when there is one.

    Entries after the last anchor are counted: a tail cut there would not be noticed yet.

    Example: radrelay audit verify
    """
    with _record() as (record, found):
        chains = record.verify()
        damaged = record.damaged_anchors()
    for chain in chains:
        typer.echo(_summary(chain))
        for problem in chain.problems:
            typer.echo(f"  PROBLEM {problem}")
    for number in damaged:
        typer.echo(f"  PROBLEM {found.anchor_file}: line {number} cannot be read")
    problems = sum(len(chain.problems) for chain in chains) + len(damaged)
    if not any(chain.anchored_to for chain in chains):
        typer.echo(f"There are no anchors in {found.anchor_file}: a cut tail would not be noticed.")
    if problems:
        typer.echo(f"The record is NOT intact: {_count(problems, 'problem')}.")
        raise typer.Exit(1)
    entries = sum(chain.entries for chain in chains)
    typer.echo(f"The record is intact: {_count(entries, 'entry', 'entries')} in {_count(len(chains), 'chain')}.")


def _summary(chain: ChainFound) -> str:
    entries = _count(chain.entries, "entry", "entries")
    if not chain.anchored_to:
        return f"{chain.chain}: {entries}, never anchored"
    return (
        f"{chain.chain}: {entries}, anchored up to #{chain.anchored_to} ({chain.anchored_at}),"
        f" {chain.after_anchor} after the last anchor"
    )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


# --- export and show -------------------------------------------------------------------------------------------------


def _line(entry: Mapping[str, Any]) -> str:
    told = dict(entry) | {"facility": entry["chain"], "case": _shown(entry["case"])}
    return json.dumps({key: told[key] for key in KEYS})


@app.command()
def export(
    case: Annotated[str | None, typer.Option(metavar="CASE", help="Only this case, like 4821-0934.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is recorded from now on.")] = False,
) -> None:
    """Write the record as JSON lines, oldest first within each chain.

    Example: radrelay audit export --case 4821-0934
    """
    wanted = None if case is None else _case(case)
    try:
        with _record() as (record, _):
            if follow:
                _follow(record, wanted)
            else:
                for entry in record.entries(wanted):
                    typer.echo(_line(entry))
    except BrokenPipeError:
        # Whoever read has enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _follow(record: Record, wanted: str | None) -> None:
    seen: dict[str, int] = {}
    with on_signals() as shutdown:
        while True:
            for entry in record.fresh(seen):
                if wanted in {None, entry["case"]}:
                    typer.echo(_line(entry))  # flushes
            if shutdown.wait(POLL_SECONDS):
                return


@app.command()
def show(case: Case) -> None:
    """Tell what happened in a case, oldest first, in ids and codes: the record holds nothing of the patient.

    Example: radrelay audit show 4821-0934
    """
    code = _case(case)
    with _record() as (record, _):
        entries = sorted(record.entries(code), key=lambda entry: (entry["at"], entry["chain"], entry["seq"]))
    if not entries:
        typer.echo(f"Nothing is recorded for case {_shown(code)}.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Case {_shown(code)}, {_count(len(entries), 'entry', 'entries')}; times in UTC")
    for entry in entries:
        typer.echo(_told(entry))


@app.command()
def privacy() -> None:
    """List every privacy event, oldest first: its case, whose it is, by when it is due, and how it stands.

    One is opened when somebody says that they are the wrong person after a finding had been spoken.

    Example: radrelay audit privacy
    """
    with _record() as (record, _):
        found = [entry for entry in record.entries() if str(entry["action"]).startswith("privacy:")]
    newest = {entry["subject"]: entry for entry in found}
    opened = sorted((one for one in found if one["action"] == "privacy:open"), key=lambda entry: entry["at"])
    for entry in opened:
        typer.echo(_event(entry, newest[entry["subject"]]))
    ended = sum(newest[one["subject"]]["action"] == "privacy:close" for one in opened)
    typer.echo(f"{_count(len(opened), 'privacy event')}, {len(opened) - ended} without an outcome.")


def _event(opened: Mapping[str, Any], newest: Mapping[str, Any]) -> str:
    at, facts = str(opened["at"])[:19].replace("T", " "), opened["facts"]
    is_closed = newest["action"] == "privacy:close"
    stands = f"closed by {newest['actor']}: {newest['facts']['outcome']}" if is_closed else "without an outcome"
    owner = facts["owner"] or "the desk"
    return f"{at}  {opened['chain']}  case {_shown(opened['case'])}  of {owner}  due {facts['due']}  {stands}"


def _told(entry: Mapping[str, Any]) -> str:
    at = str(entry["at"])[:19].replace("T", " ")
    facts = "".join(f"  {name}={_fact(value)}" for name, value in sorted(entry["facts"].items()))
    subject = f"  of {entry['subject']}" if entry["subject"] else ""
    return f"{at}  {entry['chain']} #{entry['seq']}  {entry['action']}  by {entry['actor']}{subject}{facts}"


def _fact(value: object) -> str:
    words = {None: "none", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


@app.command()
def anchor() -> None:
    """Write the heads of all chains to the anchor file now; the service does so on its schedule.

    A record that is not intact is anchored, too, so that what was changed stays as it is; then the exit code is 1.

    Example: RADRELAY_ANCHOR_FILE=/mnt/worm/anchors.jsonl radrelay audit anchor
    """
    with _record() as (record, found):
        problems = sum(len(chain.problems) for chain in record.verify())
        written = record.anchor(WallClock().now())
    heads = ", ".join(f"{chain} #{head[0]}" for chain, head in sorted(written["heads"].items()))
    typer.echo(f"Anchored in {found.anchor_file}: {heads or 'nothing is recorded yet'}")
    if problems:
        said = _count(problems, "problem")
        typer.echo(f"But the record is NOT intact: {said}. `radrelay audit verify` names each.")
        raise typer.Exit(1)
