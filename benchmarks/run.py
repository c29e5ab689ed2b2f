"""Start-up and key latency of the console against Textual's own floors, interleaved, as ratios.

python benchmarks/run.py start --rounds 15
python benchmarks/run.py keys --rounds 6
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

from terminal_timing import Program

HERE = Path(__file__).parent
SOURCE = {"PYTHONPATH": str(HERE.parent / "src")}
PYTHON = sys.executable


def start(rounds: int, patients: int) -> dict[str, object]:
    """CPU and wall to a usable list of `patients`, over those of an empty Textual app in the same rounds."""
    store = Path(tempfile.mkdtemp()) / "store"
    make = Program(f"{PYTHON} -m gsh_console demo --store {store} --patients {patients}", environment=SOURCE)
    make.run_until(b"Today", 120)
    make.end()
    commands = {
        "empty": (f"{PYTHON} {HERE / 'empty_app.py'}", "READY"),
        "console": (f"{PYTHON} -m gsh_console demo --store {store}", r"\d\d:\d\d .*,"),
    }
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name in random.sample(list(commands), len(commands)):
            command, pattern = commands[name]
            program = Program(command, environment=SOURCE)
            program.settle()
            found = program.ready(pattern)
            if found is None:
                raise SystemExit(f"{name} never showed {pattern}")
            taken[name].append((*found, program.peak_megabytes()))
            program.end()
    return summary(taken, ("wall_ms", "cpu_ms", "peak_mb"), floor="empty")


def keys(rounds: int, count: int) -> dict[str, object]:
    """A digit to the next question, durable, over a letter into Textual's Input, in the same rounds."""
    taken: dict[str, list[tuple[float, ...]]] = {"input": [], "digit": []}
    for _ in range(rounds):
        for name in random.sample(["input", "digit"], 2):
            times = input_times(count) if name == "input" else digit_times(count)
            taken[name] += [(value,) for value in times]
    return summary(taken, ("ms",), floor="input")


def input_times(count: int) -> list[float]:
    """Milliseconds for letters typed into an Input."""
    program = Program(f"{PYTHON} {HERE / 'input_app.py'}", environment=SOURCE)
    program.run_until(b"READY")
    program.settle()
    times = [program.key(b"abcdefgh"[at % 8 : at % 8 + 1]) for at in range(count)]
    program.end()
    return [value for value in times if value is not None]


def digit_times(count: int) -> list[float]:
    """Milliseconds for a digit answering a PHQ-9 item to the next item; it is re-asked to have enough of them."""
    store = Path(tempfile.mkdtemp()) / "store"
    program = Program(f"{PYTHON} {HERE / 'question_app.py'} {store}", environment=SOURCE)
    program.run_until(b"Not at all")
    program.settle()
    times: list[float | None] = []
    for _ in range(count):
        times.append(program.key(b"1"))
        program.key(b"\x7f")
    program.end()
    return [value for value in times if value is not None]


def summary(taken: dict[str, list[tuple[float, ...]]], names: tuple[str, ...], floor: str) -> dict[str, object]:
    """Medians and 95th percentiles, and their ratios to the floor."""
    result: dict[str, object] = {}
    for at, unit in enumerate(names):
        base = sorted(row[at] for row in taken[floor])
        for name, rows in taken.items():
            values = sorted(row[at] for row in rows)
            middle, late = statistics.median(values), values[int(0.95 * (len(values) - 1))]
            result[f"{name}.{unit}"] = {
                "n": len(values), "median": round(middle, 1), "p95": round(late, 1),
                "median_ratio": round(middle / statistics.median(base), 2),
                "p95_ratio": round(late / base[int(0.95 * (len(base) - 1))], 2),
            }  # fmt: skip
    return result


def main() -> None:
    """Run one suite and print it; keep it in benchmarks/results when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=("start", "keys"))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    found = start(given.rounds, given.patients) if given.suite == "start" else keys(given.rounds, given.count)
    told = {
        "suite": given.suite, "load": os.getloadavg()[0], "python": platform.python_version(),
        "textual": version("textual"), **found,
    }  # fmt: skip
    print(json.dumps(told, indent=1))
    if given.keep:
        folder = HERE / "results"
        folder.mkdir(exist_ok=True)
        (folder / f"{given.suite}-{date.today().isoformat()}.json").write_text(json.dumps(told, indent=1))  # noqa: DTZ011


if __name__ == "__main__":
    main()
