"""The command line: one command per thing a person or a Procfile does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import logs, settings
from bot.audit_cli import app as audit_app
from bot.directory.cli import app as directory_app
from bot.settings import Mode
from bot.wiring import commands
from handlers.domain.errors import RadrelayError

app = typer.Typer(
    name="radrelay",
    help="A virtual PACS administrator: worklist cards in Slack, critical-result calls, and a tamper-evident record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
report_app = typer.Typer(help="What goes into a report or to an auditor.", no_args_is_help=True)
app.add_typer(directory_app, name="directory")
app.add_typer(audit_app, name="audit")
app.add_typer(report_app, name="report")
keys_app = typer.Typer(help="Encryption keys.", no_args_is_help=True)
aside_app = typer.Typer(
    help="What could not be handled and was set aside; nothing accepted is ever lost.", no_args_is_help=True
)
app.add_typer(keys_app, name="keys")
app.add_typer(aside_app, name="aside")


@app.command()
def serve() -> None:
    """Serve everything in one process on SQLite: migrate, load a changed directory, open the doors, start the worker.

    Example: RADRELAY_DATABASE_URL=sqlite:///radrelay.db radrelay serve
    """
    commands.serve(settings.for_service(Mode.SERVE))


@app.command()
def web() -> None:
    """Serve the doors only, on PostgreSQL; run as many as you like beside `radrelay worker`.

    Example: radrelay web
    """
    commands.web_process(settings.for_service(Mode.WEB))


@app.command()
def worker() -> None:
    """Do the work only, on PostgreSQL: inbox, deadlines, calls, cards. Run as many as you like.

    Example: radrelay worker
    """
    commands.worker_process(settings.for_service(Mode.WORKER))


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema; what the Procfile's release does.

    Example: radrelay migrate
    """
    typer.echo(commands.migrate(settings.for_database(Mode.MIGRATE)))


@app.command()
def doctor() -> None:
    """Check a real deployment: tokens and scopes, channels, public URL, Twilio account and number, clock, database, directory.

    Example: radrelay doctor
    """
    table, code = commands.examine(settings.for_service(Mode.DOCTOR))
    typer.echo(table)
    raise typer.Exit(code)


@app.command("fallback-twiml")
def fallback_twiml(
    number: Annotated[
        str, typer.Option(help="A staffed number in E.164, spoken twice; without it none is named.")
    ] = "",
) -> None:
    """Print the document of the fallback URL, to host it where it answers when this service does not (a Twilio TwiML Bin).

    Example: radrelay fallback-twiml --number +13125550190
    """
    typer.echo(commands.fallback_twiml(number))


@app.command()
def sandbox(
    page_port: Annotated[int, typer.Option(help="Where the page is shown.")] = 8080,
    product_port: Annotated[int, typer.Option(help="Where radrelay itself listens.")] = 8081,
    state: Annotated[Path, typer.Option(help="Where everything is kept for the next start.")] = Path(".radrelay"),
    browser: Annotated[bool, typer.Option(help="Open the page in a browser where there is one.")] = True,
) -> None:
    """Try it with no account anywhere: a sandbox Slack, telephone exchange and hospital around the real product.

    Example: radrelay sandbox --page-port 9090 --product-port 9091
    """
    commands.sandbox(state, page_port, product_port, browser=browser)


@directory_app.command("load")
def directory_load(
    file: Annotated[Path | None, typer.Argument(help="The directory; RADRELAY_DIRECTORY when left out.")] = None,
) -> None:
    """Load a directory: checked, in one transaction, versioned and audited. Running processes notice within seconds.

    Example: radrelay directory load directory.yaml
    """
    for line in commands.load(settings.for_memory(Mode.DIRECTORY), file):
        typer.echo(line)


@report_app.command("statement")
def report_statement(case: Annotated[str, typer.Argument(help="The case code, like 4821-0934.")]) -> None:
    """Print the sentence for the radiology report; it claims no more than happened.

    Example: radrelay report statement 4821-0934
    """
    typer.echo(commands.statement(settings.for_memory(Mode.REPORT), case))


@app.command()
def hold(
    case: Annotated[str, typer.Argument(help="The case code, like 4821-0934.")],
    reason: Annotated[
        str, typer.Option(help="litigation, subpoena, investigation, patient_request or other.", show_default=False)
    ],
) -> None:
    """Keep a case's recordings past their time: a legal hold, until `radrelay release`.

    Example: radrelay hold 4821-0934 --reason litigation
    """
    typer.echo(commands.hold(settings.for_memory(Mode.REPORT), case, reason))


@app.command()
def release(case: Annotated[str, typer.Argument(help="The case code, like 4821-0934.")]) -> None:
    """Release a case's recordings from their legal hold.

    Example: radrelay release 4821-0934
    """
    typer.echo(commands.release(settings.for_memory(Mode.REPORT), case))


@app.command()
def holds() -> None:
    """List the legal holds in force.

    Example: radrelay holds
    """
    for line in commands.holds(settings.for_memory(Mode.REPORT)) or ["No legal hold is in force."]:
        typer.echo(line)


@keys_app.command("rotate")
def keys_rotate() -> None:
    """Seal every row with the first key of RADRELAY_ENCRYPTION_KEYS; afterwards the older keys may go.

    Runs beside the service; may be run again. Example: radrelay keys rotate
    """
    for line in commands.reseal(settings.for_memory(Mode.REPORT)):
        typer.echo(line)
    typer.echo("Every row is sealed with the first key.")


@aside_app.command("list")
def aside_list() -> None:
    """List events and effects that were set aside after several tries, with the reason; no patient data.

    Example: radrelay aside list
    """
    lines = commands.set_aside(settings.for_memory(Mode.REPORT))
    typer.echo("\n".join(lines) or "Nothing is set aside.")


@aside_app.command("retry")
def aside_retry(key: Annotated[str, typer.Argument(help="An id that `radrelay aside list` shows.")]) -> None:
    """Handle one again, after its cause was mended.

    Example: radrelay aside retry 8Zk3…
    """
    typer.echo(commands.try_again(settings.for_memory(Mode.REPORT), key))


def main() -> None:
    """Run the command line; an expected problem is a sentence and exit status 2."""
    logs.configure()
    commands.use_record()
    try:
        app()
    except RadrelayError as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
