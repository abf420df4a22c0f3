"""Forged clicks, commands, forms and events of Slack: refused, and nothing is changed by them."""

from __future__ import annotations

from sandbox.workspace.events import signature
from tests.flows.acts import look_at_everything
from tests.flows.stage import HADDAD, KIM, LEE, QUINN, Stage
from tests.security import forging
from tests.security.forging import Change, forged
from tests.security.refusing import OTHER_METHODS, SLACK, ages, database_of, is_ok, nothing_changes, refused, seed, sent
from tests.security.tally import Record, keep
from tests.security.wire import Request, snapshot, wire


def _slack_resigned(secret: str, request: Request, *, later: int = 0) -> Request:
    return _slack_stamped(secret, request, str(int(request.header("x-slack-request-timestamp")) + later))


def _slack_stamped(secret: str, request: Request, timestamp: str) -> Request:
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
        "an old or early time, signed": lambda chance, request: _slack_resigned(secret, request, later=ages(chance)),
        "a time of too many digits": lambda chance, request: request.with_header(
            "x-slack-request-timestamp", chance.choice("0123456789") * chance.randint(20, 9000)
        ),
        "a time of too many digits, signed": lambda chance, request: _slack_stamped(
            secret, request, "0" * chance.randint(4300, 9000) + request.header("x-slack-request-timestamp")
        ),
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
    look_at_everything(stage, {KIM: 1}, {KIM: 1})
    assert {one.status for one in stage.workspace.sent} == {200}
    return [sent(one.url, one.headers, one.body) for one in stage.workspace.sent]


def _only_the_clicker_saw(stage: Stage) -> None:
    """Assert that a replay posted nothing in a channel; who clicked is told again, or told that it was done before."""
    for one in stage.workspace.unseen():
        one.seen = bool(one.visible_to)


def test_forged_clicks_and_commands_are_refused(stage: Stage, record_property: Record) -> None:
    """Clicks, commands, a modal, an event; the unchanged ones were accepted, and another one is afterwards."""
    twins = _clicked_and_typed(stage)
    changes = slack_changes(stage.environment["SLACK_SIGNING_SECRET"])
    with wire(stage) as opened:
        statuses = refused(stage, opened, forged(seed(stage, "slack"), twins, changes), SLACK)
        nothing_changes(stage, opened, twins, is_ok)
    _only_the_clicker_saw(stage)
    before = stage.audit_count()
    stage.command(QUINN, "halt prairie")
    assert stage.audit_count() > before
    look_at_everything(stage)
    keep(record_property, database_of(stage), SLACK)
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
    assert not [body for body in stage.workspace.traffic if "Something went wrong" in body]
    _only_the_clicker_saw(stage)
    look_at_everything(stage)
