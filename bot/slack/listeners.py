"""What people click, type and submit in Slack, each as one verb: it commits, then the click is acknowledged.

An answer to a click is handed to the reply threads before the acknowledgement, and leaves without holding it up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from slack_bolt import Ack, App

from bot.slack import modals
from bot.slack.blocks import Json, Message, actions, button, link, safe, section
from bot.slack.cards import Action, is_task_block, study_of, subject_of
from bot.slack.commands import ONCALL, RELAY, TURNAROUND, WORKLIST, Asked, oncall, parse, parse_turnaround
from bot.slack.replies import Replies, attempt, message
from bot.slack.turnaround import turnaround
from bot.slack.verbs import SlackVerbs
from bot.slack.worklist import about, closed_home, home, worklist
from handlers.domain.cards import Worklist


class Listeners:
    """The listeners, with the verbs they call."""

    def __init__(self, verbs: SlackVerbs, replies: Replies, public_url: str) -> None:
        self._verbs = verbs
        self._replies = replies
        self._public_url = public_url.rstrip("/")

    def register(self, app: App) -> None:
        """Tell Bolt about all of them."""
        for action, listener in {
            Action.CLAIM: self.claim,
            Action.CLAIM_LINKED: self.claim_linked,
            Action.NEXT_READ: self.next_read,
            Action.RELEASE: self.release,
            Action.CRITICAL_FINDING: self.critical_finding,
            Action.OPEN_CASE: self.open_case,
            Action.OPEN_LINK: self.open_link,
            Action.TAKE: self.take,
            Action.DONE: self.done,
            Action.WITHDRAW: self.withdraw,
            Action.PROBLEM: self.problem,
            Action.ACCEPT_HANDOVER: self.accept_handover,
            Action.STILL_READING: self.still_reading,
            Action.TAKE_OVER: self.take_over,
        }.items():
            app.action(action.value)(listener)
        app.command(WORKLIST)(self.worklist)
        app.command(RELAY)(self.relay)
        app.command(TURNAROUND)(self.turnaround)
        app.command(ONCALL)(self.oncall)
        app.view(modals.FINDING_FORM)(self.finding)
        app.view(modals.PROBLEM_FORM)(self.problem_told)
        app.event("app_home_opened")(self.home_opened)

    def claim(self, ack: Ack, body: Json, action: Json) -> None:
        """Claim a read."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "claim", lambda: self._verbs.claim(action["value"], user, delivery))

    def claim_linked(self, ack: Ack, body: Json, action: Json) -> None:
        """Claim a read with everything that is linked to it."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "claim these", lambda: self._verbs.claim_linked(action["value"], user, delivery))

    def next_read(self, ack: Ack, body: Json, action: Json) -> None:
        """Claim the read that is next for whoever asks."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "next read", lambda: self._verbs.next_read(user, delivery))

    def release(self, ack: Ack, body: Json, action: Json) -> None:
        """Release a read."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "release", lambda: self._verbs.release(action["value"], user, delivery))

    def still_reading(self, ack: Ack, body: Json, action: Json) -> None:
        """Keep a read whose holder was asked."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "still reading", lambda: self._verbs.still_reading(action["value"], user, delivery))

    def take_over(self, ack: Ack, body: Json, action: Json) -> None:
        """Take a read over from a holder who did not answer."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "take over", lambda: self._verbs.take_over(action["value"], user, delivery))

    def take(self, ack: Ack, body: Json, action: Json) -> None:
        """Take a desk task."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "take", lambda: self._verbs.take(action["value"], user, delivery))

    def accept_handover(self, ack: Ack, body: Json, action: Json) -> None:
        """Accept a handover."""
        user, delivery = _who(body), _delivery(body, action)
        self._judge(ack, body, "accept handover", lambda: self._verbs.accept_handover(action["value"], user, delivery))

    def done(self, ack: Ack, body: Json, action: Json) -> None:
        """End a desk task with the outcome picked."""
        user, delivery = _who(body), _delivery(body, action)
        task, outcome = subject_of(action["block_id"]), action["selected_option"]["value"]
        self._judge(ack, body, "done", lambda: self._verbs.finish(task, user, outcome, delivery))

    def withdraw(self, ack: Ack, body: Json, action: Json) -> None:
        """Withdraw a relay, after the question; the answer takes the question's place."""
        user, delivery = _who(body), _delivery(body, action)
        outcome = attempt("withdraw", lambda: self._verbs.withdraw(action["value"], user, delivery))
        self._replies.tell(body, message(outcome.refusal or outcome.value or ""), replace=True)
        ack()

    def open_case(self, ack: Ack, body: Json, action: Json) -> None:
        """Answer with a one-time link to the case page."""
        user, delivery, subject = _who(body), _delivery(body, action), action["value"]
        for_task = is_task_block(action["block_id"])
        ask = self._verbs.open_link_for_task if for_task else self._verbs.open_link_for_read
        outcome = attempt("open case", lambda: ask(subject, user, delivery))
        self._replies.tell(body, self._linked(outcome.value, outcome.refusal, "Case page"))
        ack()

    def open_link(self, ack: Ack) -> None:
        """Acknowledge a link button, which the browser has followed already."""
        ack()

    def critical_finding(self, ack: Ack, body: Json, action: Json) -> None:
        """Open the form, where this reader may report on this read."""
        user, read_id = _who(body), action["value"]
        offered = attempt("critical finding", lambda: self._verbs.phrases(user, read_id))
        if offered.value:
            study_id = study_of(action["block_id"])
            form = modals.finding_form(offered.value, read_id, study_id, self._about(user, read_id))
            self._replies.open(body, form)
            attempt("critical finding", lambda: self._verbs.active(read_id, user, _delivery(body, action)))
        else:
            none = "The directory has no finding phrases. Press Open case and enter the finding on the case page."
            self._replies.tell(body, message(offered.refusal or none))
        ack()

    def finding(self, ack: Ack, body: Json, view: Json) -> None:
        """Report the finding of a submitted form; what is wrong with it is shown in it."""
        user, form = _who(body), modals.filled(view)
        known = attempt("critical finding", lambda: self._verbs.phrases(user, form.read_id))
        wrong = modals.refused(known.refusal) if known.refusal else modals.problems(form, known.value or ())
        if wrong or form.category is None:
            ack(response_action="errors", errors=wrong)
            return
        category, delivery = form.category, f"slack:{view['id']}"
        outcome = attempt(
            "critical finding",
            lambda: self._verbs.report(
                study_id=form.study_id,
                slack_user=user,
                category=category,
                phrase_id=form.phrase_id,
                text=None,
                delivery=delivery,
            ),
        )
        if outcome.refusal:
            ack(response_action="errors", errors=modals.refused(outcome.refusal))
        else:
            sentence = outcome.value or "The finding is recorded."
            ack(response_action="update", view=modals.told(message(sentence), "Critical finding"))

    def problem(self, ack: Ack, body: Json, action: Json) -> None:
        """Open the form that asks what is wrong with a read's study."""
        user, read_id = _who(body), action["value"]
        offered = attempt("problem", lambda: self._verbs.problem_kinds(user, read_id))
        if offered.value:
            self._replies.open(body, modals.problem_form(offered.value, read_id, self._about(user, read_id)))
        else:
            self._replies.tell(body, message(offered.refusal))
        ack()

    def problem_told(self, ack: Ack, body: Json, view: Json) -> None:
        """Report the problem of a submitted form; a refusal is shown in it."""
        user, (read_id, kind) = _who(body), modals.problem_filled(view)
        told = attempt("problem", lambda: self._verbs.report_problem(read_id, kind, user, f"slack:{view['id']}"))
        if told.refusal:
            ack(response_action="errors", errors=modals.refused(told.refusal, modals.PROBLEM))
        else:
            ack(response_action="update", view=modals.told(message(told.value or ""), "Problem"))

    def turnaround(self, ack: Ack, body: Json) -> None:
        """Answer ``/tat``."""
        asked = parse_turnaround(body.get("text") or "")
        if isinstance(asked, Message):
            _answer(ack, asked)
            return
        found = attempt("turnaround", lambda: self._verbs.turnaround(_commander(body), *asked))
        _answer(ack, message(found.refusal) if found.value is None else turnaround(found.value, self._public_url))

    def worklist(self, ack: Ack, body: Json) -> None:
        """Answer ``/worklist``."""
        user = _commander(body)
        outcome = attempt("worklist", lambda: self._verbs.worklist(user))
        _answer(ack, message(outcome.refusal) if outcome.refusal else worklist(outcome.value or Worklist(), user))

    def relay(self, ack: Ack, body: Json) -> None:
        """Answer ``/relay``."""
        asked = parse(body.get("text") or "")
        _answer(ack, asked if isinstance(asked, Message) else self._relay(asked, body))

    def _relay(self, asked: Asked, body: Json) -> Message:
        user, delivery, verbs = _commander(body), f"slack:{body['trigger_id']}", self._verbs
        if asked.name in _PURPOSES:
            purpose, title = _PURPOSES[asked.name]
            link_to = attempt(asked.name, lambda: verbs.open_link(asked.case, user, delivery, purpose=purpose))
            return self._linked(link_to.value, link_to.refusal, f"Case {safe(asked.case, 12)}: {title}")
        if asked.name == "withdraw":
            question = attempt("withdraw", lambda: verbs.withdrawing(asked.case, user))
            return message(question.refusal) if question.refusal else _question(question.value or "", asked.case)
        if asked.name == "status":
            lines = attempt("status", lambda: verbs.status_lines(user))
            return message(lines.refusal) if lines.refusal else _status(lines.value or ())
        if asked.name == "verify" and not asked.word:
            found = attempt("verify", lambda: verbs.verify_lines(user))
            return _listed(found.value) if found.value else message(found.refusal)
        if asked.name == "why":
            rules = attempt("why", lambda: verbs.why(asked.case, user, asked.word))
            return _read_by_read(rules.value) if rules.value else message(rules.refusal)
        act: dict[str, Callable[[], str]] = {
            "call": lambda: verbs.call(asked.case, asked.word, user, delivery),
            "next": lambda: verbs.next_read(user, delivery),
            "batch": lambda: verbs.claim_batch(asked.word, asked.count, user, delivery),
            "redirect": lambda: verbs.redirect(asked.case, asked.word, user, delivery),
            "problem": lambda: verbs.report_problem_of_case(asked.case, asked.kind, user, delivery, which=asked.which),
            "reassign": lambda: verbs.reassign(asked.case, asked.word, user, delivery, region=asked.further),
            "split": lambda: verbs.split(asked.case, asked.words, user, delivery),
            "record": lambda: verbs.record_finding(asked.case, user, delivery),
            "take": lambda: verbs.take_case(asked.case, user, delivery),
            "override": lambda: verbs.override(asked.case, asked.words, user, delivery),
            "pin": lambda: verbs.pin(asked.word, user, delivery),
            "verify": lambda: verbs.verify(asked.word, user, delivery),
            "halt": lambda: verbs.halt(asked.facility, user, delivery),
            "resume": lambda: verbs.resume(asked.facility, user, delivery),
        }
        outcome = attempt(asked.name, act[asked.name])
        return message(outcome.refusal or outcome.value or "Done.")

    def oncall(self, ack: Ack, body: Json) -> None:
        """Answer ``/oncall``."""
        asked = oncall(body.get("text") or "")
        if isinstance(asked, Message):
            _answer(ack, asked)
            return
        facility, when = asked
        lines = attempt("oncall", lambda: self._verbs.oncall_lines(facility, when, _commander(body)))
        _answer(ack, message(lines.refusal) if lines.refusal else _listed(lines.value or ()))

    def home_opened(self, event: Json) -> None:
        """Show somebody the Home they are looking at."""
        if event.get("tab") == "home":
            self._show_home(event["user"], (event.get("view") or {}).get("hash"))

    def _judge(self, ack: Ack, body: Json, what: str, act: Callable[[], str]) -> None:
        outcome = attempt(what, act)
        self._replies.tell(body, message(outcome.refusal or outcome.value or ""))
        if not outcome.refusal and (body.get("view") or {}).get("type") == "home":
            self._show_home(_who(body))
        ack()

    def _show_home(self, user: str, seen: str | None = None) -> None:
        def draw() -> Json:
            outcome = attempt("home", lambda: self._verbs.worklist(user))
            return closed_home(outcome.refusal) if outcome.refusal else home(outcome.value or Worklist(), user)

        self._replies.publish(user, draw, seen)

    def _about(self, user: str, read_id: str) -> str:
        reads = attempt("critical finding", lambda: self._verbs.worklist(user)).value or Worklist()
        return next((about(card) for card in reads.cards if card.read_id == read_id), "")

    def _linked(self, path: str | None, refusal: str, title: str) -> Message:
        if path is None:
            return message(refusal)
        text = f"{title}. The link works once, for you, within 60 seconds."
        row = actions("link", [link("Open the page", Action.OPEN_LINK, self._public_url + path)])
        return Message(text, (section(text), row))


#: Subcommand to the link's purpose and what the page is for.
_PURPOSES = {
    "open": ("view", "the case page"),
    "start": ("start", "report a finding; the page shows the patient before anybody is called"),
    "log": ("log", "document a call made by hand"),
}


def _who(body: Json) -> str:
    return str(body["user"]["id"])


def _commander(body: Json) -> str:
    return str(body["user_id"])


def _delivery(body: Json, action: Json) -> str:
    return f"slack:{action['action_ts']}:{action['action_id']}:{_who(body)}"


def _answer(ack: Ack, answer: Message) -> None:
    ack(text=answer.text, blocks=list(answer.blocks), response_type="ephemeral")


def _question(question: str, case: str) -> Message:
    text, row = safe(question, 300), [button("Withdraw", Action.WITHDRAW, safe(case, 12), style="danger")]
    return Message(text, (section(text), actions("withdraw", row)))


def _status(lines: Sequence[str]) -> Message:
    return _listed(lines) if lines else message("No relay is open.")


def _listed(lines: Sequence[str]) -> Message:
    shown = [safe(line, 200) for line in lines]
    more = [f"And {len(shown) - _STATUS_LINES} more."] if len(shown) > _STATUS_LINES else []
    text = "\n".join([*shown[:_STATUS_LINES], *more])
    return Message(text, (section(text),))


def _read_by_read(lines: Sequence[str]) -> Message:
    """Return a line for each read, each with as much room as fits into one section."""
    text = "\n".join(safe(line, 2900 // len(lines)) for line in lines)
    return Message(text, (section(text),))


_STATUS_LINES = 14  #: of 200 characters, in a section of 3,000
