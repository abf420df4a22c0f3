"""Reads ladders by name and says what they are at each facility, so that sixty sites need not repeat themselves.

A template's ``$role`` is a contact of the facility (or of the rule), its ``$desk`` the facility's desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta

from bot.directory import scalars
from bot.directory.nodes import Entry, Value
from bot.directory.people import flag, identifier, ids, table
from bot.directory.problems import Log, Unfit, nearest, suggestion
from bot.directory.scalars import each, lifted, opened
from handlers.domain.classes import PatientClass
from handlers.domain.hours import Hours
from handlers.domain.policies import NO_PICKUP, DeskRung, EscalationPolicy, PolicyRule, Role, Step

DESK = "$desk"
CHANNELS = ("call", "sms")
#: What a step may call that is not a contact's id.
SPECIAL = frozenset({"ordering", "radiologist"})
_CATEGORIES = (1, 2, 3)
LONGEST_PICKUP = timedelta(hours=24)
_duration = lifted(scalars.duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it stands in the file: a template with where it applies, or a whole set."""

    path: str
    line: int
    use: str | None
    set: str | None
    given: Mapping[str, str]
    categories: tuple[int, ...]
    patient_classes: tuple[PatientClass, ...]
    hours: tuple[Hours | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where rules are asked for: a facility with its roles and desk, and where to point when one is lacking."""

    facility: str
    roles: Mapping[str, str]
    desk: str


def _called(value: Value) -> str:
    name = value.text()
    if name == DESK:
        raise Unfit("a step calls a contact; the desk is the last rung, written as desk: {who: $desk, every: 5m}.")
    scalars.identifier(name.removeprefix("$"))
    return name


def _channel(written: str) -> str:
    if written not in CHANNELS:
        raise Unfit(f'"{written}" is not a channel: use call, or call and sms.')
    return written


def _channels(value: Value) -> tuple[str, ...]:
    channels = each(lifted(_channel))(value)
    if set(channels) == {"sms"}:
        raise Unfit("a text alone confirms nothing: write [call, sms].")
    return channels


def _step(entry: Entry) -> Step:
    usual = Step(to="")
    return Step(
        to=entry.need("to", _called),
        channels=entry.get("channels", _channels, usual.channels),
        tries=entry.get("tries", lifted(scalars.whole(1, 10)), usual.tries),
        retry_after=entry.get("retry_after", _duration, usual.retry_after),
        within=entry.get("within", _duration, usual.within),
    )


def _last(entry: Entry) -> DeskRung:
    return DeskRung(who=entry.need("who", _who), every=entry.get("every", _duration, DeskRung(who="").every))


def _who(value: Value) -> str:
    name = value.text()
    return name if name == DESK else scalars.identifier(name)


def template(name: str, entry: Entry) -> EscalationPolicy:
    """Read a template."""
    return EscalationPolicy(
        name=name,
        steps=entry.need("steps", each(opened(_step))),
        ended_by=entry.need("ended_by", each(lifted(scalars.choice(Role)))),
        desk=entry.need("desk", opened(_last)),
        bridge=entry.get("bridge", flag, default=False),
        pickup=entry.get("pickup", each(lifted(_picked_up)), ()),
        pickup_within=entry.get("pickup_within", lifted(_pickup_time), timedelta(minutes=30)),
    )


def _picked_up(written: str) -> int:
    category = scalars.whole(1, 3)(written)
    if category in NO_PICKUP:
        raise Unfit(
            "a category 1 finding is never picked up on a page: it is told by voice. Write pickup: [2, 3], or [3]."
        )
    return category


def _pickup_time(written: str) -> timedelta:
    lives = scalars.duration(written)
    if lives > LONGEST_PICKUP:
        raise Unfit("a link in a text opens for at most 24 hours: write 24h or less; 30m is usual.")
    return lives


def _window(entry: Entry) -> Hours:
    groups = entry.get("days", each(lifted(scalars.days)), (tuple(range(7)),))
    start, end = (entry.get(key, lifted(scalars.clock), time(0)) for key in ("from", "to"))
    days = {day for group in groups or () for day in group}
    return Hours(days=tuple(sorted(days)), start=start, end=end)


#: A list of weekly windows.
windows = each(opened(_window))


def roles(value: Value) -> dict[str, str]:
    """Read a mapping of role names to contact ids."""
    with value.entry() as entry:
        return {name: _role(name, contact) for name, contact in entry.pairs().items()}


def _role(name: str, contact: Value) -> str:
    def parse(value: Value) -> str:
        scalars.identifier(name)
        if name == DESK[1:]:
            raise Unfit("the facility's desk is its key desk, not a role.")
        return scalars.identifier(value.text())

    return contact.read(parse)


def _rule(value: Value) -> Rule:
    def read(entry: Entry) -> Rule:
        use, included = entry.get("use", identifier, None), entry.get("set", identifier, None)
        if (entry.find("use") is None) == (entry.find("set") is None):
            entry.missing('a rule names one policy ("use: NAME") or one policy set ("set: NAME").')
        rule = Rule(
            path=value.path,
            line=value.line,
            use=use,
            set=included,
            given=entry.get("with", roles, {}),
            categories=entry.get("categories", each(lifted(scalars.whole(1, 3))), _CATEGORIES),
            patient_classes=entry.get("patient_class", each(lifted(scalars.choice(PatientClass))), tuple(PatientClass)),
            hours=entry.get("hours", windows, (None,)),
        )
        if included is not None and set(entry.pairs()) != {"set"}:
            entry.missing("a set has its own rules: write set alone, and further rules beside it.")
        return rule

    return opened(read)(value)


def rules(value: Value) -> tuple[Rule, ...]:
    """Read a facility's policy: the name of a set, or a list of rules."""
    if value.is_text():
        whole = Rule(
            path=value.path,
            line=value.line,
            use=None,
            set=identifier(value),
            given={},
            categories=_CATEGORIES,
            patient_classes=tuple(PatientClass),
            hours=(None,),
        )
        return (whole,)
    return each(_rule)(value)


class Policies:
    """Every template and set of the file, and which were used."""

    def __init__(self, top: Entry, log: Log) -> None:
        self._log = log
        self._names = frozenset(top.get("policies", ids, ()) or ())
        self._templates = table(top, "policies", template)
        self._sets: dict[str, tuple[Rule, ...]] = {}
        self._used: set[str] = set()
        self._places: dict[str, Place] = {}

        def sets(value: Value) -> None:
            with value.entry() as entry:
                self._sets = {name: found.read(each(_rule)) or () for name, found in entry.pairs().items()}

        top.get("policy_sets", sets, None)
        for name, members in self._sets.items():
            for member in (rule for rule in members if rule.set is not None):
                sentence = f'the set "{name}" may not hold another set: write its rules out.'
                log.error(member.line, member.path, sentence)

    def at(self, place: Place, asked: tuple[Rule, ...]) -> tuple[PolicyRule, ...]:
        """Return a facility's rules, with roles and desk filled in; what cannot be becomes a problem."""
        self._places[place.facility] = place
        found: list[PolicyRule] = []
        for rule in self._flat(asked):
            policy = self._policy(place, rule)
            if policy is None:
                continue
            for hours in rule.hours or ():
                found.append(
                    PolicyRule(
                        policy=policy,
                        categories=rule.categories,
                        patient_classes=rule.patient_classes,
                        hours=hours,
                    )
                )
                self._log.marks.rules.setdefault(place.facility, []).append(rule.path)
        return tuple(found)

    def place(self, facility: str) -> Place | None:
        """Return where a facility's own rules were asked for, so that further ones get the same roles and desk."""
        return self._places.get(facility)

    def warn_of_unused(self) -> None:
        """Record a warning for each template or set that no facility uses."""
        for kind, known in (("policies", self._names), ("policy_sets", self._sets)):
            for name in sorted(known):
                path = f"{kind}.{name}"
                if path not in self._used:
                    self._log.add(
                        self._log.marks.warning(path, "no facility uses this: name it in a rule or remove it.")
                    )

    def _flat(self, asked: tuple[Rule, ...]) -> list[Rule]:
        flat: list[Rule] = []
        for rule in asked:
            if rule.set is None:
                flat.append(rule)
            elif rule.set in self._sets:
                self._used.add(f"policy_sets.{rule.set}")
                flat += [member for member in self._sets[rule.set] if member.set is None]
            else:
                sentence = f'there is no policy set "{rule.set}".{suggestion(rule.set, self._sets)}'
                self._log.error(rule.line, rule.path, sentence)
        return flat

    def _policy(self, place: Place, rule: Rule) -> EscalationPolicy | None:
        if rule.use is None:
            return None
        found = self._templates.get(rule.use)
        if found is None:
            self._log.error(
                rule.line, rule.path, f'there is no policy "{rule.use}".{suggestion(rule.use, self._templates)}'
            )
            return None
        self._used.add(f"policies.{rule.use}")
        if self._log.has_errors():
            return found
        named = {**place.roles, **rule.given}
        steps = tuple(replace(step, to=self._contact(step.to, named, place, rule)) for step in found.steps if step.to)
        desk = replace(found.desk, who=place.desk) if found.desk.who == DESK else found.desk
        return replace(found, steps=steps, desk=desk)

    def _contact(self, to: str, named: Mapping[str, str], place: Place, rule: Rule) -> str:
        role = to.removeprefix("$")
        if role == to:
            return to
        if role not in named:
            path = f"facilities.{place.facility}"
            path = f"{path}.roles" if f"{path}.roles" in self._log.marks.lines else path
            sentence = f'policy "{rule.use}" calls ${role}: add {role}: CONTACT to the roles of {place.facility}.'
            self._log.add(self._log.marks.error(path, sentence + nearest(role, named)))
            return to
        contact = named[role]
        self._log.marks.roles[place.facility, contact] = self._path(role, place, rule)
        return contact

    def _path(self, role: str, place: Place, rule: Rule) -> str:
        if role in rule.given:
            return f"{rule.path}.with.{role}"
        own = f"facilities.{place.facility}.roles.{role}"
        return own if own in self._log.marks.lines else f"defaults.roles.{role}"
