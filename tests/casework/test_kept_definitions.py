"""An old contact keeps the definitions it began with, whatever the service changes in between."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.contacts import open_contact, resume
from gsh_console.casework.desk import Desk
from gsh_console.casework.kept_definitions import check_sets
from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.casework.signing import sign
from gsh_console.casework.verifying import verify
from gsh_console.content.definition_sets import digest_of, packed, unpacked
from gsh_console.content.definitions import Definitions
from gsh_console.domain.entries import Entered, Filled
from gsh_console.domain.people import Patient
from gsh_console.faults import EntryRefused, StoreDamaged
from gsh_console.locations import definitions_folder
from tests.builders import make_patient, opening_entry, put_patient, raw_connection, record_all, whole_contact

SUPPORT = (definitions_folder() / "protocols" / "support_contact.toml").read_text("utf-8")
CRISIS = (definitions_folder() / "safety" / "crisis_contacts.toml").read_text("utf-8")
MORE = """
[[stages.steps]]
id = "extra"
kind = "fields"
title = "New this week"
[[stages.steps.fields]]
id = "asked"
kind = "text"
label = "A new thing to ask"
required = true
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A service's own definitions: the support contact, called by its own name."""
    folder = tmp_path / "own"
    (folder / "protocols").mkdir(parents=True)
    put(folder, SUPPORT.replace('title = "Support contact"', 'title = "Our call"'))
    return folder


def put(folder: Path, protocol: str) -> None:
    (folder / "protocols" / "support_contact.toml").write_text(protocol, "utf-8")


def changed(protocol: str) -> str:
    """The protocol as it is a week later: another name and one more thing to ask in the recap."""
    at = protocol.index("# ----------------------------------------------------------------", protocol.index('"recap"'))
    return (protocol[:at] + MORE + protocol[at:]).replace('title = "Support contact"', 'title = "Our new call"')


def console_with(desk: Desk, own: Path) -> Desk:
    """The console started again on the same store, reading the files as they are now."""
    return Desk(desk.store, dataclasses.replace(desk.settings, definitions_folder=str(own)), desk.clock)


def test_a_contact_goes_on_under_the_protocol_it_began_with(desk: Desk, patient: Patient, own: Path) -> None:
    first = open_contact(console_with(desk, own), patient.id)
    record_all(first, whole_contact()[:12])
    put(own, changed(SUPPORT))
    later = console_with(desk, own)
    conduct = resume(later, first.contact.id)
    assert conduct.book.protocol.title == "Our call"
    assert conduct.book.protocol == first.book.protocol
    with pytest.raises(EntryRefused, match="no such field"):
        conduct.record(Filled("extra.asked", "x"))
    fresh = open_contact(later, put_patient(later, make_patient(2)).id)
    assert fresh.book.protocol.title == "Our new call"
    assert "extra" in [step.id for step in fresh.book.protocol.stage("recap").steps]


def test_it_is_signed_and_read_and_verified_under_them_too(desk: Desk, patient: Patient, own: Path) -> None:
    first = open_contact(console_with(desk, own), patient.id)
    put(own, changed(SUPPORT))
    later = console_with(desk, own)
    conduct: Conduct = record_all(resume(later, first.contact.id), whole_contact())
    note = sign(conduct)
    assert note.title == "Our call, contact 1"
    assert resume(later, first.contact.id).book.protocol.title == "Our call"
    told = verify(later)
    assert (told.sets, told.older) == (1, 0)


def test_a_way_of_working_chosen_later_is_of_the_same_set(desk: Desk, patient: Patient, own: Path) -> None:
    first = open_contact(console_with(desk, own), patient.id)
    record_all(first, whole_contact()[:3])
    (own / "interventions").mkdir()
    text = (definitions_folder() / "interventions" / "panic.toml").read_text("utf-8")
    (own / "interventions" / "panic.toml").write_text(text.replace('title = "Panic"', 'title = "New panic"'), "utf-8")
    conduct = resume(console_with(desk, own), first.contact.id)
    conduct.record(Entered("next_step", "intervention"))
    conduct.record(Filled("intervention.chosen", ("panic",)))
    titles = [step.title for step in conduct.book.protocol.stage("next_step").steps]
    assert "Panic" in titles
    assert "New panic" not in titles


def test_crisis_contacts_are_always_those_in_force(desk: Desk, patient: Patient, own: Path) -> None:
    first = open_contact(console_with(desk, own), patient.id)
    put(own, changed(SUPPORT))
    (own / "crisis_contacts.toml").write_text(CRISIS.replace('"116 123"', '"0000"'), "utf-8")
    later = console_with(desk, own)
    opened = resume(later, first.contact.id).state.opened
    assert opened is not None
    kept = later.definitions_of(opened.definitions)
    assert kept is not later.definitions
    numbers = {contact.id: contact.number for contact in kept.crisis_contacts().contacts}
    assert numbers["samaritans"] == "0000"


def test_a_change_of_crisis_contacts_is_no_change_of_definitions(own: Path) -> None:
    before = Definitions(own=own).digest
    (own / "crisis_contacts.toml").write_text(CRISIS, "utf-8")
    assert Definitions(own=own).digest == before
    put(own, changed(SUPPORT))
    assert Definitions(own=own).digest != before


def test_a_set_is_kept_once_however_many_contacts_are_opened_under_it(desk: Desk, patient: Patient) -> None:
    open_contact(desk, patient.id)
    open_contact(desk, put_patient(desk, make_patient(2)).id)
    assert desk.store.fetch("SELECT sha256 FROM definition_set") == [(desk.definitions.digest,)]


def test_a_kept_set_can_be_neither_changed_nor_taken_away_unseen(desk: Desk, patient: Patient) -> None:
    open_contact(desk, patient.id)
    assert check_sets(desk.store) == 1
    raw = raw_connection(desk)
    for statement in ("UPDATE definition_set SET archive = x'00'", "DELETE FROM definition_set"):
        with pytest.raises(Exception, match="is never"):
            raw.execute(statement)
    raw.execute("DROP TRIGGER definition_set_never_changed")
    raw.execute("DROP TRIGGER definition_set_never_deleted")
    files = desk.definitions.files()
    name = next(iter(sorted(files)))
    raw.execute("UPDATE definition_set SET archive = ?", (packed({**files, name: b"changed"}),))
    with pytest.raises(StoreDamaged, match="was changed"):
        check_sets(desk.store)
    raw.execute("UPDATE definition_set SET archive = x'00'")
    with pytest.raises(StoreDamaged, match="cannot be read"):
        check_sets(desk.store)
    raw.execute("DELETE FROM definition_set")
    with pytest.raises(StoreDamaged, match="not kept here"):
        check_sets(desk.store)


def test_a_set_comes_out_of_its_archive_as_it_went_in() -> None:
    files = Definitions().files()
    assert unpacked(packed(files)) == files
    assert packed(files) == packed(dict(reversed(files.items())))
    assert digest_of(files) == Definitions().digest
    assert not any("crisis_contacts" in name for name in files)
    with pytest.raises(ValueError, match="does not belong"):
        unpacked(packed({"shipped/../../x": b""}))


def test_a_measure_is_asked_in_the_version_it_was_opened_with_though_another_is_in_force(own: Path) -> None:
    (own / "measures").mkdir()
    text = (definitions_folder() / "measures" / "wsas.toml").read_text("utf-8")
    changed_text = text.replace('version = "1.0.0"', 'version = "ours"', 1)
    (own / "measures" / "wsas.toml").write_text(changed_text, "utf-8")
    found = Definitions(own=own)
    assert found.measures["wsas"].version == "ours"
    before = opening_entry(measure_versions={"wsas": "1.0.0"})
    assert rulebook_of(found, before).measures["wsas"].version == "1.0.0"
    assert rulebook_of(found, opening_entry()).measures["wsas"].version == "ours"
    assert set(rulebook_of(found, before).measures) == set(found.measures)


def test_what_is_kept_is_what_was_read_though_the_files_change_while_the_console_runs(
    desk: Desk, patient: Patient, own: Path
) -> None:
    running = console_with(desk, own)
    assert running.definitions.protocols["support_contact"].title == "Our call"
    put(own, changed(SUPPORT))
    conduct = open_contact(running, patient.id)
    assert conduct.book.protocol.title == "Our call"
    assert check_sets(desk.store) == 1
    assert resume(console_with(desk, own), conduct.contact.id).book.protocol == conduct.book.protocol
