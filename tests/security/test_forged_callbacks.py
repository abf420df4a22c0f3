"""Forged and replayed callbacks of Twilio: refused, or answered as before; nothing is changed by them."""

from __future__ import annotations

import random
import re
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

from handlers.domain.tasks import TaskKind
from tests.flows.acts import advance_until_ringing, look_at_everything
from tests.flows.stage import CHARGE, KIM, LEE_PHONE, OKAFOR, OURS, QUINN, Stage
from tests.security import forging
from tests.security.forging import Change, forged
from tests.security.refusing import OTHER_METHODS, TWILIO, database_of, nothing_changes, refused, seed, sent
from tests.security.tally import Record, keep
from tests.security.tap import Tap
from tests.security.uncommitted import no_commit
from tests.security.wire import Request, snapshot, wire


def _twilio_resigned(stage: Stage, token: str, request: Request, target: str = "") -> Request:
    where = target or request.target
    params = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    value = RequestValidator(token).compute_signature(stage.servers.urls["product"] + where, params)
    signed = request.with_header("x-twilio-signature", value)
    return Request(signed.method, where, signed.headers, signed.body)


def twilio_changes(stage: Stage) -> dict[str, Change]:
    """Return every way in which a request of Twilio's can be forged."""
    secret = stage.environment["TWILIO_AUTH_TOKEN"]
    name = "x-twilio-signature"

    def another_token(chance: random.Random, request: Request) -> Request:
        token = re.search(r"[A-Za-z0-9_-]{20,}", request.target)
        if token is None:
            raise StopIteration
        changed = request.target.replace(token.group(), forging.one_changed(chance, token.group()))
        return _twilio_resigned(stage, secret, request, changed)

    return {
        "signature changed": forging.header_spoiled(name),
        "signature missing": forging.header_missing(name),
        "signature twice": forging.header_twice(name),
        "another secret": lambda chance, request: _twilio_resigned(stage, forging.one_changed(chance, secret), request),
        "another token, signed": another_token,
        "content type": forging.header_of("content-type", "text/plain", "application/json", "multipart/form-data", ""),
        "a byte": forging.body_changed,
        "a byte more": forging.body_with,
        "a piece missing": forging.body_without,
        "cut": forging.body_cut,
        "twice over": forging.body_twice,
        "a parameter more": forging.parameter_more,
        "a parameter less": forging.parameter_less,
        "a parameter twice": forging.parameter_twice,
        "a boundary moved": forging.boundary_moved,
        "path": forging.path_changed,
        "query": forging.query_added,
        "method": forging.method_changed(*OTHER_METHODS),
    }


def _bridged(stage: Stage) -> None:
    """Let a call go wrong three times and be bridged to the radiologist."""
    call = stage.critical_stroke()
    call.answer()
    stage.settle()
    stage.press(call, "1")
    stage.press(call, "909")
    stage.listen(call)
    call.press("*")
    stage.advance(10)
    stage.press(call, "999")
    stage.press(call, "999")
    stage.listen(call)
    leg = stage.rings(LEE_PHONE)
    leg.answer()
    stage.settle()
    stage.press(leg, "1")
    stage.advance(20)
    leg.hang_up()
    stage.advance(5)


def _told_by_the_fallback(stage: Stage) -> None:
    """Let the telephone company take its fallback: a call to our number that cannot be written down."""
    with no_commit(stage, "inbound_call"):
        stage.exchange.call_in(CHARGE, OURS)
        stage.settle()
    assert [error for error in stage.exchange.application_errors if error], "nothing went wrong"
    stage.exchange.application_errors.clear()


def _read_back(stage: Stage) -> None:
    """Let a finding be read back at a site that records."""
    site = stage.hospital.site
    stage.hospital.site = type(site)("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician"})
    stage.stroke_ct()
    stage.finding()
    recorded = stage.rings(OKAFOR)
    recorded.answer()
    stage.settle()
    stage.press(recorded, "1")
    stage.press(recorded, "1")
    stage.listen(recorded)
    recorded.record(b"RIFF", 6, "#")


def _called(stage: Stage) -> tuple[Tap, list[Request]]:
    """Let every kind of request come from the telephone company; return what was answered, and the requests."""
    assert stage.servers.product.app is not None
    tap = Tap(stage.servers.product.app)
    stage.servers.product.app = tap
    _told_by_the_fallback(stage)
    _bridged(stage)
    call_back = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    for code in ("900000", "990000", stage.relay().callback_code):
        stage.press(call_back, code)
    stage.press(call_back, "1")
    call_back.hang_up()
    stage.advance(5)
    stage.exchange.text_in(KIM, OURS, "Who is this?")
    stage.exchange.text_in(KIM, OURS, "STOP")
    stage.stroke_ct()
    stage.finding()
    machine = advance_until_ringing(stage, KIM, minutes=2)
    machine.answer_machine(4)
    stage.advance(45)
    stage.command(QUINN, "halt mercy")
    _read_back(stage)
    stage.advance(60)
    look_at_everything(stage, {CHARGE: 1}, {KIM: 2, OKAFOR: 1})
    assert {task.kind for task in stage.tasks()} == {TaskKind.OUTCOME_NEEDED, TaskKind.OPTED_OUT, TaskKind.HALTED}
    stage.command(QUINN, "halt")
    look_at_everything(stage)
    failed = {(one.target, one.asked) for one in tap.heard if one.status == 500}  # what could not be written down
    requests = [sent(one.url, one.headers, one.body) for one in stage.exchange.sent]
    return tap, [one for one in requests if (one.target, one.body) not in failed]


def _kinds(requests: list[Request]) -> set[str]:
    return {request.target.split("/")[2] for request in requests}


KINDS = {
    "fallback",
    "voice",
    "status",
    "amd",
    "voicemail",
    "dial",
    "whisper",
    "record",
    "recording",
    "inbound",
    "sms",
    "sms-status",
}


def test_forged_callbacks_are_refused(stage: Stage, record_property: Record) -> None:
    """Every kind of request that the telephone company makes; the unchanged ones were accepted, as is another call."""
    _, requests = _called(stage)
    assert _kinds(requests) == KINDS
    by_kind: dict[str, list[Request]] = {}
    for request in requests:
        by_kind.setdefault(request.target.split("/")[2], []).append(request)
    twins = [request for kind in sorted(by_kind) for request in by_kind[kind][:3]]
    twins += [request for request in requests if b"Digits=" in request.body][:3]
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged(seed(stage, "twilio"), twins, twilio_changes(stage)), TWILIO)
        nothing_changes(stage, opened, twins, lambda status: status in (200, 204))
    before = stage.audit_count()
    stage.exchange.text_in(KIM, OURS, "Hello?")
    assert stage.audit_count() > before
    look_at_everything(stage)
    keep(record_property, database_of(stage), TWILIO)
    print(f"\n{TWILIO} forged callbacks: {dict(statuses)}")


def test_a_replayed_callback_gets_the_same_bytes_and_changes_nothing(stage: Stage) -> None:
    """Twilio's scheme has no time: each kind of request, sent again byte for byte, is answered as it was, and that is all."""
    tap, requests = _called(stage)
    assert _kinds(requests) == KINDS
    answered: dict[tuple[str, bytes], tuple[int, bytes]] = {}
    for one in tap.heard:
        answered.setdefault((one.target, one.asked), (one.status, one.answered))
    before = snapshot(stage)
    with wire(stage) as opened:
        for request in requests:
            answer = opened.send(request)
            assert (answer.status, answer.body) == answered[request.target, request.body], request.target
    assert snapshot(stage) == before
    look_at_everything(stage)
    print(f"\n{len(requests)} callbacks replayed")
