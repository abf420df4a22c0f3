"""The sender of webhooks against real sockets: what it signs, what it takes for an answer, and what it never does."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sinks import WebhookSender
from handlers.domain.classes import ReadKind
from handlers.domain.errors import DeliveryFailed
from handlers.domain.sinks import LONGEST_WAIT, ReadEvent, ReadNotice, Sink, wait_after
from tests.sandbox.workspace_stage import served

SECRETS = {"A_SECRET": "whsec_" + "Y2FuYXJ5" * 5, "B_SECRET": "whsec_" + "c2Vjb25k" * 5}
SOON = 2.0  #: seconds that a message may take here
NOON = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
NOTICE = ReadNotice(
    event=ReadEvent.CLAIMED,
    recorded_at=NOON,
    facility="mercy",
    accession_number="A1",
    study_instance_uid="1.2.3",
    radiologist="lee",
    npi="1234567893",
    kind=ReadKind.FINAL,
    at=NOON,
)


class Receiver:
    """Answers what it is told to, and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST", "GET", "HEAD"])])

    async def _take(self, request: Request) -> Response:
        self.got.append((dict(request.headers), await request.body()))
        return self.answers.pop(0) if self.answers else Response(status_code=204)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sink(receiver: Receiver) -> Iterator[Sink]:
    with served(receiver.app) as url:
        yield Sink(id="pacs", facilities=("mercy",), url=f"{url}/hook", secret_env=("A_SECRET", "B_SECRET"))


def sender(known: dict[str, str] | None = None) -> WebhookSender:
    """Return a sender that knows these secrets."""
    values = SECRETS if known is None else known

    def secret(name: str) -> SecretStr | None:
        return SecretStr(values[name]) if name in values else None

    return WebhookSender(secret, timeout=SOON)


@pytest.mark.parametrize("known", [["A_SECRET"], ["B_SECRET"], ["A_SECRET", "B_SECRET"]])
def test_each_secret_that_is_set_signs(receiver: Receiver, sink: Sink, known: list[str]) -> None:
    """The library verifies it with any of them, and the body is JSON of the documented shape."""
    sender({name: SECRETS[name] for name in known}).deliver(sink, "msg_1", NOTICE)
    [(headers, body)] = receiver.got
    for name in known:
        assert Webhook(SECRETS[name]).verify(body, headers)["type"] == "read.claimed"
    assert len(headers["webhook-signature"].split()) == len(known)
    assert headers["webhook-id"] == "msg_1"
    assert json.loads(body) == {
        "type": "read.claimed",
        "timestamp": NOON.isoformat(),
        "data": {
            "facility": "mercy",
            "accession_number": "A1",
            "study_instance_uid": "1.2.3",
            "radiologist": "lee",
            "npi": "1234567893",
            "read": "final",
            "region": None,
            "at": NOON.isoformat(),
        },
    }


def test_what_is_not_known_is_null(receiver: Receiver, sink: Sink) -> None:
    """Never an empty string that looks like a value."""
    sender().deliver(sink, "msg_1", replace(NOTICE, study_instance_uid="", radiologist="", npi=""))
    data = json.loads(receiver.got[0][1])["data"]
    assert (data["study_instance_uid"], data["radiologist"], data["npi"]) == (None, None, None)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410, 500, 503])
def test_anything_but_2xx_failed_and_is_not_followed(receiver: Receiver, sink: Sink, status: int) -> None:
    """One request, whatever ``Location`` says."""
    receiver.answers = [Response("x" * 200_000, status_code=status, headers={"location": f"{sink.url}/else"})]
    with pytest.raises(DeliveryFailed, match=f"pacs answers {status}"):
        sender().deliver(sink, "msg_1", NOTICE)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("stated", "wait"),
    [("30", timedelta(seconds=30)), ("999999999999", timedelta(hours=1)), ("soon", None), ("-5", None), ("", None)],
)
def test_patience_is_bounded(receiver: Receiver, sink: Sink, stated: str, wait: timedelta | None) -> None:
    """``Retry-After`` in seconds, an hour at most."""
    receiver.answers = [Response(status_code=429, headers={"retry-after": stated})]
    with pytest.raises(DeliveryFailed) as failed:
        sender().deliver(sink, "msg_1", NOTICE)
    assert failed.value.retry_after == wait


@pytest.mark.parametrize("known", [{}, {"A_SECRET": "whsec_c2hvcnQ="}], ids=["none", "too short"])
def test_without_a_usable_secret_nothing_leaves(receiver: Receiver, sink: Sink, known: dict[str, str]) -> None:
    """An unsigned message would teach receivers to believe anybody."""
    with pytest.raises(DeliveryFailed, match="no usable secret"):
        sender(known).deliver(sink, "msg_1", NOTICE)
    assert receiver.got == []


def test_a_closed_port_and_a_server_that_hangs_up_failed(sink: Sink) -> None:
    """Neither is in doubt: the same message is sent again under its id."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(DeliveryFailed, match="ConnectError"):
        sender().deliver(replace(sink, url=f"http://127.0.0.1:{port}/"), "msg_1", NOTICE)
    with socket.create_server(("127.0.0.1", 0)) as rude:

        def hang_up() -> None:
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(DeliveryFailed, match="does not answer"):
            sender().deliver(replace(sink, url=f"http://127.0.0.1:{rude.getsockname()[1]}/"), "msg_1", NOTICE)
        thread.join()


def test_who_answers_byte_by_byte_is_hung_up_on(sink: Sink) -> None:
    """Each read is in time, the whole never would be: it holds up the others no longer than any other failure."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip() -> None:
            connection, begun = slow.accept()[0], False
            with connection, suppress(OSError):
                connection.recv(65_536)
                while not over.wait(0.05):
                    connection.sendall(b"HTTP/1.1 200 OK\r\n" if not begun else b"a: b\r\n")
                    begun = True

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(DeliveryFailed, match="does not answer"):
            sender().deliver(replace(sink, url=f"http://127.0.0.1:{slow.getsockname()[1]}/"), "msg_1", NOTICE)
        over.set()
        thread.join()
    assert time.monotonic() - began < 3 * SOON


def test_waits_grow_and_are_bounded() -> None:
    """One second first, five minutes at most."""
    waits = [wait_after(tries) for tries in range(40)]
    assert waits[:3] == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
