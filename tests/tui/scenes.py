"""Screens set up for tests: an app over a real desk, what stands on its screen, what a second connection reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot

from gsh_console.casework.access import Access
from gsh_console.casework.conduct import Conduct
from gsh_console.casework.desk import Desk
from gsh_console.domain.people import Patient
from gsh_console.store import caseload
from gsh_console.store.connection import connect
from gsh_console.store.store import Store
from gsh_console.tui.app import GshApp
from tests.builders import make_patient

SMALL, LARGE = (80, 24), (120, 40)
HOSTILE = "[/low] [@click=app.quit]x[/]"
ESCAPES = "\x1b]0;gone\x07\x1b[31m"


def app_over(desk: Desk) -> GshApp:
    """The console with the store already open."""
    return GshApp(Access(desk.store.folder, desk.settings, desk.clock), desk)


def lines(app: App[Any]) -> list[str]:
    """What stands on the screen, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


def text(app: App[Any]) -> str:
    """What stands on the screen."""
    return "\n".join(lines(app))


def flat(app: App[Any]) -> str:
    """What stands on the screen with every run of blanks and line breaks as one blank."""
    return " ".join(text(app).split())


def unbroken(app: App[Any]) -> str:
    """What stands inside the dialog with its lines joined without a blank."""
    return "".join(line.split("│")[1].strip() for line in lines(app) if line.count("│") == 2)


def widths(app: App[Any]) -> set[int]:
    """The cells of every drawn line."""
    return {cell_len(line) for line in lines(app)}


async def until(pilot: Pilot[Any], reached: Callable[[], object]) -> None:
    """Let the app run until something is so."""
    for _ in range(200):
        if reached():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"never reached; on the screen:\n{text(pilot.app)}")


async def in_the_call(pilot: Pilot[Any]) -> Conduct:
    """The contact that is open once the app has gone into it."""
    app = pilot.app
    assert isinstance(app, GshApp)
    await until(pilot, lambda: app.conduct is not None)
    assert app.conduct is not None
    return app.conduct


async def type_words(pilot: Pilot[Any], words: str) -> None:
    """Type some words key by key."""
    await pilot.press(*(SPOKEN.get(character, character) for character in words))


SPOKEN = {
    **{" ": "space", "[": "left_square_bracket", "]": "right_square_bracket", "/": "slash", "@": "at"},
    **{"=": "equals_sign", ".": "full_stop", "-": "minus", ",": "comma"},
}


def put_many(desk: Desk, count: int) -> None:
    """A caseload of so many patients, in one transaction."""
    with desk.store.unit() as session:
        for number in range(count):
            person = make_patient(number, family_name=f"Family{number:05d}", given_name="Given", nhs_number=None)
            caseload.add_patient(session, person, desk.now())


def second_reading(desk: Desk, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What another connection reads from the disk."""
    connection = connect(desk.store.folder / "store.db", desk.store.keys.data_key)
    try:
        return list(connection.execute(query, parameters))
    finally:
        connection.close()


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements fetched while the block runs."""
    seen: list[str] = []
    fetch = store.fetch

    def counting(query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        seen.append(query)
        return fetch(query, parameters)

    store.fetch = counting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        del store.fetch


def hostile_patient(number: int = 66) -> Patient:
    """Somebody whose every text is an attack on the screen."""
    words = f"{HOSTILE}{ESCAPES}"
    return make_patient(
        number,
        family_name=f"Ba{words}",
        given_name=words,
        communication_needs=words,
        emergency_contact=words,
        problem_statement=words,
        gp_practice=words,
    )
