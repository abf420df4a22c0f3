"""Ten thousand forged requests: each a good one with one thing changed; every one is refused and changes nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from sandbox.hospital import sign
from sandbox.workspace.events import signature
from tests.flows.acts import advance_until_ringing, look_at_everything
from tests.flows.stage import HADDAD, KIM, LEE, LEE_PHONE, OURS, QUINN, SECRETS, STONE, Stage
from tests.security import forging
from tests.security.browser import Browser, newest_link
from tests.security.forging import Change, Forgery, forged
from tests.security.tap import Tap
from tests.security.wire import Request, Wire, counts, snapshot, wire

#: How many of each kind, on each database.
EVENTS, DICOM, SLACK, TWILIO, LINKS, PAGES = 1400, 500, 1300, 1300, 300, 400
PER_DATABASE = EVENTS + DICOM + SLACK + TWILIO + LINKS + PAGES
OKAFOR = "+12125550111"
ANOTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of nobody at all").decode()
OTHER_METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
TOLERANCE = 300  #: seconds, of Slack's and of Standard Webhooks' timestamps


def test_the_forgeries_are_ten_thousand() -> None:
    """Both databases together."""
    assert 2 * PER_DATABASE >= 10_000
    print(f"\nforged requests: {PER_DATABASE} on each database, {2 * PER_DATABASE} on both")


def refused(stage: Stage, opened: Wire, forgeries: Iterable[Forgery], number: int) -> Counter[int]:
    """Send them all: each is refused with 4xx, and every row of every table is as before."""
    before = snapshot(stage)
    outside = (len(stage.workspace.traffic), len(stage.exchange.calls), len(stage.exchange.messages))
    statuses: Counter[int] = Counter()
    let_in = []
    for forgery in forgeries:
        status = opened.send(forgery.request).status
        statuses[status] += 1
        if not 400 <= status < 500:
            let_in.append(f"{status} to {forgery.what}: {forgery.request}")
    assert let_in == [], f"{len(let_in)} of {number}, the first: {let_in[0][:1500]}"
    after = snapshot(stage)
    assert counts(after) == counts(before)
    assert after == before
    assert outside == (len(stage.workspace.traffic), len(stage.exchange.calls), len(stage.exchange.messages))
    assert sum(statuses.values()) == number
    return statuses


def nothing_changes(stage: Stage, opened: Wire, requests: Iterable[Request], accepted: Callable[[int], bool]) -> None:
    """Send requests again, byte for byte: each is accepted, and every row of every table is as before."""
    before = snapshot(stage)
    for request in requests:
        assert accepted(opened.send(request).status), request
    assert snapshot(stage) == before


def _is_ok(status: int) -> bool:
    return status == http.HTTPStatus.OK


# --- webhooks --------------------------------------------------------------------------------------------------------


def _sent(url: str, headers: dict[str, str], body: bytes, method: str = "POST") -> Request:
    return Request(method, urlsplit(url).path, tuple((name.lower(), value) for name, value in headers.items()), body)


def _webhook_resigned(secret: str, request: Request, *, later: int = 0, body: bytes | None = None) -> Request:
    """Return a webhook request signed with a secret, at another time or with another body."""
    timestamp = str(int(request.header("webhook-timestamp")) + later)
    said = request.body if body is None else body
    signed = request.with_header("webhook-timestamp", timestamp)
    signed = signed.with_header("webhook-signature", sign(secret, request.header("webhook-id"), timestamp, said))
    return Request(signed.method, signed.target, signed.headers, said)


def _ages(chance: random.Random) -> int:
    """Return how much too late or too early, in seconds."""
    return chance.choice([-1, 1]) * chance.choice([TOLERANCE + 20, 2 * TOLERANCE, 86_400, 10_000_000])


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
        "an old or early time, signed": lambda chance, request: _webhook_resigned(secret, request, later=_ages(chance)),
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


def test_forged_events_are_refused(stage: Stage) -> None:
    """Study, finding and report by webhook; the unchanged ones were accepted, and are again without doing anything."""
    stage.hospital.site = type(stage.hospital.site)("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician"})
    stage.stroke_ct()
    stage.finding()
    assert stage.hospital.report_final()[0] == 202
    stage.advance(2)
    twins = [_sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    # The modality's source speaks for Mercy only; these events are Lakeside's.
    changes = webhook_changes(SECRETS["RADRELAY_SOURCE_DEMO_SECRET"], SECRETS["RADRELAY_SOURCE_MODALITY_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged("events", twins, changes, EVENTS), EVENTS)
        nothing_changes(stage, opened, twins, _is_ok)
    assert stage.hospital.cancel_study()[0] == 202
    look_at_everything(stage)
    print(f"\n{EVENTS} forged events: {dict(statuses)}")


def test_forged_dicom_objects_are_refused(stage: Stage) -> None:
    """A DICOM object by webhook; the unchanged one was accepted, and is again without doing anything."""
    assert stage.hospital.send_dicom_ct()[0] == 202
    stage.advance(2)
    twins = [_sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    # The other source stands for three facilities, and a source of DICOM objects for exactly one.
    changes = webhook_changes(SECRETS["RADRELAY_SOURCE_MODALITY_SECRET"], SECRETS["RADRELAY_SOURCE_DEMO_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged("dicom", twins, changes, DICOM), DICOM)
        nothing_changes(stage, opened, twins, _is_ok)
    assert stage.hospital.send_dicom_ct()[0] == 202
    print(f"\n{DICOM} forged DICOM objects: {dict(statuses)}")


def test_an_address_with_a_query_is_the_same_delivery(stage: Stage) -> None:
    """Standard Webhooks signs no address: a query says nothing, so the request is the repeat that it is."""
    stage.stroke_ct()
    twins = [_sent(one.url, one.headers, one.body) for one in stage.hospital.sent]
    with wire(stage) as opened:
        nothing_changes(stage, opened, [forging.query_added(random.Random(1), twin) for twin in twins], _is_ok)


# --- Slack -----------------------------------------------------------------------------------------------------------


def _slack_resigned(secret: str, request: Request, *, later: int = 0) -> Request:
    timestamp = str(int(request.header("x-slack-request-timestamp")) + later)
    signed = request.with_header("x-slack-request-timestamp", timestamp)
    return signed.with_header("x-slack-signature", signature(secret, timestamp, request.body))


def slack_changes(secret: str) -> dict[str, Change]:
    """Return every way in which a request of Slack's can be forged."""
    changes: dict[str, Change] = {}
    for name in ("x-slack-request-timestamp", "x-slack-signature"):
        changes |= {
            f"{name} changed": forging.header_spoiled(name),
            f"{name} missing": forging.header_missing(name),
            f"{name} twice": forging.header_twice(name),
        }
    return changes | {
        "another version of signature": lambda chance, request: request.with_header(
            "x-slack-signature", chance.choice(["v1=", "V0=", "", "v0=v0="]) + request.header("x-slack-signature")[3:]
        ),
        "another secret": lambda chance, request: _slack_resigned(forging.one_changed(chance, secret), request),
        "an old or early time, signed": lambda chance, request: _slack_resigned(secret, request, later=_ages(chance)),
        "content type": forging.header_of("content-type", "text/plain", "application/xml", "multipart/form-data", ""),
        "a byte": forging.body_changed,
        "a byte more": forging.body_with,
        "a piece missing": forging.body_without,
        "cut": forging.body_cut,
        "twice over": forging.body_twice,
        "a parameter more": forging.parameter_more,
        "a parameter twice": forging.parameter_twice,
        "path": forging.path_changed,
        "method": forging.method_changed(*OTHER_METHODS),
    }


def _clicked_and_typed(stage: Stage) -> list[Request]:
    """Do everything that people do in Slack, and return the requests as they came."""
    stage.stroke_ct()
    stage.click(HADDAD, "claim")
    stage.click(LEE, "open_case")
    stage.click(LEE, "claim")
    stage.advance(3)
    stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    stage.command(LEE, "", "/worklist")
    stage.workspace.open_home(LEE)
    case = stage.case()
    for text in ("status", f"open {case}", f"start {case}", f"take {case}", "halt prairie", "resume prairie", "open 1"):
        stage.command(QUINN, text)
    stage.advance(5)
    look_at_everything(stage)
    assert {one.status for one in stage.workspace.sent} == {200}
    return [_sent(one.url, one.headers, one.body) for one in stage.workspace.sent]


def test_forged_clicks_and_commands_are_refused(stage: Stage) -> None:
    """Clicks, commands, a modal, an event; the unchanged ones were accepted, and another one is afterwards."""
    twins = _clicked_and_typed(stage)
    changes = slack_changes(stage.environment["SLACK_SIGNING_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged("slack", twins, changes, SLACK), SLACK)
    before = stage.audit_count()
    assert "Calls" in stage.command(QUINN, "halt prairie") or stage.audit_count() > before
    look_at_everything(stage)
    print(f"\n{SLACK} forged clicks and commands: {dict(statuses)}")


def test_a_click_or_command_replayed_within_five_minutes_changes_nothing(stage: Stage) -> None:
    """Byte for byte: accepted, since Slack's scheme lets it be, and answered without a row, an entry or a link."""
    twins = _clicked_and_typed(stage)
    with wire(stage) as opened:
        before = snapshot(stage)
        for twin in twins:
            answer = opened.send(twin)
            assert answer.status == 200
            assert b"/open/" not in answer.body
            assert snapshot(stage) == before, twin.body[:2000]
    look_at_everything(stage)


# --- Twilio ----------------------------------------------------------------------------------------------------------


def _twilio_resigned(stage: Stage, token: str, request: Request, target: str = "") -> Request:
    from urllib.parse import parse_qsl

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


def _called(stage: Stage) -> tuple[Tap, list[Request]]:
    """Let every kind of request come from the telephone company; return what was answered, and the requests."""
    assert stage.servers.product.app is not None
    tap = Tap(stage.servers.product.app)
    stage.servers.product.app = tap
    call = stage.critical_stroke()
    call.answer()
    stage.settle()
    stage.press(call, "1")
    stage.press(call, "345")
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
    call_back = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    for code in ("111111", "222222", stage.relay().callback_code):
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
    stage.advance(60)
    look_at_everything(stage)
    stage.command(QUINN, "halt")
    look_at_everything(stage)
    return tap, [_sent(one.url, one.headers, one.body) for one in stage.exchange.sent]


def _kinds(requests: list[Request]) -> set[str]:
    return {request.target.split("/")[2] for request in requests}


KINDS = {"voice", "status", "amd", "voicemail", "dial", "whisper", "record", "recording", "inbound", "sms", "sms-status"}


def test_forged_callbacks_are_refused(stage: Stage) -> None:
    """Every kind of request that the telephone company makes; the unchanged ones were accepted, as is another call."""
    _, requests = _called(stage)
    assert _kinds(requests) == KINDS
    by_kind: dict[str, list[Request]] = {}
    for request in requests:
        by_kind.setdefault(request.target.split("/")[2], []).append(request)
    twins = [request for kind in sorted(by_kind) for request in by_kind[kind][:3]]
    twins += [request for request in requests if b"Digits=" in request.body][:3]
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged("twilio", twins, twilio_changes(stage), TWILIO), TWILIO)
    before = stage.audit_count()
    stage.exchange.text_in(KIM, OURS, "Hello?")
    assert stage.audit_count() > before
    look_at_everything(stage)
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


# --- one-time links and the page -------------------------------------------------------------------------------------


def _post(target: str, fields: dict[str, str] | None = None, **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = urlencode(fields or {}).encode()
    return Request("POST", target, (("content-type", "application/x-www-form-urlencoded"), *named), body)


def _from_another_site(chance: random.Random, request: Request) -> Request:
    return request.with_header("sec-fetch-site", chance.choice(["cross-site", "same-site"]))


def test_forged_links_are_refused(stage: Stage) -> None:
    """Guessed, changed, expired, used, of somebody who may not any more; the unchanged link opens the case, once."""
    stage.stroke_ct()
    case = stage.case()

    def link(user: str = LEE) -> str:
        stage.command(user, f"open {case}")
        return newest_link(stage)

    expired = link()
    stage.advance(61)
    used, others = link(), link(STONE)
    with wire(stage) as opened:
        assert opened.send(_post(used)).status == 303
        stage.load("members: [lee, haddad, stone]", "members: [lee, haddad]")
        good = _post(link())
        changes: dict[str, Change] = {
            "token changed": forging.path_changed,
            "token of one other letter": lambda chance, request: Request(
                "POST", f"/open/{forging.one_changed(chance, request.target[6:])}", request.headers
            ),
            "another site": _from_another_site,
            "method": forging.method_changed("PUT", "PATCH", "DELETE", "OPTIONS"),
            "expired": lambda _chance, _request: _post(expired),
            "used": lambda _chance, _request: _post(used),
            "another user's": lambda _chance, _request: _post(others),
            "a guess": lambda chance, _request: _post(f"/open/{''.join(chance.choices(forging._LETTERS, k=22))}"),
        }
        statuses = refused(stage, opened, forged("links", [good], changes, LINKS), LINKS)
        assert opened.send(good).status == 303
        nothing_changes(stage, opened, [good], lambda status: status == 410)
    print(f"\n{LINKS} forged links: {dict(statuses)}")


def test_forged_visits_and_forms_are_refused(stage: Stage) -> None:
    """Cookies, forms and seals, each with one thing changed; the unchanged page is shown, and its form starts a relay."""
    stage.stroke_ct()
    first = stage.case()
    stage.stroke_ct()
    stage.command(LEE, f"open {first}")
    elsewhere = Browser(stage)
    elsewhere.sign_in(newest_link(stage))
    stage.command(LEE, f"open {stage.case()}")
    browser = Browser(stage)
    browser.sign_in(newest_link(stage))
    shown = browser.send("start", category="1", text="A finding.", found_by="lee", contact="mercy-ed-physician")
    assert shown.status_code == 200, shown.text
    fields = browser.fields(category="1", text="A finding.", found_by="lee", contact="mercy-ed-physician")
    cookie = f"radrelay-case={browser.client.cookies['radrelay-case']}"
    page = Request("GET", browser.path, (("cookie", cookie),))
    form = _post(f"{browser.path}/start/confirmed", fields, cookie=cookie)
    others = f"radrelay-case={elsewhere.client.cookies['radrelay-case']}"

    def without(name: str) -> Change:
        return lambda _chance, request: Request(
            request.method,
            request.target,
            request.headers,
            urlencode({key: value for key, value in fields.items() if key != name}).encode(),
        )

    def spoilt(name: str, shape: Callable[[random.Random, str], str] = forging.one_changed) -> Change:
        return lambda chance, request: Request(
            request.method,
            request.target,
            request.headers,
            urlencode(fields | {name: shape(chance, fields[name])}).encode(),
        )

    visit: dict[str, Change] = {
        "cookie changed": lambda chance, request: request.with_header(
            "cookie", f"radrelay-case={forging._unlike(chance, cookie.partition('=')[2])}"
        ),
        "cookie missing": forging.header_missing("cookie"),
        "cookie's name": lambda chance, request: request.with_header(
            "cookie", f"{forging.one_changed(chance, 'radrelay-case')}={cookie.partition('=')[2]}"
        ),
        "another case's cookie": forging.header_of("cookie", others),
        "path": forging.path_changed,
    }
    pages = visit | {
        "another case": lambda _chance, request: Request("GET", f"/cases/{first}", request.headers),
        "a recording that is not there": lambda chance, request: Request(
            "GET", f"{request.target}/recordings/{''.join(chance.choices(forging._LETTERS, k=22))}", request.headers
        ),
        "method": forging.method_changed("POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    }
    forms = visit | {
        "another site": _from_another_site,
        "content type": forging.header_of("content-type", "text/plain", "application/json", "multipart/form-data"),
        "method": forging.method_changed("GET", "PUT", "PATCH", "DELETE", "OPTIONS"),
        "a parameter twice": forging.parameter_twice,
        "key of another shape": spoilt("key", lambda _chance, value: value[:-1]),
        **{f"without {name}": without(name) for name in ("csrf", "seal", "key", "category", "text", "found_by", "contact")},
        **{f"{name} changed": spoilt(name) for name in ("csrf", "seal", "category", "text", "found_by", "contact")},
    }
    with wire(stage) as opened:
        assert opened.send(page).status == 200
        half = PAGES // 2
        statuses = refused(stage, opened, forged("pages", [page], pages, half), half)
        statuses += refused(stage, opened, forged("forms", [form], forms, PAGES - half), PAGES - half)
        assert opened.send(page).status == 200
        assert opened.send(form).status == 200
        stage.rings(KIM)
        stage.exchange.expect_text(KIM)
        nothing_changes(stage, opened, [form], _is_ok)
        stage.clock.instant += timedelta(minutes=16)
        assert opened.send(page).status == 401
    for one in (browser, elsewhere):
        one.close()
    stage.settle()
    look_at_everything(stage)
    print(f"\n{PAGES} forged visits and forms: {dict(statuses)}")
