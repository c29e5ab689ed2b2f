"""JSON Lines through a command: one line in memory at a time, a bad line told in its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import IO, Any

from gsh_console.faults import GshFault, InputRefused


def each_line(file: IO[str], told: Callable[[str], str]) -> bool:
    """Write what is told of each line that is not blank; whether any was refused and carries an "error"."""
    refused = False
    for line in file:
        if line.isspace():
            continue
        try:
            text = told(line)
        except GshFault as fault:
            refused, text = True, json.dumps({"error": str(fault)})
        sys.stdout.write(text + "\n")
    sys.stdout.flush()
    return refused


def json_object(line: str, *, exact: bool = False) -> dict[str, Any]:
    """The object on a line; `exact` reads a number with a point as Decimal."""
    try:
        found = json.loads(line, parse_float=Decimal) if exact else json.loads(line)
    except json.JSONDecodeError as error:
        raise InputRefused(f"This line is not JSON ({error.msg}).", "Write one object a line.") from None
    except (ValueError, RecursionError):
        raise InputRefused("This line is too large a number or too deep to read.", "Write one object a line.") from None
    return found if isinstance(found, dict) else {}
