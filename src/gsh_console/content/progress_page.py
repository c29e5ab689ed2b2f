"""The patient's chart: the course of each measure as a picture and as a table, in one file without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from gsh_console.domain.measures import Measure, Number, Operator
from gsh_console.domain.moments import short_date

if TYPE_CHECKING:
    from jinja2 import Template

WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 16, 44
_STEPS = tuple(Decimal(step) for step in ("0.5", 1, 2, 5, 10, 20, 50, 100, 200, 500))
_MOST_MARKS = 6


@dataclass(frozen=True)
class Taken:
    """One form: the day it was taken (ISO), the contact's number, its total, and what is to be said of it."""

    on: str
    contact: int
    total: Number | None
    prorated: bool = False


@dataclass(frozen=True)
class Course:
    """One measure over the contacts, first to last, with the words under its picture."""

    measure: Measure
    taken: tuple[Taken, ...]
    words: str


@dataclass(frozen=True)
class Dot:
    """One form in the picture, in its own units; `y` is None where there is no total."""

    x: float
    y: float | None
    told: str
    day: str
    contact: int
    total: str
    remark: str


@dataclass(frozen=True)
class Picture:
    """Everything the template draws for one measure."""

    name: str
    about: str
    words: str
    dots: tuple[Dot, ...]
    lines: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]
    cut_off: float | None
    cut_off_words: str


def progress_page(courses: tuple[Course, ...], service: str, day: date) -> str:
    """The page as HTML. It names no person: who it belongs to is known by whom it is given to."""
    return _template().render(
        pictures=tuple(picture(course) for course in courses),
        service=service,
        day=short_date(day.isoformat()),
        size={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "bottom": HEIGHT - BOTTOM},
    )


def picture(course: Course) -> Picture:
    """Where everything stands in the picture of one measure; a form without a total breaks the line."""
    measure = course.measure
    low, high = measure.minimum, measure.maximum
    step = (WIDTH - LEFT - RIGHT) / max(1, len(course.taken) - 1)
    dots = tuple(_dot(taken, LEFT + at * step, measure) for at, taken in enumerate(course.taken))
    ticks = tuple((_y(measure, mark), _plain(mark)) for mark in marks(low, high))
    cut = measure.caseness
    return Picture(
        name=measure.name,
        about=f"From {_plain(low)} to {_plain(high)}; {'lower' if measure.higher_is_worse else 'higher'} is better.",
        words=course.words,
        dots=dots,
        lines=tuple(_runs(dots)),
        ticks=ticks,
        cut_off=_y(measure, cut.value) if cut else None,
        cut_off_words="" if cut is None else cut_off_in_words(measure),
    )


def marks(low: Number, high: Number) -> tuple[Number, ...]:
    """Round numbers to stand beside the picture: the ends of the scale and four or five between them at most."""
    step = next(step for step in _STEPS if (high - low) / step <= _MOST_MARKS)
    between = [low + step * at for at in range(1, int((high - low) / step) + 1)]
    return (low, *(mark for mark in between if high - mark >= step / 2), high)


def cut_off_in_words(measure: Measure) -> str:
    """What the dashed line stands for: "10 or more: the cut-off used by NHS Talking Therapies"."""
    if measure.caseness is None:
        return ""
    value = _plain(measure.caseness.value)
    reached = f"more than {value}" if measure.caseness.operator is Operator.ABOVE else f"{value} or more"
    return f"{reached}: the cut-off used by NHS Talking Therapies"


def _dot(taken: Taken, x: float, measure: Measure) -> Dot:
    remark = "no total: too many questions were left out" if taken.total is None else ""
    if taken.prorated:
        remark = "estimated: a question was left out"
    total = "–" if taken.total is None else _plain(taken.total)
    day = short_date(taken.on)
    told = f"contact {taken.contact}, {day}: {total}" + (f" ({remark})" if remark else "")
    y = None if taken.total is None else _y(measure, taken.total)
    return Dot(round(x, 1), y, told, day, taken.contact, total, remark)


def _y(measure: Measure, value: Number) -> float:
    low, high = float(measure.minimum), float(measure.maximum)
    share = (float(value) - low) / (high - low)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _runs(dots: tuple[Dot, ...]) -> list[str]:
    runs: list[list[str]] = [[]]
    for dot in dots:
        if dot.y is None:
            runs.append([])
        else:
            runs[-1].append(f"{dot.x},{dot.y}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _plain(number: Number) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("gsh_console.content")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("progress.html.j2")
