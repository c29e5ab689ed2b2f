"""The call itself: stages on the left, the step in the middle, what is known on the right."""

from __future__ import annotations

from functools import cached_property, partial

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from gsh_console.casework.conduct import Conduct
from gsh_console.casework.wordings import InstalledWords, installed_words, record_for
from gsh_console.domain import path
from gsh_console.domain.carried import goals_of
from gsh_console.domain.entries import Answered, FieldValue
from gsh_console.domain.measures import Administration, Answer, Measure, Mode
from gsh_console.domain.protocols import Repeat, StepKind
from gsh_console.domain.safety import STAGE as SAFETY
from gsh_console.domain.text import clean
from gsh_console.tui import keys
from gsh_console.tui.modals.ask import AskWords, Choose
from gsh_console.tui.screens import leaving
from gsh_console.tui.screens.in_call import CallScreen
from gsh_console.tui.widgets.bars import KeyBar
from gsh_console.tui.widgets.field_list import END, FormRow, FormScene
from gsh_console.tui.widgets.form import Form
from gsh_console.tui.widgets.question import Question, Scene
from gsh_console.tui.widgets.rail import Rail
from gsh_console.tui.widgets.results import open_facts, read_by, result_lines

_MODES = (Mode.READ_OUT, Mode.SELF_COMPLETED, Mode.ONLINE, Mode.INTERPRETED)
LEADS = {  # what need not be asked after an answer
    "interpreter.present": {"professional": "interpreter.introduced"},
    "benefits.any": {"no": END, "unknown": END, "not_stated": END},
}
SKIPS = (("the patient declined it", "Why, in the patient's words?"), ("another reason", "Why?"))


class SessionScreen(CallScreen):
    """One contact from the first word to the summary."""

    CSS_PATH = "session.tcss"
    BINDINGS = keys.bindings("session")

    rail = getters.query_one(Rail)
    question = getters.query_one(Question)
    form = getters.query_one(Form)
    facts = getters.query_one("#facts", Static)

    def __init__(self, conduct: Conduct) -> None:
        super().__init__(conduct)
        self._interpreted = conduct.state.opened is not None and conduct.state.opened.interpreted
        self._modes: dict[str, Mode] = {}  # how each measure is answered, once that was changed by key
        self._installed: dict[str, InstalledWords] = {}
        self._asked = ""  # the item on screen when it is not simply the next one
        self._stem = False
        self._form_step = ("", "")
        self._facts_told = ""

    def compose(self) -> ComposeResult:
        """Banner, clocks, rail, step, facts, keys."""
        yield from self.head()
        with Horizontal(id="body"):
            yield Rail()
            yield Question(self)
            yield Form(self)
            yield Static(id="facts", markup=False)
        yield KeyBar("")

    def on_mount(self) -> None:
        """Begin the contact, or stand where it was left."""
        super().on_mount()
        if not self.conduct.state.stage:
            self.keep(lambda: self.conduct.enter(self.conduct.book.protocol.stages[0].id))
        elif self.conduct.state.stage == SAFETY:
            self.call_after_refresh(self.app.action_safety)
        self.redraw()

    def on_screen_resume(self) -> None:
        """Draw again what may have changed under another screen."""
        if self.is_mounted:
            self.redraw()

    # ------------------------------------------------------------------ drawing

    def redraw(self) -> None:
        """Show the step the state says."""
        if not self.conduct.state.stage:
            return
        self.tick()
        if self.conduct.state.stage == SAFETY:  # it stands over this screen, whose question must stay as it was left
            return
        step = self.conduct.step
        asking = step.kind is StepKind.MEASURE
        self.question.display, self.form.display = asking, not asking
        if asking:
            self._draw_question()
        else:
            self._draw_form()
        if self.facts.region.width:
            told = open_facts(self.conduct)
            if told.plain != self._facts_told:
                self._facts_told = told.plain
                self.facts.update(told, layout=False)

    def tick(self) -> None:
        """Draw clocks and rail for this second."""
        super().tick()
        if self.conduct.state.stage:
            self.rail.show(self.conduct, self.conduct.desk.now())

    def _draw_question(self) -> None:
        state, step = self.conduct.state, self.conduct.step
        measure = self.conduct.book.measures[step.measure]
        item_id = self._asked or path.next_item(self.conduct.book, state, measure.id)
        item = measure.item(item_id) if item_id else None
        result = () if item else result_lines(self.conduct, measure)
        answers, mode = dict(state.answers_of(measure.id)), self._mode(measure)
        words = self._words(measure.id)
        told = read_by(state) or words.notice
        beside = words.texts.get(item.id, "") if item else ""
        self.question.show(Scene(measure, item, answers, mode, self._stem, result, told, beside))
        if self.focused is not self.question:
            self.set_focus(self.question)  # at once: the next digit may already be on its way
        low, high = measure.range_of(item) if item else (0, 0)
        told = f"{low}-{high} answer  ⌫ back  = how  F2 stem  F3 jot  F4 SAFETY  F9 line  F10 note"
        self.key_bar.tell(told if item else "Enter goes on  ⌫ back  F4 SAFETY  F6/F7 stage  F9 line  F10 note")

    def _words(self, measure_id: str) -> InstalledWords:
        """The patient's own words for a measure, read once a call."""
        if measure_id not in self._installed:
            self._installed[measure_id] = installed_words(self.conduct, measure_id)
        return self._installed[measure_id]

    def _mode(self, measure: Measure) -> Mode:
        """How this measure is answered: as chosen, as it was begun, else as its definition says."""
        if measure.id in self._modes:
            return self._modes[measure.id]
        given = self.conduct.state.answers.get(measure.id)
        if given:
            return list(given.values())[-1].mode
        if measure.administration is Administration.FORM:
            return Mode.SELF_COMPLETED
        return Mode.INTERPRETED if self._interpreted else Mode.READ_OUT

    def _draw_form(self) -> None:
        stage, step, state = self.conduct.stage, self.conduct.step, self.conduct.state
        openers = path.openers(step, state)
        if step.repeat is Repeat.ROWS:  # a sheet nobody filled in ends at its first cell, as any further row does
            openers |= {f"{step.id}.1.{step.fields[0].id}"}
        rows = tuple(
            FormRow(field, needed=field.required, leads=LEADS.get(field.id, {}), ends_if_empty=field.id in openers)
            for field in path.step_fields(step, state)
        )
        values = {row.field.id: held.value for row in rows if (held := state.fields.get(row.field.id))}
        nothing_carried = not rows and step.repeat is Repeat.CARRIED_PLAN
        said = ("No plan was handed over from an earlier contact.",) if nothing_carried else step.say
        columns = len(step.fields) if step.repeat is Repeat.ROWS else 0
        scene = FormScene(
            title=f"{stage.title} · {step.title}",
            rows=rows,
            values=values,
            say=tuple(self._filled_in(line) for line in said),
            do=tuple(self._filled_in(line) for line in step.do),
            columns=columns,
            pieces=self._interpreted and stage.id not in ("before", "after"),
            typed=self.unread(rows),
        )
        if self._form_step == (stage.id, step.id):
            self.form.update_values(scene)
        else:
            self._form_step = (stage.id, step.id)
            self.form.begin(scene, _after(scene, state.last_field))
            self.form.take_focus()
        second = "F5 book" if step.kind is StepKind.MATERIAL else "PgUp/PgDn row" if columns else "↑ back"
        self.key_bar.tell(f"Enter next  {second}  F2 do  F3 jot  F4 SAFETY  F6/F7 stage  F9 line  F10 note")

    def _filled_in(self, line: str) -> str:
        """What to say with this patient's own name, problem and goals in it."""
        patient, goals = self.conduct.patient, "; ".join(goal.text for goal in goals_of(self.conduct.state))
        known = {
            "{name}": f"{patient.given_name} {patient.family_name}",
            "{practitioner}": self.conduct.desk.practitioner.name,
            "{problem}": patient.problem_statement or "no problem statement is on file",
            "{goals}": goals or "none agreed yet",
            "{minutes}": str(self.conduct.book.protocol.call_budget(interpreted=self._interpreted)),
            **self._crisis_numbers,
        }
        for name, words in known.items():
            line = line.replace(name, clean(words, one_line=True))
        return line

    @cached_property
    def _crisis_numbers(self) -> dict[str, str]:
        contacts = self.conduct.desk.definitions.crisis_contacts().contacts
        return {f"{{{contact.id}}}": contact.number for contact in contacts}

    # ------------------------------------------------------------------ the measure

    def answered(self, item: str, answer: Answer) -> None:
        """Record the answer; the next item shows only once it is on disk."""
        measure = self.conduct.book.measures[self.conduct.step.measure]
        mode = self._mode(measure)
        wording = record_for(self.conduct, measure.id, mode)
        went_back = bool(self._asked) and mode is not Mode.SELF_COMPLETED  # a grid shows where the cursor stands
        if self.keep(lambda: self.conduct.record(Answered(measure.id, item, answer, mode, wording))):
            self._asked, self._stem = self._answered_after(measure, item) if went_back else "", False
            self.redraw()

    def _answered_after(self, measure: Measure, item: str) -> str:
        """The next item if it has its answer already: whoever went back is asked it again, so no digit falls wrong."""
        at = measure.position(item) + 1
        following = measure.items[at].id if at < len(measure.items) else ""
        return following if following in self.conduct.state.answers_of(measure.id) else ""

    def kept(self, item: str) -> None:
        """Leave an answer as it is and go on to the next item."""
        measure = self.conduct.book.measures[self.conduct.step.measure]
        if self._asked and item in self.conduct.state.answers_of(measure.id):
            self._asked = self._answered_after(measure, item)
            self.redraw()

    def asked_back(self) -> None:
        """Re-ask the item before."""
        measure = self.conduct.book.measures[self.conduct.step.measure]
        shown = self._asked or path.next_item(self.conduct.book, self.conduct.state, measure.id)
        at = measure.position(shown) if shown else len(measure.items)
        if at > 0:
            self._asked = measure.items[at - 1].id
            self.redraw()

    def asked_for(self, item: str) -> None:
        """Ask another item of the form."""
        self._asked = item
        self.redraw()

    def mode_changed(self) -> None:
        """Let the next answers of this measure carry another way they came."""
        measure = self.conduct.book.measures[self.conduct.step.measure]
        modes = _MODES if self._interpreted else _MODES[:-1]
        at = modes.index(self._mode(measure)) if self._mode(measure) in modes else -1
        self._modes[measure.id] = modes[(at + 1) % len(modes)]
        self.redraw()

    def skip_asked(self) -> None:
        """Leave the rest of this measure out: declined, or another reason, in words."""
        stage, step = self.conduct.stage, self.conduct.step

        def reasoned(declined: bool, reason: str | None) -> None:
            told = f"declined by the patient: {reason}" if declined else str(reason)
            if reason and self.keep(lambda: self.conduct.skip(stage.id, told, step.id)):
                self.go_on()

        def chosen(index: int | None) -> None:
            if index is not None:
                hint = "The summary lists it as not covered."
                question = AskWords(f"Leave {step.title} out", f"{SKIPS[index][1]} {hint}")
                self.app.push_screen(question, partial(reasoned, index == 0))

        self.app.push_screen(Choose(f"Leave {step.title} out", tuple(label for label, _ in SKIPS)), chosen)

    # ------------------------------------------------------------------ the form

    def given(self, field_id: str, value: FieldValue, typed: str = "") -> bool:
        """Record a field."""
        return self.keep_field(self.form, field_id, value, typed)

    def finished(self) -> None:
        """Go on past the last field."""
        self.go_on()

    def skip_step(self) -> None:
        """Leave this step out, with a reason."""
        stage, step = self.conduct.stage, self.conduct.step

        def given(reason: str | None) -> None:
            if reason and self.keep(lambda: self.conduct.skip(stage.id, reason, step.id)):
                self.go_on()

        self.app.push_screen(AskWords(f"Leave {step.title} out", "Why? The summary lists it as not covered."), given)

    def left_upwards(self) -> None:
        """Go back to the step before in the stage."""
        steps = [step.id for step in self.conduct.stage.steps]
        at = steps.index(self.conduct.step.id)
        if at > 0:
            self.move(self.conduct.stage.id, steps[at - 1])

    # ------------------------------------------------------------------ moving

    def go_on(self) -> None:
        """To the next step, else the next stage, else the summary; not before the patient is who they should be."""
        held = self.conduct.held_here()
        if held is not None:
            self.app.tell(held)
            return
        following = self.conduct.next_step()
        if following is not None:
            self.move(self.conduct.stage.id, following)
        else:
            self.next_stage()

    def move(self, stage: str, step: str = "") -> None:
        """Go to a stage and step, or say why not; safety opens its own screen."""
        if not self.put_down(self.form):
            return
        if stage == SAFETY and self.conduct.nobody_spoken_to:
            question = "An earlier concern, an open safety action? What did you do about not reaching the patient?"
            onward = partial(self.move, self._after_safety())
            self.ask_what_was_done("Nobody was reached", question, "The patient was not reached", onward)
        elif stage == SAFETY:
            self.open_safety(onward=self._after_safety())
        elif self.keep(lambda: self.conduct.enter(stage, step)):
            self._asked, self._stem = "", False
            self.redraw()

    def _after_safety(self) -> str:
        stages = self.conduct.book.protocol.stages
        return stages[min(self.conduct.book.protocol.index(SAFETY) + 1, len(stages) - 1)].id

    def open_safety(self, onward: str) -> None:
        """Push the safety conversation; once it is done the call goes on to `onward`."""
        from gsh_console.tui.screens.safety import SafetyScreen

        self.app.push_screen(SafetyScreen(self.conduct, onward=onward))

    def next_stage(self) -> None:
        """To the next stage; from the last, to the summary."""
        following = self.conduct.neighbour(1)
        if following is not None:
            self.move(following)
        elif self.put_down(self.form):
            super().action_summary()

    def action_next_stage(self) -> None:
        """To the next stage, after the keys already pressed."""
        self.after_typing(self.next_stage)

    def action_previous_stage(self) -> None:
        """To the stage before."""
        before = self.conduct.neighbour(-1)
        if before is not None:
            self.after_typing(partial(self.move, before))

    def on_rail_picked(self, message: Rail.Picked) -> None:
        """To the clicked stage."""
        self.move(message.stage)

    def action_stem(self) -> None:
        """Show the stem and recall period again, or what to do in place of what to say."""
        if self.conduct.step.kind is StepKind.MEASURE:
            self._stem = not self._stem
            self.redraw()
        else:
            self.form.turn()

    def skip_stage(self) -> None:
        """Leave this stage out, with a reason."""
        stage = self.conduct.stage

        def given(reason: str | None) -> None:
            if reason and self.keep(lambda: self.conduct.skip(stage.id, reason)):
                self.next_stage()

        self.app.push_screen(AskWords(f"Skip {stage.title}", "Why? The summary lists it as not covered."), given)

    def action_summary(self) -> None:
        """Show the note as it stands, with what is typed in it."""
        self.after_typing(self._summary_now)

    def _summary_now(self) -> None:
        if self.put_down(self.form):
            super().action_summary()

    def action_leave(self) -> None:
        """Back to the list; the contact stays open and is offered again, or is closed as begun by mistake."""
        self.after_typing(self._leave_now)

    def _leave_now(self) -> None:
        if not self.put_down(self.form) or self.conduct.unsaved is not None:
            self.app.tell(f"NOT SAVED – {self.conduct.unsaved_why}")
            return
        leaving.leave(self)


def _after(scene: FormScene, last_field: str) -> str:
    """Where a resumed form begins: after the field last recorded in it."""
    ids = [row.field.id for row in scene.rows]
    if last_field not in ids:
        return ""
    return ids[min(ids.index(last_field) + 1, len(ids) - 1)]
