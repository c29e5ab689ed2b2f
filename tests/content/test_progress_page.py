"""The patient's chart."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from gsh_console.content.progress_page import Course, Taken, cut_off_in_words, marks, picture, progress_page
from tests.builders import definitions

DAY = date(2026, 11, 22)


def a_course(*totals: int | None, measure: str = "phq-9", prorated: tuple[int, ...] = ()) -> Course:
    taken = tuple(Taken(f"2026-11-{at:02}", at, total, prorated=at in prorated) for at, total in enumerate(totals, 1))
    return Course(definitions().measures[measure], taken, "")


def test_a_higher_total_stands_higher_in_the_picture() -> None:
    dots = picture(a_course(0, 9, 27)).dots
    heights = [dot.y for dot in dots if dot.y is not None]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 3


def test_a_form_without_a_total_is_a_gap_and_never_a_zero() -> None:
    drawn = picture(a_course(12, 11, None, 9, 8))
    assert drawn.dots[2].y is None
    assert drawn.dots[2].total == "–"
    assert len(drawn.lines) == 2
    assert "no total" in progress_page((a_course(12, 11, None, 9, 8),), "", DAY)


def test_a_prorated_total_is_said_to_be_an_estimate_in_the_table_and_in_the_text_alternative() -> None:
    page = progress_page((a_course(12, 11, prorated=(2,)),), "", DAY)
    assert page.count("estimated: a question was left out") == 2


def test_the_table_holds_every_score_with_its_day() -> None:
    page = progress_page((a_course(17, 16, 14),), "", DAY)
    rows = re.findall(r'<th scope="row">(\d+)</th><td>([^<]+)</td><td>([^<]+)</td>', page)
    assert rows == [("1", "1 Nov 2026", "17"), ("2", "2 Nov 2026", "16"), ("3", "3 Nov 2026", "14")]


def test_the_cut_off_says_above_where_the_definition_says_above() -> None:
    assert cut_off_in_words(definitions().measures["phq-9"]).startswith("10 or more")
    assert cut_off_in_words(definitions().measures["mi"]).startswith("more than 2.3")
    assert cut_off_in_words(definitions().measures["wsas"]) == ""


def test_the_page_asks_nothing_of_the_network_and_runs_nothing() -> None:
    page = progress_page((a_course(17, 16), a_course(12, measure="gad-7")), "A & B <b>service</b>", DAY)
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "A &amp; B &lt;b&gt;service&lt;/b&gt;" in page


def test_the_page_is_well_formed() -> None:
    opened: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("meta", "line", "circle", "polyline", "br"):
                opened.append(tag)

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            """Closed by itself."""

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Parser().feed(progress_page((a_course(17, 16),), "", DAY))
    assert opened == []


@given(st.integers(0, 20), st.integers(1, 500))
def test_the_marks_run_upwards_from_end_to_end_and_are_few(low: int, length: int) -> None:
    told = [Decimal(mark) for mark in marks(low, low + length)]
    assert told[0] == low
    assert told[-1] == low + length
    assert told == sorted(set(told))
    assert len(told) <= 8
