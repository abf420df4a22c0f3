"""Makes twilio_api_v2010.json from the full document: ``python -m tests.contract.reduce FULL.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "twilio_api_v2010.json"
ACCOUNTS = "/2010-04-01/Accounts"
ACCOUNT = f"{ACCOUNTS}/{{AccountSid}}"
PATHS = (
    f"{ACCOUNTS}/{{Sid}}.json",
    *(
        f"{ACCOUNT}/{one}.json"
        for one in (
            "Calls",
            "Calls/{Sid}",
            "Calls/{CallSid}/Recordings",
            "Calls/{CallSid}/Recordings/{Sid}",
            "IncomingPhoneNumbers",
            "IncomingPhoneNumbers/{Sid}",
            "Messages",
            "Messages/{Sid}",
            "Recordings",
            "Recordings/{Sid}",
        )
    ),
)
METHODS = ("get", "post", "delete")
#: What says nothing about what may be sent.
LEFT_OUT = ("description", "summary", "example", "examples", "x-twilio", "headers", "tags", "security", "externalDocs")


def reduced(full: dict[str, Any]) -> dict[str, Any]:
    """Return the paths that we use, with the schemas that they name."""
    paths = {
        path: {verb: bare(full["paths"][path][verb]) for verb in METHODS if verb in full["paths"][path]}
        for path in PATHS
    }
    schemas: dict[str, Any] = {}
    wanted = named_in(paths)
    while wanted - set(schemas):
        for name in sorted(wanted - set(schemas)):
            schemas[name] = bare(full["components"]["schemas"][name])
        wanted |= named_in(schemas)
    info = {key: full["info"][key] for key in ("title", "license", "version")}
    return {
        "openapi": full["openapi"],
        "info": info,
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def bare(value: Any, *, names: bool = False) -> Any:
    """Return a part of the document without its prose; where keys are ``names`` of fields, none is prose."""
    if isinstance(value, dict):
        return {
            key: bare(one, names=key == "properties" and not names)
            for key, one in value.items()
            if names or key not in LEFT_OUT
        }
    return [bare(one) for one in value] if isinstance(value, list) else value


def named_in(value: Any) -> set[str]:
    """Return the names of the schemas that a part of the document refers to."""
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[-1]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(named_in, value.values()))
    return set().union(*map(named_in, value)) if isinstance(value, list) else set()


if __name__ == "__main__":
    document = reduced(json.loads(Path(sys.argv[1]).read_text()))
    HERE.write_text(json.dumps(document, indent=1) + "\n")
