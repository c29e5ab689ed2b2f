"""Work beside a screen: its fault is the console's own, and a network that never answers keeps nobody from leaving."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from textual.message import Message

from gsh_console.casework.desk import Desk
from gsh_console.tui.in_background import in_background
from tests.tui.scenes import SMALL, app_over, text, until


def failing() -> Message:
    raise ZeroDivisionError


async def test_a_fault_of_the_consoles_own_in_a_thread_ends_it_like_any_other(desk: Desk) -> None:
    app = app_over(desk)

    async def play() -> None:
        async with app.run_test(size=SMALL) as pilot:
            in_background(app.screen, failing)
            await until(pilot, lambda: not app.is_running)

    with pytest.raises(ZeroDivisionError):
        await play()
    assert app.return_code == 1


async def test_a_server_that_never_answers_keeps_nobody_from_leaving(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GSH_CONSOLE_SETTINGS", str(tmp_path / "settings.toml"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}/fhir"
        (tmp_path / "server.toml").write_text(f'url = "{base}"\npractitioner = "Practitioner/1"\npull_every = "0"\n')
        app = app_over(desk)
        async with app.run_test(size=SMALL) as pilot:
            app.show_pull()
            await until(pilot, lambda: "Asking the server" in text(app))
            heard, _ = silent.accept()
            began = time.monotonic()
            app.exit()
        assert time.monotonic() - began < 4
        beside = [each for each in threading.enumerate() if each.name == "beside a screen"]
        assert beside
        assert all(each.daemon for each in beside)
        heard.close()
        for each in beside:
            each.join(5.0)
