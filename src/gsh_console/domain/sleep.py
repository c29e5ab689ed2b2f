"""What a sleep diary comes to. Figures for talking about, never a cut-off (domain reference §5, sleep)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from gsh_console.domain.protocols import Step
from gsh_console.domain.session import SessionState

ASLEEP, IN_BED = "hours_asleep", "hours_in_bed"


def sleep_efficiency(minutes_asleep: int, minutes_in_bed: int) -> int | None:
    """Time asleep as a percentage of time in bed, rounded half up; None where the diary cannot be right."""
    if minutes_in_bed <= 0 or not 0 <= minutes_asleep <= minutes_in_bed:
        return None
    share = Decimal(100 * minutes_asleep) / Decimal(minutes_in_bed)
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def minutes(text: str) -> int | None:
    """Minutes from hours as they are told: "7", "7.5", "7,5", "7:30", "7 h 30"; None where it is none of these."""
    typed = text.strip().lower().replace(",", ".")
    if match := re.fullmatch(r"(\d{1,2})(?:\.(\d{1,2}))?(?:\s*(?:h|hours?))?", typed):
        return int(Decimal(f"{match[1]}.{match[2] or 0}") * 60)
    if match := re.fullmatch(r"(\d{1,2})\s*(?::|h|hours?)\s*(\d{1,2})(?:\s*(?:m|min|minutes))?", typed):
        return int(match[1]) * 60 + int(match[2]) if int(match[2]) < 60 else None
    return None


def efficiency_of_nights(nights: Sequence[tuple[int | None, int | None]]) -> tuple[int | None, int]:
    """The efficiency over all nights (minutes asleep, minutes in bed) that have both, and how many those are."""
    whole = [
        (asleep, in_bed)
        for asleep, in_bed in nights
        if asleep is not None and in_bed is not None and sleep_efficiency(asleep, in_bed) is not None
    ]
    total = sleep_efficiency(sum(asleep for asleep, _ in whole), sum(in_bed for _, in_bed in whole))
    return total, len(whole)


def efficiency_in_words(step: Step, state: SessionState) -> str:
    """The efficiency a sleep diary's rows come to, in words; empty where no night has both figures."""
    nights = [
        (minutes(state.words(f"{step.id}.{row}.{ASLEEP}")), minutes(state.words(f"{step.id}.{row}.{IN_BED}")))
        for row in range(1, step.rows + 1)
    ]
    share, counted = efficiency_of_nights(nights)
    if share is None:
        return ""
    nights_told = f"{counted} night{'' if counted == 1 else 's'}"
    return f"Time asleep of time in bed, worked out over {nights_told}: {share} per cent."
