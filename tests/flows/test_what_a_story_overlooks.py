"""What a story did not account for fails it: an unrecorded change, a message, a call, a text, a request of no kind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from handlers.domain.machinery import AuditFact
from handlers.domain.relays import Relay
from sandbox import loopback
from tests.flows.acts import confirm, exhaust, hear_out, look_at_everything
from tests.flows.stage import DESK, DESK_PHONE, KIM, LEE, READS, Stage


def unrecorded(stage: Stage) -> list[str]:
    """Return what the watch has found since it was last asked."""
    found = stage.record_watch.unrecorded[:]
    stage.record_watch.unrecorded.clear()
    return found


def test_a_change_without_its_entry(stage: Stage) -> None:
    """An entry of another noun does not speak of it; one that does, does; and what is rolled back is no change."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    memory, relay = stage.service.store.memory, stage.relay()
    assert stage.record_watch.watched > 10
    with memory.transaction("mercy") as tx:
        relay = tx.put(replace(relay, tries=relay.tries + 1))
    with memory.transaction("mercy") as tx:
        relay = tx.put(replace(relay, tries=relay.tries + 1))
        tx.audit(AuditFact(action="study:update", actor="robot"))
    assert [one.partition(" by ")[0] for one in unrecorded(stage)] == ["relay", "relay"]
    with memory.transaction("mercy") as tx:
        relay = tx.put(replace(relay, tries=relay.tries + 1))
        tx.audit(AuditFact(action="relay:wait", actor="robot"))
    with suppress(LookupError), memory.transaction("mercy") as tx:
        tx.put(replace(relay, tries=relay.tries + 1))
        raise LookupError
    assert not unrecorded(stage)
    assert stage.all(Relay) == [relay]


def test_a_message_in_a_channel(stage: Stage) -> None:
    """A card of nothing, a note of no kind, and a note that is said once too often are each unexpected."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(5)
    stage.end_quietly()
    card, client = stage.card(), stage.service.client
    for words, thread in (("A card of nothing.", None), ("Hello.", card.ts), ("Claimed by Dr. Maya Lee.", card.ts)):
        stage.advance(2)
        client.chat_postMessage(channel=READS, text=words, thread_ts=thread)
        with pytest.raises(AssertionError, match="unexpected messages"):
            stage.end_quietly()
        with stage.workspace.memory.lock:
            stage.workspace.memory.messages.pop()
    stage.end_quietly()


def test_a_desk_s_card_that_the_story_never_looked_at(stage: Stage) -> None:
    """Whoever tells of a desk's task looks at it; any other card in the desk's channel is unexpected."""
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    stage.advance(1)
    look_at_everything(stage, {"+13125550152": 1})
    assert stage.workspace.messages(DESK)
    with pytest.raises(AssertionError, match="unexpected messages"):
        stage.end_quietly()
    stage.open_tasks()
    stage.end_quietly()


def test_a_call_or_a_text_too_many(stage: Stage) -> None:
    """The numbers that a story names are the only ones, and as often as it says."""
    confirm(stage, stage.critical_stroke())
    for wrong in ({}, {KIM: 2}, {DESK_PHONE: 1}):
        with pytest.raises(AssertionError, match="not expected"):
            look_at_everything(stage, {}, wrong)
        for text in stage.exchange.messages:
            text.seen = False
    look_at_everything(stage, {}, {KIM: 1})


def test_a_request_or_an_answer_of_the_telephone_company_that_its_document_does_not_describe(stage: Stage) -> None:
    """Every request that the product sends, and every answer, was held against the document."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    assert stage.contract.requests >= 2
    assert stage.contract.answers == stage.contract.requests
    stage.end_quietly()
    url = f"{stage.servers.urls['exchange']}/2010-04-01/Accounts/{stage.exchange.account_sid}/Calls.json"
    with loopback.client(auth=(stage.exchange.account_sid, stage.exchange.auth_token)) as client:
        client.get(url, params={"Too": KIM})
    with pytest.raises(AssertionError, match="'Too' was unexpected"):
        stage.end_quietly()
    stage.contract.violations.clear()
