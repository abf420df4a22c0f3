"""Forged events and DICOM objects: refused, and nothing is changed by them."""

from __future__ import annotations

import base64
import random

from handlers.domain.tasks import TaskKind
from sandbox.hospital import sign
from tests.flows.acts import look_at_everything
from tests.flows.stage import OKAFOR, SECRETS, Stage
from tests.security import forging
from tests.security.forging import Change, forged
from tests.security.refusing import (
    DICOM,
    EVENTS,
    OTHER_METHODS,
    ages,
    database_of,
    is_ok,
    nothing_changes,
    refused,
    seed,
    sent,
)
from tests.security.tally import Record, keep
from tests.security.wire import Request, wire

ANOTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of nobody at all").decode()


def _webhook_resigned(secret: str, request: Request, *, later: int = 0, body: bytes | None = None) -> Request:
    """Return a webhook request signed with a secret, at another time or with another body."""
    timestamp = str(int(request.header("webhook-timestamp")) + later)
    said = request.body if body is None else body
    signed = request.with_header("webhook-timestamp", timestamp)
    signed = signed.with_header("webhook-signature", sign(secret, request.header("webhook-id"), timestamp, said))
    return Request(signed.method, signed.target, signed.headers, said)


def _last_bits(chance: random.Random, request: Request) -> Request:
    """Change the bits of a base64 signature that decode to nothing."""
    value = request.header("webhook-signature")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = alphabet.index(value[-2])
    twins = [alphabet[at - at % 4 + more] for more in range(4)]
    twins.remove(value[-2])
    return request.with_header("webhook-signature", f"{value[:-2]}{chance.choice(twins)}=")


def webhook_changes(secret: str, other_source: str) -> dict[str, Change]:
    """Return every way in which a webhook request can be forged."""
    changes: dict[str, Change] = {}
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        changes |= {
            f"{name} changed": forging.header_spoiled(name),
            f"{name} missing": forging.header_missing(name),
            f"{name} twice": forging.header_twice(name),
        }
    return changes | {
        "signature's spare bits": _last_bits,
        "another version of signature": lambda chance, request: request.with_header(
            "webhook-signature", chance.choice(["v2,", "v1a,", "V1,", ""]) + request.header("webhook-signature")[3:]
        ),
        "a secret of nobody": lambda _chance, request: _webhook_resigned(ANOTHER_SECRET, request),
        "another source's secret": lambda _chance, request: _webhook_resigned(other_source, request),
        "an old or early time, signed": lambda chance, request: _webhook_resigned(secret, request, later=ages(chance)),
        "another body under the same id, signed": lambda chance, request: _webhook_resigned(
            secret, request, body=forging.body_with(chance, request).body
        ),
        "content type": forging.header_of("content-type", "text/plain", "application/xml", "multipart/form-data", ""),
        "content encoding": forging.header_of("content-encoding", "gzip", "br", "deflate"),
        "a byte": forging.body_changed,
        "a byte more": forging.body_with,
        "a piece missing": forging.body_without,
        "cut": forging.body_cut,
        "twice over": forging.body_twice,
        "path": forging.path_changed,
        "method": forging.method_changed(*OTHER_METHODS),
    }


def test_forged_events_are_refused(stage: Stage, record_property: Record) -> None:
    """Study, finding and report by webhook; the unchanged ones were accepted, and are again without doing anything."""
    stage.hospital.site = type(stage.hospital.site)("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician"})
    stage.stroke_ct()
    stage.finding()
    assert stage.hospital.report_final()[0] == 202
    stage.advance(2)
    twins = [sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    # The modality's source speaks for Mercy only; these events are Lakeside's.
    changes = webhook_changes(SECRETS["RADRELAY_SOURCE_DEMO_SECRET"], SECRETS["RADRELAY_SOURCE_MODALITY_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged(seed(stage, "events"), twins, changes), EVENTS)
        nothing_changes(stage, opened, twins, is_ok)
    assert stage.hospital.cancel_study()[0] == 202
    stage.settle()
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.ODD_REPORT]
    look_at_everything(stage, {OKAFOR: 1}, {OKAFOR: 1})
    keep(record_property, database_of(stage), EVENTS)
    print(f"\n{EVENTS} forged events: {dict(statuses)}")


def test_forged_dicom_objects_are_refused(stage: Stage, record_property: Record) -> None:
    """A DICOM object by webhook; the unchanged one was accepted, and is again without doing anything."""
    assert stage.hospital.send_dicom_ct()[0] == 202
    stage.advance(2)
    twins = [sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    # The other source stands for three facilities, and a source of DICOM objects for exactly one.
    changes = webhook_changes(SECRETS["RADRELAY_SOURCE_MODALITY_SECRET"], SECRETS["RADRELAY_SOURCE_DEMO_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged(seed(stage, "dicom"), twins, changes), DICOM)
        nothing_changes(stage, opened, twins, is_ok)
    assert stage.hospital.send_dicom_ct()[0] == 202
    keep(record_property, database_of(stage), DICOM)
    print(f"\n{DICOM} forged DICOM objects: {dict(statuses)}")


def test_an_address_with_a_query_is_the_same_delivery(stage: Stage) -> None:
    """Standard Webhooks signs no address: a query says nothing, so the request is the repeat that it is."""
    stage.stroke_ct()
    twins = [sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    with wire(stage) as opened:
        nothing_changes(stage, opened, [forging.query_added(random.Random(1), twin) for twin in twins], is_ok)
