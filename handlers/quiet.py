"""Whether it is quiet hours for a relay now, by the site's rules as they are now."""

from __future__ import annotations

from handlers.domain.quiet import Quiet, quiet_at
from handlers.domain.relays import Relay
from handlers.domain.studies import Study
from handlers.ports import House, Reading


def quiet_now(look: Reading, house: House, relay: Relay) -> Quiet | None:
    """Return the quiet hours that keep a relay from calling now, or None; there are none for category 1."""
    facility = house.directory().facilities.get(relay.facility)
    study = look.get(Study, relay.study_id) if facility is not None and facility.quiet else None
    if facility is None or study is None:
        return None
    return quiet_at(facility.quiet, facility.zone, relay.category, study.patient_class, look.now)
