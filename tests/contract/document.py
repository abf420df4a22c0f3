"""Holds one request to the telephone company, and the answer to it, against the company's own OpenAPI document.

It is a little stricter than the document, where the document is looser than the company: a parameter that is not
described is a typing error, an answer has every property that is described and no other, and an error has the four
fields of every error (Twilio: REST API responses, exceptions).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator

from sandbox.exchange import twiml
from sandbox.exchange.twiml import TwimlError

DOCUMENT = Path(__file__).parent / "twilio_api_v2010.json"
FORM = "application/x-www-form-urlencoded"
#: A recording's sound: documented on its page, not in the document (Twilio: Recordings resource, media file).
SOUND = re.compile(r"/2010-04-01/Accounts/AC[0-9a-f]{32}/Recordings/RE[0-9a-f]{32}(\.wav|\.mp3)?")
SOUNDS = ("audio/x-wav", "audio/mpeg")
ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "minimum": 10000, "maximum": 99999},
        "message": {"type": "string", "minLength": 1},
        "more_info": {"type": "string", "pattern": r"^https://www\.twilio\.com/docs/errors/[0-9]{5}$"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    },
    "required": ["code", "message", "more_info", "status"],
    "additionalProperties": False,
}
WHOLE = re.compile(r"-?[0-9]+")

Json = dict[str, Any]


class Violation(Exception):
    """One sentence: what is not as the document says."""


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked, with the checks of what is asked and of each documented answer."""

    path: re.Pattern[str]
    path_schemas: dict[str, Json]
    #: Of the query and of the form: the schema of all parameters together, and its check.
    query: tuple[Json, Any]
    form: tuple[Json, Any] | None
    #: By status; None: without a body.
    answers: dict[int, Any]


class Document:
    """The document, read once."""

    def __init__(self, raw: Json) -> None:
        self._schemas: Json = raw["components"]["schemas"]
        self._operations = {
            (verb.upper(), path): self._operation(path, given)
            for path, verbs in raw["paths"].items()
            for verb, given in verbs.items()
        }

    @cached_property
    def _error(self) -> Any:
        return _check_of(ERROR, ANSWERED)

    def request(self, method: str, path: str, query: str, form: bytes, content_type: str = FORM) -> list[str]:
        """Return what is wrong with a request: nothing, or a sentence for each."""
        if method == "GET" and SOUND.fullmatch(path):
            return []
        try:
            operation = self._find(method, path)
        except Violation as unknown:
            return [str(unknown)]
        said = f"{method} {_masked(path)}"
        found = [f"{said}: query: {one}" for one in _parameters(operation.query, query)]
        if operation.form is not None:
            if content_type.partition(";")[0] != FORM:
                found.append(f"{said}: the content type is {content_type!r}, not {FORM}")
            found += [f"{said}: form: {one}" for one in _parameters(operation.form, form.decode())]
        elif form:
            found.append(f"{said}: it has a body, and none is described")
        return found

    def answer(self, method: str, path: str, status: int, content_type: str, body: bytes) -> list[str]:
        """Return what is wrong with an answer: nothing, or a sentence for each."""
        said = f"{status} to {method} {_masked(path)}"
        if status >= 400:
            return [f"{said}: {one}" for one in _body(self._error, content_type, body, status)]
        if method == "GET" and SOUND.fullmatch(path):
            return [] if status == 200 and content_type in SOUNDS else [f"{said}: a sound of type {content_type!r}"]
        try:
            answers = self._find(method, path).answers
        except Violation as unknown:
            return [str(unknown)]
        if status not in answers:
            return [f"{said}: the described statuses are {', '.join(map(str, answers))}"]
        if answers[status] is None:
            return [f"{said}: it has a body, and none is described"] if body else []
        return [f"{said}: {one}" for one in _body(answers[status], content_type, body)]

    def _find(self, method: str, path: str) -> Operation:
        for (verb, _), operation in self._operations.items():
            match = operation.path.fullmatch(path)
            if verb == method and match:
                wrong = [
                    name
                    for name, value in match.groupdict().items()
                    if not re.fullmatch(operation.path_schemas[name].get("pattern", ".*"), value)
                ]
                if wrong:
                    raise Violation(f"{method} {path}: {', '.join(wrong)} is not of the described kind")
                return operation
        raise Violation(f"{method} {_masked(path)} is not described")

    def _operation(self, path: str, given: Json) -> Operation:
        parameters = [self._whole(one) for one in given.get("parameters", [])]
        of_query = {one["name"]: one for one in parameters if one["in"] == "query"}
        query = {
            "type": "object",
            "properties": {name: one["schema"] for name, one in of_query.items()},
            "required": [name for name, one in of_query.items() if one.get("required")],
            "additionalProperties": False,
        }
        form = given.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema")
        if form is not None:
            form = self._whole(form) | {"additionalProperties": False}
        return Operation(
            re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(path))),
            {one["name"]: one["schema"] for one in parameters if one["in"] == "path"},
            (query, _check_of(query, ASKED)),
            None if form is None else (form, _check_of(form, ASKED)),
            {int(status): self._answer_check(one) for status, one in given["responses"].items()},
        )

    def _answer_check(self, response: Json) -> Any:
        content = response.get("content")
        return _check_of(_complete(self._whole(content["application/json"]["schema"])), ANSWERED) if content else None

    def _whole(self, value: Any) -> Any:
        """Return a part of the document with what it refers to put in."""
        if isinstance(value, dict):
            named = value.get("$ref")
            if isinstance(named, str):
                return self._whole(self._schemas[named.rsplit("/", 1)[-1]])
            return {key: self._whole(one) for key, one in value.items()}
        return [self._whole(one) for one in value] if isinstance(value, list) else value


@cache
def document() -> Document:
    """Return the document that is kept beside this file."""
    return Document(json.loads(DOCUMENT.read_text()))


def _complete(schema: Any) -> Any:
    """Return a schema of an answer in which every described property has to be there, and no other may be."""
    if isinstance(schema, list):
        return [_complete(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _complete(one) for key, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        inner |= {"required": sorted(schema["properties"]), "additionalProperties": False}
    return inner


def _parameters(of: tuple[Json, Any], encoded: str) -> list[str]:
    schema, check = of
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    typed = {name: _typed(schema["properties"].get(name, {}), many) for name, many in values.items()}
    return _problems(check, typed)


def _typed(schema: Json, values: list[str]) -> Any:
    """Return a parameter as its type; what cannot be read as it stays text, which its check then refuses."""
    if schema.get("type") == "array":
        return values
    if len(values) > 1:
        return values
    [value] = values
    if schema.get("type") == "integer" and WHOLE.fullmatch(value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else value


def _body(check: Any, content_type: str, body: bytes, status: int | None = None) -> list[str]:
    if content_type.partition(";")[0] != "application/json":
        return [f"the content type is {content_type!r}, not application/json"]
    try:
        value = json.loads(body)
    except ValueError as error:
        return [f"the body is no JSON: {error}"]
    found = _problems(check, value)
    if status is not None and not found and value["status"] != status:
        found.append(f"its body says status {value['status']}")
    return found


def _problems(check: Any, value: Any) -> list[str]:
    if check.is_valid(value):
        return []
    return [f"{'.'.join(map(str, error.absolute_path)) or 'it'}: {error.message}" for error in check.iter_errors(value)]


def _check_of(schema: Json, formats: FormatChecker) -> Any:
    return OAS30Validator(schema, format_checker=formats)


def _masked(path: str) -> str:
    """Leave identifiers out of a sentence, so that the same trouble is the same sentence."""
    return re.sub(r"(?<=/)([A-Z]{2})[0-9a-f]{32}", r"{\1}", path)


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value) is not None


def _is_rfc_2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value) is not None


def _is_absolute(value: object) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_number(value: object) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", str(value)) is not None


def _is_twiml(value: object) -> bool:
    try:
        twiml.read(str(value).encode())
    except TwimlError:
        return False
    return True


ASKED, ANSWERED = FormatChecker(()), FormatChecker(())
for _formats in (ASKED, ANSWERED):
    _formats.checks("date-time", ValueError)(_is_instant)
    _formats.checks("date-time-rfc-2822", (TypeError, ValueError))(_is_rfc_2822)
ASKED.checks("uri", ValueError)(_is_absolute)
ASKED.checks("twiml")(_is_twiml)
ASKED.checks("phone-number")(_is_number)
ASKED.checks("endpoint")(_is_number)
