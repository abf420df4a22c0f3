"""Who may lawfully read a study: a pure judgment, failing closed, that names every rule that fails at once.

Sources: license in the patient's state, 42 CFR 482.22(a)(3)(iii); privileges, direct or by proxy, 42 CFR 482.22(a)(3)-(4)
and 485.616(c); Business Associate Agreement, 45 CFR 164.502(e); reads from abroad, 42 CFR 411.9(a).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Facility
from handlers.domain.standing import License, Pool, Privilege, Proxies, Radiologist

HOME = "US"
#: Classes that wait for no queue.
UNCAPPED = frozenset({Priority.STROKE, Priority.TRAUMA})
#: Rules of the house, which two people may waive for one read; what the law asks is never waived.
WAIVABLE = frozenset({"not_in_pool", "subspecialty", "queue_full"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule that failed: a stable code and a sentence for the reader who asked."""

    code: str
    sentence: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
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
    return tuple(refusal for rule in RULES for refusal in rule(asked))


def _membership(asked: Asked) -> Iterator[Refusal]:
    general = asked.duty.general_pool
    if asked.reader.id not in asked.duty.pool.members and (general is None or asked.reader.id not in general.members):
        yield Refusal(
            code="not_in_pool",
            sentence=f"You are not a member of the pool {asked.duty.pool.id}. A PACS administrator can add you to it.",
        )


def _service(asked: Asked) -> Iterator[Refusal]:
    service = asked.reader.service
    if service.begins is not None and asked.today < service.begins:
        yield Refusal(code="service_not_yet", sentence=f"Your service begins on {service.begins.isoformat()}.")
    elif service.ends is not None and service.ends < asked.today:
        yield Refusal(code="service_over", sentence=f"Your service ended on {service.ends.isoformat()}.")


def _license(asked: Asked) -> Iterator[Refusal]:
    state, today = asked.duty.patient_state, asked.today
    held = [entry for entry in asked.reader.licenses if entry.state == state]
    if not held:
        yield Refusal(
            code="license_missing",
            sentence=f"You have no license on file in {state}, where the patient is. Ask credentialing to add it.",
        )
        return
    begun = [entry for entry in held if _has_begun(entry, today)]
    if any(entry.expires >= today for entry in begun):
        return
    if not begun:
        first = min(entry.effective for entry in held if entry.effective is not None)
        yield Refusal(code="license_not_yet", sentence=f"Your {state} license begins on {first.isoformat()}.")
        return
    last = max(entry.expires for entry in begun)
    yield Refusal(
        code="license_expired",
        sentence=f"Your {state} license expired on {last.isoformat()}. Ask credentialing to record its renewal.",
    )


def _has_begun(entry: License | Privilege, today: date) -> bool:
    return entry.effective is None or entry.effective <= today


def _privilege(asked: Asked) -> Iterator[Refusal]:
    """Yield why no privilege carries: the reason of the one that comes nearest, so that one thing is to be mended."""
    facility, modality, today = asked.duty.facility, asked.duty.modality, asked.today
    here = [entry for entry in asked.reader.privileges if entry.facility == facility.id]
    fitting = [entry for entry in here if entry.covers(modality)]
    if not fitting:
        what = f"for {modality} " if here else ""
        yield Refusal(
            code="privilege_missing",
            sentence=f"You have no privilege {what}at {facility.alias}. Ask the medical staff office to grant it.",
        )
        return
    begun = [entry for entry in fitting if _has_begun(entry, today)]
    if not begun:
        first = min(entry.effective for entry in fitting if entry.effective is not None)
        yield Refusal(
            code="privilege_not_yet", sentence=f"Your privilege at {facility.alias} begins on {first.isoformat()}."
        )
        return
    in_date = [entry for entry in begun if entry.expires is None or entry.expires >= today]
    if not in_date:
        last = max(entry.expires for entry in begun if entry.expires is not None)
        yield Refusal(
            code="privilege_expired",
            sentence=f"Your privilege for {modality} at {facility.alias} expired on {last.isoformat()}.",
        )
        return
    found = [_proxy(asked, entry) for entry in in_date]
    if all(found):
        yield next(one for one in found if one is not None)


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
            sentence=f"Your privilege at {alias} is by proxy, and the agreement {privilege.proxy} {when}. "
            "Ask a PACS administrator to renew it.",
        )
    if agreement.list_holds_through < today:
        return Refusal(
            code="proxy_list_stale",
            sentence=f"Your privilege at {alias} is by proxy, and the distant site's privilege list of "
            f"{agreement.list_as_of.isoformat()} is older than {agreement.list_limit.days} days. Ask credentialing for a "
            "current one.",
        )
    return None


def _term_words(expires: date, today: date) -> str:
    return f"expired on {expires.isoformat()}" if expires < today else "has not begun"


def _agreement(asked: Asked) -> Iterator[Refusal]:
    facility = asked.duty.facility
    if facility.baa is None or not facility.baa.is_active(asked.today):
        yield Refusal(
            code="baa_inactive",
            sentence=f"No Business Associate Agreement with {facility.alias} is in force. Tell a PACS administrator.",
        )


def _from_abroad(asked: Asked) -> Iterator[Refusal]:
    facility = asked.duty.facility
    abroad = asked.reader.located != HOME
    if abroad and asked.duty.kind is ReadKind.FINAL and not facility.finals_from_abroad:
        yield Refusal(
            code="final_from_abroad",
            sentence=f"You read from {asked.reader.located}, and {facility.alias} takes final reads from the United States "
            "only. Preliminary reads are open to you.",
        )


def _subspecialty(asked: Asked) -> Iterator[Refusal]:
    wanted = asked.duty.subspecialty
    if wanted and wanted not in asked.reader.subspecialties:
        yield Refusal(
            code="subspecialty",
            sentence=f"This is a {wanted} read, and {wanted} is not among your subspecialties. If nobody has it when half "
            "of its time is gone, it is open to you.",
        )


def _queue(asked: Asked) -> Iterator[Refusal]:
    cap = cap_of(asked.reader, asked.duty)
    if cap is not None and asked.held is not None and asked.held >= cap:
        yield Refusal(
            code="queue_full",
            sentence=f"You hold {asked.held} reads, and {cap} is the most at a time. Report or release one first; stroke "
            "and trauma are always open to you.",
        )


def cap_of(reader: Radiologist, duty: Duty) -> int | None:
    """Return how many reads this reader may hold before such a one is refused; None is any number."""
    if duty.priority in UNCAPPED:
        return None
    return min((cap for cap in (reader.queue_cap, duty.pool.queue_cap) if cap is not None), default=None)


#: Every rule there is, in the order in which a refusal names them.
RULES: tuple[Callable[[Asked], Iterator[Refusal]], ...] = (
    _membership,
    _service,
    _license,
    _privilege,
    _agreement,
    _from_abroad,
    _subspecialty,
    _queue,
)
