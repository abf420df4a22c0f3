"""``study.updated`` changes who ordered it: the four fields are one person, and an image never overwrites the order's."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.domain.studies import Study
from tests.flows.acts import confirm, dialed, hear_out
from tests.flows.stage import KIM, Stage

CRUZ = "+12125550114"  #: who sends outpatients to Mercy, too
CRUZ_NPI, KIM_NPI = "1000000061", "1000000038"
STATED = {"name": "Dr. Not Listed", "phone": "+13125550177"}


def orderer(study: Study) -> tuple[str | None, str, str, str]:
    """Return the four fields that say who ordered a study."""
    return study.ordering_contact, study.ordering_npi, study.ordering_name, study.ordering_phone


def update(stage: Stage, **changed: Any) -> None:
    """Let the site send ``study.updated`` for the newest study."""
    stage.advance(1)
    assert stage.hospital.update_study(**changed)[0] == 202
    stage.settle()


@pytest.mark.parametrize("new", ["lakeside-family-medicine", {"npi": CRUZ_NPI}], ids=["by id", "by NPI"])
@pytest.mark.parametrize("old", ["mercy-ed-physician", {"npi": KIM_NPI, **STATED}], ids=["from id", "from stated"])
def test_another_orderer_is_the_one_who_is_called(stage: Stage, old: Any, new: Any) -> None:
    """Nothing of the earlier one is left behind, however either was named."""
    stage.stroke_ct(ordering_contact=old)
    update(stage, ordering_contact=new)
    wanted = (new, "", "", "") if isinstance(new, str) else (None, CRUZ_NPI, "", "")
    assert orderer(stage.study()) == wanted
    stage.finding()
    confirm(stage, stage.rings(CRUZ))
    assert not dialed(stage, KIM)


def test_an_update_of_something_else_leaves_the_orderer(stage: Stage) -> None:
    """What is not said changes nothing."""
    stage.stroke_ct(ordering_contact={"npi": KIM_NPI, **STATED})
    update(stage, location="Bay 4")
    assert orderer(stage.study()) == (None, KIM_NPI, STATED["name"], STATED["phone"])


def test_an_image_fills_nothing_into_what_an_order_said(stage: Stage) -> None:
    """The source's default contact would become the one who is called beside the order's NPI: it is not taken."""
    stage.load(
        "defaults: {priority: stat, patient_class: emergency}",
        "defaults: {priority: stat, patient_class: emergency, ordering_contact: lakeside-family-medicine}",
    )
    study = stage.stroke_ct(ordering_contact={"npi": KIM_NPI})
    image(stage, study, ReferringPhysicianName="LISTED^NOT")
    assert stage.study().instance_count == study.instance_count + 1
    assert orderer(stage.study()) == (None, KIM_NPI, "", "")
    stage.finding(accession=study.accession_number)
    confirm(stage, stage.rings(KIM))
    hear_out(stage)


def test_an_image_says_it_where_nobody_did(stage: Stage) -> None:
    """Without an order the header is all there is; an order that comes afterwards replaces it whole."""
    study = stage.stroke_ct(ordering_contact=None)
    image(stage, study, ReferringPhysicianName="LISTED^NOT")
    assert stage.study().ordering_name
    update(stage, accession=study.accession_number, ordering_contact="mercy-ed-physician")
    assert orderer(stage.study()) == ("mercy-ed-physician", "", "", "")


def image(stage: Stage, study: Study, **header: str) -> None:
    """Let one more image of a study arrive."""
    stage.advance(1)
    said = {
        "AccessionNumber": study.accession_number,
        "StudyInstanceUID": study.study_instance_uid,
        "PatientID": study.patient_id,
        "PatientName": study.patient_name,
        **header,
    }
    assert stage.hospital.send_dicom_ct(1, **said)[0] == 202
    stage.settle()
