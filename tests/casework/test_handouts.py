"""Booklets chosen, written as the patient's own copy, and recorded as given."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gsh_console.casework import handouts
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import Filled, MaterialEvent, MaterialUsed
from gsh_console.domain.protocols import Field, FieldKind, Option, Repeat, Step, StepKind
from gsh_console.faults import EntryRefused, MaterialFault, SettingsFault
from gsh_console.settings import load
from tests.builders import make_conduct, make_desk, make_patient, put_patient

SHEET = Step(
    id="activity-diary",
    kind=StepKind.FIELDS,
    title="Activity diary",
    repeat=Repeat.ROWS,
    rows=5,
    worksheet="getting-active/activity-diary",
    fields=(
        Field("day", FieldKind.TEXT, "Day"),
        Field("did", FieldKind.TEXT, "What"),
        Field("where_who", FieldKind.TEXT, "Where"),
        Field("mood", FieldKind.SCALE, "Mood", low=0, high=10),
    ),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with one patient who speaks Urdu and has low mood."""
    return make_desk(tmp_path / "store")


@pytest.fixture
def conduct(desk: Desk) -> Conduct:
    """A contact of that patient just opened."""
    person = put_patient(desk, make_patient(language="ur", problem_descriptor="F32.1", given_name="Amina"))
    return make_conduct(desk, person)


def with_sheet(conduct: Conduct) -> None:
    """Let the contact ask the rows of a booklet's worksheet in its first stage."""
    first, *rest = conduct.book.protocol.stages
    protocol = replace(conduct.book.protocol, stages=(replace(first, steps=(*first.steps, SHEET)), *rest))
    conduct.book = replace(conduct.book, protocol=protocol)


def test_booklets_for_the_problem_come_first_and_the_one_used_last_before_them(conduct: Conduct) -> None:
    offered = handouts.offers(conduct)
    places = [(offer.used_last, offer.for_problem) for offer in offered]
    assert places == sorted(places, key=lambda each: (not each[0], not each[1]))
    assert "getting-active" in [offer.entry.id for offer in offered if offer.for_problem]
    assert not any(offer.used_last for offer in offered)
    handouts.discuss(conduct, "worry-time", "en", "1.1")
    first, *others = handouts.offers(conduct)
    assert (first.entry.id, first.used_last) == ("worry-time", True)
    assert not any(offer.used_last for offer in others)
    assert {offer.entry.id: offer.review.language for offer in others if offer.review}["getting-active"] == "ur"


def test_a_patient_without_a_known_problem_is_offered_every_booklet_by_title(desk: Desk) -> None:
    plain = make_conduct(desk, put_patient(desk, make_patient(2, problem_descriptor="", language="en")))
    titles = [offer.entry.title for offer in handouts.offers(plain)]
    assert titles == sorted(titles)
    assert len(titles) == len(desk.library.booklets)


def test_the_patients_own_copy_holds_the_person_and_its_name_nothing_of_them(conduct: Conduct, tmp_path: Path) -> None:
    conduct.record(Filled("goals.1.text", "Walk to the park"))
    conduct.record(Filled("plan.1.what", "Ring Sam"))
    path = handouts.write_personal(conduct, "getting-active", "ur", tmp_path, "html")
    page = path.read_text("utf-8")
    for said in ("Amina", "Walk to the park", "Ring Sam", conduct.desk.practitioner.name):
        assert f"<bdi>{said}" in page
    assert path.name.startswith("getting-active_ur_v1.0.0_own-copy-")
    for private in ("amina", conduct.patient.family_name.lower(), conduct.patient.id):
        assert private not in path.name.lower()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_safety_card_is_written_as_one_sheet_too_with_the_plan_made_on_the_call(
    conduct: Conduct, tmp_path: Path
) -> None:
    conduct.record(Filled("safety_plan.signs", "not answering the door"))
    booklet = handouts.write_personal(conduct, "safety-card", "en", tmp_path, "html")
    card, *more = [path for path in tmp_path.glob("*.html") if path != booklet]
    assert more == []
    assert card.name.endswith("_card.html")
    assert "not answering the door" in card.read_text("utf-8")
    assert "Amina" not in card.read_text("utf-8")
    assert stat.S_IMODE(card.stat().st_mode) == 0o600


def test_the_copy_that_is_opened_holds_nothing_personal(conduct: Conduct) -> None:
    conduct.record(Filled("goals.1.text", "Walk to the park"))
    page = handouts.write_html(conduct.desk, "getting-active", "ur").read_text("utf-8")
    assert "Amina" not in page
    assert "Walk to the park" not in page


def test_rows_typed_on_the_call_stand_filled_in_the_copy(conduct: Conduct, tmp_path: Path) -> None:
    with_sheet(conduct)
    conduct.record(Filled("activity-diary.1.day", "Monday morning"))
    conduct.record(Filled("activity-diary.1.mood", 0))
    conduct.record(Filled("activity-diary.3.did", "Slept"))
    (sheet,) = handouts.personal_of(conduct, "getting-active").sheets
    assert sheet.worksheet == "activity-diary"
    assert sheet.rows == (("Monday morning", "", "", "0"), ("", "Slept", "", ""))
    assert handouts.personal_of(conduct, "worry-time").sheets == ()
    page = handouts.write_personal(conduct, "getting-active", "en", tmp_path, "html").read_text("utf-8")
    assert '<textarea rows="1" dir="auto">Monday morning</textarea>' in page


def test_a_ticked_cell_is_a_tick(conduct: Conduct) -> None:
    with_sheet(conduct)
    ticked = Field("did", FieldKind.CHOICE, "What", options=(Option("yes", "ticked"),))
    first, *rest = conduct.book.protocol.stages
    step = replace(SHEET, fields=(SHEET.fields[0], ticked, *SHEET.fields[2:]))
    changed = replace(first, steps=(*first.steps[:-1], step))
    conduct.book = replace(conduct.book, protocol=replace(conduct.book.protocol, stages=(changed, *rest)))
    conduct.record(Filled("activity-diary.1.did", "yes"))
    assert handouts.personal_of(conduct, "getting-active").sheets[0].rows == (("", "✓", "", ""),)


def test_only_lines_of_the_services_own_are_added_to_the_copy(conduct: Conduct, tmp_path: Path) -> None:
    assert handouts.personal_of(conduct, "welcome").lines == ()
    own = tmp_path / "own" / "crisis_contacts.toml"
    own.parent.mkdir()
    shipped = Path(handouts.__file__).parent.parent / "definitions" / "safety" / "crisis_contacts.toml"
    line = '\n[[contacts]]\nid = "own_line"\nname = "Night line"\nnumber = "0800 123 4567"\nwhen = "every night"\n'
    own.write_text(shipped.read_text("utf-8") + line, "utf-8")
    other = make_desk(tmp_path / "other")
    other.settings = replace(other.settings, definitions_folder=str(own.parent))
    person = put_patient(other, make_patient(3))
    (added,) = handouts.personal_of(make_conduct(other, person), "welcome").lines
    assert (added.name, added.number) == ("Night line", "0800 123 4567")


def test_a_folder_that_is_not_there_is_refused_and_nothing_is_made(conduct: Conduct, tmp_path: Path) -> None:
    with pytest.raises(MaterialFault, match="no such folder"):
        handouts.write_personal(conduct, "getting-active", "ur", tmp_path / "nowhere", "html")
    assert not (tmp_path / "nowhere").exists()


def test_a_service_that_forbids_drafts_sends_and_writes_none_but_may_read_them_out(
    conduct: Conduct, tmp_path: Path
) -> None:
    conduct.desk.settings = replace(conduct.desk.settings, forbid_drafts="yes")
    for channel in handouts.SENT:
        with pytest.raises(EntryRefused, match="does not send drafts"):
            handouts.give(conduct, "getting-active", "ur", channel)
    with pytest.raises(EntryRefused, match="does not send drafts"):
        handouts.write_personal(conduct, "getting-active", "ur", tmp_path, "html")
    assert conduct.state.materials == ()
    handouts.give(conduct, "getting-active", "ur", "read out on the call")
    (recorded,) = conduct.state.materials
    entry = recorded.entry
    assert isinstance(entry, MaterialUsed)
    assert (entry.event, entry.language, entry.version, entry.review_status, entry.channel) == (
        MaterialEvent.GIVEN, "ur", "1.0.0", "draft", "read out on the call",
    )  # fmt: skip


def test_a_setting_that_is_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('forbid_drafts = "maybe"\n', "utf-8")
    with pytest.raises(SettingsFault, match="forbid_drafts"):
        load(tmp_path / "settings.toml")
    (tmp_path / "settings.toml").write_text('forbid_drafts = "yes"\n', "utf-8")
    assert load(tmp_path / "settings.toml").forbid_drafts == "yes"
