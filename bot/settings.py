"""Every environment variable, typed, read once, and required by exactly the commands that use it.

A missing or malformed variable stops the start. All problems are told at once, each with the variable's name, what it
should look like and an example; a secret's value is never repeated, and no secret has a default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretBytes, SecretStr, ValidationError
from pydantic.functional_validators import BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import setting_shapes as shapes
from handlers.domain.errors import RadrelayError

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class SettingsProblem(RadrelayError):
    """One or more variables are missing or malformed; the text names each and what it should look like."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        lines = [f"  {name}: {sentence}" for name, sentence in sorted(problems.items())]
        super().__init__("\n".join(["The settings do not fit. Nothing was started.", *lines]))
        self.problems = dict(problems)


class Mode(StrEnum):
    """The commands that need a database, each with the engines that it accepts."""

    SERVE = "serve"  # one process, SQLite
    WEB = "web"  # many processes, PostgreSQL
    WORKER = "worker"  # many processes, PostgreSQL
    DOCTOR = "doctor"
    REPORT = "report"
    DIRECTORY = "directory"
    MIGRATE = "migrate"
    AUDIT = "audit"


_ENGINES: Mapping[Mode, tuple[str, str]] = {
    Mode.SERVE: ("sqlite", "`radrelay serve` is one process on SQLite; use `radrelay web` and `worker` on PostgreSQL"),
    Mode.WEB: ("postgresql", "`radrelay web` needs PostgreSQL; use `radrelay serve` on SQLite"),
    Mode.WORKER: ("postgresql", "`radrelay worker` needs PostgreSQL; use `radrelay serve` on SQLite"),
}


def _var(name: str, shape: str, example: str, default: Any = ...) -> Any:
    """Return a field read from the variable ``name``; ``shape`` completes "it should be …"."""
    return Field(
        default, validation_alias=name, description=shape, examples=[example], validate_default=default is not None
    )


class DatabaseSettings(BaseSettings):
    """What `migrate` and `audit` need."""

    model_config = SettingsConfigDict(
        case_sensitive=True, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    #: May carry a password, so it is a secret; ``engine`` and ``database_shown`` may be printed.
    database_url: Annotated[SecretStr, BeforeValidator(shapes.database_url)] = _var(
        "RADRELAY_DATABASE_URL",
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        "sqlite:////var/lib/radrelay/radrelay.db",
    )
    #: Where chain heads are anchored; best on another machine's or a write-once disk.
    anchor_file: Path = _var(
        "RADRELAY_ANCHOR_FILE",
        "a path to a file that may be appended to",
        "/mnt/worm/anchors.jsonl",
        Path("anchors.jsonl"),
    )
    anchor_every: Annotated[timedelta, NoDecode, BeforeValidator(shapes.duration)] = _var(
        "RADRELAY_ANCHOR_EVERY", "a duration in s, m, h or d", "15m", timedelta(minutes=15)
    )
    log_level: Annotated[LogLevel, BeforeValidator(str.upper)] = _var(
        "RADRELAY_LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", "INFO", "INFO"
    )

    @property
    def engine(self) -> str:
        """Return ``sqlite`` or ``postgresql``."""
        return shapes.engine_of(self.database_url.get_secret_value())

    @property
    def database_shown(self) -> str:
        """Return the database's URL without user and password."""
        return shapes.without_credentials(self.database_url.get_secret_value())


class MemorySettings(DatabaseSettings):
    """What opens the store: `directory load` and `report` need no more."""

    directory: Path = _var("RADRELAY_DIRECTORY", "the path of the directory file", "/etc/radrelay/directory.yaml")
    #: The first encrypts; every one decrypts.
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(shapes.fernet_keys)] = _var(
        "RADRELAY_ENCRYPTION_KEYS", "Fernet keys, comma-separated, the newest first", "KEY2,KEY1"
    )
    #: Of the keyed index over patient columns. It is not rotated with the others: every index value depends on it.
    index_key: Annotated[SecretBytes, BeforeValidator(shapes.random_bytes)] = _var(
        "RADRELAY_INDEX_KEY",
        "at least 32 random bytes in hex or base64, kept for the database's whole life",
        "the output of `openssl rand -hex 32`",
    )
    #: Without it a stolen database does not give up PINs.
    pin_pepper: Annotated[SecretBytes, BeforeValidator(shapes.random_bytes)] = _var(
        "RADRELAY_PIN_PEPPER",
        "at least 32 random bytes in hex or base64; a new one makes every PIN hash void",
        "the output of `openssl rand -hex 32`",
    )


class ServiceSettings(MemorySettings):
    """What `serve`, `web`, `worker` and `doctor` need: all of it."""

    #: Scheme and host that Slack, Twilio and the sources call; every signature is checked against it.
    public_url: Annotated[str, BeforeValidator(shapes.origin)] = _var(
        "RADRELAY_PUBLIC_URL", "https://HOST without a path (http for loopback only)", "https://radrelay.example.org"
    )
    host: Annotated[str, BeforeValidator(shapes.word)] = _var(
        "RADRELAY_HOST", "the address to listen on", "127.0.0.1", "127.0.0.1"
    )
    port: Annotated[int, Field(ge=1, le=65535)] = _var("RADRELAY_PORT", "a port between 1 and 65535", "8080", 8080)
    slack_bot_token: Annotated[SecretStr, BeforeValidator(shapes.bot_token)] = _var(
        "SLACK_BOT_TOKEN", "the bot token that begins with xoxb-, from OAuth & Permissions", "xoxb-…"
    )
    slack_signing_secret: Annotated[SecretStr, BeforeValidator(shapes.secret_word)] = _var(
        "SLACK_SIGNING_SECRET", "the signing secret from Basic Information", "32 hexadecimal digits"
    )
    #: Present: events come by Socket Mode. Absent: by POST /slack/events.
    slack_app_token: Annotated[SecretStr | None, BeforeValidator(shapes.app_token)] = _var(
        "SLACK_APP_TOKEN", "an app-level token that begins with xapp-, for Socket Mode only", "xapp-…", None
    )
    slack_api_url: Annotated[str, BeforeValidator(shapes.api_url)] = _var(
        "SLACK_API_URL", "the address of Slack's Web API", "https://slack.com/api/", "https://slack.com/api/"
    )
    twilio_account_sid: Annotated[str, BeforeValidator(shapes.account_sid)] = _var(
        "TWILIO_ACCOUNT_SID",
        "AC and 32 hexadecimal digits, from Twilio's console",
        "AC0123456789abcdef0123456789abcdef",
    )
    twilio_auth_token: Annotated[SecretStr, BeforeValidator(shapes.secret_word)] = _var(
        "TWILIO_AUTH_TOKEN", "the account's auth token, from Twilio's console", "32 hexadecimal digits"
    )
    twilio_from_number: Annotated[str, BeforeValidator(shapes.e164)] = _var(
        "TWILIO_FROM_NUMBER", "our own number in E.164, which is called back", "+15035550100"
    )
    twilio_api_url: Annotated[str, BeforeValidator(shapes.origin)] = _var(
        "TWILIO_API_URL", "the address of Twilio's REST API", "https://api.twilio.com", "https://api.twilio.com"
    )
    twilio_calls_per_second: Annotated[float, Field(gt=0, le=100)] = _var(
        "TWILIO_CALLS_PER_SECOND", "how many calls a second the account may create", "1", 1.0
    )

    #: How many calls may be open at once; more wait here, the most urgent first.
    twilio_concurrent_calls: Annotated[int | None, Field(ge=1, le=10_000)] = _var(
        "TWILIO_CONCURRENT_CALLS",
        "how many calls the account may have open at once; not set: as many as there are",
        "20",
        None,
    )
    #: A second account, which calls and texts while the first cannot be reached; all three or none.
    twilio_fallback_account_sid: Annotated[str | None, BeforeValidator(shapes.account_sid)] = _var(
        "TWILIO_FALLBACK_ACCOUNT_SID",
        "AC and 32 hexadecimal digits, of a second account",
        "AC0123456789abcdef0123456789abcdef",
        None,
    )
    twilio_fallback_auth_token: Annotated[SecretStr | None, BeforeValidator(shapes.secret_word)] = _var(
        "TWILIO_FALLBACK_AUTH_TOKEN", "the second account's auth token", "32 hexadecimal digits", None
    )
    twilio_fallback_from_number: Annotated[str | None, BeforeValidator(shapes.e164)] = _var(
        "TWILIO_FALLBACK_FROM_NUMBER",
        "a number of the second account in E.164, which is called back",
        "+15035550101",
        None,
    )

    def secret(self, name: str) -> SecretStr | None:
        """Return a source's secret by the variable that the directory names, or None where it is not set."""
        return source_secret(name)


def source_secret(name: str) -> SecretStr | None:
    """Return the value of a variable that the directory names as a source's secret; empty counts as not set."""
    value = os.environ.get(name, "").strip()
    return SecretStr(value) if value else None


def documented() -> dict[str, tuple[str, str, bool]]:
    """Return every variable with its shape, its example and whether it must be set; what `.env.example` is held against."""
    return {
        str(field.validation_alias): (field.description or "", str((field.examples or [""])[0]), field.is_required())
        for field in ServiceSettings.model_fields.values()
    }


T = TypeVar("T", bound=DatabaseSettings)


def _sentence(name: str, error: Mapping[str, Any]) -> str:
    shape, example, _ = documented()[name]
    wanted = f"it should be {shape}, for example {example}."
    if error["type"] == "missing":
        return f"not set; {wanted}"
    # Only sentences of our own validators are repeated: pydantic's may quote the value.
    reason = str(error["ctx"]["error"]) if error["type"] == "value_error" else "malformed"
    return f"{reason}; {wanted}"


def _misspelled() -> dict[str, str]:
    known = documented()
    ours = [name for name in os.environ if name.startswith("RADRELAY_") and name not in known]
    near = {name: get_close_matches(name, known, n=1, cutoff=0.9) for name in ours}
    return {name: f"is not a setting; did you mean {match[0]}?" for name, match in near.items() if match}


def _engine_problem(mode: Mode) -> dict[str, str]:
    engine = shapes.engine_of(os.environ.get("RADRELAY_DATABASE_URL", ""))
    wanted, sentence = _ENGINES.get(mode, (engine, ""))
    return {"RADRELAY_DATABASE_URL": f"{sentence}."} if engine in shapes.ENGINES and engine != wanted else {}


def _same_key_problem() -> dict[str, str]:
    """Each key has one use: a pepper or an index key that is also another key would fall with it."""
    names = ("RADRELAY_ENCRYPTION_KEYS", "RADRELAY_INDEX_KEY", "RADRELAY_PIN_PEPPER")
    seen: dict[bytes, str] = {}
    for name in names:
        for part in os.environ.get(name, "").split(","):
            value = shapes.bytes_of(part)
            if value is not None and value in seen and seen[value] != name:
                return {name: f"is the same key as {seen[value]}; make one of its own with `openssl rand -hex 32`."}
            if value is not None:
                seen[value] = name
    return {}


def _half_fallback() -> dict[str, str]:
    """Half an account calls nobody: the three variables of the second one are set together, and it is another account."""
    names = [f"TWILIO_FALLBACK_{part}" for part in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM_NUMBER")]
    unset = [name for name in names if not os.environ.get(name)]
    if unset and len(unset) < len(names):
        return dict.fromkeys(unset, "is not set, though others of the second account are; set all three, or none.")
    same = os.environ.get(names[0]) and os.environ.get(names[0]) == os.environ.get("TWILIO_ACCOUNT_SID")
    return {names[0]: "is the first account itself; a second one is of use only where it is another."} if same else {}


def _read(kind: type[T], mode: Mode) -> T:
    found: T | None = None
    problems = _misspelled() | _engine_problem(mode)
    if issubclass(kind, MemorySettings):
        problems |= _same_key_problem()
    if issubclass(kind, ServiceSettings):
        problems |= _half_fallback()
    try:
        found = kind()
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            name = str(one["loc"][0])
            problems.setdefault(name, _sentence(name, one))
    if found is None or problems:
        raise SettingsProblem(problems) from None
    return found


def for_database(mode: Mode) -> DatabaseSettings:
    """Read what `migrate` and `audit` need, or raise ``SettingsProblem``."""
    return _read(DatabaseSettings, mode)


def for_memory(mode: Mode) -> MemorySettings:
    """Read what `directory load` and `report` need, or raise ``SettingsProblem``."""
    return _read(MemorySettings, mode)


def for_service(mode: Mode) -> ServiceSettings:
    """Read what `serve`, `web`, `worker` and `doctor` need, or raise ``SettingsProblem``."""
    return _read(ServiceSettings, mode)


def pin_pepper() -> bytes:
    """Read the pepper alone, for `directory hash-pin`, or raise ``SettingsProblem``."""
    name = "RADRELAY_PIN_PEPPER"
    value = os.environ.get(name, "")
    try:
        return shapes.random_bytes(value).get_secret_value()
    except ValueError as error:
        cause = {"type": "value_error", "ctx": {"error": error}} if value else {"type": "missing"}
        raise SettingsProblem({name: _sentence(name, cause)}) from None
