"""The console standing at the first PHQ-9 question of a new contact, on a real encrypted store.

question_app.py STORE                 a new training store
question_app.py STORE PASSPHRASE      a store that is there; it sends meanwhile where server.toml names a server
"""

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

    person = "p1"

    CSS_PATH = [Path(sys.modules["gsh_console.tui.app"].__file__ or "").parent / "app.tcss"]

    def on_mount(self) -> None:
        """Stand at the first question."""
        desk = self.desk
        conduct = contacts.open_contact(desk, self.person)
        conduct.record(Entered("opening", "identity"))
        conduct.record(Filled("identity.given", ("full_name", "date_of_birth")))
        conduct.record(Entered("measures", "phq-9"))
        self.open_session(conduct)
        self.start_sending()


if __name__ == "__main__":
    access = Access(Path(sys.argv[1]), Settings())
    app = QuestionApp(access, access.unlock(sys.argv[2]) if sys.argv[2:] else desk_at(access.folder))
    if sys.argv[2:]:
        app.person = app.desk.store.fetch("SELECT max(id) FROM patient")[0][0]
    app.run()
