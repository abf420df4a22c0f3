"""The table: which guard, where it stands, what it looks like without it, and who notices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One guard; ``old`` occurs once in ``file``, and ``new`` in its place removes the guard and nothing else."""

    name: str
    file: str
    old: str
    new: str
    test: str
    #: The database on which the test is run, where it runs on one.
    database: str = "sqlite"


_WEBHOOKS = "tests/security/test_forged_webhooks.py"
_SLACK = "tests/security/test_forged_slack.py"
_CALLBACKS = "tests/security/test_forged_callbacks.py"
_PAGES = "tests/security/test_forged_pages.py"
_DURABLE = "tests/security/test_commit_before_words.py"
_PICKUP = "tests/flows/test_pickup_page.py"

GUARDS = (
    Guard(
        "compare and set of a row's version",
        "store/transactions.py",
        'columns.version == bindparam("seen")',
        'columns.version >= bindparam("seen")',
        "tests/store/test_transactions.py::test_writing_an_older_version_is_refused",
    ),
    Guard(
        "one holder of a read",
        "handlers/claims.py",
        "    if read.state is ReadState.OPEN:\n        return\n",
        "    if read.state in (ReadState.OPEN, ReadState.CLAIMED):\n        return\n",
        "tests/flows/test_two_hundred_claims.py::test_two_hundred_claims_have_one_holder_and_199_reasons",
    ),
    Guard(
        "signature of a webhook",
        "bot/intake/signatures.py",
        "if hmac.compare_digest(digest, signature) and found is None:",
        "if found is None:",
        f"{_WEBHOOKS}::test_forged_events_are_refused",
    ),
    Guard(
        "age of a webhook",
        "bot/intake/signatures.py",
        "if abs(wall - int(timestamp)) > TOLERANCE:",
        "if False:",
        f"{_WEBHOOKS}::test_forged_dicom_objects_are_refused",
    ),
    Guard(
        "facilities of a source",
        "bot/intake/door.py",
        "if not _speaks_for(source, event.facility):",
        "if False:",
        f"{_WEBHOOKS}::test_forged_events_are_refused",
    ),
    Guard(
        "signature of Slack",
        "bot/slack/app.py",
        "request_verification_enabled=True",
        "request_verification_enabled=False",
        f"{_SLACK}::test_forged_clicks_and_commands_are_refused",
    ),
    Guard(
        "a click is judged once",
        "handlers/once.py",
        "        if earlier is not None:\n            return earlier\n",
        "",
        f"{_SLACK}::test_a_click_or_command_replayed_within_five_minutes_changes_nothing",
    ),
    Guard(
        "signature of Twilio",
        "telephony/signature.py",
        "return any(one.validate(url, form, signature) for one in self._validators)",
        "return True",
        f"{_CALLBACKS}::test_forged_callbacks_are_refused",
    ),
    Guard(
        "turn number of a call",
        "handlers/calls.py",
        "    if kept is None and turn == attempt.turn:\n",
        "    if kept is None or turn != attempt.turn:\n",
        f"{_CALLBACKS}::test_a_replayed_callback_gets_the_same_bytes_and_changes_nothing",
    ),
    Guard(
        "unique accession number",
        "store/migrations/versions/0001_initial.py",
        'sa.UniqueConstraint("facility", "accession_number_index"),',
        "",
        "tests/security/test_gates.py::test_an_accession_number_is_unique_within_its_facility",
    ),
    Guard(
        "one open line to a number",
        "store/migrations/versions/0001_initial.py",
        'sa.UniqueConstraint("open_number"),',
        "",
        "tests/store/test_transactions.py::test_a_second_value_under_a_unique_key_is_refused",
    ),
    Guard(
        "append-only trigger of SQLite",
        "store/migrations/append_only.py",
        '_sqlite("audit_entry_no_update", "BEFORE UPDATE ON audit_entry", f"{_ENTRY}: UPDATE refused"),',
        "",
        "tests/store/test_schema.py::test_the_database_itself_refuses_to_change_the_record",
    ),
    Guard(
        "append-only trigger of PostgreSQL",
        "store/migrations/append_only.py",
        '_postgresql("audit_entry_no_change", "UPDATE OR DELETE ON audit_entry FOR EACH ROW"),',
        "",
        "tests/store/test_schema.py::test_the_database_itself_refuses_to_change_the_record",
        "postgresql",
    ),
    Guard(
        "hash of an entry",
        "store/audit.py",
        'if digest(body) != row["hash"]:',
        "if False:",
        "tests/store/test_tampering.py::test_every_change_is_named",
    ),
    Guard(
        "anchor of a chain's tail",
        "store/audit.py",
        "if last[0] < at_seq:",
        "if False:",
        "tests/store/test_tampering.py::test_a_tail_cut_before_the_last_anchor_is_named",
    ),
    Guard(
        "consent to automated calls",
        "handlers/domain/directory.py",
        "return self.kind in DIALABLE and self.consent is not None and self.verified is not None",
        "return self.kind in DIALABLE and self.verified is not None",
        "tests/flows/test_unknown_contact.py::test_a_contact_without_consent",
    ),
    Guard(
        "consent to texts",
        "handlers/domain/directory.py",
        "return self.kind is NumberKind.MOBILE and self.sms_consent and self.may_be_dialed()",
        "return self.kind is NumberKind.MOBILE and self.may_be_dialed()",
        "tests/flows/test_texts.py::test_a_mobile_whose_consent_covers_calls_only_is_not_texted",
    ),
    Guard(
        "PIN on a call back",
        "handlers/call_facts.py",
        "    has_pin = bool(identity.with_pin(tx, directory, attempt))\n",
        "    has_pin = attempt.purpose is Purpose.CONTACT and bool(identity.with_pin(tx, directory, attempt))\n",
        "tests/flows/test_pin_on_call_back.py::test_whoever_calls_back_keys_the_pin",
    ),
    Guard(
        "agreement of the site",
        "bot/intake/door.py",
        "if event.kind in _STUDY_NEEDS_BAA and not keyring.directory.facilities[event.facility].has_baa(now):",
        "if False:",
        "tests/bot/intake/test_door.py::test_without_an_agreement_new_studies_are_refused_on_the_record",
    ),
    Guard(
        "agreement of the telephone company",
        "handlers/call_facts.py",
        'may_identify=directory.vendor_may_hear("twilio", facility.today(tx.now)),',
        "may_identify=True,",
        "tests/security/test_gates.py::test_without_the_vendors_agreement_nothing_identifying_is_spoken",
    ),
    Guard(
        "license and privilege at the click",
        "handlers/claims.py",
        "    if left:\n",
        "    if False:\n",
        "tests/flows/test_claimed_and_read.py::test_a_reader_without_license_is_told_which_rule_failed",
    ),
    Guard(
        "whose finding may be withdrawn",
        "handlers/hands.py",
        "    if not mine:\n",
        "    if False:\n",
        "tests/security/test_gates.py::test_only_the_radiologist_whose_finding_it_is_withdraws_it",
    ),
    Guard(
        "who may close a relay",
        "handlers/hands.py",
        'if not is_admin and actor != f"radiologist:{relay.delegated_by}":',
        "if False:",
        "tests/flows/test_logged_by_hand.py::test_another_radiologist_of_the_pool_closes_nothing",
    ),
    Guard(
        "a contact's sites",
        "handlers/domain/directory.py",
        "return next((one for one in meant if not one.retired and one.serves(facility)), None)",
        "return next((one for one in meant if not one.retired), None)",
        "tests/flows/test_redirected.py::test_from_slack_nobody_of_another_site_is_called",
    ),
    Guard(
        "no stated name in the record",
        "handlers/receivers.py",
        "    return NOT_IN_DIRECTORY\n",
        "    return stated\n",
        "tests/flows/test_logged_by_hand.py::test_a_stated_name_stands_on_page_and_statement_and_nowhere_else",
    ),
    Guard(
        "the role that may end a relay",
        "handlers/domain/conversation.py",
        "if dialog.may_end(key, ended_by):",
        "if True:",
        "tests/flows/test_nurse_may_not_end.py::test_she_is_asked_for_a_physician_and_the_ladder_goes_on",
    ),
    Guard(
        "the finding before its code",
        "handlers/domain/conversation.py",
        "    if not has_heard(attempt, now):\n        return telling(attempt, replace(facts",
        "    if False:\n        return telling(attempt, replace(facts",
        "tests/handlers/domain/test_conversation.py::test_nobody_learns_a_code_to_whom_the_finding_was_not_told",
    ),
    Guard(
        "the code that confirms",
        "handlers/domain/conversation.py",
        "if key is Key.NUMBER and number == attempt.code:",
        "if key is Key.NUMBER:",
        "tests/security/test_gates.py::test_a_wrong_code_confirms_nothing",
    ),
    Guard(
        "commit before words",
        "handlers/calls.py",
        "        return say(tx, house, said, turn, _to_keep(attempt.stage, heard))\n\n    return in_transaction(house, facility, act)\n",
        "        return say(tx, house, said, turn, _to_keep(attempt.stage, heard))\n\n"
        "    said: list[Reply] = []\n"
        "    try:\n"
        "        in_transaction(house, facility, lambda tx: said.append(act(tx)))\n"
        "    except Exception:\n"
        "        pass\n"
        "    return said[0]\n",
        f"{_DURABLE}::test_an_answer_that_cannot_be_committed_is_not_spoken",
    ),
    Guard(
        "commit before 202",
        "bot/intake/door.py",
        "verdict = await asyncio.shield(asyncio.wrap_future(self._append(judged.accepted)))",
        "verdict = (self._append(judged.accepted), Verdict.NEW)[1]",
        f"{_DURABLE}::test_an_event_that_cannot_be_committed_is_not_accepted",
    ),
    Guard(
        "halt",
        "handlers/desk.py",
        '        if halt.reason == "halt":\n',
        '        if halt.reason == "never":\n',
        "tests/flows/test_halt.py::test_nothing_is_dialed_while_halted",
    ),
    Guard(
        "a link works once",
        "handlers/cases.py",
        "if link is None or link.used_at is not None or link.expires_at < tx.now:",
        "if link is None or link.expires_at < tx.now:",
        f"{_PAGES}::test_forged_links_are_refused",
    ),
    Guard(
        "a link works for a minute",
        "handlers/cases.py",
        "if link is None or link.used_at is not None or link.expires_at < tx.now:",
        "if link is None or link.used_at is not None:",
        f"{_PAGES}::test_forged_links_are_refused",
    ),
    Guard(
        "a visit is to one case",
        "handlers/cases.py",
        "if kept is None or kept.case_code != codes.parse(case):",
        "if kept is None:",
        f"{_PAGES}::test_forged_visits_and_forms_are_refused",
    ),
    Guard(
        "a form belongs to its visit",
        "bot/pages/forms.py",
        'if not hmac.compare_digest(fields.get("csrf", "").encode(), csrf(session_token).encode()):',
        "if False:",
        f"{_PAGES}::test_forged_visits_and_forms_are_refused",
    ),
    Guard(
        "only what was shown is started",
        "bot/pages/forms.py",
        'if not hmac.compare_digest(fields.get("seal", "").encode(), seal(session_token, asked).encode()):',
        "if False:",
        f"{_PAGES}::test_forged_visits_and_forms_are_refused",
    ),
    Guard(
        "a call in doubt is looked up before it is dialed again",
        "handlers/placing.py",
        "    if seen is not None:\n        sid, status = seen.sid, seen.status\n",
        "    if seen is not None and False:\n        sid, status = seen.sid, seen.status\n",
        "tests/flows/test_in_doubt.py::test_a_lost_answer_without_any_callback_is_found_by_looking",
    ),
    Guard(
        "one number alone is no outage",
        "handlers/domain/outage.py",
        "is_out = health.failures >= FAILURES and len(things) >= THINGS",
        "is_out = health.failures >= FAILURES",
        "tests/handlers/domain/test_outage.py::test_one_number_alone_is_never_an_outage",
    ),
    Guard(
        "an older word of the vendor's changes nothing",
        "handlers/callbacks.py",
        "        if sequence <= attempt.sequence:\n",
        "        if False:\n",
        "tests/flows/test_lost_and_late.py::test_an_older_word_of_the_vendors_changes_nothing",
    ),
    Guard(
        "no patient in Slack",
        "handlers/claims.py",
        'f"Claimed by {reader.name}."',
        'f"Claimed by {reader.name}: {tx.get(Study, read.study_id).patient_name}."',
        "tests/security/test_phi_lint.py",
    ),
    Guard(
        "no patient in the record",
        "handlers/findings.py",
        'facts = {"category": finding.category, "found_by": finding.found_by}\n',
        'facts = {"category": finding.category, "found_by": finding.found_by, "text": finding.text}\n',
        "tests/security/test_phi_lint.py",
    ),
    Guard(
        "patient columns are sealed",
        "store/cipher.py",
        "return self._fernet.encrypt(plain)",
        'return self._fernet.encrypt(plain) + b" " + plain',
        "tests/store/test_values.py::test_patient_columns_are_not_readable_in_the_files_bytes",
    ),
    Guard(
        "category 1 is never delayed by a limit",
        "handlers/limits.py",
        "if relay.category == 1 or relay.shadow or not contact.limits:",
        "if relay.shadow or not contact.limits:",
        "tests/flows/test_call_limits.py::test_category_1_rings_at_once_whatever_the_limits_say",
    ),
    Guard(
        "how often a contact is called",
        "handlers/rungs.py",
        "    if full is not None:\n        return _limited(",
        "    if full is not None and full.limit.calls > 99:\n        return _limited(",
        "tests/flows/test_call_limits.py::test_a_second_call_waits_out_the_minute",
    ),
    Guard(
        "category 1 is never quiet",
        "handlers/domain/quiet.py",
        "return category != 1 and category in self.categories",
        "return category in self.categories",
        "tests/handlers/domain/test_quiet.py::test_category_1_is_never_quiet",
    ),
    Guard(
        "a role stated for one result ends no other that is not its own",
        "handlers/several.py",
        "return role is not None and set(dialog.stands_for(role)) <= set(relay.policy.ended_by)",
        "return role is not None",
        "tests/flows/test_two_results_one_call.py::test_a_role_that_may_not_end_the_second_is_asked_for_it_again",
    ),
    Guard(
        "who calls us is told of nothing else without a PIN",
        "handlers/several.py",
        "    if called_us and receipts.receipt_of(tx, attempt).role_by != receipts.PIN:\n        return []\n",
        "",
        "tests/flows/test_two_results_one_call.py::test_somebody_who_calls_our_number_without_a_pin_hears_of_no_other_result",
    ),
    Guard(
        "PIN on the pickup page",
        "handlers/pickups.py",
        "return contact if identity.is_theirs(tx, house, contact, pin) else None",
        "return contact",
        f"{_PICKUP}::test_three_wrong_entries_close_the_link_and_the_desk_knows",
    ),
    Guard(
        "call-back code on the pickup page",
        "handlers/pickups.py",
        "if contact is None or not hmac.compare_digest(code.encode(), relay.callback_code.encode()):",
        "if contact is None:",
        f"{_PICKUP}::test_three_wrong_entries_close_the_link_and_the_desk_knows",
    ),
    Guard(
        "one visit of a text's link",
        "handlers/domain/pickups.py",
        "return pickup.state is PickupState.OFFERED and now < pickup.expires_at and allowed(relay)",
        "return now < pickup.expires_at and allowed(relay)",
        f"{_PICKUP}::test_a_forwarded_link_is_one_visit_on_one_telephone",
    ),
    Guard(
        "nothing that has changed is confirmed on the page",
        "handlers/domain/pickups.py",
        "attempt.told_at is None or attempt.revision != relay.revision or",
        "attempt.told_at is None or",
        f"{_PICKUP}::test_what_changes_between_is_shown_again_and_the_old_code_confirms_nothing",
    ),
    Guard(
        "category 1 is never picked up",
        "handlers/domain/pickups.py",
        "fits = relay.category in relay.policy.pickup and relay.category not in NO_PICKUP",
        "fits = relay.category in relay.policy.pickup",
        "tests/handlers/domain/test_pickups.py::test_category_1_is_never_picked_up_whatever_a_policy_says",
    ),
)
