"""The chart gathered from a patient's signed contacts."""

from __future__ import annotations

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.casework.progress import progress_of
from gsh_console.domain.people import Patient
from gsh_console.faults import InputRefused
from tests.builders import signed_contact


def test_a_patient_without_a_signed_contact_has_no_chart_and_one_sentence_says_so(desk: Desk, patient: Patient) -> None:
    with pytest.raises(InputRefused, match="No signed contact"):
        progress_of(desk, patient.id)


def test_the_chart_of_a_signed_contact_holds_its_scores_and_no_name(desk: Desk, patient: Patient) -> None:
    signed_contact(desk, patient)
    page = progress_of(desk, patient.id)
    assert page.index("PHQ-9") < page.index("GAD-7") < page.index("WSAS")
    assert patient.family_name not in page
    assert patient.given_name not in page
