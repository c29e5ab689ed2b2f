"""A caseload brought in from files as services really write them."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gsh_console.casework.access import Access
from gsh_console.casework.desk import Desk
from gsh_console.casework.importing import ImportReport, import_csv
from gsh_console.casework.training import make_training_caseload, nhs_numbers
from gsh_console.cli import cli
from gsh_console.commands.patients import HELD
from gsh_console.domain.people import Patient, Practitioner
from gsh_console.faults import GshFault, InputRefused
from gsh_console.settings import Settings
from gsh_console.store import caseload

HEADER = "family_name,given_name,birth_date,nhs_number,language\n"
NUMBERS = [number for number, _ in zip(nhs_numbers(), range(50), strict=False)]


def clock() -> datetime:
    return datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Access(tmp_path / "store", Settings(), clock).set_up_training(Practitioner("A. Lang"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("shared") / "store"
    made = Access(folder, Settings(), clock).set_up_training(Practitioner("A. Lang"))
    yield made
    made.close()


def brought(desk: Desk, tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> ImportReport:
    file = tmp_path / "in.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return import_csv(desk, file)


def refusal(desk: Desk, tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(InputRefused) as caught:
        brought(desk, tmp_path, content)
    assert caseload.count(desk.store, "") == 0
    return str(caught.value)


def only(desk: Desk) -> Patient:
    (person,) = caseload.patients(desk.store)
    return person


def test_a_good_file_adds_everyone(desk: Desk, tmp_path: Path):
    report = brought(desk, tmp_path, HEADER + f"Wren,Jenny,14/03/1991,{NUMBERS[0]},ur\nSwift,Al,1980-01-02,,\n")
    assert (report.added, report.refused, report.duplicates) == (2, (), ())
    assert {person.language for person in caseload.patients(desk.store)} == {"ur", "en"}


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ending_are_told_apart(
    desk: Desk, tmp_path: Path, encoding: str, said: str, separator: str, ending: str
):
    text = f"Surname,First name,DOB{ending}Jaskółka,Zofia,14/03/1991{ending}".replace(",", separator)
    report = brought(desk, tmp_path, text, encoding)
    assert (report.added, report.encoding) == (1, said)
    assert only(desk).family_name == "Jaskółka"


def test_windows_1252_is_read_and_said_so(desk: Desk, tmp_path: Path):
    report = brought(desk, tmp_path, "surname;forename;dob\nAndré;Zoë;14/03/1991\n", "cp1252")
    assert only(desk).family_name == "André"
    assert "Windows-1252" in report.encoding


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"PK\x03\x04rest", "Excel"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"surname,forename,dob\nA\x81\x8d,B,1990-01-01\n", "characters"),
        ("surname,forename,dob\n".encode("utf-32"), "characters"),
        (b"\xff\xfes\x00u\x00", "does not name"),
        (b"\xff\xfes\x00u", "characters"),
        (b"surname,forename,dob\nA\x00,B,1990-01-01\n", "characters"),
    ],
)
def test_what_is_not_a_text_table_is_refused_whole(desk: Desk, tmp_path: Path, content: bytes, why: str):
    assert why in refusal(desk, tmp_path, content)


def test_a_missing_column_refuses_the_whole_file_without_repeating_its_first_row(desk: Desk, tmp_path: Path):
    told = refusal(desk, tmp_path, "Okonkwo,Adaeze,1990-01-01\nWren,Jenny,1991-03-14\n")
    assert "family_name, given_name, birth_date" in told
    assert "Okonkwo" not in told
    assert "1990" not in told


def test_a_misspelt_needed_column_is_pointed_at(desk: Desk, tmp_path: Path):
    told = refusal(desk, tmp_path, "Surnme,First name,DOB\nWren,Jenny,1991-03-14\n")
    assert "Column 1" in told
    assert "surname" in told


def test_two_columns_for_one_field_refuse_the_whole_file(desk: Desk, tmp_path: Path):
    told = refusal(desk, tmp_path, "Surname,Family name,First name,DOB\nA,B,C,1991-03-14\n")
    assert "family_name" in told


def test_an_unknown_column_is_reported_with_the_nearest_name(desk: Desk, tmp_path: Path):
    report = brought(desk, tmp_path, "Surname,First name,DOB,Postcod,Shoe size\nWren,Jenny,1991-03-14,QX1 1AB,38\n")
    assert report.added == 1
    assert "postcode" in report.unknown_columns[0]
    assert "Column 5" in report.unknown_columns[1]
    assert only(desk).postcode == ""


def test_each_row_is_judged_on_its_own_and_named_by_the_line_it_begins_on(desk: Desk, tmp_path: Path):
    rows = [
        "Wren,Jenny,1991-03-14,,en",
        ',"No\nname",1991-03-14,,en',
        "Swift,Al,soon,123,tlh",
        "",
        "Kite,Bo,1980-01-01,,en,extra",
        "Short,Row",
        "Heron,Cy,1985-05-05,,en",
    ]
    report = brought(desk, tmp_path, HEADER + "\n".join(rows) + "\n")
    assert report.added == 2
    assert [row.line for row in report.refused] == [3, 5, 7, 8]
    assert [problem.field for problem in report.refused[1].problems] == ["birth_date", "nhs_number", "language"]
    assert report.refused[2].problems[0].field == "row"


def test_newlines_inside_quotes_belong_to_the_cell(desk: Desk, tmp_path: Path):
    header = "surname,forename,dob,problem statement,address\n"
    report = brought(desk, tmp_path, header + '"Wren","Jenny",1991-03-14,"one\r\ntwo","1 Example\nStreet"\nBad,Row\n')
    assert (report.added, report.refused[0].line) == (1, 5)
    assert only(desk).problem_statement == "one\ntwo"
    assert only(desk).address_line == "1 Example Street"


def test_a_formula_is_only_text(desk: Desk, tmp_path: Path):
    header = "surname,forename,dob,problem statement\n"
    brought(desk, tmp_path, header + "=HYPERLINK(1),@Al,1991-03-14,\"=cmd|' /C calc'!A0\"\n")
    assert only(desk).family_name == "=HYPERLINK(1)"
    assert only(desk).problem_statement == "=cmd|' /C calc'!A0"


def test_an_open_quotation_mark_refuses_its_row_and_loses_no_earlier_one(desk: Desk, tmp_path: Path):
    report = brought(
        desk, tmp_path, HEADER + 'Wren,Jenny,1991-03-14,,en\nSwift,"Al,1980-01-02,,en\nKite,Bo,1981-01-01,,\n'
    )
    assert report.added == 1
    assert [row.line for row in report.refused] == [3]


def test_excel_may_name_the_separator_above_the_header(desk: Desk, tmp_path: Path):
    assert brought(desk, tmp_path, "sep=;\nSurname;First name;DOB\nWren;Jenny;1991-03-14\n").added == 1


def test_a_second_import_of_the_same_file_adds_nothing(desk: Desk, tmp_path: Path):
    content = HEADER + f"Wren,Jenny,1991-03-14,{NUMBERS[0]},en\nSwift,Al,1980-01-02,,en\n"
    assert brought(desk, tmp_path, content).added == 2
    again = brought(desk, tmp_path, content)
    assert (again.added, again.refused, again.duplicates) == (0, (), (2, 3))


def test_the_same_person_twice_in_a_file_is_added_once(desk: Desk, tmp_path: Path):
    rows = [
        f"Wren,Jenny,1991-03-14,{NUMBERS[0]},en",
        "WREN,jenny,14/03/1991,,en",
        f"Wren,Jenny,1991-03-14,{NUMBERS[0]},en",
    ]
    report = brought(desk, tmp_path, HEADER + "\n".join(rows))
    assert (report.added, report.duplicates) == (1, (3, 4))


def test_one_nhs_number_for_two_people_is_refused_and_not_taken_for_a_duplicate(desk: Desk, tmp_path: Path):
    report = brought(
        desk, tmp_path, HEADER + f"Wren,Jenny,1991-03-14,{NUMBERS[0]},en\nSwift,Al,1980-01-02,{NUMBERS[0]},en\n"
    )
    assert (report.added, report.duplicates) == (1, ())
    assert "another person" in report.refused[0].problems[0].sentence


def test_a_number_for_someone_known_without_one_is_left_to_the_practitioner(desk: Desk, tmp_path: Path):
    brought(desk, tmp_path, HEADER + "Wren,Jenny,1991-03-14,,en\n")
    report = brought(desk, tmp_path, HEADER + f"Wren,Jenny,1991-03-14,{NUMBERS[0]},en\n")
    assert (report.added, len(report.refused)) == (0, 1)


def test_two_people_who_share_name_and_birth_date_need_a_number_each(desk: Desk, tmp_path: Path):
    rows = [f"Wren,Jenny,1991-03-14,{number},en" for number in NUMBERS[:2]]
    assert brought(desk, tmp_path, HEADER + "\n".join(rows)).added == 2


def test_stopping_keeps_what_was_added_and_says_so(desk: Desk, tmp_path: Path):
    file = tmp_path / "long.csv"
    file.write_text(HEADER + "".join(f"Wren{n},Jenny,1991-03-14,,en\n" for n in range(1200)))
    heard: list[tuple[int, int]] = []
    report = import_csv(desk, file, lambda line, lines: heard.append((line, lines)), lambda: bool(heard))
    assert report.added == caseload.count(desk.store, "") == 500
    assert report.stopped_after == 501
    assert any("Stopped after line 501" in line for line in report.lines())
    assert import_csv(desk, file).added == 700


def test_progress_climbs_to_the_last_line(desk: Desk, tmp_path: Path):
    file = tmp_path / "long.csv"
    file.write_text(HEADER + "".join(f"Wren{n},Jenny,1991-03-14,,en\n" for n in range(1200)))
    heard: list[tuple[int, int]] = []
    import_csv(desk, file, lambda line, lines: heard.append((line, lines)))
    lines = [line for line, _ in heard]
    assert lines == sorted(lines)
    assert len(heard) == 3
    assert heard[-1][0] == heard[-1][1]


def test_a_report_never_repeats_what_stood_in_the_file(desk: Desk, tmp_path: Path):
    canary = "Zqxcanary"
    cells = ",".join([canary * 20] * 5)
    report = brought(desk, tmp_path, HEADER + cells + f"\n{canary},{canary},{canary},{canary},{canary}\n{canary}\n")
    assert len(report.refused) == 3
    assert canary not in "\n".join(report.lines())


def test_a_file_that_is_not_there_is_one_sentence(desk: Desk, tmp_path: Path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputRefused, match="cannot be read"):
            import_csv(desk, path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"surname,forename,dob\n", b"\xef\xbb\xbfsurname;forename;dob\r\n"])
)
def test_any_bytes_end_as_a_report_or_as_one_sentence(shared_desk: Desk, tmp_path: Path, content: bytes, header: bytes):
    try:
        report = brought(shared_desk, tmp_path, header + content)
    except GshFault:
        return
    assert all(row.problems for row in report.refused)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), max_size=5))
def test_any_text_in_the_cells_ends_as_added_refused_or_skipped(
    shared_desk: Desk, tmp_path: Path, rows: list[list[str]]
):
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    content = "surname,forename,dob\n" + "".join(f"{row}\n" for row in quoted)
    if "\0" in content:
        return
    report = brought(shared_desk, tmp_path, content, "utf-8")
    blank = sum(not any(cell.strip() for cell in row) for row in rows)
    assert report.added + len(report.refused) + len(report.duplicates) + blank == len(rows)


# ---------------------------------------------------------------- the command


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["--store", str(folder), "patients", *arguments], catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Access(tmp_path / "store", Settings(), clock).set_up_training(Practitioner("A. Lang")).close()
    return tmp_path / "store"


def test_the_template_can_be_imported_as_it_is(folder: Path, tmp_path: Path):
    _, printed, _ = run(folder, "template")
    (tmp_path / "t.csv").write_text(printed)
    code, told, _ = run(folder, "import", str(tmp_path / "t.csv"))
    assert code == 0
    assert told.startswith("Added 1, skipped 0 already there, refused 0.")
    code, listed, _ = run(folder, "list", "--json")
    assert [each["nhs_number"] for each in json.loads(listed)] == ["9990009805"]


def test_a_refused_row_ends_with_code_1_and_a_report_for_its_owner_only(folder: Path, tmp_path: Path):
    (tmp_path / "in.csv").write_text(HEADER + "Wren,Jenny,soon,,\nSwift,Al,1980-01-02,,\n")
    code, told, _ = run(folder, "import", str(tmp_path / "in.csv"), "--report", str(tmp_path / "report.txt"))
    assert code == 1
    assert "line 2: birth_date" in told
    assert (tmp_path / "report.txt").read_text() == told
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == 0o600


def test_the_list_shows_the_nhs_number_as_it_is_read_out(folder: Path, tmp_path: Path):
    (tmp_path / "in.csv").write_text(HEADER + f"Wren,Jenny,1991-03-14,{NUMBERS[0]},ur\n")
    run(folder, "import", str(tmp_path / "in.csv"))
    _, listed, _ = run(folder, "list")
    assert "999 000 0018" in listed
    assert "WREN, Jenny" in listed


def test_the_export_holds_everything_kept_about_the_patient(tmp_path: Path):
    desk = Access(tmp_path / "store", Settings(), clock).set_up_training(Practitioner("A. Lang"))
    make_training_caseload(desk, patients=3)
    maya = next(person for person in caseload.patients(desk.store) if person.family_name == "Okafor")
    counts = {
        name: desk.store.fetch(f"SELECT count(*) FROM {table} WHERE {where}", (maya.id,))[0][0]
        for name, (table, where, _) in HELD.items()
    }
    desk.close()
    code, printed, warned = run(tmp_path / "store", "export", maya.id, "--out", str(tmp_path / "out"))
    path = Path(printed.strip())
    held = json.loads(path.read_text(encoding="utf-8"))
    assert code == 0
    assert "other people" in warned
    assert held["patient"]["birth_date"] == "1991-03-14"
    assert {name: len(held[name]) for name in HELD} == counts
    assert counts["contacts"] == counts["notes"] == 3
    assert held["entries"][0]["body"]["contact_number"] == 1
    assert held["outbox"][0]["state"] == "training"
    assert "Okafor" not in path.name
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_export_leaves_out_no_column_but_the_chain_and_the_owner(desk: Desk):
    for table, _, columns in HELD.values():
        kept = {row[1] for row in desk.store.fetch(f"PRAGMA table_info({table})")}
        assert kept - set(columns) <= {"mac", "patient_id"}


def test_an_unknown_id_is_one_sentence_without_a_file(folder: Path, tmp_path: Path):
    with pytest.raises(InputRefused, match="no such patient"):
        run(folder, "export", "nobody", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
