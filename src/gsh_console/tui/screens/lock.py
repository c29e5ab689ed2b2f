"""Before the record is open: unlocking it with the passphrase, and setting it up the first time."""

from __future__ import annotations

import random
from dataclasses import dataclass

from textual import events, getters, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Input, Static
from textual.worker import Worker, WorkerState

from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Practitioner
from gsh_console.domain.text import clean
from gsh_console.faults import GshFault, StoreDamaged, StoreLocked, StoreMissing, StoreTooNew, WrongPassphrase
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.widgets.bars import KeyBar
from gsh_console.tui.widgets.line_input import LineInput

BAR = "Enter next   F1 help   Ctrl+Q quit"
FINAL = (StoreLocked, StoreDamaged, StoreTooNew, StoreMissing)  # no second try from here can mend these
FREE_TRIES = 3
LONGEST_PAUSE = 30
ASKED_GROUPS = 2


class DoorScreen(Screen[None]):
    """What unlocking and first set-up share: one line that tells, and what cannot be mended here ends the console."""

    BINDINGS = keys.bindings("lock")
    CSS_PATH = "lock.tcss"

    app = getters.app(GshApp)
    told = getters.query_one("#told", Static)

    @dataclass
    class Opened(Message):
        """The store is open."""

        desk: Desk
        code: str = ""

    @dataclass
    class Refused(Message):
        """The store is not open; the fault says why."""

        fault: GshFault

    def __init__(self) -> None:
        super().__init__()
        self.final: GshFault | None = None
        self.working = False

    def tell(self, words: str) -> None:
        """Tell the person something in the one line."""
        self.told.update(words)

    def end_with(self, fault: GshFault) -> None:
        """Show what cannot be mended here; any key then ends the console with the code the command line promises."""
        self.final = fault
        for line in self.query(LineInput):
            line.disabled = True
        self.set_focus(None)
        self.tell(f"{fault}\n\nPress any key to leave.")

    def on_key(self, event: events.Key) -> None:
        """Leave after a fault that cannot be mended here."""
        if self.final is not None:
            event.stop()
            self.app.exit(return_code=self.final.exit_code, message=str(self.final))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of the console's own in a thread is a fault like any other."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            raise event.worker.error

    def action_code_again(self) -> None:
        """Only first set-up has a code to show."""


class UnlockScreen(DoorScreen):
    """The passphrase, and why it did not open the store."""

    AUTO_FOCUS = "#passphrase"

    typed = getters.query_one("#passphrase", LineInput)

    def __init__(self) -> None:
        super().__init__()
        self.wrong = 0
        self.pausing = False

    def compose(self) -> ComposeResult:
        """One field and one line."""
        with Vertical(classes="door"):
            yield Static("GSH Console", markup=False, classes="strong")
            yield Static("Your passphrase opens the record on this computer.", markup=False, classes="lead")
            yield Static("Passphrase", markup=False)
            yield LineInput(id="passphrase", password=True)
            yield Static("", id="told", markup=False)
        yield KeyBar("Enter unlock   F1 help   Ctrl+Q quit")

    def on_input_submitted(self, _: Input.Submitted) -> None:
        """Try the passphrase, unless a try is under way or a pause is on."""
        if self.working or self.pausing or self.final or not self.typed.value:
            return
        self.working = True
        self.tell("Opening…")
        self._unlock(self.typed.value)

    @work(thread=True, exclusive=True, group="unlock", exit_on_error=False)
    def _unlock(self, passphrase: str) -> None:
        try:
            desk = self.app.access.unlock(passphrase)
        except GshFault as fault:
            self.post_message(self.Refused(fault))
        else:
            self.post_message(self.Opened(desk))

    def on_door_screen_opened(self, message: DoorScreen.Opened) -> None:
        """Forget the passphrase and go in."""
        self.typed.value = ""
        self.app.unlocked(message.desk)

    def on_door_screen_refused(self, message: DoorScreen.Refused) -> None:
        """Say why; the field keeps the cursor."""
        self.working = False
        fault = message.fault
        if isinstance(fault, FINAL):
            self.end_with(fault)
            return
        self.set_focus(self.typed)
        if isinstance(fault, WrongPassphrase):
            self.typed.value = ""
            self.wrong += 1
        self.tell(str(fault))
        if self.wrong > FREE_TRIES:
            self._pause(min(LONGEST_PAUSE, 2 ** (self.wrong - FREE_TRIES)), str(fault))

    def _pause(self, seconds: int, why: str) -> None:
        self.pausing = True
        self.tell(f"{why} The next try is possible in {seconds} seconds.")
        self.set_timer(seconds, self._pause_over)

    def _pause_over(self) -> None:
        self.pausing = False
        self.tell("You can try again now.")


class FirstRunScreen(DoorScreen):
    """Whose record this is, its passphrase, and the recovery code, which is shown once and proved to be kept."""

    AUTO_FOCUS = "#name"

    pages = getters.query_one(ContentSwitcher)
    name_line = getters.query_one("#name", LineInput)
    role_line = getters.query_one("#role", LineInput)
    first = getters.query_one("#passphrase", LineInput)
    again = getters.query_one("#again", LineInput)
    code_block = getters.query_one("#code", Static)
    question = getters.query_one("#question", Static)
    groups = getters.query_one("#groups", LineInput)

    def __init__(self) -> None:
        super().__init__()
        self.code: tuple[str, ...] = ()
        self.asked: tuple[int, ...] = ()
        self._desk: Desk | None = None

    def compose(self) -> ComposeResult:
        """Three pages: who, the code, the proof."""
        with Vertical(classes="door"):
            yield Static("GSH Console: first set-up", markup=False, classes="strong")
            with ContentSwitcher(initial="page-who"):
                yield from self._who()
                with Vertical(id="page-code"):
                    yield Static(CODE_WORDS, markup=False, classes="lead")
                    yield Static("", id="code", markup=False)
                    yield Static("Enter: I have written it down", markup=False)
                with Vertical(id="page-proof"):
                    yield Static("", id="question", markup=False, classes="lead")
                    yield LineInput(id="groups")
                    yield Static("Enter checks   Esc shows the code again", markup=False, classes="quiet")
            yield Static("", id="told", markup=False)
        yield KeyBar(BAR)

    def _who(self) -> ComposeResult:
        with Vertical(id="page-who"):
            yield Static(WHO_WORDS, markup=False, classes="lead")
            yield Static("Your name, as it signs your notes", markup=False)
            yield LineInput(id="name", leads_on=True)
            yield Static("Your role", markup=False)
            yield LineInput(Practitioner("").role, id="role", leads_on=True)
            yield Static("Passphrase", markup=False)
            yield LineInput(id="passphrase", password=True, leads_on=True)
            yield Static("The same passphrase again", markup=False)
            yield LineInput(id="again", password=True)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter on a last line goes on: to the making, or to the check of the code."""
        if self.working or self.final:
            return
        if message.input is self.groups:
            self._check_groups()
        elif message.input is self.again:
            self._make()

    def _make(self) -> None:
        name = clean(self.name_line.value, one_line=True)
        role = clean(self.role_line.value, one_line=True) or Practitioner("").role
        if not name:
            self.tell("Your name is missing. It stands under every note you sign.")
            self.set_focus(self.name_line)
            return
        if self.first.value != self.again.value:
            self.tell("The two passphrases differ. Type them again.")
            self.again.value = ""
            self.set_focus(self.first)
            return
        self.working = True
        self.tell("Making the encrypted record…")
        self._set_up(self.first.value, Practitioner(name, role))

    @work(thread=True, exclusive=True, group="set-up", exit_on_error=False)
    def _set_up(self, passphrase: str, practitioner: Practitioner) -> None:
        try:
            desk, code = self.app.access.set_up(passphrase, practitioner)
        except GshFault as fault:
            self.post_message(self.Refused(fault))
        else:
            self.post_message(self.Opened(desk, code))

    def on_door_screen_refused(self, message: DoorScreen.Refused) -> None:
        """Say why; what was typed stays."""
        self.working = False
        if isinstance(message.fault, FINAL):
            self.end_with(message.fault)
            return
        self.tell(str(message.fault))
        self.set_focus(self.first)

    def on_door_screen_opened(self, message: DoorScreen.Opened) -> None:
        """Show the code; the passphrase is forgotten."""
        self.working = False
        self.first.value = self.again.value = ""
        self._desk = message.desk
        self.code = tuple(message.code.split("-"))
        self.asked = tuple(sorted(random.sample(range(len(self.code)), ASKED_GROUPS)))
        self._show_code()

    def _show_code(self) -> None:
        self.tell("")
        self.code_block.update(code_in_groups(self.code))
        self.pages.current = "page-code"
        self.set_focus(None)

    def on_key(self, event: events.Key) -> None:
        """Enter on the code's page goes on to the proof."""
        super().on_key(event)
        if self.pages.current == "page-code" and event.key == "enter":
            event.stop()
            self._ask_groups()

    def on_click(self) -> None:
        """A click on the code's page does too."""
        if self.pages.current == "page-code":
            self._ask_groups()

    def _ask_groups(self) -> None:
        asked = " and ".join(str(number + 1) for number in self.asked)
        self.question.update(f"To be sure it is kept: type groups {asked} of the code from your paper.")
        self.code_block.update("")
        self.groups.value = ""
        self.pages.current = "page-proof"
        self.set_focus(self.groups)

    def _check_groups(self) -> None:
        wanted = "".join(self.code[number] for number in self.asked)
        typed = "".join(character for character in self.groups.value.upper() if character.isalnum())
        if typed != wanted or self._desk is None:
            self.tell("Those are not the groups asked for. Look at your paper, or Esc shows the code again.")
            self.groups.value = ""
            return
        self.code = ()
        self.groups.value = ""
        self.app.unlocked(self._desk)

    def action_code_again(self) -> None:
        """Show the code once more while it is not yet proved."""
        if self.pages.current == "page-proof" and self.code:
            self._show_code()


WHO_WORDS = (
    "This computer will hold your record encrypted. Only your passphrase opens it: choose three or four "
    "unrelated words, longer rather than odd. Nobody can look it up for you."
)
CODE_WORDS = (
    "This is your recovery code. It is shown now and never again. If you forget your passphrase, it is the only "
    "other way into the record: without it nobody can help, not your service and not the makers of this console. "
    "Write it on paper and keep it where you keep nothing else of this computer."
)


def code_in_groups(code: tuple[str, ...]) -> Content:
    """The code in numbered groups, four to a line."""
    parts: list[tuple[str, str]] = []
    for number, group in enumerate(code, 1):
        parts += [(f"  {number} ", ""), (group, "bold"), ("\n\n" if number % 4 == 0 else "   ", "")]
    return Content.assemble(*parts)
