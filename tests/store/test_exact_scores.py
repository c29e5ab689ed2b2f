"""Totals are kept exactly, whole or with decimal places, and older stores keep theirs."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import pytest

from gsh_console.casework.desk import Desk
from gsh_console.domain.measures import Number
from gsh_console.domain.scoring import Score
from gsh_console.store import migrate, records
from tests.builders import make_conduct, make_patient, put_patient

EXACT = 3  # the migration that keeps totals as exact text


@pytest.mark.parametrize("total", [0, 27, None, Decimal("3.04"), Decimal("2.30"), Decimal("1.00")])
def test_a_total_comes_back_as_it_was_written(desk: Desk, total: Number | None) -> None:
    patient = put_patient(desk, make_patient())
    contact = make_conduct(desk, patient).contact.id
    score = Score("mi", total, complete=True, prorated=False, missing=(), band=None, caseness=None, prompts=())
    with desk.store.unit() as session:
        records.add_score(session, contact, patient.id, 1, "2026-11-20", score)
    kept = records.scores_of(desk.store, patient.id)[0].total
    assert (kept, type(kept), str(kept)) == (total, type(total), str(total))


def test_whole_totals_of_an_older_store_stay_what_they_were() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for number, script in migrate.migrations():
        if number < EXACT:
            for statement in migrate.statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("PRAGMA foreign_keys = OFF")
    rows = [("c1", "phq-9", 18, "[]"), ("c1", "gad-7", 0, '["3"]'), ("c1", "wsas", None, '["1", "2"]')]
    patient = dict.fromkeys((row[1] for row in connection.execute("PRAGMA table_info(patient)")), "x")
    patient |= {"id": "p1", "interpreter_required": 0}
    _insert(connection, "patient", patient)
    contact = {"id": "c1", "patient_id": "p1", "number": 1, "protocol": "x", "protocol_version": "1", "opened_at": "x"}
    _insert(connection, "contact", contact)
    for contact_id, measure, total, missing in rows:
        _insert(connection, "score", {
            "contact_id": contact_id, "measure": measure, "patient_id": "p1", "number": 1, "taken_on": "2026-11-20",
            "total": total, "complete": 1, "prorated": 0, "missing": missing,
        })  # fmt: skip
    migrate.migrate(connection)
    assert migrate.version_of(connection) == migrate.newest()
    kept = connection.execute("SELECT contact_id, measure, total, missing FROM score ORDER BY rowid").fetchall()
    assert kept == [(c, m, None if total is None else str(total), missing) for c, m, total, missing in rows]


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
