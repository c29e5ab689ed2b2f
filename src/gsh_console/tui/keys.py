"""Every key of the console in one table: bindings, the bar at the foot and the help screen are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True)
class Key:
    """One key: what it does, the words for it, and whether it acts even while something else has the focus."""

    key: str
    action: str
    label: str
    shown: str = ""
    everywhere: bool = False

    @property
    def id(self) -> str:
        """The binding's stable id."""
        return f"{self.action.split('(')[0]}.{self.key}"


HELP = Key("f1", "help", "help", "F1", everywhere=True)
SAFETY = Key("f4", "safety", "SAFETY", "F4", everywhere=True)

JOT = Key("f3", "jot", "jot", "F3", everywhere=True)
RETRY = Key("f8", "retry", "save again", "F8", everywhere=True)
LINE = Key("f9", "line", "the telephone: dropped, no answer, interpreter …", "F9", everywhere=True)
NOTE = Key("f10", "summary", "summary", "F10", everywhere=True)
BACK = Key("escape", "back", "back", "Esc")

KEYS: dict[str, tuple[Key, ...]] = {
    "app": (HELP, SAFETY, Key("ctrl+q", "quit", "quit", "Ctrl+Q")),
    "list": (
        Key("up", "move(-1)", "one row up", "↑"),
        Key("down", "move(1)", "one row down", "↓"),
        Key("pageup", "page(-1)", "a page up", "PgUp"),
        Key("pagedown", "page(1)", "a page down", "PgDn"),
        Key("home", "first", "first row", "Home"),
        Key("end", "last", "last row", "End"),
        Key("enter", "choose", "choose the row", "Enter"),
    ),
    "lock": (Key("escape", "code_again", "show the recovery code again (first set-up)", "Esc"),),
    "caseload": (
        Key("enter", "choose", "open", "Enter"),
        Key("slash", "filter", "filter", "/"),
        Key("right", "next_tab(1)", "next list", "→"),
        Key("left", "next_tab(-1)", "list before", "←"),
        Key("1", "tab(0)", "today", "1"),
        Key("2", "tab(1)", "caseload", "2"),
        Key("3", "tab(2)", "outbox", "3"),
        Key("a", "add_patient", "add a patient", "a"),
        Key("p", "patient", "patient's file", "p"),
        Key("s", "send", "send what waits (Outbox)", "s"),
        Key("d", "differences", "differences with the server (Outbox)", "d"),
        Key("escape", "clear", "end the filter; stop sending", "Esc"),
        Key("q", "quit", "quit", "q"),
    ),
    "before_call": (
        Key("enter,y", "start", "start the call", "Enter"),
        Key("1,2,3,4,5,6,7,8,9", "pick", "another kind of contact", "1-9"),
        Key("n", "last_note", "read the last note", "n"),
        Key("pagedown", "page(1)", "further down", "PgDn"),
        Key("pageup", "page(-1)", "further up", "PgUp"),
        Key("escape", "back", "not now", "Esc"),
    ),
    "patient": (
        Key("enter", "choose", "read the contact", "Enter"),
        Key("c", "call", "start or resume the call", "c"),
        Key("m", "amend", "amend the note", "m"),
        Key("x", "close_action", "close an open action", "x"),
        Key("s", "safety_plan", "safety plan, and the card to print", "s"),
        Key("d", "differences", "differences with the server", "d"),
        Key("pagedown", "page(1)", "further down the file", "PgDn", everywhere=True),
        Key("pageup", "page(-1)", "further up the file", "PgUp", everywhere=True),
        BACK,
    ),
    "choices": (
        Key("enter", "choose", "what can be done", "Enter"),
        Key("k", "keep", "keep mine: it is put in place of the server's", "k"),
        Key("t", "take", "take the server's: mine is withdrawn", "t"),
        Key("n", "new", "change a call or a goal of this patient", "n"),
        Key("p", "patient", "patient's file", "p"),
        Key("escape", "back", "back; decide later", "Esc"),
    ),
    "note": (
        Key("m", "amend", "amend the note", "m"),
        BACK,
    ),
    "amend": (
        Key("f8", "save", "save", "F8"),
        Key("escape", "back", "back without amending", "Esc"),
    ),
    "add_patient": (
        Key("f8", "save", "save", "F8"),
        Key("enter", "next", "next line", "Enter"),
        Key("down", "next", "next line", "↓"),
        Key("up", "previous", "line before", "↑"),
        Key("escape", "back", "back without saving", "Esc"),
    ),
    "help": (
        Key("up", "scroll(-1)", "up", "↑"),
        Key("down", "scroll(1)", "down", "↓"),
        Key("pageup", "page(-1)", "a page up", "PgUp"),
        Key("pagedown", "page(1)", "a page down", "PgDn"),
        Key("escape,f1", "close", "close", "Esc"),
    ),
    "session": (
        Key("f2", "stem", "say and do", "F2", everywhere=True),
        JOT,
        Key("f5", "material", "booklet", "F5", everywhere=True),
        Key("f6", "previous_stage", "stage before", "F6", everywhere=True),
        Key("f7", "next_stage", "next stage", "F7", everywhere=True),
        RETRY,
        LINE,
        NOTE,
        Key("escape", "leave", "leave the call", "Esc"),
    ),
    "safety": (
        Key("f2", "stem", "last time, the numbers, what to do", "F2", everywhere=True),
        JOT,
        Key("f5", "material", "safety plan", "F5", everywhere=True),
        Key("f6", "previous_stage", "stage before", "F6", everywhere=True),
        Key("f7", "next_stage", "on with the call", "F7", everywhere=True),
        Key("pageup", "scroll_beside(-1)", "last time, a page up", "PgUp", everywhere=True),
        Key("pagedown", "scroll_beside(1)", "last time, a page down", "PgDn", everywhere=True),
        RETRY,
        LINE,
        NOTE,
        Key("escape", "back", "back to the very question", "Esc"),
    ),
    "safety_plan": (
        Key("f2", "stem", "the earlier plan, and back", "F2", everywhere=True),
        JOT,
        Key("f5", "card", "the card to print", "F5", everywhere=True),
        Key("pageup", "scroll_beside(-1)", "the earlier plan, a page up", "PgUp", everywhere=True),
        Key("pagedown", "scroll_beside(1)", "the earlier plan, a page down", "PgDn", everywhere=True),
        RETRY,
        LINE,
        BACK,
    ),
    "kept_plan": (
        Key("f5", "card", "the card to print", "F5"),
        BACK,
    ),
    "measure": (
        Key("0,1,2,3,4,5,6,7,8,9", "answer", "answer", "digit"),
        Key("backspace", "back", "one back", "⌫"),
        Key("d", "absent('declined')", "declined", "d"),
        Key("u", "absent('unclear')", "unclear", "u"),
        Key("n", "absent('not asked')", "not asked", "n"),
        Key("a", "absent('not applicable')", "does not apply", "a"),
        Key("equals_sign", "mode", "how it is answered", "="),
        Key("minus", "skip", "declined, or left out with a reason", "-"),
        Key("left,right,up,down", "move", "another item, where a form is typed in", "arrows"),
        Key("tab", "piece", "one piece at a time, through an interpreter", "Tab"),
        Key("enter", "onward", "go on", "Enter"),
    ),
    "form": (
        Key("enter", "onward", "next", "Enter"),
        Key("up", "previous", "one up", "↑"),
        Key("down", "next", "one down", "↓"),
        Key("1,a", "choose", "choose; letters from the tenth choice on", "1-9 a-z"),
        Key("pageup,pagedown", "row", "a row up or down in a worksheet", "PgUp PgDn"),
        Key("minus", "skip", "leave the step out, with a reason (at its first field)", "-"),
        Key("tab", "piece", "one piece at a time, through an interpreter", "Tab"),
    ),
    "reader": (
        Key("enter", "discuss", "talked through this paragraph", "Enter"),
        Key("o", "open", "open the patient's copy", "o"),
        Key("g", "give", "record as given", "g"),
        Key("l", "language", "language", "l"),
        Key("b", "another", "another booklet", "b"),
        Key("c", "copy", "write the patient's own copy", "c"),
        JOT,
        RETRY,
        LINE,
        BACK,
    ),
    "summary": (
        Key("s", "sign", "sign", "s"),
        Key("e", "end_early", "call ended early: one reason for the rest", "e"),
        JOT,
        RETRY,
        LINE,
        BACK,
    ),
}


def bindings(place: str) -> list[BindingType]:
    """The bindings of a screen or step."""
    return [
        Binding(key.key, key.action, key.label, show=False, priority=key.everywhere, id=f"{place}.{key.id}")
        for key in KEYS[place]
    ]


def key_line(*places: str, only: tuple[str, ...] = ()) -> str:
    """The keys of some places as one line for the foot of the screen; `only` names actions to show."""
    told = []
    for place in places:
        for key in KEYS[place]:
            if not only or key.action.split("(")[0] in only:
                told.append(f"{key.shown} {key.label}")
    return "   ".join(told)
