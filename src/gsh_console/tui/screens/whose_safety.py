"""F4 outside a call: whom it is about is asked first, and nothing is written until that is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gsh_console.casework import lists
from gsh_console.casework.lists import ListRow
from gsh_console.faults import GshFault
from gsh_console.tui.app import GshApp
from gsh_console.tui.modals.ask import Choose
from gsh_console.tui.screens.caseload import CaseloadScreen
from gsh_console.tui.screens.caseload_columns import since_when
from gsh_console.tui.screens.safety import CrisisScreen, SafetyScreen

TITLE = "Safety: whom is it about?"
ABOVE = "Nothing is recorded before you choose."
CRISIS = "only the crisis contacts and what to do: nothing is recorded"
MOST_OPEN = 7


def ask_whose(app: GshApp) -> None:
    """Ask between the calls left open, a call with the patient in hand, and the crisis contacts alone."""
    here = getattr(app.screen, "patient_id", "")
    waiting = lists.interrupted(app.desk)
    if here:  # never another patient's record over this one's file
        waiting = tuple(found for found in waiting if found[1].id == here)
    if not waiting:
        app.push_screen(CrisisScreen())
        return
    if isinstance(app.screen, Choose) and app.screen.title_told == TITLE:
        return
    now = app.desk.now()
    ways: list[tuple[str, Callable[[], object]]] = [
        (
            f"the open call with {patient.name}, opened {since_when(contact.opened_at, now)}",
            partial(_of, app, contact.id),
        )
        for contact, patient in waiting[:MOST_OPEN]
    ]
    row = _row_in_hand(app)
    if row is not None and row.open_contact is None and not here:
        ways.append((f"a call with {row.name}, begun now", partial(_begin, app, row)))
    ways.append((CRISIS, lambda: app.push_screen(CrisisScreen())))

    def chosen(index: int | None) -> None:
        if index is not None:
            ways[index][1]()

    app.push_screen(Choose(TITLE, tuple(label for label, _ in ways), above=ABOVE), chosen)


def _row_in_hand(app: GshApp) -> ListRow | None:
    row = app.screen.rows.row if isinstance(app.screen, CaseloadScreen) else None
    return row if isinstance(row, ListRow) else None


def _begin(app: GshApp, row: ListRow) -> None:
    """Offer a call with the patient of the row; its safety conversation opens once it is begun."""
    from gsh_console.tui.screens.patient import offer_call

    def begun() -> None:
        app.screen.call_after_refresh(app.action_safety)

    offer_call(app, row.patient_id, row.appointment_id or None, then=begun)


def _of(app: GshApp, contact_id: str) -> None:
    """Open the safety conversation of a call that was left open; afterwards it is left open again."""
    from gsh_console.casework import contacts

    try:
        conduct = contacts.resume(app.desk, contact_id)
    except GshFault as fault:
        app.tell(fault)
        return

    def left(_: object) -> None:
        if app.conduct is conduct:
            app.conduct = None

    app.conduct = conduct
    app.push_screen(SafetyScreen(conduct), left)
