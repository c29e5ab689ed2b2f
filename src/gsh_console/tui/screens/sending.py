"""Sending the outbox from a screen: in a thread, with a line that tells how far it is and a way to stop."""

from __future__ import annotations

from dataclasses import dataclass

from textual import getters, work
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from gsh_console.faults import GshFault
from gsh_console.tui.app import GshApp


class SendingScreen(Screen[None]):
    """A screen that can send what waits. It holds a Static called `told`."""

    app = getters.app(GshApp)
    told = getters.query_one("#told", Static)

    @dataclass
    class Told(Message):
        """How far the sending is."""

        words: str

    @dataclass
    class Ended(Message):
        """Sending ended; the sentence says how."""

        words: str

    def __init__(self) -> None:
        super().__init__()
        self.sending = False
        self._stop = False

    def tell(self, words: str) -> None:
        """Tell something in the line above the keys; no words take the line away."""
        self.told.set_class(bool(words), "-open")
        self.told.update(words)

    def send_waiting(self) -> None:
        """Send what waits."""
        if self.sending:
            return
        if self.app.desk.training:
            self.tell("This is the training caseload: nothing in it is ever sent.")
            return
        self.sending, self._stop = True, False
        self.tell("Sending… Esc stops.")
        self._send()

    def stop_sending(self) -> None:
        """Stop once the item under way is settled."""
        self._stop = True
        self.tell("Stopping after this item…")

    @work(thread=True, exclusive=True, group="send", exit_on_error=False)
    def _send(self) -> None:
        from gsh_console.casework import sending

        def progress(done: int, of: int) -> None:
            self.post_message(self.Told(f"Sending {done} of {of}… Esc stops."))

        try:
            desk = self.app.desk
            report = sending.send_waiting(desk, sending.target_of(desk), progress, lambda: self._stop)
        except GshFault as fault:
            self.post_message(self.Ended(str(fault)))
        else:
            failed = f" {report.failed} could not be sent; Enter on a line says why." if report.failed else ""
            self.post_message(self.Ended(f"Sent {report.sent}, {report.left} left.{failed}"))

    def on_sending_screen_told(self, message: Told) -> None:
        """Show how far it is."""
        if not self._stop:
            self.tell(message.words)

    def on_sending_screen_ended(self, message: Ended) -> None:
        """Show how it ended."""
        self.sending = False
        self.tell(message.words)
        self.sending_is_over()

    def sending_is_over(self) -> None:
        """What the screen does once sending ended."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the console's own in a thread is a fault like any other."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
