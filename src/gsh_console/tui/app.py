"""The app: which screen comes first, the keys that work everywhere, themes, and a crash that tells no secret."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App, SystemCommand
from textual.screen import ModalScreen, Screen

from gsh_console.casework.access import Access
from gsh_console.faults import GshFault
from gsh_console.loading import LOADING
from gsh_console.tui import keys
from gsh_console.tui.in_order import InOrder, read_escape_plainly
from gsh_console.tui.themes import THEMES

if TYPE_CHECKING:
    from gsh_console.casework.background import Background, Fetching, Light
    from gsh_console.casework.conduct import Conduct
    from gsh_console.casework.desk import Desk
    from gsh_console.domain.people import Patient
    from gsh_console.tui.in_background import Crashed

SMALLEST = (80, 24)


class GshApp(App[str]):
    """The console. `desk` is there once the store is open, `conduct` while a contact is."""

    CSS_PATH = ["app.tcss", "screens/caseload.tcss"]  # the first list's style at once, not by a second parse
    TITLE = "GSH Console"
    BINDINGS = keys.bindings("app")
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    ESCAPE_DELAY = 0.05

    def __init__(self, access: Access, desk: Desk | None = None) -> None:
        super().__init__()
        self.access = access
        self._desk = desk
        self.conduct: Conduct | None = None
        self.sender: Background | None = None
        self.fetcher: Fetching | None = None
        self._in_order = InOrder(self)
        read_escape_plainly()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = access.settings.theme

    @property
    def desk(self) -> Desk:
        """The open desk; only screens behind the lock ask for it."""
        assert self._desk is not None
        return self._desk

    @property
    def held_desk(self) -> Desk | None:
        """The desk to close when the app ends, if the store was ever opened."""
        return self._desk

    def get_default_screen(self) -> Screen[Any]:
        """The ground of all screens: the list itself where no lock stands before it, so that it is drawn once."""
        if self._desk is None:
            return super().get_default_screen()
        from gsh_console.tui.screens.caseload import CaseloadScreen

        return CaseloadScreen()

    def on_mount(self) -> None:
        """Show the lock, or the first set-up."""
        if self._desk is None:
            from gsh_console.tui.screens import lock

            self.push_screen(lock.UnlockScreen() if self.access.is_set_up else lock.FirstRunScreen())

    def unlocked(self, desk: Desk) -> None:
        """The store is open: from here on the list is the ground every other screen stands on."""
        from gsh_console.tui.screens.caseload import CaseloadScreen

        self._desk = desk
        self.push_screen(CaseloadScreen())

    async def on_event(self, event: events.Event) -> None:
        """Hand keys out one at a time, in the order they were pressed."""
        typed = isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded
        if typed and self._in_order.held(event):
            return
        await super().on_event(event)
        if typed:
            self._in_order.follow()

    def start_sending(self) -> None:
        """Send and fetch in the background from now on, where the service named a server."""
        from gsh_console.casework.background import Background, Fetching, sends_by_itself

        if self.sender is None and sends_by_itself(self.desk):
            self.sender = Background(self.desk, gently=self._on_a_call)
            self.sender.start()
            self.fetcher = Fetching(self.desk, self._on_a_call, self._at_the_list)
            self.fetcher.start()
            self.set_interval(1.0, self._show_light)

    def _on_a_call(self) -> bool:
        return self.conduct is not None and not self.conduct.signed

    def _at_the_list(self) -> bool:
        from gsh_console.tui.screens.caseload import CaseloadScreen

        stack = self.screen_stack
        return bool(stack) and isinstance(stack[-1], CaseloadScreen)

    def stop_sending(self) -> None:
        """End sending and fetching within a second; nothing is lost by it."""
        if self.fetcher is not None:
            self.fetcher.stop(0)
        if self.sender is not None:
            self.sender.stop()
        if self.fetcher is not None:
            self.fetcher.stop()

    @property
    def light(self) -> Light | None:
        """What sending is at, or that the caseload could not be fetched; None where nothing is sent by itself."""
        if self.sender is None:
            return None
        light, late = self.sender.light, self.fetcher.late if self.fetcher else ""
        return light.or_not_fetched(late)

    def _show_light(self) -> None:
        from gsh_console.tui.widgets.bars import TopBar
        from gsh_console.tui.widgets.clock import ClockLine

        if self.light is not None and not self.screen.query(ClockLine):  # in a call the clock line shows it
            for bar in self.screen.query(TopBar):
                bar.show_light(str(self.light), self.light.short)
        if self.fetcher is not None and self.conduct is None and (news := self.fetcher.news()):
            self.tell(news)

    def on_unmount(self) -> None:
        """Leave no thread behind."""
        self.stop_sending()

    def open_session(self, conduct: Conduct) -> None:
        """Go into a contact."""
        with LOADING:
            from gsh_console.tui.screens.session import SessionScreen

        self.conduct = conduct
        self.push_screen(SessionScreen(conduct))

    def leave_call(self) -> None:
        """Back to the list after signing, or before the contact goes on as another one."""
        from gsh_console.tui.screens.in_call import CallScreen
        from gsh_console.tui.screens.line import LineScreen

        self.conduct = None
        while isinstance(self.screen, (CallScreen, LineScreen)) and len(self.screen_stack) > 1:
            self.pop_screen()

    def action_safety(self) -> None:
        """Push the safety conversation over whatever is open; outside a contact, ask whom it is about."""
        with LOADING:
            from gsh_console.tui.screens import safety
            from gsh_console.tui.widgets.form import Form

        if self._desk is None or isinstance(self.screen, (safety.SafetyScreen, safety.CrisisScreen)):
            return
        conduct = self.conduct
        if conduct is None:
            from gsh_console.tui.screens.whose_safety import ask_whose

            ask_whose(self)
            return
        if conduct.signed:
            self.push_screen(safety.CrisisScreen())
            return
        for screen in self.screen_stack:  # words still being typed are kept at once, whatever stands over them
            for form in screen.query(Form):
                (screen.focused or screen).call_later(form.flush)
        below = any(isinstance(screen, safety.SafetyScreen) for screen in self.screen_stack)
        self.push_screen(safety.SafetyScreen(conduct, over_safety=below))

    def action_help(self) -> None:
        """Show every key."""
        from gsh_console.tui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            self.push_screen(HelpScreen())

    def copy_to_clipboard(self, text: str) -> None:
        """Refuse: what is on the clipboard is in reach of every other program."""
        del text

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers here; nothing that copies the screen."""
        from gsh_console.casework.background import sends_by_itself
        from gsh_console.tui.screens import leaving
        from gsh_console.tui.screens.session import SessionScreen

        if isinstance(screen, SessionScreen):
            yield SystemCommand("Skip this stage", "Leave it out with a reason", screen.skip_stage)
            yield SystemCommand("Summary", "The note as it stands (F10)", screen.action_summary)
            mistaken = partial(leaving.ask_why_mistaken, screen)
            yield SystemCommand("Begun by mistake", "Close this contact: wrong patient, wrong kind", mistaken)
            for stage in screen.conduct.book.protocol.stages:
                yield SystemCommand(f"Go to {stage.title}", "Move to this stage", partial(screen.move, stage.id))
        yield SystemCommand("Safety", "The safety conversation, or the crisis contacts (F4)", self.action_safety)
        # The palette itself is a dialog and in view by now: what counts is the screen it was called from.
        free = self._desk is not None and not self.desk.training and not isinstance(screen, ModalScreen)
        if free:
            yield SystemCommand("Where records are sent", "The target, in words, and a test of it", self.show_target)
        if free and self.conduct is None:
            told = "What stands one way here and another way there, to choose"
            yield SystemCommand("Differences with the server", told, self.show_differences)
        if free and self.conduct is None and sends_by_itself(self.desk):
            yield SystemCommand("Bring the caseload down", "New referrals, calls and tasks", self.show_pull)
        yield SystemCommand("Help", "Every key (F1)", self.action_help)
        for theme in THEMES:
            yield SystemCommand(f"Colours: {theme.name}", "Change the colours", partial(self.use_theme, theme.name))
        yield SystemCommand("Quit", "Close the console; an open call stays open", self.action_quit)

    def show_target(self) -> None:
        """Show where records are sent."""
        with LOADING:
            from gsh_console.tui.screens.target import TargetScreen

        self.push_screen(TargetScreen())

    def show_differences(self, patient: Patient | None = None) -> None:
        """Show what stands one way here and another way on the server, of one patient or of everybody."""
        with LOADING:
            from gsh_console.tui.screens.choices import ChoicesScreen

        self.push_screen(ChoicesScreen(patient))

    def show_pull(self) -> None:
        """Bring the caseload down from the service's server."""
        with LOADING:
            from gsh_console.tui.screens.pull import PullScreen

        self.push_screen(PullScreen())

    def use_theme(self, name: str) -> None:
        """Change the colours."""
        self.theme = name

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the window is too small to hold a screen, until it is large enough."""
        from gsh_console.tui.screens.too_small import TooSmallScreen

        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        shown = isinstance(self.screen, TooSmallScreen)
        if small and not shown:
            self.push_screen(TooSmallScreen())
        elif shown and not small:
            self.pop_screen()

    def tell(self, fault: GshFault | str) -> None:
        """Tell the person something in one sentence, on the key line of the screen in view."""
        from gsh_console.tui.widgets.bars import KeyBar

        for screen in reversed(self.screen_stack):
            bars = screen.query(KeyBar)
            if bars:
                bars.last().notice(str(fault))
                return
        self.notify(str(fault), markup=False, severity="warning", timeout=8)

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Refuse: a picture of the screen is a copy of the record."""
        del filename, path

    def deliver_screenshot(self, *_: Any, **__: Any) -> None:
        """Refuse, from the palette too."""

    def on_crashed(self, message: Crashed) -> None:
        """A fault of the console's own in a thread is a fault like any other."""
        raise message.error

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print the locals of every frame, which hold the patient's words.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self.panic(crash_report(error))


def crash_report(error: BaseException) -> str:
    """Where the program failed, without any value: safe to read out to support."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    told = [
        "The console stopped because of a fault of its own. Everything shown as saved is saved.",
        "Start it again: it offers to resume the call on the same question.",
        f"For support: {type(error).__name__} at " + " < ".join(reversed(places)),
    ]
    return "\n".join(told)
