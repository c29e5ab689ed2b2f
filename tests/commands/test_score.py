"""`score`: one form a line in, one score a line out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.commands.score import Scores, score_command, score_line
from gsh_console.faults import GshFault
from tests.builders import console, definitions
from tests.strategies import texts


def told(measure: str, answers: Any) -> dict[str, Any]:
    return score_line(definitions(), json.dumps({"measure": measure, "answers": answers}))


def test_the_example_of_the_help_scores_as_the_help_says() -> None:
    assert told("phq-9", [0, 1, 2, None, 0, 0, 1, 0, 0]) == {
        "measure": "phq-9", "total": 5, "complete": False, "prorated": True, "missing": [4], "band": "mild",
        "caseness": False, "subscales": {}, "prompts": [],
    }  # fmt: skip


def test_an_object_by_item_number_and_a_list_say_the_same() -> None:
    assert told("gad-7", {"1": 2, "2": 1, "3": 1, "4": 2, "5": 1, "6": 3, "7": 1}) == told(
        "gad-7", [2, 1, 1, 2, 1, 3, 1]
    )
    assert told("gad-7", {"1": 2})["missing"] == [2, 3, 4, 5, 6, 7]


def test_a_mean_is_told_exactly_and_subscales_say_their_own_gaps() -> None:
    line = json.dumps({"measure": "mi", "answers": [4, *[3] * 25, None, *[1] * 25]})
    text = Scores(definitions()).line(line)
    assert '"total": 3.04,' in text
    found = json.loads(text)
    assert (found["prorated"], found["complete"], found["missing"]) == (False, False, [27])
    assert found["subscales"]["alone"]["total"] == 3.04
    accompanied = found["subscales"]["accompanied"]
    assert (accompanied["total"], accompanied["prorated"], accompanied["missing"]) == (1, True, [27])


def test_single_scales_have_no_total_and_each_its_own_caseness() -> None:
    found = told("phobia", [4, 3, None])
    assert (found["total"], found["caseness"]) == (None, None)
    assert [part["caseness"] for part in found["subscales"].values()] == [True, False, None]


def test_a_score_met_before_is_told_in_the_same_words() -> None:
    scores = Scores(definitions())
    lines = [json.dumps({"measure": "phq-9", "answers": [n % 4, 1, 2, None, 0, 0, 1, 0, n % 2]}) for n in range(40)]
    once = [Scores(definitions()).line(line) for line in lines]
    assert [scores.line(line) for line in lines * 3] == once * 3


@pytest.mark.parametrize("word", ["declined", "unclear", "not asked"])
def test_a_reason_in_words_is_missing_and_never_a_zero(word: str) -> None:
    assert told("phq-9", [3] * 8 + [word]) == told("phq-9", [3] * 8 + [None])
    assert told("phq-9", [3] * 8 + [word])["total"] == 27
    assert told("phq-9", [3] * 8 + [word])["prompts"] == [9]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "not JSON"),
        ("[]", 'no "measure"'),
        ("{}", 'no "measure"'),
        ('{"measure": 9, "answers": []}', 'no "measure"'),
        ('{"measure": "phq9", "answers": []}', 'Did you mean "phq-9"'),
        ('{"measure": "phq-9", "answers": [0]}', "9 items, 1 answers"),
        ('{"measure": "phq-9", "answers": [0,0,0,0,0,0,0,0,0,0]}', "9 items, 10 answers"),
        ('{"measure": "phq-9", "answers": [4,0,0,0,0,0,0,0,0]}', "item 1 takes 0 to 3"),
        ('{"measure": "phq-9", "answers": [-1,0,0,0,0,0,0,0,0]}', "item 1 takes 0 to 3"),
        ('{"measure": "phq-9", "answers": {"10": 0}}', "no item 10"),
        ('{"measure": "phq-9", "answers": [1.0,0,0,0,0,0,0,0,0]}', "not an answer"),
        ('{"measure": "phq-9", "answers": [true,0,0,0,0,0,0,0,0]}', "not an answer"),
        ('{"measure": "phq-9", "answers": ["2",0,0,0,0,0,0,0,0]}', "not an answer"),
        ('{"measure": "phq-9", "answers": [[],0,0,0,0,0,0,0,0]}', "not an answer"),
        ('{"measure": "phq-9", "answers": "000000000"}', "neither a list nor an object"),
        ('{"measure": "phq-9", "answers": ["not applicable",0,0,0,0,0,0,0,0]}', "always applies"),
    ],
)
def test_a_line_that_cannot_be_scored_says_what_is_wrong_with_it(line: str, words: str) -> None:
    with pytest.raises(GshFault, match=words):
        score_line(definitions(), line)


@given(st.one_of(texts(60), st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | texts(5),
       lambda inner: st.lists(inner, max_size=9) | st.dictionaries(texts(3), inner, max_size=9), max_leaves=12).map(
           lambda value: json.dumps({"measure": "phq-9", "answers": value}))))  # fmt: skip
def test_no_line_does_more_than_be_refused(line: str) -> None:
    try:
        found = score_line(definitions(), line)
    except GshFault:
        return
    assert found["total"] is None or 0 <= found["total"] <= 27


def test_one_bad_line_is_marked_and_the_others_are_still_scored() -> None:
    lines = [
        '{"measure": "phq-9", "answers": [0,0,0,0,0,0,0,0,0]}',
        "rubbish",
        "",
        '{"measure": "wsas", "answers": [8,8,8,8,8]}',
    ]
    result = CliRunner().invoke(score_command, input="\n".join(lines))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [sorted(each)[0] if "error" in each else each["total"] for each in found] == [0, "error", 40]
    assert result.exit_code == 1


def test_as_a_process_it_reads_a_file_or_standard_input_and_exits_zero(tmp_path: Path) -> None:
    line = '{"measure": "gad-7", "answers": [1,1,1,2,1,1,1]}\n'
    path = tmp_path / "forms.jsonl"
    path.write_text(line * 3, "utf-8")
    from_file, from_pipe = console("score", str(path)), console("score", given=line)
    assert (from_file.returncode, from_pipe.returncode) == (0, 0)
    assert from_file.stdout == from_pipe.stdout * 3
    assert json.loads(from_pipe.stdout)["total"] == 8
    assert from_file.stderr == from_pipe.stderr == ""
