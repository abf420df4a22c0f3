"""Forged links, cookies and forms of the case page: refused, and nothing is changed by them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from tests.flows.acts import look_at_everything
from tests.flows.stage import CHARGE, KIM, LEE, STONE, Stage
from tests.security import forging
from tests.security.browser import Browser, newest_link
from tests.security.forging import Change, forged
from tests.security.refusing import LINKS, PAGES, database_of, is_ok, nothing_changes, refused, seed
from tests.security.tally import Record, keep
from tests.security.wire import Request, wire


def _post(target: str, fields: dict[str, str] | None = None, **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = urlencode(fields or {}).encode()
    return Request("POST", target, (("content-type", "application/x-www-form-urlencoded"), *named), body)


def _from_another_site(chance: random.Random, request: Request) -> Request:
    return request.with_header("sec-fetch-site", chance.choice(["cross-site", "same-site"]))


def test_forged_links_are_refused(stage: Stage, record_property: Record) -> None:
    """Guessed, changed, expired, used, of somebody who may not any more; the unchanged link opens the case, once."""
    stage.stroke_ct(priority="routine")
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
            "a guess": lambda chance, _request: _post(f"/open/{''.join(chance.choices(forging.LETTERS, k=22))}"),
        }
        statuses = refused(stage, opened, forged(seed(stage, "links"), [good], changes), LINKS)
        assert opened.send(good).status == 303
        nothing_changes(stage, opened, [good], lambda status: status == 410)
    keep(record_property, database_of(stage), LINKS)
    print(f"\n{LINKS} forged links: {dict(statuses)}")


def test_forged_visits_and_forms_are_refused(stage: Stage, record_property: Record) -> None:
    """Cookies, forms and seals, each with one thing changed; the unchanged page is shown, and its form starts a relay."""
    stage.stroke_ct(priority="routine")
    first = stage.case()
    stage.advance(1)
    stage.stroke_ct(priority="routine")
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
            "cookie", f"radrelay-case={forging.unlike(chance, cookie.partition('=')[2])}"
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
            "GET", f"{request.target}/recordings/{''.join(chance.choices(forging.LETTERS, k=22))}", request.headers
        ),
        "method": forging.method_changed("POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    }
    forms = visit | {
        "another site": _from_another_site,
        "content type": forging.header_of("content-type", "text/plain", "application/json", "multipart/form-data"),
        "method": forging.method_changed("GET", "PUT", "PATCH", "DELETE", "OPTIONS"),
        "a parameter twice": forging.parameter_twice,
        "key of another shape": spoilt("key", lambda _chance, value: value[:-1]),
        **{
            f"without {name}": without(name)
            for name in ("csrf", "seal", "key", "category", "text", "found_by", "contact")
        },
        **{f"{name} changed": spoilt(name) for name in ("csrf", "seal", "category", "text", "found_by", "contact")},
    }
    with wire(stage) as opened:
        assert opened.send(page).status == 200
        half = PAGES // 2
        statuses = refused(stage, opened, forged(seed(stage, "pages"), [page], pages), half)
        statuses += refused(stage, opened, forged(seed(stage, "forms"), [form], forms), PAGES - half)
        assert opened.send(page).status == 200
        assert opened.send(form).status == 200
        stage.rings(KIM)
        stage.exchange.expect_text(KIM)
        nothing_changes(stage, opened, [form], is_ok)
        stage.clock.instant += timedelta(minutes=16)
        assert opened.send(page).status == 401
    for one in (browser, elsewhere):
        one.close()
    stage.settle()
    look_at_everything(stage, {CHARGE: 1})
    keep(record_property, database_of(stage), PAGES)
    print(f"\n{PAGES} forged visits and forms: {dict(statuses)}")
