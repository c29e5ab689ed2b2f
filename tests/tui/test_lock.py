"""Unlocking, and setting up for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from textual.pilot import Pilot

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.faults import StoreFault, StoreLocked, StoreTooNew
from gsh_console.settings import Settings
from gsh_console.store import store
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.caseload import CaseloadScreen
from gsh_console.tui.screens.lock import FREE_TRIES, FirstRunScreen, UnlockScreen
from tests.builders import PASSPHRASE, SteadyClock, make_desk
from tests.tui.scenes import HOSTILE, LARGE, SMALL, flat, lines, text, type_words, until, widths


@pytest.fixture
def access(folder: Path, clock: SteadyClock) -> Access:
    """The way to a folder that holds no store yet."""
    return Access(folder, Settings(), clock)


@pytest.fixture
def locked(access: Access, clock: SteadyClock) -> Access:
    """The way to a store that was set up and closed."""
    make_desk(access.folder, clock).close()
    return access


@pytest.fixture
def opened(locked: Access) -> Iterator[Desk]:
    """The same store held by another console."""
    desk = locked.unlock(PASSPHRASE)
    yield desk
    desk.close()


async def _try(pilot: Pilot[str], app: GshApp, passphrase: str) -> None:
    screen = app.screen
    assert isinstance(screen, UnlockScreen)
    screen.typed.value = passphrase
    await pilot.press("enter")


def _close(app: GshApp) -> None:
    if app.held_desk is not None:
        app.held_desk.close()


async def test_the_passphrase_opens_the_list(locked: Access) -> None:
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        assert isinstance(app.screen, UnlockScreen)
        await type_words(pilot, PASSPHRASE)
        assert PASSPHRASE not in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        assert "Alex Lang" in text(app)
        assert "TRAINING" not in text(app)
    _close(app)


async def test_a_wrong_passphrase_is_told_in_a_sentence_and_can_be_typed_again(locked: Access) -> None:
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        await _try(pilot, app, "not this one")
        await until(pilot, lambda: "does not open this store" in text(app))
        screen = app.screen
        assert isinstance(screen, UnlockScreen)
        assert app.focused is screen.typed
        assert screen.typed.value == ""
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
    _close(app)


async def _wrong_tries(pilot: Pilot[str], screen: UnlockScreen, number: int) -> None:
    await until(pilot, lambda: screen.wrong == number)


async def test_after_three_wrong_tries_the_next_one_waits(locked: Access) -> None:
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        screen = app.screen
        assert isinstance(screen, UnlockScreen)
        for number in range(1, FREE_TRIES + 2):
            await _try(pilot, app, "not this one")
            await _wrong_tries(pilot, screen, number)
        assert screen.pausing
        assert "The next try is possible in 2 seconds" in flat(app)
        screen._pause_over()
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
    _close(app)


async def test_a_store_held_by_another_console_ends_with_its_own_code(locked: Access, opened: Desk) -> None:
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: "already open in another console" in text(app))
        await pilot.press("x")
        await pilot.pause()
    assert app.return_code == StoreLocked.exit_code


async def test_a_damaged_store_is_told_apart_from_a_wrong_passphrase(locked: Access) -> None:
    database = locked.folder / store.DATABASE
    database.write_bytes(b"\0" * database.stat().st_size)
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: "your passphrase was right" in text(app))
        await pilot.press("space")
        await pilot.pause()
    assert app.return_code == 6


async def test_a_store_of_a_newer_console_ends_with_its_own_code(
    locked: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(passphrase: str, *, locked: bool = True) -> NoReturn:
        raise StoreTooNew("A newer console wrote this store.", "Update.")

    monkeypatch.setattr(locked, "unlock", newer)
    app = GshApp(locked)
    async with app.run_test(size=SMALL) as pilot:
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: "A newer console wrote this store. Update." in text(app))
        await pilot.press("enter")
        await pilot.pause()
    assert app.return_code == StoreTooNew.exit_code


async def _try_until_it_stops(app: GshApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await _try(pilot, app, PASSPHRASE)
        await until(pilot, lambda: app.return_code)


async def test_a_fault_of_the_console_itself_ends_it_without_a_secret(
    locked: Access, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(passphrase: str, *, locked: bool = True) -> NoReturn:
        raise RuntimeError(passphrase)

    monkeypatch.setattr(locked, "unlock", broken)
    app = GshApp(locked)
    with pytest.raises(RuntimeError):
        await _try_until_it_stops(app)
    assert PASSPHRASE not in capsys.readouterr().err


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_first_set_up_is_whole_on_the_screen(access: Access, size: tuple[int, int]) -> None:
    app = GshApp(access)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = text(app)
        assert "The same passphrase again" in shown
        assert "Ctrl+Q quit" in lines(app)[-1]
        assert widths(app) == {size[0]}


async def _fill(pilot: Pilot[str], app: GshApp, passphrase: str, again: str) -> FirstRunScreen:
    screen = app.screen
    assert isinstance(screen, FirstRunScreen)
    screen.name_line.value = "Alex Lang"
    screen.first.value = passphrase
    screen.again.value = again
    screen.again.focus()
    await pilot.press("enter")
    return screen


async def test_first_set_up_asks_for_two_groups_of_the_code_before_it_opens(access: Access) -> None:
    app = GshApp(access)
    async with app.run_test(size=SMALL) as pilot:
        screen = await _fill(pilot, app, PASSPHRASE, PASSPHRASE)
        await until(pilot, lambda: screen.pages.current == "page-code")
        code = screen.code
        assert all(group in text(app) for group in code)
        assert "without it nobody can help" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: screen.pages.current == "page-proof")
        assert not any(group in text(app) for group in code)
        await type_words(pilot, "zzzz zzzz")
        await pilot.press("enter")
        await until(pilot, lambda: "Those are not the groups asked for" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: code[0] in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: screen.pages.current == "page-proof")
        await type_words(pilot, " ".join(code[number] for number in screen.asked).lower())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        assert screen.code == ()
        assert screen.first.value == screen.again.value == ""
    _close(app)
    access.recover("-".join(code), "a wholly new passphrase")
    access.unlock("a wholly new passphrase").close()


async def test_a_short_passphrase_is_refused_and_nothing_is_made(access: Access) -> None:
    app = GshApp(access)
    async with app.run_test(size=SMALL) as pilot:
        await _fill(pilot, app, "short", "short")
        await until(pilot, lambda: "shorter than 10 characters" in text(app))
        assert not access.is_set_up


async def test_two_passphrases_that_differ_are_told(access: Access) -> None:
    app = GshApp(access)
    async with app.run_test(size=SMALL) as pilot:
        await _fill(pilot, app, PASSPHRASE, "something else entirely")
        await until(pilot, lambda: "The two passphrases differ" in text(app))
        assert not access.is_set_up


async def test_a_disk_that_refuses_is_told_and_what_was_typed_stays(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(passphrase: str, practitioner: object) -> NoReturn:
        raise StoreFault("The disk is full, so nothing was written.", "Free some space and try again.")

    monkeypatch.setattr(access, "set_up", full)
    app = GshApp(access)
    async with app.run_test(size=SMALL) as pilot:
        screen = await _fill(pilot, app, PASSPHRASE, PASSPHRASE)
        await until(pilot, lambda: "The disk is full" in text(app))
        assert screen.name_line.value == "Alex Lang"
        assert screen.first.value == PASSPHRASE


async def test_a_practitioners_name_is_only_a_name(access: Access) -> None:
    app = GshApp(access)
    async with app.run_test(size=LARGE) as pilot:
        screen = app.screen
        assert isinstance(screen, FirstRunScreen)
        screen.name_line.value = HOSTILE + "\x1b]0;gone\x07"
        screen.first.value = screen.again.value = PASSPHRASE
        screen.again.focus()
        await pilot.press("enter")
        await until(pilot, lambda: screen.code)
        await pilot.press("enter")
        screen.groups.value = "".join(screen.code[number] for number in screen.asked)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseloadScreen))
        assert HOSTILE in lines(app)[0]
    _close(app)
