"""The console at the first PHQ-9 question with a full outbox; with an address, the courier sends it meanwhile."""

import sys
from pathlib import Path

from question_app import QuestionApp
from tests.builders import make_desk, make_patient, put_patient
from tests.sync.many import fill, rest_target

from gsh_console.casework.access import Access
from gsh_console.casework.background import Background
from gsh_console.settings import Settings


class SendingApp(QuestionApp):
    """Opens a contact at once and sends while it is open."""

    def on_mount(self) -> None:
        """Begin to send, then stand at the first question."""
        if base := sys.argv[2:]:
            self.sender = Background(self.desk, lambda _: rest_target(base[0]))
            self.sender.start()
        super().on_mount()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    desk = make_desk(folder)
    fill(desk, 600, 150)
    put_patient(desk, make_patient(1, id="p1"))
    SendingApp(Access(folder, Settings()), desk).run()
