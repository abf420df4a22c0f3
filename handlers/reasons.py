"""What keeps a reader from the reads of a case, read by read, for whoever asks before they claim (``/relay why``)."""

from __future__ import annotations

from handlers import claims, hands, people
from handlers.domain import case_code as codes
from handlers.domain import regions
from handlers.domain.directory import Directory
from handlers.domain.eligibility import may_be_waived, sentences
from handlers.domain.errors import Rejection
from handlers.domain.standing import Radiologist
from handlers.domain.studies import WAITING, Read, ReadState
from handlers.ports import House, Reading


def why(house: House, case: str, slack_user: str, named: str = "") -> list[str]:
    """Return what keeps a reader from each read of a case, a line each; a PACS administrator names whose reader they ask for."""
    directory = house.directory()
    code = hands.parse_case(case)
    facility = hands.facility_of_case(house, code)
    people.facility_of(directory, facility)
    reader, is_self = _meant(directory, slack_user, facility, named)
    with house.memory.reading() as look:
        reads = regions.in_turn(look.all(Read, case_code=code))
        if not reads:
            raise Rejection("not_open", f"Nothing of case {codes.shown(code)} is to be read here.")
        waiting = [one for one in reads if one.state in WAITING]
        lines = []
        for read in waiting or reads:
            which = f"{regions.named(read, reads, begins=True)}: " if len(reads) > 1 else ""
            said = _line(look, directory, read, reader, is_self=is_self)
            lines.append(f"{'' if is_self else f'{reader.name}: '}{which}{said}")
    return lines


def _meant(directory: Directory, slack_user: str, facility: str, named: str) -> tuple[Radiologist, bool]:
    """Return whom is asked about, and whether that is who asks; only an administrator of the site asks about others."""
    asker = directory.radiologist_of_slack(slack_user)
    if not named:
        if asker is None and people.is_admin(directory, slack_user, facility):
            raise Rejection(
                "which_reader", "Say which reader, as the directory file calls them: `/relay why CASE READER`."
            )
        return people.radiologist(directory, slack_user), True
    reader = people.resolve_radiologist(directory, named)
    if reader is None or reader != asker:
        people.admin(directory, slack_user, facility)
    if reader is None:
        raise Rejection("unknown_radiologist", "There is no such radiologist. Type the id that the directory file has.")
    return reader, reader == asker


def _line(look: Reading, directory: Directory, read: Read, reader: Radiologist, *, is_self: bool) -> str:
    if read.state not in WAITING:
        return _over(directory, read)
    failing = claims.keeps_from(look, directory, read, reader)
    rules = [*sentences(failing, to_another=not is_self)]
    if read.state is ReadState.OPEN:
        rules += [claims.way_out(read)] if may_be_waived(failing) else []
        nothing = "Nothing keeps you from it: claim it." if is_self else "Nothing keeps them from it."
        return " ".join(rules) or nothing
    return " ".join([*rules, _taken(directory, read, reader, is_self=is_self)])


def _taken(directory: Directory, read: Read, reader: Radiologist, *, is_self: bool) -> str:
    if read.claimed_by == reader.id:
        return "You have it already." if is_self else "They have it already."
    holder = directory.radiologists.get(read.claimed_by or "")
    return f"{'Somebody' if holder is None else holder.name} has it already."


def _over(directory: Directory, read: Read) -> str:
    """Return why a read that does not wait cannot be claimed by anybody."""
    if read.state is ReadState.AWAITED:
        return "The site's own radiologists read it."
    if read.state is ReadState.REPORTED:
        signer = directory.radiologists.get(read.reported_by or "")
        return f"It is reported, by {'a reader who is not in the directory' if signer is None else signer.name}."
    return f"It is {read.state.value}: nothing is to be read here any more."
