"""Whose words a measure is read in, contact by contact."""

from __future__ import annotations

from gsh_console.casework.desk import Desk
from gsh_console.casework.wordings import installed_words, notice_for, record_for, wording_for
from gsh_console.domain.entries import Filled
from gsh_console.domain.measures import Mode
from tests.builders import make_conduct, make_patient, put_patient


def test_a_contact_in_polish_is_offered_the_polish_text_and_says_whose_it_is(desk: Desk) -> None:
    conduct = make_conduct(desk, put_patient(desk, make_patient(2, language="pl", interpreter_required=True)))
    found = wording_for(conduct, "phq-9")
    assert found is not None
    assert found.record == "Polish (official, validation not stated)"
    assert notice_for(conduct, "phq-9").startswith("PHQ-9: Polish text, official, validation not stated")
    assert (
        notice_for(conduct, "wsas")
        == "WSAS: no validated text installed for Polish: interpreted at sight, not validated"
    )


def test_a_contact_in_english_is_told_nothing_about_translations(desk: Desk) -> None:
    conduct = make_conduct(desk, put_patient(desk, make_patient()))
    assert wording_for(conduct, "phq-9") is None
    assert notice_for(conduct, "phq-9") == ""


def test_a_language_that_has_no_words_of_its_own_is_said_by_its_name(desk: Desk) -> None:
    conduct = make_conduct(desk, put_patient(desk, make_patient(2, language="ur")))
    assert "no validated text installed for Urdu" in notice_for(conduct, "gad-7")


def test_the_record_says_whose_text_was_read_or_that_it_was_put_into_words_at_sight(desk: Desk) -> None:
    polish = make_conduct(desk, put_patient(desk, make_patient(2, language="pl")))
    english = make_conduct(desk, put_patient(desk, make_patient()))
    told = [
        (record_for(polish, "phq-9", mode), record_for(polish, "wsas", mode), record_for(english, "phq-9", mode))
        for mode in (Mode.INTERPRETED, Mode.READ_OUT, Mode.SELF_COMPLETED)
    ]
    installed = "Polish (official, validation not stated)"
    assert told == [("", "", ""), (installed, "Polish, at sight, not validated", ""), ("", "", "")]


def test_an_interpreter_is_on_record_as_reading_the_installed_text_only_once_that_was_recorded(desk: Desk) -> None:
    patient = put_patient(desk, make_patient(2, language="pl", interpreter_required=True))
    conduct = make_conduct(desk, patient)
    assert record_for(conduct, "phq-9", Mode.INTERPRETED) == ""
    conduct.record(Filled("read_by.how", "interpreter_validated"))
    assert record_for(conduct, "phq-9", Mode.INTERPRETED) == "Polish (official, validation not stated)"
    conduct.record(Filled("read_by.how", "at_sight"))
    assert record_for(conduct, "phq-9", Mode.INTERPRETED) == ""


def test_the_text_itself_is_shown_only_in_letters_a_terminal_draws_rightly(desk: Desk) -> None:
    polish = make_conduct(desk, put_patient(desk, make_patient(2, language="pl")))
    bengali = make_conduct(desk, put_patient(desk, make_patient(3, language="bn")))
    assert len(installed_words(polish, "phq-9").texts) == 9
    assert installed_words(polish, "phq-9").notice == "Polish text, official, validation not stated"
    assert installed_words(bengali, "phq-9").texts == {}
    assert installed_words(bengali, "phq-9").notice == "no Bengali text: interpreted at sight, not validated"
