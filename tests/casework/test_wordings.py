"""Whose words a measure is read in, contact by contact."""

from __future__ import annotations

from gsh_console.casework.desk import Desk
from gsh_console.casework.wordings import notice_for, record_for, wording_for
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
    assert told == [(installed, "", ""), (installed, "Polish, at sight, not validated", ""), ("", "", "")]
