"""Leaving an open call: whether it goes on is asked, so that its clock tells the truth; and closing one in error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsh_console.domain.entries import CallEvent
from gsh_console.domain.refusals import kept_in_the_record
from gsh_console.tui.modals.ask import AskWords, Choose

if TYPE_CHECKING:
    from gsh_console.tui.screens.session import SessionScreen

ENDED, STILL_ON, MISTAKE = range(3)
WAYS = (
    "the call has ended: its clock stops",
    "the call is still on: its clock goes on",
    "begun by mistake: wrong patient, wrong kind of contact",
)


def leave(call: SessionScreen) -> None:
    """Back to the list; asked only while the call is on, as far as the line was logged."""
    if not call.conduct.state.on_the_line:
        away(call)
        return

    def chosen(index: int | None) -> None:
        if index == MISTAKE:
            ask_why_mistaken(call)
        elif index == STILL_ON or (index == ENDED and call.keep(lambda: call.conduct.mark_call(CallEvent.ENDED))):
            away(call)

    ways = WAYS if kept_in_the_record(call.conduct.state) is None else WAYS[:MISTAKE]
    call.app.push_screen(Choose("Leaving the call", ways, above="It stays open and is offered again."), chosen)


def ask_why_mistaken(call: SessionScreen) -> None:
    """Close the contact as begun by mistake, with its reason; or say why it stays."""
    from gsh_console.casework.mistaken import close_as_mistaken

    if (refused := kept_in_the_record(call.conduct.state)) is not None:
        call.app.tell(refused)
        return

    def given(reason: str | None) -> None:
        if reason and call.keep(lambda: close_as_mistaken(call.conduct, reason)):
            away(call)
            call.app.tell("Closed as begun by mistake. The patient's file shows it; it is not sent.")

    hint = "Why? The file shows it, it counts as no contact and is never sent."
    call.app.push_screen(AskWords("Begun by mistake", hint), given)


def away(call: SessionScreen) -> None:
    """Back to the list, whatever is open stays open."""
    call.app.conduct = None
    call.dismiss(None)
