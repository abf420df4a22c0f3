"""A night with one patient in it, through every door and every channel, with everything that can go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sandbox.exchange import Call
from sandbox.hospital import TRAUMA
from tests.flows.acts import advance_until_ringing, look_at_everything
from tests.flows.stage import (
    CHARGE,
    DESK,
    DESK_PHONE,
    DESK_PHONE_2,
    HADDAD,
    KIM,
    LEE,
    LEE_PHONE,
    OURS,
    QUINN,
    STRANGER,
    SUPERVISOR,
    Stage,
)
from tests.security import canaries
from tests.security.browser import Browser, newest_link
from tests.security.nonsense import Nonsense

OKAFOR = "+12125550111"  #: Lakeside's ED physician; read-backs are recorded there
Checkpoint = Callable[[], None]


@dataclass
class Run:
    """The run; ``checkpoint`` is called while much is under way, so that nothing passes through unseen."""

    stage: Stage
    checkpoint: Checkpoint
    identified: list[Call] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    def whole(self) -> None:
        """Let the whole night pass."""
        self.claims()
        self.voicemail_and_callback()
        self.wrong_person_and_retraction()
        self.recorded_read_back()
        self.modalities_and_the_desk()
        self.case_page()
        self.by_hand()
        self.nonsense()
        self.stage.advance(minutes=1)
        self.overlook()

    # --- Slack -------------------------------------------------------------------------------------------------------

    def study(self, accession: str, **over: object) -> None:
        """Send a study of the patient; it is looked at before and after it is handled."""
        said: dict[str, object] = {
            "accession_number": accession,
            "study_instance_uid": canaries.UID,
            "patient": canaries.PATIENT,
            "location": canaries.LOCATION,
            "group": f"GROUP-{canaries.ACCESSION}",
            "callback_phone": canaries.STATED_PHONE,
        }
        assert self.stage.hospital.send_study(TRAUMA, **{**said, **over})[0] == 202
        self.checkpoint()
        self.stage.advance(3)

    def claims(self) -> None:
        """Claimed, refused, told who has it, refused as a stranger, a problem; shown on worklist, Home and in figures."""
        self.study(canaries.ACCESSION)
        for user in (HADDAD, STRANGER, LEE):
            self.stage.click(user, "claim")
        self.stage.advance(5)
        self.stage.command(LEE, "", "/worklist")
        self.stage.workspace.open_home(LEE)
        self.stage.click(LEE, "problem")
        self.stage.workspace.submit(LEE, {"problem": {"problem": "missing_prior"}})
        self.stage.settle()
        self.stage.command(LEE, f"problem {canaries.EVERYTHING}")
        self.stage.command(QUINN, f"take {self.stage.case()}")
        self.checkpoint()
        self.stage.command(LEE, f"{canaries.GIVEN}", "/tat")
        self.stage.command(LEE, "mercy", "/tat")
        self.stage.advance(5)

    # --- the telephone -----------------------------------------------------------------------------------------------

    def finding(self, **over: str) -> None:
        """Report the finding on the newest study."""
        assert self.stage.hospital.report_critical_finding(text=canaries.FINDING, **over)[0] == 202
        self.checkpoint()
        self.stage.settle()

    def tell(self, call: Call) -> None:
        """Say that a physician is there, and hear the finding."""
        self.stage.press(call, "1")
        self.stage.listen(call)
        self.identified.append(call)

    def voicemail_and_callback(self) -> None:
        """Let the vendor fail once; a machine takes the message, and the physician calls back and confirms."""
        stage = self.stage
        stage.exchange.faults.next_create("500")
        stage.exchange.faults.next_create("503", of="Messages")
        self.finding()
        stage.advance(30)
        stage.rings(KIM).answer_machine(4)
        stage.advance(40)
        stage.exchange.expect_text(KIM)
        self.checkpoint()
        stage.exchange.text_in(KIM, OURS, f"Is this about {canaries.EVERYTHING}?")
        stage.settle()
        stage.exchange.expect_text(KIM)
        call = stage.exchange.call_in(KIM, OURS)
        stage.settle()
        stage.listen(call)
        stage.press(call, stage.relay().callback_code)
        stage.listen(call)
        call.say(f"It is about {canaries.GIVEN} {canaries.FAMILY}")
        stage.settle()
        self.tell(call)
        assert stage.hospital.amend_finding(canaries.AMENDED)[0] == 202
        self.checkpoint()
        stage.settle()
        for _ in range(2):  # the code of the earlier telling confirms nothing; the changed one has another
            stage.press(call, next(attempt.code for attempt in stage.attempts() if attempt.sid == call.sid))
        stage.advance(60)
        assert stage.relay().ended_at is not None

    def wrong_person_and_retraction(self) -> None:
        """Nobody of the directory ordered it; the nurse hears it and is the wrong person; it is retracted while ringing."""
        stage = self.stage
        stated = {"name": "Dr. Otto Stated", "phone": canaries.STATED_PHONE}
        self.study(canaries.SECOND_ACCESSION, ordering_contact=stated)
        self.finding()
        call = stage.rings(CHARGE)
        call.answer()
        stage.settle()
        stage.press(call, "2")
        stage.listen(call)
        self.identified.append(call)
        stage.press(call, "999")
        stage.press(call, "*")
        call.hang_up()
        second = advance_until_ringing(stage, SUPERVISOR, minutes=6)
        second.answer()
        stage.settle()
        stage.press(second, "9")
        advance_until_ringing(stage, LEE_PHONE, minutes=6)
        assert stage.hospital.retract_finding(replaces=canaries.FINDING)[0] == 202
        self.checkpoint()
        stage.advance(20)

    def recorded_read_back(self) -> None:
        """At a site that records, the finding is read back by voice; the recording is fetched and kept."""
        stage = self.stage
        self.study(
            canaries.RECORDED_ACCESSION,
            facility="lakeside",
            ordering_contact="lakeside-ed-physician",
            patient_state="NY",
        )
        self.finding(facility="lakeside")
        call = stage.rings(OKAFOR)
        stage.exchange.expect_text(OKAFOR)
        call.answer()
        stage.settle()
        self.tell(call)
        stage.press(call, "1")
        stage.listen(call)
        call.record(f"RIFF {canaries.EVERYTHING}".encode(), 6, "#")
        stage.advance(90)

    def modalities_and_the_desk(self) -> None:
        """DICOM objects, and a finding before its study: the desk's phones ring, and one of them takes it."""
        stage = self.stage
        header = {
            "AccessionNumber": canaries.DICOM_ACCESSION,
            "StudyInstanceUID": canaries.UID + ".1",
            "PatientName": canaries.NAME,
            "PatientID": canaries.MRN,
            "PatientBirthDate": "19610304",
            "ReferringPhysicianName": "STATED^OTTO",
            "PatientComments": canaries.EVERYTHING,
        }
        assert stage.hospital.send_dicom_ct(2, **header)[0] == 202
        self.checkpoint()
        stage.advance(5)
        data = {
            "facility": "mercy",
            "accession_number": canaries.LONELY_ACCESSION,
            "category": 1,
            "text": canaries.FINDING,
            "found_by": "lee",
            "found_at": stage.clock.now().isoformat(),
        }
        assert stage.hospital.send_event("finding.reported", data)[0] == 202
        stage.advance(5)
        phone = stage.rings(DESK_PHONE)
        stage.rings(DESK_PHONE_2)
        phone.answer()
        stage.settle()
        stage.press(phone, "1")
        stage.advance(20)
        stage.click(QUINN, "open_case", DESK, stage.workspace.messages(DESK)[0])

    # --- the page ----------------------------------------------------------------------------------------------------

    def case_page(self) -> None:
        """Seen, started from with typed words, told, documented by hand; links and visits that are not good."""
        stage = self.stage
        study = next(one for one in stage.all(type(stage.study())) if one.accession_number == canaries.ACCESSION)
        case = f"{study.case_code[:4]}-{study.case_code[4:]}"
        stage.command(LEE, f"start {case}")
        link, browser = newest_link(stage), Browser(stage)
        self.pages.append(browser.sign_in(link))
        shown = browser.send("start", category="1", text=canaries.TYPED, found_by="lee", contact="mercy-ed-physician")
        assert shown.status_code == 200, shown.text
        self.pages.append(shown.text)
        again = browser.fields(category="1", text=canaries.TYPED, found_by="lee", contact="mercy-ed-physician")
        assert browser.send("start/confirmed", **again).status_code == 200
        stage.advance(5)
        call = stage.rings(KIM)
        stage.exchange.expect_text(KIM)
        call.answer()
        stage.settle()
        self.tell(call)
        stage.press(call, "0")
        self._nobody_comes()
        browser.look()
        wrong = f"{canaries.NAME} {canaries.MRN}"
        refused = [
            browser.send("log", receiver_name=wrong, role="physician", read_back="yes", at=canaries.BIRTH_DATE),
            browser.client.post(f"{browser.path}/start", data={"csrf": "x", "text": canaries.EVERYTHING}),
            browser.client.post(f"{browser.path}/close", data={"reason": canaries.EVERYTHING, "csrf": "x"}),
            browser.client.post(link, headers={"referer": "http://x.example/"}),
            browser.client.get("/cases/1234-5678"),
            browser.client.get(f"{browser.path}/recordings/nothing"),
        ]
        assert [answer.status_code for answer in refused if answer.status_code < 400] == []
        stage.command(LEE, f"withdraw {case}")
        question = stage.workspace.ephemerals(LEE)[-1]
        stage.workspace.click(LEE, question.channel, question.ts, "withdraw")
        stage.advance(20)
        browser.close()
        self._play(stage)

    def by_hand(self) -> None:
        """Somebody whom nobody knows receives it by hand, under the patient's own name; afterwards a caller asks who."""
        stage = self.stage
        self.study(canaries.BY_HAND_ACCESSION, ordering_contact="mercy-ed-physician")
        self.finding()
        stage.command(LEE, f"open {stage.case()}")
        browser = Browser(stage)
        browser.sign_in(newest_link(stage))
        for role in ("clerk", "physician"):
            at = stage.clock.now().astimezone(ZoneInfo("America/Chicago")).strftime("%Y-%m-%dT%H:%M:%S")
            name = f"{canaries.GIVEN} {canaries.FAMILY}"
            answer = browser.send("log", receiver="", receiver_name=name, role=role, read_back="yes", at=at)
            assert answer.status_code == 200, answer.text
            browser.look()
        self.pages.append(browser.page)
        assert "janevieve doeblequist" in browser.page.casefold()
        relay = stage.relay()
        assert (relay.ended_by, relay.ended_role) == ("not_in_directory", "physician")
        self.checkpoint()
        caller = stage.exchange.call_in(KIM, OURS)
        stage.settle()
        stage.press(caller, relay.callback_code)
        stage.listen(caller)
        assert "by a physician" in " ".join(caller.heard)
        stage.advance(20)
        browser.close()

    def overlook(self) -> None:
        """Mark what rang and was texted as seen: other stories tell of it."""
        self.stage.tasks()
        for one in self.stage.workspace.unseen():
            one.seen = bool(one.visible_to)
        look_at_everything(self.stage, {KIM: 1, CHARGE: 2, DESK_PHONE: 3, DESK_PHONE_2: 3}, {KIM: 1})

    def _nobody_comes(self) -> None:
        """Let the bridge ring at the radiologist's and the desk's without an answer."""
        stage = self.stage
        for _ in range(3):
            for ringing in stage.exchange.ringing():
                ringing.seen = True
                if not ringing.answered_at:
                    ringing.decline()
            stage.advance(30)
        for call in stage.exchange.calls:
            if call.is_live and call.status == "in-progress":
                call.hang_up()
        stage.settle()

    def _play(self, stage: Stage) -> None:
        study = next(one for one in stage.all(type(stage.study())) if one.facility == "lakeside")
        stage.command(LEE, f"open {study.case_code}")
        browser = Browser(stage)
        page = browser.sign_in(newest_link(stage))
        self.pages.append(page)
        sound = re.search(r'/cases/[^"]+/recordings/[^"]+', page)
        assert sound is not None
        assert canaries.FINDING.encode() in browser.client.get(sound.group()).content
        browser.close()

    # --- what should not be sent ----------------------------------------------------------------------------------------

    def nonsense(self) -> None:
        """Type and send patient data where it does not belong, and let the product fail under it."""
        bad = Nonsense(self.stage, self.checkpoint)
        bad.typed_into_slack()
        bad.at_every_door()
        bad.poisoned_events()
        self.study("ACC-CANARY-5526")
        bad.broken_tables()
