"""What can be done on the page: each deed is one call of the workspace, the exchange or the hospital."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.exchange import Exchange
    from sandbox.hospital import Hospital, Site
    from sandbox.page.record import Record
    from sandbox.workspace import Answer, Workspace

Json = dict[str, Any]
#: How long a recorded answer is said to last: the words at a calm pace.
_WORDS_A_SECOND = 2.5


class Deeds:
    """The deeds by name; each takes what the page sent and returns what the page says about it."""

    def __init__(
        self,
        workspace: Workspace,
        exchange: Exchange,
        hospital: Hospital,
        record: Record,
        sites: Sequence[Site],
        readers: Mapping[str, str],
    ) -> None:
        self._workspace = workspace
        self._exchange = exchange
        self._hospital = hospital
        self._readers = readers
        self._sites = {site.facility: site for site in sites}
        self._named: dict[str, Callable[[Json], Json]] = {
            "click": self._click,
            "press": self._press,
            "submit": self._submit,
            "close": self._close,
            "compose": self._compose,
            "home": self._home,
            "call": self._call,
            "call_in": lambda g: _done(exchange.call_in(g["from"], g["to"])),
            "text_in": lambda g: _done(exchange.text_in(g["from"], g["to"], g["body"])),
            "hospital": self._order,
            "verify": lambda _: record.verify(),
        }

    def do(self, given: Json) -> Json:
        """Do what ``given["deed"]`` names; LookupError when nothing is called that."""
        return self._named[given["deed"]](given)

    def _click(self, given: Json) -> Json:
        answer = self._workspace.click(
            given["user"], given["channel"], given["ts"], given["action_id"], given.get("value")
        )
        return _said(answer)

    def _press(self, given: Json) -> Json:
        home = bool(given.get("home"))
        return _said(self._workspace.press(given["user"], given["action_id"], given.get("value"), home=home))

    def _submit(self, given: Json) -> Json:
        return _said(self._workspace.submit(given["user"], given["values"]))

    def _close(self, given: Json) -> Json:
        self._workspace.close(given["user"])
        return {}

    def _compose(self, given: Json) -> Json:
        """Send what was typed below the channel: a slash command, or a message."""
        words = str(given["text"]).strip()
        if not words.startswith("/"):
            self._workspace.say(given["user"], given["channel"], words)
            return {}
        command, _, rest = words.partition(" ")
        answer = self._workspace.command(given["user"], given["channel"], command, rest.strip())
        return {"failure": answer.text} if answer.failure == "invalid_command" else _said(answer)

    def _home(self, given: Json) -> Json:
        self._workspace.open_home(given["user"])
        return {}

    def _call(self, given: Json) -> Json:
        call = self._exchange.find(given["sid"])
        doing: dict[str, Callable[[], object]] = {
            "answer": call.answer,
            "busy": call.busy,
            "voicemail": call.answer_machine,
            "decline": call.decline,
            "hang_up": call.hang_up,
            "press": lambda: call.press(given["digits"]),
            "speak": lambda: self._speak(given["sid"], str(given["words"])),
        }
        heard = doing[given["what"]]()
        ignored = given["what"] in ("press", "speak") and not heard and call.waiting_for != "dial"
        return {"failure": "Nobody is listening for that just now."} if ignored else {}

    def _speak(self, sid: str, words: str) -> bool:
        call = self._exchange.find(sid)
        if call.waiting_for != "record":
            return call.say(words)
        call.record(words, max(1, round(len(words.split()) / _WORDS_A_SECOND)))
        return True

    def _order(self, given: Json) -> Json:
        house, accession = self._hospital, given.get("accession") or None
        house.site = self._sites[given["site"]] if given.get("site") else house.site
        orders: dict[str, Callable[[], tuple[int, str]]] = {
            "stroke": house.send_stroke_ct,
            "trauma": house.send_trauma,
            "xray": house.send_routine_xr,
            "dicom": house.send_dicom_ct,
            "finding": lambda: house.report_critical_finding(accession),
            "retract": lambda: house.retract_finding(accession),
            "preliminary": lambda: house.report_preliminary(accession),
            "final": lambda: house.report_final(accession),
            "open": lambda: house.open_study(self._reader(given), accession),
        }
        status, body = orders[given["what"]]()
        accepted = status in (200, 202)
        return (
            {"note": f"radrelay answered {status}"} if accepted else {"failure": f"radrelay answered {status}: {body}"}
        )

    def _reader(self, given: Json) -> str:
        """Return which radiologist the page's person is."""
        reader = self._readers.get(given.get("user", ""))
        if reader is None:
            raise LookupError("Only a radiologist opens a study in the PACS: change who you are below.")
        return reader


def _said(answer: Answer) -> Json:
    if answer.failure:
        return {"failure": f"radrelay did not answer as Slack expects: {answer.failure}"}
    return {"errors": answer.errors} if answer.errors else {}


def _done(_result: object) -> Json:
    return {}
