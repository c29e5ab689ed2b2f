"""The list of booklets on a call: the one used last, those for the problem, then the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from gsh_console.casework.handouts import Offer

_TITLE_WIDTH = 34


class BookletList(ModalScreen[int | None]):
    """Every booklet, why it is offered, how it stands in the patient's language; gives a place among them or None."""

    DEFAULT_CSS = "BookletList OptionList { height: auto; max-height: 16; border: none; }"

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

    def compose(self) -> ComposeResult:
        """The question, the booklets, what the keys do."""
        with Vertical():
            yield Static("Which booklet?", markup=False, classes="strong")
            yield OptionList(id="booklets", markup=False)
            hint = f"Enter opens   p only for the problem   l only in {self._language}   Esc leaves   F4 SAFETY"
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
        self.listed.add_options([Option(self._drawn(offer)) for offer in self._shown])
        if self._shown:
            self.listed.highlighted = 0

    def _drawn(self, offer: Offer) -> Content:
        why = "used last" if offer.used_last else "for this problem" if offer.for_problem else ""
        stands = f"{offer.review.name}: {offer.review.status}" if offer.review else f"no {self._language}, English only"
        title = offer.entry.title
        return Content.assemble((f"{title:{_TITLE_WIDTH}}", "bold"), (f"{why:18}", ""), (stands, "dim"))

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Give the place of the chosen booklet."""
        if self.is_current:
            self.dismiss(self._offers.index(self._shown[message.option_index]))

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
