"""Crisis contacts: per nation and language, with the day somebody last checked them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gsh_console.content.crisis_contacts import NATIONS, STALE_AFTER_DAYS
from gsh_console.content.definitions import Definitions
from gsh_console.faults import DefinitionFault
from tests.builders import console


@pytest.mark.parametrize("nation", NATIONS)
def test_every_nation_has_its_file_with_the_emergency_number_and_says_it_was_not_dialled(nation: str) -> None:
    found = Definitions(nation=nation).crisis_contacts()
    assert found.nation == nation
    assert {contact.id: contact.number for contact in found.contacts}["emergency"] == "999"
    assert "not dialled" in found.checked_by
    assert set(found.telephones) >= {"emergency", "nhs", "samaritans"}


def test_111_is_named_only_where_the_reference_gives_its_mental_health_option() -> None:
    with_nhs = [
        nation
        for nation in NATIONS
        if any(contact.id == "nhs" for contact in Definitions(nation=nation).crisis_contacts().contacts)
    ]
    assert with_nhs == ["England", "Wales"]
    for nation in ("Scotland", "Northern Ireland"):
        found = Definitions(nation=nation).crisis_contacts()
        assert "does not give it" in found.advice
        assert found.telephones["nhs"] == "the number your service gives you"


def test_a_welsh_speaker_is_given_the_welsh_line_first_and_nobody_else_is() -> None:
    found = Definitions(nation="Wales").crisis_contacts()
    assert next(contact.id for contact in found.for_language("cy")) == "samaritans_cy"
    assert "samaritans_cy" not in [contact.id for contact in found.for_language("en")]
    assert len(found.for_language("cy")) == len(found.contacts)


def test_numbers_nobody_checked_for_a_year_are_stale() -> None:
    found = Definitions().crisis_contacts()
    assert not found.is_stale(found.last_checked + timedelta(days=STALE_AFTER_DAYS))
    assert found.is_stale(found.last_checked + timedelta(days=STALE_AFTER_DAYS + 1))


def test_a_nation_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(DefinitionFault, match='Did you mean "Scotland"'):
        Definitions(nation="Scottland").crisis_contacts()


def test_the_doctor_says_when_the_numbers_were_last_checked(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    shipped = Definitions(nation="Wales").crisis_file.read_text("utf-8")
    (own / "crisis_contacts.toml").write_text(shipped.replace("2026-11-22", "2020-01-01"), "utf-8")
    settings = tmp_path / "settings.toml"
    settings.write_text('nation = "Wales"\n', "utf-8")
    fresh = console("doctor", folder=tmp_path / "none", GSH_CONSOLE_SETTINGS=str(settings))
    assert "crisis numbers    Wales, last checked 2026-11-22: " in fresh.stdout
    settings.write_text(f"definitions_folder = '{own}'\n", "utf-8")
    stale = console("doctor", folder=tmp_path / "none", GSH_CONSOLE_SETTINGS=str(settings))
    assert "! crisis numbers" in stale.stdout
    assert "more than a year ago: check them again" in stale.stdout
    assert stale.returncode == 1
