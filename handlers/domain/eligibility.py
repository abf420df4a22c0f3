"""Who may lawfully read a study: a pure judgment, failing closed, that names every rule that fails at once.

Sources: license in the patient's state, 42 CFR 482.22(a)(3)(iii); privileges, direct or by proxy, 42 CFR 482.22(a)(3)-(4)
and 485.616(c); Business Associate Agreement, 45 CFR 164.502(e); reads from abroad, 42 CFR 411.9(a).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Facility
from handlers.domain.standing import License, Pool, Privilege, Proxies, Radiologist

HOME = "US"
#: Classes that wait for no queue.
UNCAPPED = frozenset({Priority.STROKE, Priority.TRAUMA})
#: Rules of the house, which two people may waive for one read; what the law asks is never waived.
WAIVABLE = frozenset({"not_in_pool", "subspecialty", "queue_full"})


#: Words of a refusal that depend on whether its reader is told or somebody else, who has heard the reader's name before.
_OF_THE_READER = {"[You]": "They", "[Your]": "Their", "[you]": "them", "[your]": "their"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule that failed: a stable code, and what is said of it, with ``[You]`` and its like where the reader is meant."""

    code: str
    said: str
    #: What is added where nothing but rules of the house fails: how it may be otherwise soon.
    hope: str = ""

    @property
    def sentence(self) -> str:
        """Return it for the reader who asked, without its hope."""
        return _to_the_reader(self.said)


def _to_the_reader(said: str) -> str:
    for word in _OF_THE_READER:
        said = said.replace(word, word[1:-1])
    return said


def _of_the_reader(said: str) -> str:
    for word, instead in _OF_THE_READER.items():
        said = said.replace(word, instead)
    return said


def may_be_waived(failing: Sequence[Refusal]) -> bool:
    """Tell whether something fails, and nothing but rules of the house."""
    return bool(failing) and all(one.code in WAIVABLE for one in failing)


def sentences(failing: Sequence[Refusal], *, to_another: bool = False) -> tuple[str, ...]:
    """Return what is said of everything that fails, a sentence or two each, to the reader or about them to somebody else.

    Hope is given only where no rule of the law stands in its way.
    """
    say = _of_the_reader if to_another else _to_the_reader
    hopeful = may_be_waived(failing)
    return tuple(say(f"{one.said} {one.hope}" if hopeful and one.hope else one.said) for one in failing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is to be read: where, for which pool, of what kind, and what the law asks about it."""

    facility: Facility
    pool: Pool
    kind: ReadKind
    modality: str
    patient_state: str
    priority: Priority
    #: The subspecialty that it asks for; "" where any reader may read it, or may by now.
    subspecialty: str = ""
    #: A second pool that may read it by now, where a subspecialty's read has been opened to general readers.
    general_pool: Pool | None = None
    #: Every pool that reads for the facility: only of whoever is in one of them may the other rules of the house be waived.
    site_pools: tuple[Pool, ...] = ()
    #: When it is opened to them, where that is known.
    general_at: datetime | None = None


class Asked(NamedTuple):
    """The reader who asks, with what is known of them at this instant."""

    reader: Radiologist
    duty: Duty
    proxies: Proxies
    #: The facility's calendar day.
    today: date
    #: Reads that the reader holds; None where that does not matter (a report that was signed).
    held: int | None


def refusals(
    reader: Radiologist,
    duty: Duty,
    *,
    proxies: Proxies,
    held: int | None,
    now: datetime,
) -> tuple[Refusal, ...]:
    """Return every reason why ``reader`` may not read such a study at ``now``; empty means that they may.

    Args:
        reader: who asks.
        duty: what is to be read.
        proxies: the proxy agreements, by id.
        held: how many reads they hold; None leaves the queue's cap out.
        now: the instant at which every rule is judged.
    """
    asked = Asked(reader=reader, duty=duty, proxies=proxies, today=duty.facility.today(now), held=held)
    return tuple([failed for rule in RULES if (failed := rule(asked)) is not None])


def _membership(asked: Asked) -> Refusal | None:
    duty, reader = asked.duty, asked.reader.id
    if duty.pool.has(reader) or (duty.general_pool is not None and duty.general_pool.has(reader)):
        return None
    add = "A PACS administrator can add [you] to it."
    if any(pool.has(reader) for pool in duty.site_pools):
        return Refusal(code="not_in_pool", said=f"[You] are not a member of the pool {duty.pool.id}. {add}")
    said = (
        f"[You] belong to no pool that reads for {duty.facility.alias}: this read is of the pool {duty.pool.id}. {add}"
    )
    return Refusal(code="not_at_site", said=said)


def _service(asked: Asked) -> Refusal | None:
    service = asked.reader.service
    if service.begins is not None and asked.today < service.begins:
        return Refusal(code="service_not_yet", said=f"[Your] service begins on {service.begins.isoformat()}.")
    if service.ends is not None and service.ends < asked.today:
        return Refusal(code="service_over", said=f"[Your] service ended on {service.ends.isoformat()}.")
    return None


def _license(asked: Asked) -> Refusal | None:
    state, today = asked.duty.patient_state, asked.today
    held = asked.reader.licenses_in(state)
    if not held:
        return Refusal(
            code="license_missing",
            said=f"[You] have no license on file in {state}, where the patient is. Ask credentialing to add it.",
        )
    begun = [entry for entry in held if _has_begun(entry, today)]
    if [entry for entry in begun if entry.expires >= today]:
        return None
    if not begun:
        first = min(entry.effective for entry in held if entry.effective is not None)
        return Refusal(code="license_not_yet", said=f"[Your] {state} license begins on {first.isoformat()}.")
    last = max(entry.expires for entry in begun)
    return Refusal(
        code="license_expired",
        said=f"[Your] {state} license expired on {last.isoformat()}. Ask credentialing to record its renewal.",
    )


def _has_begun(entry: License | Privilege, today: date) -> bool:
    return entry.effective is None or entry.effective <= today


def _privilege(asked: Asked) -> Refusal | None:
    """Return why no privilege carries: the reason of the one that comes nearest, so that one thing is to be mended."""
    facility, modality, today = asked.duty.facility, asked.duty.modality, asked.today
    here = asked.reader.privileges_at(facility.id)
    fitting = [entry for entry in here if entry.covers(modality)]
    if not fitting:
        what = f"for {modality} " if here else ""
        return Refusal(
            code="privilege_missing",
            said=f"[You] have no privilege {what}at {facility.alias}. Ask the medical staff office to grant it.",
        )
    begun = [entry for entry in fitting if _has_begun(entry, today)]
    if not begun:
        first = min(entry.effective for entry in fitting if entry.effective is not None)
        return Refusal(
            code="privilege_not_yet", said=f"[Your] privilege at {facility.alias} begins on {first.isoformat()}."
        )
    in_date = [entry for entry in begun if entry.expires is None or entry.expires >= today]
    if not in_date:
        last = max(entry.expires for entry in begun if entry.expires is not None)
        return Refusal(
            code="privilege_expired",
            said=f"[Your] privilege for {modality} at {facility.alias} expired on {last.isoformat()}.",
        )
    nearest: Refusal | None = None
    for entry in in_date:
        failed = _proxy(asked, entry)
        if failed is None:
            return None
        nearest = nearest or failed
    return nearest


def _proxy(asked: Asked, privilege: Privilege) -> Refusal | None:
    """Return why a privilege by proxy does not carry today; None where it does, or where it is the facility's own."""
    if not privilege.proxy:
        return None
    alias, today = asked.duty.facility.alias, asked.today
    agreement = asked.proxies.get(privilege.proxy)
    if agreement is None or not agreement.term.is_active(today):
        when = "is not in the directory" if agreement is None else _term_words(agreement.term.expires, today)
        return Refusal(
            code="proxy_inactive",
            said=f"[Your] privilege at {alias} is by proxy, and the agreement {privilege.proxy} {when}. "
            "Ask a PACS administrator to renew it.",
        )
    if agreement.list_holds_through < today:
        return Refusal(
            code="proxy_list_stale",
            said=f"[Your] privilege at {alias} is by proxy, and the distant site's privilege list of "
            f"{agreement.list_as_of.isoformat()} is older than {agreement.list_limit.days} days. Ask credentialing for a "
            "current one.",
        )
    return None


def _term_words(expires: date, today: date) -> str:
    return f"expired on {expires.isoformat()}" if expires < today else "has not begun"


def _agreement(asked: Asked) -> Refusal | None:
    facility = asked.duty.facility
    if facility.baa is None or not facility.baa.is_active(asked.today):
        return Refusal(
            code="baa_inactive",
            said=f"No Business Associate Agreement with {facility.alias} is in force. Tell a PACS administrator.",
        )
    return None


def _from_abroad(asked: Asked) -> Refusal | None:
    facility = asked.duty.facility
    abroad = asked.reader.located != HOME
    if abroad and asked.duty.kind is ReadKind.FINAL and not facility.finals_from_abroad:
        return Refusal(
            code="final_from_abroad",
            said=f"[You] read from {asked.reader.located}, and {facility.alias} takes final reads from the United States "
            "only. Preliminary reads are open to [you].",
        )
    return None


def _subspecialty(asked: Asked) -> Refusal | None:
    wanted = asked.duty.subspecialty
    if wanted and wanted not in asked.reader.subspecialties:
        return Refusal(
            code="subspecialty",
            said=f"This is a {wanted} read, and {wanted} is not among [your] subspecialties.",
            hope=_opens(asked.duty),
        )
    return None


def _opens(duty: Duty) -> str:
    """Return when a subspecialty's read is open to others, as far as it is known."""
    if duty.general_at is None:
        return "Later it may be open to [you]."
    opens = duty.general_at.astimezone(ZoneInfo(duty.facility.zone))
    return f"Later it is open to readers without it, at {opens:%H:%M %Z}."


def _queue(asked: Asked) -> Refusal | None:
    cap = cap_of(asked.reader, asked.duty)
    if cap is not None and asked.held is not None and asked.held >= cap:
        return Refusal(
            code="queue_full",
            said=f"[You] hold {asked.held} {'read' if asked.held == 1 else 'reads'}, and {cap} is the most at a time. Report or "
            "release one first; stroke and trauma are always open to [you].",
        )
    return None


def cap_of(reader: Radiologist, duty: Duty) -> int | None:
    """Return how many reads this reader may hold before such a one is refused; None is any number."""
    if duty.priority in UNCAPPED:
        return None
    own, pool = reader.queue_cap, duty.pool.queue_cap
    return pool if own is None else own if pool is None else min(own, pool)


#: Every rule there is, in the order in which a refusal names them.
RULES: tuple[Callable[[Asked], Refusal | None], ...] = (
    _membership,
    _service,
    _license,
    _privilege,
    _agreement,
    _from_abroad,
    _subspecialty,
    _queue,
)
