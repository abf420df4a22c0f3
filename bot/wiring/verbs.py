"""The inside's verbs, bound to a house, in the shape that each door asks for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from handlers import (
    callbacks,
    calls,
    cases,
    claims,
    dictations,
    duty,
    findings,
    halts,
    hand_calls,
    handover,
    hands,
    inbound,
    leases,
    listening,
    nexts,
    outlook,
    overrides,
    passing,
    pickups,
    pin_calls,
    problems,
    reasons,
    recordings,
    splitting,
    taking,
    texting,
    texts,
    turnaround,
    verifying,
    worklists,
)
from handlers.domain.cards import ClassFigures, Turnaround
from handlers.ports import House
from telephony import door


def call_verbs(house: House) -> door.CallVerbs:
    """Bind the telephone's verbs to a house."""
    heard = calls.Heard
    bound: Any = SimpleNamespace(
        inbound=functools.partial(inbound.called, house),
        answer=lambda token, turn, *, digits, speech, words: inbound.answer(
            house, token, turn, heard(digits=digits, speech=speech, words=words)
        ),
        whispered=lambda token, leg, turn, *, digits, speech: inbound.whispered(
            house, token, leg, turn, heard(digits=digits, speech=speech)
        ),
        **_bound(house, inbound.dialed, calls.recorded, calls.voicemail),
        **_bound(house, recordings.recording_ready, callbacks.status, callbacks.machine, texting.text_status),
        **_bound(house, texts.texted),
    )
    verbs: door.CallVerbs = bound
    return verbs


def play(house: House) -> Callable[[str, int], tuple[bytes, str]]:
    """Bind the verb that plays a recording on a live call."""
    return functools.partial(dictations.play, house)


def _bound(house: House, *verbs: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {verb.__name__: functools.partial(verb, house) for verb in verbs}


def slack_verbs(house: House, picture: Callable[[Sequence[ClassFigures]], str]) -> Any:
    """Bind Slack's verbs to a house (`bot.slack.verbs.SlackVerbs`); ``picture`` returns where figures are drawn."""

    def pictured(slack_user: str, facility_id: str, span: str) -> Turnaround:
        found = turnaround.turnaround(house, slack_user, facility_id, span)
        return replace(found, picture=picture(found.classes)) if found.classes else found

    return SimpleNamespace(
        turnaround=pictured,
        **_bound(house, problems.problem_kinds, problems.report_problem, problems.report_problem_of_case),
        **_bound(house, claims.claim, claims.release, nexts.next_read, nexts.claim_linked, nexts.claim_batch),
        **_bound(house, worklists.worklist, reasons.why, overrides.override, findings.phrases, findings.report),
        **_bound(house, duty.oncall_lines, handover.accept_handover),
        **_bound(house, leases.still_reading, leases.active, passing.take_over, passing.reassign, splitting.split),
        **_bound(
            house,
            hands.withdrawing,
            hands.withdraw,
            hands.redirect,
            hands.status_lines,
            hand_calls.call,
            dictations.record_finding,
            taking.take,
            taking.take_case,
            taking.finish,
        ),
        **_bound(house, pin_calls.pin, verifying.verify, verifying.verify_lines),
        **_bound(house, halts.halt, halts.resume, cases.open_link, cases.open_link_for_read, cases.open_link_for_task),
    )


def pickup_verbs(house: House) -> Any:
    """Bind the pickup page's verbs to a house (`bot.pages.pickup.PickupVerbs`)."""
    return SimpleNamespace(**_bound(house, pickups.identify, pickups.look, pickups.confirm))


def page_verbs(house: House) -> Any:
    """Bind the case page's verbs to a house (`bot.pages.verbs.CaseVerbs`)."""
    return SimpleNamespace(
        **_bound(house, cases.redeem, cases.session, cases.view, cases.start, cases.recording, outlook.outlook),
        **_bound(house, listening.judge),
        **_bound(house, hands.log, hands.redirect, hands.withdraw, hands.close, taking.finish),
    )
