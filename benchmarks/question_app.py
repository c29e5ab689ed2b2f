"""The console standing at the first PHQ-9 question of a new contact, on a real encrypted store."""

import sys
from datetime import date
from pathlib import Path

from gsh_console.casework import contacts
from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.domain.entries import Entered, Filled
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.settings import Settings
from gsh_console.store import caseload
from gsh_console.tui.app import GshApp


def desk_at(folder: Path) -> Desk:
    """A training desk with one synthetic patient."""
    desk = Access(folder, Settings()).set_up_training(Practitioner("Bench"))
    patient = Patient("p1", "Test", "Pat", date(1980, 1, 1))
    with desk.store.unit() as session:
        caseload.add_patient(session, patient, desk.now())
    return desk


class QuestionApp(GshApp):
    """Opens a contact at once."""

    CSS_PATH = [Path(sys.modules["gsh_console.tui.app"].__file__ or "").parent / "app.tcss"]

    def on_mount(self) -> None:
        """Stand at the first question."""
        desk = self.desk
        conduct = contacts.open_contact(desk, "p1")
        conduct.record(Entered("opening", "identity"))
        conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
        conduct.record(Entered("measures", "phq-9"))
        self.open_session(conduct)


if __name__ == "__main__":
    desk = desk_at(Path(sys.argv[1]))
    QuestionApp(Access(Path(sys.argv[1]), Settings()), desk).run()
