"""The list of booklets on a call: the one used last, those for the problem, then the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gsh_console.tui.widgets.choosing import OPTION_KEYS
from gsh_console.tui.widgets.row_list import MARK, NO_MARK

if TYPE_CHECKING:
    from gsh_console.casework.handouts import Offer

_KEYS = OPTION_KEYS[: OPTION_KEYS.index("l")]  # l and p narrow the list
_TITLE_WIDTH = 31
_WHY_WIDTH = 17
_LEAD_WIDTH = 5  # the mark, the digit and what parts them from the title
_BEFORE = _LEAD_WIDTH + _TITLE_WIDTH + _WHY_WIDTH
_ROOM = 68  # cells of a row on a screen of 80


class BookletList(ModalScreen[int | None]):
    """Every booklet, why it is offered, how it stands in the patient's language; gives a place among them or None."""

    CSS = """
    BookletList > #booklet-box { width: 76; }
    BookletList #booklets { height: auto; max-height: 16; border: none; }
    """

    BINDINGS = [
        Binding("escape", "give_up", "not now", show=False),
        Binding("p", "only_problem", "only for the problem", show=False),
        Binding("l", "only_language", "only in the language", show=False),
    ]

    listed = getters.query_one(OptionList)

    def __init__(self, offers: tuple[Offer, ...], language: str) -> None:
        super().__init__()
        self._offers = offers
        self._language = language
        self._shown: tuple[Offer, ...] = ()
        self._only_problem = False
        self._only_language = False
        self._given = False

    def compose(self) -> ComposeResult:
        """The question, the booklets, what the keys do."""
        with Vertical(id="booklet-box"):
            yield Static("Which booklet?", markup=False, classes="strong")
            yield OptionList(id="booklets", markup=False)
            hint = f"digit or Enter opens   p only for the problem   l only in {self._language}\nEsc leaves   F4 SAFETY"
            yield Static(hint, markup=False, classes="quiet")

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill()
        self.set_focus(self.listed)

    def _fill(self) -> None:
        self._shown = tuple(
            offer
            for offer in self._offers
            if (offer.for_problem or not self._only_problem) and (offer.review or not self._only_language)
        )
        self.listed.clear_options()
        self.listed.add_options(
            [Option(row_of(self._shown, place, here=place == 0)) for place in range(len(self._shown))]
        )
        if self._shown:
            self.listed.highlighted = 0

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Move the mark to the row that Enter opens."""
        at = message.option_index
        for place in range(min(len(self._shown), self.listed.option_count)):
            self.listed.replace_option_prompt_at_index(place, row_of(self._shown, place, here=place == at))

    def on_key(self, event: events.Key) -> None:
        """A digit opens its booklet; a letter from the tenth on."""
        place = _KEYS.find(event.key) if len(event.key) == 1 else -1
        if place >= 0:
            event.stop()
            self._give(place)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Give the place of the chosen booklet."""
        self._give(message.option_index)

    def _give(self, place: int) -> None:
        if place < len(self._shown) and self.is_current and not self._given:
            self._given = True  # a second key in the same burst must not close what lies under
            self.dismiss(self._offers.index(self._shown[place]))

    def action_only_problem(self) -> None:
        """Show only the booklets for the patient's problem, or all again."""
        self._only_problem = not self._only_problem
        self._fill()

    def action_only_language(self) -> None:
        """Show only the booklets in the patient's language, or all again."""
        self._only_language = not self._only_language
        self._fill()

    def action_give_up(self) -> None:
        """Leave without choosing."""
        self.dismiss(None)


def row_of(offers: tuple[Offer, ...], place: int, *, here: bool) -> Content:
    """A row on one line, or its title with all the rest under it where one line does not hold both."""
    offer = offers[place]
    key = _KEYS[place] if place < len(_KEYS) else " "
    why = "used last" if offer.used_last else "for this problem" if offer.for_problem else ""
    stands = f"{offer.review.name}: {offer.review.status}" if offer.review else "English only"
    title = offer.entry.title
    lead = f"{MARK if here else NO_MARK}{key}  "
    if cell_len(title) < _TITLE_WIDTH and _BEFORE + cell_len(stands) <= _ROOM:
        return Content.assemble(
            (lead, ""), (f"{title:{_TITLE_WIDTH}}", "bold"), (f"{why:{_WHY_WIDTH}}", ""), (stands, "dim")
        )
    rest = f"{why}, {stands}" if why else stands
    return Content.assemble((lead, ""), (title, "bold"), ("\n" + " " * _LEAD_WIDTH, ""), (rest, "dim"))
