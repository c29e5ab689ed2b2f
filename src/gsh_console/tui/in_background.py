"""Work beside a screen, in a thread that never keeps the console from ending: a network may be slow to say no."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from threading import Thread
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen


@dataclass
class Crashed(Message):
    """The console itself failed in a thread; the app takes it like any other fault of its own."""

    error: Exception


def in_background(screen: Screen[Any], work: Callable[[], Message]) -> None:
    """Do some work and post what it gives to the screen, where there still is one."""

    app = screen.app

    def run() -> None:
        at: MessagePump = screen
        try:
            told = work()
        except Exception as error:
            at, told = app, Crashed(error)
        with contextlib.suppress(RuntimeError):  # the console has ended meanwhile
            at.post_message(told)

    Thread(target=copy_context().run, args=(run,), name="beside a screen", daemon=True).start()
