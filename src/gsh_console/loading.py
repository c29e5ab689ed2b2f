"""One lock around every heavy import and what is built from it.

Libraries are loaded behind the first screen in a thread. Two threads importing parts of one library at once can
meet a half-made module; whoever needs it while it is being loaded waits here instead.
"""

from __future__ import annotations

from threading import RLock

LOADING = RLock()
