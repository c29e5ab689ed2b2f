"""The SQLModel engine over the encrypted file. Only the connection room knows driver, key and pragmas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import QueuePool
from sqlmodel import create_engine

from gsh_console.store import tables  # noqa: F401 - every table is known before the first write
from gsh_console.store.connection import DRIVER, connect


def open_engine(database: Path, data_key: bytes) -> Engine:
    """An engine with one kept connection; a transaction takes the write lock when it begins."""
    engine = create_engine(
        "sqlite://",
        module=DRIVER,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=1,
        creator=lambda: connect(database, data_key),
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def take_the_write_lock(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
