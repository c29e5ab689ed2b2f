"""Forms scored per second against a bare Python sum over the same forms, interleaved in one run, as ratios.

python benchmarks/scoring.py speed --forms 20000 --rounds 9
python benchmarks/scoring.py memory --lines 1000000

`speed` tells three things for each measure: the forms as the console holds them (a mapping of items to answers),
the same forms as lists in item order, and whole JSON Lines through the command. The bare sum steps over gaps and does
nothing else: no check of range, no prorating, no band, no cut-off. `memory` runs `score` and `outcome` over many lines
and over few, and tells the highest memory of each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gsh_console.commands.score import Scores
from gsh_console.content.definitions import Definitions
from gsh_console.domain.measures import Measure
from gsh_console.domain.scoring import score, scorer_of

SOURCE = Path(__file__).parent.parent / "src"
MEASURES = ("phq-9", "gad-7", "wsas", "oci", "pswq")


def speed(count: int, rounds: int) -> dict[str, Any]:
    """For each measure and each way in: forms a second, and the share of the bare sum's speed (median of rounds)."""
    definitions = Definitions()
    return {name: _speed_of(definitions, definitions.measures[name], count, rounds) for name in MEASURES}


def _speed_of(definitions: Definitions, measure: Measure, count: int, rounds: int) -> dict[str, Any]:
    rng = random.Random(20)
    lists = [_form(rng, measure) for _ in range(count)]
    forms = [{item.id: value for item, value in zip(measure.items, each, strict=True)} for each in lists]
    lines = [json.dumps({"measure": measure.id, "answers": each}) for each in lists]
    scorer, told = scorer_of(measure), Scores(definitions)
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "mapping": (
            lambda: [sum(v for v in form.values() if v is not None) for form in forms],
            lambda: [score(measure, form) for form in forms],
        ),
        "list": (
            lambda: [sum(v for v in form if v is not None) for form in lists],
            lambda: [scorer.score(form) for form in lists],
        ),
        "json_line": (
            lambda: [_bare_line(line) for line in lines],
            lambda: [told.line(line) for line in lines],
        ),
    }
    return {way: _compared(bare, ours, count, rounds) for way, (bare, ours) in pairs.items()}


def _form(rng: random.Random, measure: Measure) -> list[int | None]:
    """A form with an item missing once in about fifty."""
    ranges = [measure.range_of(item) for item in measure.items]
    return [rng.randint(*ends) if rng.random() > 0.02 else None for ends in ranges]


def _bare_line(line: str) -> str:
    return json.dumps({"total": sum(v for v in json.loads(line)["answers"] if v is not None)})


def _compared(bare: Callable[[], object], ours: Callable[[], object], count: int, rounds: int) -> dict[str, float]:
    ratios, rates = [], []
    for _ in range(rounds):
        taken = {}
        for each in random.sample((bare, ours), 2):
            start = time.process_time()
            each()
            taken[each] = time.process_time() - start
        ratios.append(taken[bare] / taken[ours])
        rates.append(count / taken[ours])
    return {
        "forms_per_second": round(statistics.median(rates)),
        "share_of_bare_sum": round(statistics.median(ratios), 2),
    }


def memory(lines: int) -> dict[str, Any]:
    """The highest memory, in MB, of both commands over a thousand lines and over many, and the lines a second."""
    found: dict[str, Any] = {}
    for command, line in (("score", _score_line), ("outcome", _outcome_line)):
        for count in (1000, lines):
            found[f"{command} {count}"] = _run(command, line, count)
    return found


def _score_line(rng: random.Random) -> str:
    return json.dumps({"measure": "phq-9", "answers": [rng.choice((0, 1, 2, 3, 3, None)) for _ in range(9)]})


def _outcome_line(rng: random.Random) -> str:
    scores = {"phq-9": [rng.randint(0, 27) for _ in range(5)], "gad-7": [rng.randint(0, 21) for _ in range(5)]}
    return json.dumps({"descriptor": "F32", "attended": 5, "ended": True, "scores": scores})


def _run(command: str, line: Callable[[random.Random], str], count: int) -> dict[str, float]:
    rng = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line(rng) + "\n" for _ in range(count))
        start = time.perf_counter()
        program = subprocess.Popen(
            [sys.executable, "-m", "gsh_console", command, str(path)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        _, status, usage = os.wait4(program.pid, 0)
        taken = time.perf_counter() - start
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return {"peak_mb": round(usage.ru_maxrss / 1024, 1), "lines_per_second": round(count / taken)}


def main() -> None:
    """Run one of the two and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "memory"))
    parser.add_argument("--forms", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--lines", type=int, default=1_000_000)
    given = parser.parse_args()
    found = speed(given.forms, given.rounds) if given.what == "speed" else memory(given.lines)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
