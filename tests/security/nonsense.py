"""Patient data where it does not belong: typed into Slack, sent to the wrong door, in events that cannot be handled."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from handlers.domain.machinery import Accepted
from sandbox.hospital import sign
from tests import web
from tests.flows.stage import LEE, QUINN, SECRETS, Stage
from tests.security import canaries
from tests.security.browser import Browser, newest_link
from tests.security.tap import OUR_MISUSE

MISUSE = {OUR_MISUSE.decode(): "1"}


@dataclass
class Nonsense:
    """Everything that should not have been sent."""

    stage: Stage
    checkpoint: Callable[[], None]

    def typed_into_slack(self) -> None:
        """Type a name or an accession number where a case code belongs: it is not said back."""
        for verb in ("open", "start", "log", "withdraw", "take", "redirect", "halt", "resume", "status", "find"):
            for what in (canaries.ACCESSION, canaries.NAME, f"{canaries.GIVEN} {canaries.FAMILY} {canaries.MRN}"):
                self.stage.command(QUINN, f"{verb} {what}")
        self.stage.command(QUINN, f"{canaries.NAME} {canaries.BIRTH_DATE}")
        self.stage.command(QUINN, f"redirect {self.stage.case()} {canaries.FAMILY}")
        self.stage.command(QUINN, "status")
        self.stage.command(QUINN, "help")

    def at_every_door(self) -> None:
        """Send bodies, headers and addresses that hold patient data and are refused."""
        now = self.stage.clock.now().isoformat()
        data = {"facility": "mercy", "accession_number": canaries.ACCESSION, "patient": dict(canaries.PATIENT)}
        good = {"type": "study.received", "timestamp": now, "data": data}
        bodies = [
            canaries.EVERYTHING.encode(),
            json.dumps(good)[:-5].encode(),
            json.dumps({**good, "type": canaries.NAME}).encode(),
            json.dumps({**good, canaries.NAME: 1}).encode(),
            json.dumps({**good, "timestamp": canaries.BIRTH_DATE}).encode(),
            json.dumps({**good, "data": {**data, canaries.NAME: canaries.MRN}}).encode(),
            json.dumps({**good, "data": {**data, "facility": canaries.FAMILY}}).encode(),
            json.dumps({**good, "data": {**data, "modality": canaries.NAME, "patient_class": canaries.GIVEN}}).encode(),
            json.dumps(
                {**good, "data": {**data, "patient": {"id": canaries.MRN, "birth_date": "03/04/1961"}}}
            ).encode(),
            json.dumps({**good, "data": {**data, "ordering_contact": canaries.NAME}}).encode(),
            json.dumps({**good, "data": {**data, "patient": canaries.NAME}}).encode(),
            json.dumps(good).encode("utf-16"),
        ]
        for number, body in enumerate(bodies):
            for door, kind in (("events", "application/json"), ("dicom", "application/dicom")):
                answer = self.webhook(door, body, f"msg_{door}_{number}", kind)
                assert 400 <= answer.status_code < 500, (number, door, answer.text)
        assert self.webhook("events", json.dumps(good).encode(), "msg_type", canaries.NAME).status_code == 415
        assert self.webhook("events", json.dumps(good).encode(), "msg_bad", "application/json", "v1,AAAA") is not None
        params = {"CallSid": canaries.NAME, "Digits": canaries.MRN, "SpeechResult": canaries.EVERYTHING}
        token = self.stage.attempts()[-1].token
        for path in (f"/twilio/voice/{token}/9", f"/twilio/status/{token}", f"/twilio/amd/{token}", "/twilio/sms"):
            assert 400 <= self.twilio(path, params).status_code < 500
            assert self.twilio(path, params, "wrong").status_code == 403
        product = self.stage.servers.urls["product"]
        for path in (f"/cases/{canaries.NAME}", f"/nowhere/{canaries.ACCESSION}", f"/webhooks/{canaries.MRN}"):
            assert web.get(product + path, headers=MISUSE).status_code >= 400
        for body in (canaries.EVERYTHING.encode(), b"payload=%7B" + canaries.NAME.encode(), b"\xff" * 9):
            answer = web.post(
                f"{product}/slack/events",
                content=body,
                headers=MISUSE,
            )
            assert answer.status_code == 401

    def webhook(self, door: str, body: bytes, delivery: str, kind: str, signature: str | None = None) -> httpx.Response:
        """Send a signed body to an intake door."""
        name = {"events": "RADRELAY_SOURCE_DEMO_SECRET", "dicom": "RADRELAY_SOURCE_MODALITY_SECRET"}[door]
        timestamp = str(int(time.time()))
        headers = {
            "content-type": kind,
            "webhook-id": delivery,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature or sign(SECRETS[name], delivery, timestamp, body),
        }
        url = f"{self.stage.servers.urls['product']}/webhooks/{door}"
        return web.post(url, content=body, headers=headers, timeout=20)

    def twilio(self, path: str, params: dict[str, str], signature: str | None = None) -> httpx.Response:
        """Send a signed form to the telephone's door."""
        url = f"{self.stage.servers.urls['product']}{path}"
        computed = RequestValidator(self.stage.environment["TWILIO_AUTH_TOKEN"]).compute_signature(url, params)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": signature or computed,
        }
        return web.post(url, content=urlencode(params), headers=headers, timeout=20)

    def poisoned_events(self) -> None:
        """Have events accepted whose handling raises, one as it is read, one inside its handler: both are set aside."""
        now = self.stage.clock.now()
        data = {
            "facility": "ghost",
            "accession_number": canaries.ACCESSION,
            "patient": canaries.PATIENT,
            "modality": "CT",
            "patient_class": "emergency",
        }
        whole = {"type": "study.received", "timestamp": now.isoformat(), "data": data}
        for delivery, body in (("poison-1", json.dumps(whole)), ("poison-2", f"not JSON: {canaries.EVERYTHING}")):
            accepted = Accepted(
                source="demo-hospital",
                delivery_id=delivery,
                facility="ghost" if delivery == "poison-1" else "mercy",
                kind="study.received",
                body=body.encode(),
                received_at=now,
            )
            self.stage.service.appender.append(accepted).result(10)
            self.checkpoint()
        self.stage.advance(30)
        assert self.stage.actions().count("event:set_aside") == 2

    def broken_tables(self) -> None:
        """Let the database fail under every door: the answers say that something is wrong, and nothing else."""
        stage = self.stage
        case = stage.case()
        stage.command(LEE, f"open {case}")
        browser = Browser(stage)
        browser.sign_in(newest_link(stage))
        token = stage.attempts()[-1].token
        with self.without("study"):
            assert browser.client.get(browser.path).status_code == 500
            stage.click(LEE, "claim")
            stage.command(QUINN, f"open {case}")
        with self.without("turn"):
            said = {"CallSid": "CA" + "0" * 32, "SpeechResult": canaries.EVERYTHING}
            assert self.twilio(f"/twilio/voice/{token}/0", said).status_code == 500
        event = {"type": "study.updated", "timestamp": stage.clock.now().isoformat()}
        data = {"facility": "mercy", "accession_number": canaries.ACCESSION, "patient": canaries.PATIENT}
        with self.without("inbox"):
            body = json.dumps({**event, "data": data}).encode()
            assert self.webhook("events", body, "msg_broken", "application/json").status_code == 503
        browser.close()

    @contextmanager
    def without(self, table: str) -> Iterator[None]:
        """Take a table away for the body."""
        database = self.stage.service.store.database

        def rename(old: str, new: str) -> None:
            with database.writing() as connection:
                connection.exec_driver_sql(f'ALTER TABLE "{old}" RENAME TO "{new}"')

        rename(table, f"{table}_gone")
        try:
            yield
        finally:
            rename(f"{table}_gone", table)
