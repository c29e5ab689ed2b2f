"""Sending from a screen: on request in a thread with a way to stop, or hurrying what goes by itself; and one item."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual import getters
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from gsh_console.casework.lists import OutboxItem
from gsh_console.faults import GshFault
from gsh_console.tui.app import GshApp
from gsh_console.tui.in_background import in_background

CHOICES = ("Try again now", "Save a copy for the service", "Open the patient's file", "Where records are sent")


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
        self._followed = ""

    def tell(self, words: str) -> None:
        """Tell something in the line above the keys; no words take the line away."""
        self.told.set_class(bool(words), "-open")
        self.told.update(words)

    # ------------------------------------------------------------------ sending

    def send_waiting(self) -> None:
        """Send what waits."""
        if self.sending:
            return
        if self.app.desk.training:
            self.tell("This is the training caseload: nothing in it is ever sent.")
            return
        if self.app.sender is not None:
            light = self.app.sender.light
            self.app.sender.hurry()
            tried = f"{light.told} It is tried once more now." if light.word == "stopped" else ""
            self.tell(tried or "Trying now; it goes on while you work, and the head of the screen says how it went.")
            return
        self.sending, self._stop = True, False
        self.tell("Sending… Esc stops.")
        in_background(self, self._send)

    def on_unmount(self) -> None:
        """Stop once the item under way is settled: nobody watches any more."""
        self._stop = True

    def stop_sending(self) -> None:
        """Stop once the item under way is settled."""
        self._stop = True
        self.tell("Stopping after this item…")

    def _send(self) -> Message:
        from gsh_console.casework import sending

        def progress(done: int, of: int) -> None:
            self.post_message(self.Told(f"Sending {done} of {of}… Esc stops."))

        try:
            desk = self.app.desk
            report = sending.send_waiting(desk, sending.target_of(desk), progress, lambda: self._stop)
        except GshFault as fault:
            return self.Ended(str(fault))
        failed = f" {report.failed} could not be sent; Enter on a line says why." if report.failed else ""
        return self.Ended(f"Sent {report.sent}, {report.left} left.{failed}")

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
        """What the screen does once something was sent."""

    def follow_light(self) -> None:
        """Show what the background has sent or fetched meanwhile."""
        light, fetcher = self.app.light, self.app.fetcher
        runs = fetcher.runs if fetcher else 0
        if light is not None and self.is_current and (told := f"{light}{light.told}{runs}") != self._followed:
            self._followed = told
            self.sending_is_over()

    # ------------------------------------------------------------------ one item

    def open_item(self, item: OutboxItem) -> None:
        """Tell the whole fate of an item, and what can be done about it."""
        from gsh_console.casework import sending
        from gsh_console.tui.modals.ask import Choose
        from gsh_console.tui.screens.caseload_columns import day_and_hour, state_in_words

        def chosen(index: int | None) -> None:
            if index is not None:
                self._do(index, item)

        tries = f"{item.attempts} {'try' if item.attempts == 1 else 'tries'}"
        above = (
            f"{item.patient}\nWaiting since {day_and_hour(item.queued_at)}, {tries}.\n"
            f"{state_in_words(item)}\n{sending.what_to_do(self.app.desk, item)}"
        )
        self.app.push_screen(Choose(item.what, CHOICES, above), chosen)

    def _do(self, index: int, item: OutboxItem) -> None:
        try:
            (self._retry, self._save, self._open, self._target)[index](item)
        except GshFault as fault:
            self.app.tell(fault)

    def open_patient(self, patient_id: str) -> None:
        """What the screen does to show a patient's file."""

    def _open(self, item: OutboxItem) -> None:
        self.open_patient(item.patient_id)

    def _target(self, _: OutboxItem) -> None:
        self.app.show_target()

    def _retry(self, item: OutboxItem) -> None:
        from gsh_console.casework import sending

        if self.app.desk.training:
            self.send_waiting()
            return
        sending.retry(self.app.desk, item.id)
        self.send_waiting()
        self.sending_is_over()

    def _save(self, item: OutboxItem) -> None:
        from gsh_console.tui.modals.ask import AskWords

        def given(folder: str | None) -> None:
            if folder:
                self._write(item, Path(folder))

        hint = "The folder to write it into. The copy is not encrypted: use an encrypted stick or share."
        self.app.push_screen(AskWords("Save a copy", hint), given)

    def _write(self, item: OutboxItem, folder: Path) -> None:
        from gsh_console.casework import sending

        try:
            written = sending.export(self.app.desk, item.id, folder)
        except GshFault as fault:
            self.app.tell(fault)
        else:
            self.app.tell(f"Written: {written.name}. It stays in the outbox until it is sent.")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the console's own in a thread is a fault like any other."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error
