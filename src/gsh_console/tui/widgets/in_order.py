"""Keys taken strictly in the order they were pressed, however fast.

A key is put on the queue of the widget that has the focus when it arrives. If handling an earlier key moves the
focus, the later ones already queued belong to the new place: they are passed on, never dropped or misapplied.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget


def passed_on(widget: Widget, event: events.Key) -> bool:
    """Whether the key was passed on because the focus has moved within this screen."""
    focused = widget.screen.focused
    if focused is widget or focused is None or widget.screen is not widget.app.screen:
        return False
    event.stop()
    event.prevent_default()
    focused.post_message(events.Key(event.key, event.character))
    return True
