"""Keeping secrets out of core dumps and stray variables out of the screen library."""

from __future__ import annotations

import contextlib
import os
import sys

_LEAKY = ("TEXTUAL_SCREENSHOT", "TEXTUAL_SCREENSHOT_LOCATION", "TEXTUAL_LOG", "TEXTUAL_DEVTOOLS_PORT")


def keep_secrets_in_memory() -> None:
    """Forbid core dumps and tracing by other processes, and drop variables that would copy the screen."""
    for name in _LEAKY:
        os.environ.pop(name, None)
    if os.name != "posix":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
