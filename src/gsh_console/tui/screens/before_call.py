"""Before the call: who, how they may be reached, what was last, what is due, and which kind of contact it will be."""

from __future__ import annotations

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from gsh_console.casework.preparing import Preparation
from gsh_console.domain.carried import Carried
from gsh_console.domain.measures import Administration
from gsh_console.domain.moments import UK, short_date
from gsh_console.domain.protocols import Protocol
from gsh_console.domain.text import clean
from gsh_console.tui import keys
from gsh_console.tui.app import GshApp
from gsh_console.tui.screens.caseload_columns import ordinal
from gsh_console.tui.screens.patient_words import (
    Part,
    banner_lines,
    content,
    language_and_interpreter,
    task_words,
    voicemail,
)
from gsh_console.tui.widgets.bars import KeyBar, TopBar
from gsh_console.tui.widgets.row_list import fit
from gsh_console.tui.widgets.wrapping import hanging

LABEL_CELLS = 11
TITLE_CELLS = 23
BAR = "Enter start  1-{} another kind  n last note  PgDn more  Esc no  F4 SAFETY"


class BeforeCallScreen(Screen[str | None]):
    """Gives the id of the protocol the call is started under, or None."""

    CSS_PATH = "before_call.tcss"
    BINDINGS = keys.bindings("before_call")

    app = getters.app(GshApp)
    top = getters.query_one(TopBar)
    body = getters.query_one("#known", VerticalScroll)
    known = getters.query_one("#known-words", Static)
    kinds = getters.query_one("#kinds", Static)

    def __init__(self, ready: Preparation) -> None:
        super().__init__()
        self._ready = ready
        self._at = ready.fitting

    @property
    def protocol(self) -> Protocol:
        """The kind of contact that would be started now."""
        return self._ready.protocols[self._at]

    def compose(self) -> ComposeResult:
        """The banner, what is known, the kinds of contact, the keys."""
        yield TopBar("", training=self.app.desk.training)
        yield Static("", id="what", markup=False)
        with VerticalScroll(id="known", can_focus=False):
            yield Static("", id="known-words", markup=False)
        yield Static("", id="kinds", markup=False)
        yield KeyBar(BAR.format(min(9, len(self._ready.protocols))))

    def on_mount(self) -> None:
        """Draw it once the width is known."""
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Draw for this width."""
        self._draw()

    def _draw(self) -> None:
        patient, width = self._ready.file.patient, self.app.size.width
        day = self.app.desk.now().astimezone(UK).date()
        self.top.tell(banner_lines(patient, day, width - (11 if self.app.desk.training else 1))[0])
        minutes = self.protocol.call_budget(interpreted=patient.interpreter_required)
        what = f"Before the {ordinal(self._ready.number)} contact · {self.protocol.title}, about {minutes} minutes"
        self.query_one("#what", Static).update(Content(what))
        self.known.update(content(known_parts(self._ready, self.protocol, width - 4)))
        self.kinds.update(self._kinds(width - 2))

    def _kinds(self, width: int) -> Content:
        parts: list[tuple[str, str]] = []
        for at, protocol in enumerate(self._ready.protocols):
            mark = "▸" if at == self._at else " "
            title = fit(protocol.title, TITLE_CELLS)
            parts += [(f"{mark} ", ""), (f"{at + 1}  ", "bold")]
            if at == self._at:  # the kind in hand is told in full
                lead, told = hanging(protocol.summary, title, width - 6, TITLE_CELLS)
                parts.append((lead + told.replace("\n", "\n" + " " * 5) + "\n", "bold"))
            else:
                parts.append((fit(title + protocol.summary, width - 6) + "\n", ""))
        return Content.assemble(*parts)

    def on_key(self, event: events.Key) -> None:
        """A digit picks another kind of contact."""
        if len(event.key) == 1 and event.key.isdigit() and 1 <= int(event.key) <= len(self._ready.protocols):
            event.stop()
            event.prevent_default()
            self._at = int(event.key) - 1
            self._draw()

    def on_click(self, event: events.Click) -> None:
        """A click picks a kind of contact."""
        if event.widget is self.kinds and 0 <= event.y < len(self._ready.protocols):
            self._at = event.y
            self._draw()

    def action_pick(self) -> None:
        """Digits are taken as they come."""

    def action_start(self) -> None:
        """Start the call."""
        if self.is_current:
            self.dismiss(self.protocol.id)

    def action_last_note(self) -> None:
        """Read the last signed note whole."""
        from gsh_console.tui.screens.note import NoteScreen

        signed = [contact for contact in self._ready.file.contacts if contact.signed_at]
        if signed:
            self.app.push_screen(NoteScreen(self._ready.file.patient, signed[-1]))
        else:
            self.app.tell("There is no earlier note.")

    def action_page(self, pages: int) -> None:
        """Move what is known by a page."""
        self.body.scroll_relative(y=pages * max(1, self.body.size.height - 1), animate=False)

    def action_back(self) -> None:
        """Not now."""
        if self.is_current:
            self.dismiss(None)


def known_parts(ready: Preparation, protocol: Protocol, width: int) -> list[Part]:
    """What is known, a labelled paragraph each; what must not be missed before dialling stands first."""
    patient, carried = ready.file.patient, ready.carried
    called = f"{patient.phone or 'no telephone number'} · {voicemail(patient)}"
    wishes = f" · {patient.interpreter_wishes}" if patient.interpreter_wishes else ""
    told: list[tuple[str, str]] = [
        ("Open", "; ".join(action.what for action in ready.file.actions)),
        ("Asked", "; ".join(task_words(task) for task in ready.file.tasks)),
        ("Call", called),
        ("Second", patient.second_phone),
        ("Emergency", patient.emergency_contact),
        ("Language", f"{language_and_interpreter(patient)}{wishes}"),
        ("Needs", patient.communication_needs),
        ("Due", _due(ready, protocol)),
        ("Last", _last(ready)),
        ("Safety", _safety(carried)),
        ("Last plan", "; ".join(item.in_words for item in carried.plan)),
        (
            "Goals",
            "; ".join(goal.text if goal.rating is None else f"{goal.text}: {goal.rating}" for goal in carried.goals),
        ),
    ]
    told += [("Last note" if at == 0 else "", words) for at, words in enumerate(ready.last_words)]
    if patient.problem_statement:
        told.append(("Problem", patient.problem_statement))
    parts: list[Part] = []
    for label, words in told:
        if words:
            lead, wrapped = hanging(clean(words, one_line=True), label, width, LABEL_CELLS)
            parts += [(lead, "dim"), (f"{wrapped}\n", "bold" if label == "Open" else "")]
    return parts


def _due(ready: Preparation, protocol: Protocol) -> str:
    kinds = (
        (Administration.READ_OUT, ""),
        (Administration.FORM, "on a form: "),
        (Administration.SENT, "sent, never asked: "),
    )
    told = [
        lead + ", ".join(measure.name for measure in found)
        for how, lead in kinds
        if (found := ready.due(protocol, how))
    ]
    return " · ".join(told) or "no questionnaire in this kind of contact"


def _last(ready: Preparation) -> str:
    held = [contact for contact in ready.file.contacts if contact.mistaken_at is None]
    if not held:
        return "no contact yet"
    when = short_date(held[-1].opened_at.astimezone(UK).date().isoformat())
    names = {measure.id: measure.name for measures in ready.measures.values() for measure in measures}
    scores = [
        f"{names.get(score.measure, score.measure)} {score.total}"
        for score in ready.last_scores
        if score.total is not None
    ]
    return f"{when}, {ordinal(ready.number - 1)} contact" + (f": {', '.join(scores)}" if scores else "")


def _safety(carried: Carried) -> str:
    """The first line of the last safety record, marked as what it is: not today's."""
    if carried.safety is None or not carried.safety.lines:
        return ""
    label, words = carried.safety.lines[0]
    return f"recorded {short_date(carried.safety.on)}, in an earlier contact. {label}: {words} … (n: the whole note)"
