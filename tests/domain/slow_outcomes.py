"""A second, slow way to the same outcomes: fractions and the reference's tables alone, one question at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Number = int | str | None

# Domain reference §1.1: where caseness begins, and by how much a score must move. Strict for the Mobility Inventory.
CUTS = {
    "phq-9": "10", "gad-7": "8", "spin": "19", "pdss": "8", "oci": "40", "hai": "18", "pcl-5": "32", "mi": "2.3",
    "biq": "40", "cfq-11": "19", "ibs-sss": "75", "phq-15": "10",
}  # fmt: skip
MOVES = {
    "phq-9": "6", "gad-7": "4", "spin": "10", "pdss": "5", "oci": "32", "hai": "4", "pcl-5": "10", "mi": "0.73",
}  # fmt: skip
# §2.2: beginnings of ICD-10 codes without the dot, and whole SNOMED ids.
PAIRED = {
    "F400": "mi", "F401": "spin", "F410": "pdss", "F42": "oci", "F431": "pcl-5", "F452": "hai", "K58": "ibs-sss",
    "G933": "cfq-11", "83482000": "biq", "723916001": "phq-15",
}  # fmt: skip


def slow_outcome(
    descriptor: str, attended: int, ended: bool, scores: Mapping[str, Sequence[object]]
) -> tuple[bool, str, bool | None, bool | None, str | None, bool | None]:
    """In the cohort, measure, caseness, recovery, reliable change and reliable recovery."""
    measure = "gad-7"
    code = descriptor.replace(".", "").strip().upper()
    for start, name in PAIRED.items():
        if code == start or (not start.isdigit() and code.startswith(start)):
            measure = name
    if len(_taken(scores.get(measure, ()))) < 2:
        measure = "gad-7"
    if ended and attended < 2:
        return False, measure, None, None, None, None
    phq, other = _taken(scores.get("phq-9", ())), _taken(scores.get(measure, ()))
    if len(phq) < 2 or len(other) < 2:
        return ended, measure, None, None, None, None
    caseness = _case("phq-9", phq[0]) or _case(measure, other[0])
    change = _change(measure, phq, other)
    if not ended or not caseness:
        return ended, measure, caseness, None, change, None
    recovery = not _case("phq-9", phq[-1]) and not _case(measure, other[-1])
    reliable = False if not recovery else None if change is None else change == "improvement"
    if change is not None and change != "improvement":
        reliable = False
    return ended, measure, caseness, recovery, change, reliable


def _taken(scores: Sequence[object]) -> list[Fraction]:
    return [Fraction(str(score)) for score in scores if score is not None]


def _case(measure: str, score: Fraction) -> bool:
    line = Fraction(CUTS[measure])
    return score > line if measure == "mi" else not score < line


def _change(measure: str, phq: list[Fraction], other: list[Fraction]) -> str | None:
    if measure not in MOVES:
        return None
    fell, rose = False, False
    for name, scores in (("phq-9", phq), (measure, other)):
        by = scores[-1] - scores[0]
        fell = fell or by <= -Fraction(MOVES[name])
        rose = rose or by >= Fraction(MOVES[name])
    if fell == rose:
        return "none"
    return "improvement" if fell else "deterioration"
