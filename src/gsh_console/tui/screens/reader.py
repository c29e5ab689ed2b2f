"""The booklet on the practitioner's side: numbered English paragraphs, each with the state of its translation."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gsh_console.casework import handouts
from gsh_console.casework.conduct import Conduct
from gsh_console.content.booklets import LanguageReview, Paragraph, TranslationStatus
from gsh_console.domain.text import clean
from gsh_console.faults import GshFault, MaterialFault
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens.booklet_list import BookletList
from gsh_console.tui.screens.caseload_columns import language_of
from gsh_console.tui.screens.in_call import CallScreen
from gsh_console.tui.widgets.bars import KeyBar
from gsh_console.tui.widgets.wrapping import hanging

if TYPE_CHECKING:
    from gsh_console.content.booklets import BookletEntry

CLEAR_TEXT = (
    "This file holds the patient's name, goals, plan and filled sheets in clear text.\n"
    "Whoever can open the folder can read it. Delete it once it is printed or sent."
)
_COPIES = (
    ("HTML page", "html", False),
    ("PDF for printing", "pdf", False),
    ("HTML page, large print", "html", True),
    ("PDF for printing, large print", "pdf", True),
)
_MARKS = {
    TranslationStatus.TRANSLATED: "✓",
    TranslationStatus.ENGLISH: "!",
    TranslationStatus.STALE: "≈",
}
_REVIEWED = {
    "draft": "a draft, not yet reviewed",
    "clinically-reviewed": "reviewed by a clinician, not yet approved",
}
DELETE_COPY = "Whoever can open that folder can read what the patient said.\nDelete it once it is printed or sent."
DELETE_CARD = "A card was written beside it (“_card” in its name): delete it too."
LEAD_WIDTH = 8
_MEANINGS = "✓ translated   ! English in the patient's copy   ≈ English changed since"


def open_reader(screen: CallScreen) -> None:
    """Open the booklet in use, or choose one first."""
    offered = handouts.offers(screen.conduct)
    if offered[0].used_last:
        screen.app.push_screen(ReaderScreen(screen.conduct, offered[0].entry))
    else:
        choose_booklet(screen, offered, lambda entry: screen.app.push_screen(ReaderScreen(screen.conduct, entry)))


def choose_booklet(
    screen: CallScreen, offered: tuple[handouts.Offer, ...], then: Callable[[BookletEntry], object]
) -> None:
    """Let the practitioner choose from the list, and go on with what was chosen."""

    def picked(place: int | None) -> None:
        if place is not None:
            then(offered[place].entry)

    language = language_of(screen.conduct.patient.language)
    screen.app.push_screen(BookletList(offered, language), picked)


def _language_for(conduct: Conduct, entry: BookletEntry) -> str:
    """The patient's language if the booklet has it."""
    return handouts.review_of(entry, conduct.patient.language).language


class FileAt(ModalScreen[None]):
    """Where a file was written: its name, then its folder, wrapped and never cut, until Enter or Esc."""

    BINDINGS = [Binding("escape,enter", "close", "close", show=False)]

    def __init__(self, title: str, path: Path, below: str = "") -> None:
        super().__init__()
        self._title = title
        self._path = path.absolute()
        self._below = below

    def compose(self) -> ComposeResult:
        """What happened, the file, its folder, what to do with it."""
        with Vertical():
            yield Static(self._title, markup=False, classes="strong")
            yield Static(f"\n{self._path.name}", markup=False, id="file-name")
            yield Static(f"in the folder\n{clean(str(self._path.parent), one_line=True)}\n", markup=False)
            if self._below:
                yield Static(f"{self._below}\n", markup=False)
            yield Static("Enter or Esc closes   F4 SAFETY", markup=False, classes="quiet")

    def action_close(self) -> None:
        """Back to the booklet."""
        if self.is_current:
            self.dismiss(None)


def open_in_browser(app: GshApp, path: Path, below: str = "") -> None:
    """Open a file in the browser, and say where it is in any case."""
    if webbrowser.open(path.as_uri()):
        app.push_screen(FileAt("Sent to the browser. If nothing opens there, open this file:", path, below))
    else:
        app.push_screen(FileAt("There is no browser here. Open this file in one:", path, below))


class ReaderScreen(CallScreen):
    """Reads along with the patient; records what is given and what is talked through."""

    CSS_PATH = "reader.tcss"
    BINDINGS = keys.bindings("reader")

    title_line = getters.query_one("#reader-title", Static)
    paragraphs = getters.query_one(OptionList)

    def __init__(self, conduct: Conduct, entry: BookletEntry) -> None:
        super().__init__(conduct)
        self._entry = entry
        self._language = _language_for(conduct, entry)
        self._typed = ""
        self._jumped = False
        self._found: tuple[Paragraph, ...] = ()

    def compose(self) -> ComposeResult:
        """Banner, clocks, what booklet this is, its paragraphs, keys."""
        yield from self.head()
        yield Static(id="reader-title", markup=False)
        yield OptionList(id="paragraphs", markup=False)
        yield KeyBar("4.4 jumps  Enter said  o open  c copy  g given  l lang  b other  F4 SAFETY Esc")

    def on_mount(self) -> None:
        """Lay out the booklet and stand where it was last talked through."""
        super().on_mount()
        self._lay_out()
        last = next((used.paragraph for used in self.conduct.carried.materials if used.booklet == self._entry.id), "")
        if last:
            self.call_after_refresh(self._stand_at, last)
        self.set_focus(self.paragraphs)

    def _stand_at(self, number: str) -> None:
        if not self._jumped:  # somebody who already typed a number wants that one
            self._jump(number)

    def redraw(self) -> None:
        """Nothing but the clocks changes."""
        self.tick()

    def _lay_out(self) -> None:
        self._found = self.conduct.desk.library.paragraphs(self._entry.id, self._language)
        self.paragraphs.clear_options()
        options: list[Option | None] = []
        for paragraph in self._found:
            options.append(Option(self._drawn(paragraph), id=paragraph.number or None))
        self.paragraphs.add_options(options)
        self._tell_title()

    def _drawn(self, paragraph: Paragraph) -> Content:
        mark = "" if self._language == "en" else _MARKS[paragraph.status]
        if paragraph.number.isdigit():
            return Content.assemble((f"Chapter {paragraph.number} {mark} ", "dim"), (paragraph.text, "bold"))
        lead, text = hanging(paragraph.text, f"{paragraph.number:>4} {mark}", self.app.size.width - 6, LEAD_WIDTH)
        return Content.assemble((lead, "dim"), (text, "bold" if paragraph.kind.startswith("h") else ""))

    def _tell_title(self) -> None:
        review = handouts.review_of(self._entry, self._language)
        last = next((used.paragraph for used in self.conduct.carried.materials if used.booklet == self._entry.id), "")
        told = f"{self._entry.title}, version {self._entry.version}"
        told += f" · last discussed: {last}" if last else ""
        told += f" · go to {self._typed}" if self._typed else ""
        stands = _REVIEWED.get(review.status, review.status)
        told += f"\nThe patient's copy is in {review.name} ({stands})"
        other = self._why_other(review)
        told += f" · {other}" if other else ""
        english = sum(paragraph.status is not TranslationStatus.TRANSLATED for paragraph in self._found)
        told += f" · {english} of {len(self._found)} parts still in English" if english else ""
        meanings = "" if self._language == "en" else f"\n{_MEANINGS}"
        self.title_line.update(f"{told}{meanings}")

    def _why_other(self, review: LanguageReview) -> str:
        """Why the copy is not in the patient's language; empty if it is."""
        wanted = self.conduct.patient.language
        if review.language == wanted:
            return ""
        if any(each.language == wanted for each in self._entry.reviews):
            return f"the patient's language is {language_of(wanted)}: l changes it"
        return f"this booklet is not translated into {language_of(wanted)}"

    def on_key(self, event: events.Key) -> None:
        """Digits and a point jump to a paragraph as they are typed."""
        if event.character and (event.character.isdigit() or event.character == "."):
            event.stop()
            self._jumped = True
            self._typed += event.character
            if not self._jump(self._typed) and not any(p.number.startswith(self._typed) for p in self._found):
                self._typed = event.character
                self._jump(self._typed)
            self._tell_title()
        elif self._typed:
            self._typed = ""
            self._tell_title()

    def _jump(self, typed: str) -> bool:
        number = typed if "." in typed else f"{self._chapter()}.{typed}"
        if all(paragraph.number != number for paragraph in self._found):
            return False
        self.paragraphs.highlighted = self.paragraphs.get_option_index(number)
        self.paragraphs.scroll_to_highlight(top=True)
        return True

    def _chapter(self) -> int:
        at = self.paragraphs.highlighted
        option = self.paragraphs.get_option_at_index(at) if at is not None else None
        return int(option.id.split(".")[0]) if option is not None and option.id else 1

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Record that this paragraph was talked through."""
        number = message.option.id
        if number and self.keep(lambda: handouts.discuss(self.conduct, self._entry.id, self._language, number)):
            self.app.tell(f"Recorded: talked through paragraph {number}.")

    def action_give(self) -> None:
        """Record how the booklet is given."""

        def chosen(index: int | None) -> None:
            if index is None:
                return
            channel = handouts.CHANNELS[index]
            if self.keep(lambda: handouts.give(self.conduct, self._entry.id, self._language, channel)):
                self.app.tell(f"Recorded: given, {channel}.")

        review = handouts.review_of(self._entry, self._language)
        stands = _REVIEWED.get(review.status, "")
        above = f"The {review.name} text is {stands}; it says so." if stands else ""
        other = self._why_other(review).removesuffix(": l changes it")
        if other:
            above = f"This copy is in {review.name}: {other}. {above}"
        self.app.push_screen(Choose("How is it given?", handouts.CHANNELS, above=above), chosen)

    def action_language(self) -> None:
        """Choose the language of the patient's copy."""
        reviews = self._entry.reviews

        def chosen(index: int | None) -> None:
            if index is not None:
                self._language = reviews[index].language
                self._lay_out()

        names = tuple(f"{review.name} ({review.status})" for review in reviews)
        self.app.push_screen(Choose("The patient's copy in", names), chosen)

    def action_open(self) -> None:
        """Open the patient's copy in the browser."""
        try:
            path = handouts.write_html(self.conduct.desk, self._entry.id, self._language)
        except MaterialFault as fault:
            self.app.tell(fault)
            return
        open_in_browser(self.app, path)

    def action_another(self) -> None:
        """Choose another booklet."""
        choose_booklet(self, handouts.offers(self.conduct), self._take)

    def _take(self, entry: BookletEntry) -> None:
        self._entry = entry
        self._language = _language_for(self.conduct, entry)
        self._typed = ""
        self._lay_out()

    def action_copy(self) -> None:
        """Write the patient's own copy into a folder the practitioner names."""

        def chosen(index: int | None) -> None:
            if index is None:
                return
            _, kind, large = _COPIES[index]
            asked = AskWords("Into which folder?", "A folder that is there already, such as ~/Desktop")
            self.app.push_screen(asked, lambda folder: self._write_copy(folder, kind, large))

        names = tuple(name for name, _, _ in _COPIES)
        self.app.push_screen(Choose("The patient's own copy", names, above=CLEAR_TEXT), chosen)

    def _write_copy(self, folder: str | None, kind: str, large: bool) -> None:
        if not folder:
            return
        try:
            path = handouts.write_personal(
                self.conduct, self._entry.id, self._language, Path(folder), kind, large_print=large
            )
        except GshFault as fault:
            self.app.tell(fault)
            return
        below = f"{DELETE_COPY}\n{DELETE_CARD}" if self.conduct.desk.library.has_card(self._entry.id) else DELETE_COPY
        self.app.push_screen(FileAt("Written in clear text", path, below))

    def action_back(self) -> None:
        """Back to the call."""
        self.dismiss(None)
