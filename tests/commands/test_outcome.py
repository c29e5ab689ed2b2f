"""`outcome`: one course a line in, one national outcome a line out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.commands.outcome import Outcomes, outcome_command
from gsh_console.faults import GshFault
from tests.builders import console, definitions
from tests.strategies import texts

OUTCOMES = Outcomes(definitions())
COURSE = {"descriptor": "F410", "attended": 6, "ended": True, "scores": {"phq-9": [14, 6], "pdss": [15, 6]}}


def told(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(OUTCOMES.line(json.dumps({**COURSE, **changed})))
    return found


def test_a_line_tells_every_key_of_the_outcome_and_why() -> None:
    found = told()
    why = found.pop("why")
    assert found == {
        "cohort": True, "measure": "pdss", "caseness": True, "recovery": True, "reliable_change": "improvement",
        "reliable_recovery": True,
    }  # fmt: skip
    assert list(json.loads(OUTCOMES.line(json.dumps(COURSE)))) == [
        "cohort", "measure", "caseness", "recovery", "reliable_change", "reliable_recovery", "why",
    ]  # fmt: skip
    assert "PDSS-SR fell by 9 (5 are needed): reliable improvement by PHQ-9 and PDSS-SR." in why


def test_what_is_not_known_is_null_and_never_none_or_false() -> None:
    found = told(scores={"phq-9": [14, 6], "gad-7": [None, 9]})
    assert [found[key] for key in ("caseness", "recovery", "reliable_change", "reliable_recovery")] == [None] * 4
    assert found["measure"] == "gad-7"
    assert told(scores={"phq-9": [14, 14], "gad-7": [9, 9]})["reliable_change"] == "none"


def test_a_mean_is_read_as_it_is_written_and_not_as_a_binary_fraction() -> None:
    line = '{"descriptor":"F400","attended":7,"ended":true,"scores":{"phq-9":[7,6],"mi":[3.03,2.30]}}'
    found = json.loads(OUTCOMES.line(line))
    assert (found["recovery"], found["reliable_change"]) == (True, "improvement")
    assert "MI fell by 0.73" in found["why"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"attended": -1}, '"attended" is not a count'),
        ({"attended": True}, '"attended" is not a count'),
        ({"attended": 2.0}, '"attended" is not a count'),
        ({"attended": None}, '"attended" is not a count'),
        ({"ended": 1}, '"ended" is neither true nor false'),
        ({"ended": None}, '"ended" is neither true nor false'),
        ({"descriptor": 410}, '"descriptor" is not text'),
        ({"scores": []}, '"scores" is not an object'),
        ({"scores": {"phq9": [1]}}, 'Did you mean "phq-9"'),
        ({"scores": {"gbo": [1]}}, "GBO has no total"),
        ({"scores": {"phq-9": 3}}, "PHQ-9 are not a list"),
        ({"scores": {"phq-9": [28]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": [-1]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": [9.5]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": [9.0]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": [True]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": ["9"]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"phq-9": [float("nan")]}}, "PHQ-9 runs from 0 to 27"),
        ({"scores": {"mi": [2.345]}}, "MI runs from 1 to 5 in steps of 0.01"),
        ({"atended": 3}, 'no "atended" in a course. Did you mean "attended"'),
    ],
)
def test_a_course_that_cannot_be_judged_says_what_is_wrong_with_it(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(GshFault) as refused:
        told(**changed)
    assert words in str(refused.value)


def test_a_missing_or_empty_descriptor_means_the_fallback() -> None:
    line = '{"attended": 6, "ended": true, "scores": {"phq-9": [14, 6], "gad-7": [9, 3]}}'
    assert json.loads(OUTCOMES.line(line))["measure"] == told(descriptor=None)["measure"] == "gad-7"


@given(st.one_of(texts(60), st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | texts(5),
       lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["phq-9", "gad-7", "x"]), inner),
       max_leaves=8).map(lambda value: json.dumps({**COURSE, "scores": value}))))  # fmt: skip
def test_no_line_does_more_than_be_refused(line: str) -> None:
    try:
        found = json.loads(OUTCOMES.line(line))
    except GshFault:
        return
    assert found["why"]


def test_one_bad_line_is_marked_and_the_others_are_still_judged() -> None:
    lines = [json.dumps(COURSE), "rubbish", "", "[]", "9" * 5000, "[" * 100_000, json.dumps(COURSE)]
    result = CliRunner().invoke(outcome_command, input="\n".join(lines))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["error" in each for each in found] == [False, True, True, True, True, False]
    assert result.exit_code == 1


def test_the_rules_are_shown_with_their_sources_and_what_is_inferred() -> None:
    shown = CliRunner().invoke(outcome_command, ["--rules"]).stdout
    assert shown.count("inferred; ") == 3
    assert "Agoraphobia (F400): phq-9 with mi" in shown
    assert "Anything else: phq-9 with gad-7" in shown


def test_as_a_process_it_judges_and_exits_zero() -> None:
    done = console("outcome", given=json.dumps(COURSE) + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["recovery"] is True
