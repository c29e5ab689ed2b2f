"""The note a contact writes by itself. Every sentence names the entries it came from; nothing is invented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gsh_console.domain import safety
from gsh_console.domain.carried import carried_of
from gsh_console.domain.entries import ActionTaken, Jotted, MaterialEvent, MaterialUsed, Recorded
from gsh_console.domain.measures import Absence, Measure, Mode, Scale
from gsh_console.domain.moments import clock_time, day_and_time, short_date
from gsh_console.domain.note_contact import INTERPRETER_STEPS, MEDIUM, contact_facts, interpreter_facts
from gsh_console.domain.outcomes import change_in_words
from gsh_console.domain.path import skips, slots, stage_lacking, step_fields
from gsh_console.domain.protocols import Computed, Field, FieldKind, Repeat, Stage, Step, StepKind
from gsh_console.domain.refusals import find_field
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import Score, Subscore, score
from gsh_console.domain.session import GivenAnswer, SessionState, Value
from gsh_console.domain.sleep import efficiency_in_words
from gsh_console.domain.wording import AT_SIGHT

BULLET = "•"
COMMON_SECTIONS = ("contact", "interpreter", "safety_plan", "actions", "also_noted", "not_covered")
_FULL_STOPS = (".", "!", "?", "…")
_MODES = {
    Mode.READ_OUT: "read out by the practitioner",
    Mode.SELF_COMPLETED: "completed by the patient",
    Mode.INTERPRETED: f"through an interpreter, {AT_SIGHT}",
    Mode.ONLINE: "completed online by the patient",
}


@dataclass(frozen=True)
class Sentence:
    """One statement and the journal entries it rests on."""

    text: str
    sources: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """The statements under one heading, in order; `name` is what a note template calls it. No title: no heading."""

    title: str
    sentences: tuple[Sentence, ...]
    name: str = ""

    @property
    def text(self) -> str:
        """The statements as prose; one that begins with a bullet stands on a line of its own."""
        told = ""
        for sentence in self.sentences:
            apart = sentence.text.startswith(BULLET) or told.rpartition("\n")[2].startswith(BULLET)
            told += ("\n" if apart else " ") + sentence.text if told else sentence.text
        return told


@dataclass(frozen=True)
class Note:
    """The whole note of a contact."""

    title: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The note as plain text, a heading and a paragraph for each section."""
        parts = [self.title]
        for section in self.sections:
            parts.append(f"{section.title}\n{section.text}" if section.title else section.text)
        return "\n\n".join(parts) + "\n"

    @property
    def sources(self) -> tuple[int, ...]:
        """Every entry the note rests on, in the order it is told; an entry appears once."""
        return tuple(seq for section in self.sections for sentence in section.sentences for seq in sentence.sources)


def compose_note(book: Rulebook, state: SessionState) -> Note:
    """Write the note from the entries alone."""
    facts = tuple(Sentence(*told) for told in contact_facts(book, state))
    interpreting = (*(Sentence(*told) for told in interpreter_facts(state)), *_interpreter(book, state))
    sections = [Section("Contact", facts, "contact"), Section("Interpreter", interpreting, "interpreter")]
    sections += [Section(stage.title, tuple(_stage(book, state, stage)), stage.id) for stage in book.protocol.stages]
    sections.append(Section("Safety plan", tuple(_safety_plan(book, state)), "safety_plan"))
    sections.append(Section("Actions", tuple(_actions(state)), "actions"))
    sections.append(Section("Also noted", tuple(_jots(state)), "also_noted"))
    sections.append(Section("Not covered", tuple(_gaps(book, state)), "not_covered"))
    title = f"{book.protocol.title}, contact {state.opened.contact_number if state.opened else '?'}"
    return Note(title, tuple(section for section in sections if section.sentences))


def _interpreter(book: Rulebook, state: SessionState) -> Iterator[Sentence]:
    """What was recorded about the interpreter, wherever in the contact it was asked."""
    for stage in book.protocol.stages:
        for step in stage.steps:
            if step.id in INTERPRETER_STEPS:
                yield from _fields(step, state)


def _stage(book: Rulebook, state: SessionState, stage: Stage) -> Iterator[Sentence]:
    for step in stage.steps:
        if step.id in INTERPRETER_STEPS:
            continue
        match step.kind:
            case StepKind.MEASURE:
                yield from measure_sentences(book.measures[step.measure], state)
            case StepKind.SAFETY:
                yield from _safety(book, state)
            case StepKind.MATERIAL:
                yield from _materials(state)
                yield from _fields(step, state)
            case StepKind.FIELDS | StepKind.MEASURES_DUE | StepKind.INTERVENTION:
                yield from _fields(step, state)


def _fields(step: Step, state: SessionState) -> Iterator[Sentence]:
    fields = step_fields(step, state)
    if step.repeat is None:
        for field in fields:
            if field.id != MEDIUM and (held := filled(state, field.id)):
                yield Sentence(in_words(field, held), (held.seq,))
        return
    begun = False
    for slot, label in slots(step, state):
        mine = [field for field in fields if field.id.startswith(f"{step.id}.{slot}.")]
        held_fields = [(field, held) for field in mine if (held := filled(state, field.id))]
        if held_fields:
            told = "; ".join(in_words(field, held) for field, held in held_fields) + _rated_before(step, slot, state)
            lead = f"“{label}”: " if label and label not in told else ""
            sheet = f"{step.title}: " if step.repeat is Repeat.ROWS and not begun else ""
            begun = True
            ends = "" if told.endswith(_FULL_STOPS) else "."
            yield Sentence(f"{BULLET} {sheet}{lead}{told}{ends}", tuple(held.seq for _, held in held_fields))
    if step.computed is Computed.SLEEP_EFFICIENCY and (told := efficiency_in_words(step, state)):
        yield Sentence(f"{BULLET} {told}", ())


def _rated_before(step: Step, slot: int, state: SessionState) -> str:
    """What a goal was rated when it was handed over, for the reader who sees only this note."""
    if step.repeat is not Repeat.GOALS or state.value(f"{step.id}.{slot}.rating") in (None, ""):
        return ""
    before = next((goal.rating for goal in carried_of(state).goals if goal.slot == slot), None)
    return "" if before is None else f" (last time {before})"


def filled(state: SessionState, field_id: str) -> Value | None:
    """What a field holds if it holds anything."""
    held = state.fields.get(field_id)
    return held if held is not None and held.value not in ("", ()) else None


def in_words(field: Field, held: Value) -> str:
    """The field's own sentence with its value put in."""
    value = value_in_words(field, held.value)
    before, _, ends = field.note.replace("{label}", field.label).partition("{value}")
    if value.endswith(_FULL_STOPS):
        ends = ends.replace("”.", "”", 1) if ends.startswith("”.") else ends.removeprefix(".")
    return f"{before}{value}{ends}"


def value_in_words(field: Field, value: object) -> str:
    """A field's value as words: labels for choices, "7 of 10" for scales, UK time for moments."""
    if field.kind is FieldKind.CHOICE:
        option = field.option(str(value))
        return option.label if option else str(value)
    if field.kind is FieldKind.CHOICES and isinstance(value, tuple):
        labels = [option.label if (option := field.option(item)) else item for item in value]
        return ("; " if any("," in label for label in labels) else ", ").join(labels)
    if field.kind is FieldKind.SCALE:
        return f"{value} of {field.high}"
    if field.kind is FieldKind.DATE:
        return short_date(str(value))
    if field.kind is FieldKind.DATE_TIME:
        return day_and_time(datetime.fromisoformat(str(value)))
    return str(value).strip()


def measure_sentences(measure: Measure, state: SessionState) -> Iterator[Sentence]:
    """Total, band, what was prorated and why, change, and each item's answer, for one measure."""
    given = state.answers.get(measure.id)
    if not given:
        return
    result = score(measure, state.answers_of(measure.id))
    carried = carried_of(state)
    parts = [total_in_words(measure, result, given)]
    first, last = carried.first(measure.id), carried.last(measure.id)
    if result.total is not None and last and last.total is not None:
        parts.append(f"since last time ({short_date(last.on)}): {change_in_words(measure, last.total, result.total)}")
    if result.total is not None and first and first.total is not None and first != last:
        parts.append(f"since the first ({short_date(first.on)}): {change_in_words(measure, first.total, result.total)}")
    listed = " ".join(str(given[item.id].answer) if item.id in given else "-" for item in measure.items)
    modes = sorted({_how(answer) for answer in given.values()})
    text = "; ".join(parts) + f". Answers in order: {listed} ({', '.join(modes)})."
    yield Sentence(text, tuple(answer.seq for answer in given.values()))


def _how(answer: GivenAnswer) -> str:
    """How an answer came, and from whose text where one other than the English was read."""
    if answer.wording and answer.mode is Mode.INTERPRETED:
        return f"through an interpreter, from the text in {answer.wording}"
    return f"{_MODES[answer.mode]}, in {answer.wording}" if answer.wording else _MODES[answer.mode]


def total_in_words(measure: Measure, result: Score, given: object = None) -> str:
    """The total with its range and band; why it is prorated, or why there is none; then each part the same way."""
    parts = [_part_in_words(measure, scale, result.subscales[scale.id]) for scale in measure.subscales]
    if measure.total is None:
        return f"{measure.name}: {'; '.join(parts) or 'each answer stands alone, there is no total'}"
    return "; ".join([_whole_in_words(measure, result, given), *parts])


def _part_in_words(measure: Measure, scale: Scale, part: Subscore) -> str:
    if part.total is None:
        return f"{scale.name} no number"
    band = f", {part.band}" if part.band else ""
    return f"{scale.name} {part.total} of {measure.ends(scale)[1]}{band}{', prorated' if part.prorated else ''}"


def _whole_in_words(measure: Measure, result: Score, given: object) -> str:
    names = _missing_in_words(result, given)
    if result.total is None:
        return f"{measure.name}: no total, {names}"
    band = f", {result.band}" if result.band else ""
    prorated = f", prorated: {names}" if result.prorated else ""
    return f"{measure.name}: {result.total} of {measure.maximum}{band}{prorated}"


def _missing_in_words(result: Score, given: object) -> str:
    told = []
    for item_id in result.missing:
        held = given.get(item_id) if isinstance(given, dict) else None
        answer = held.answer if isinstance(held, GivenAnswer) else None
        told.append(f"item {item_id} {answer if isinstance(answer, Absence) else 'not answered'}")
    return ", ".join(told)


def _safety(book: Rulebook, state: SessionState) -> Iterator[Sentence]:
    for area in book.safety.areas:
        fields = (area.reply_field, area.words_field, *area.extra)
        held_fields = [(field, held) for field in fields if (held := filled(state, field.id))]
        if held_fields:
            told = " ".join(in_words(field, held) for field, held in held_fields)
            if held_fields[0][1].value == safety.Reply.NOT_ASKED:
                reason = state.words(area.words_field.id).strip().rstrip(".") or "no reason given"
                told = f"{area.title}: not asked, because: {reason}."
            yield Sentence(f"{BULLET} {told}", tuple(held.seq for _, held in held_fields))
    for field in (*book.safety.closing, *book.safety.incomplete):
        if held := filled(state, field.id):
            yield Sentence(f"{BULLET} {in_words(field, held)}", (held.seq,))
    if safety.recorded_as_incomplete(book.safety, state.fields):
        yield Sentence("The safety conversation was not completed in this contact.", ())


def _safety_plan(book: Rulebook, state: SessionState) -> Iterator[Sentence]:
    for field in book.safety_plan.fields if book.safety_plan else ():
        if held := filled(state, field.id):
            yield Sentence(f"{BULLET} {in_words(field, held)}", (held.seq,))


def _materials(state: SessionState) -> Iterator[Sentence]:
    for recorded in state.materials:
        entry = recorded.entry
        if not isinstance(entry, MaterialUsed):
            continue
        edition = f"version {entry.version}, {entry.language_name or entry.language}, {entry.review_status}"
        name = f"booklet “{entry.title}” ({edition})"
        if entry.event is MaterialEvent.GIVEN:
            yield Sentence(f"Given: {name}, {entry.channel}.", (recorded.seq,))
        else:
            yield Sentence(f"Talked through paragraph {entry.paragraph} of the {name}.", (recorded.seq,))


def _actions(state: SessionState) -> Iterator[Sentence]:
    for recorded in state.actions.values():
        entry = recorded.entry
        if isinstance(entry, ActionTaken):
            status = f"done, {entry.outcome}" if entry.done else "open"
            yield Sentence(f"{entry.what} ({entry.who}; {status}, {clock_time(recorded.at)}).", (recorded.seq,))


def _jots(state: SessionState) -> Iterator[Sentence]:
    for recorded in state.jots:
        yield Sentence(_jot(recorded), (recorded.seq,))


def _jot(recorded: Recorded) -> str:
    return f"{clock_time(recorded.at)} {recorded.entry.text.strip()}." if isinstance(recorded.entry, Jotted) else ""


def unread_days(book: Rulebook, state: SessionState) -> Iterator[Sentence]:
    """The words typed for a day and not understood as one."""
    for name, held in state.fields.items():
        if held.typed and (field := find_field(book, state, name)):
            yield Sentence(f"{field.label}: “{held.typed}” is not understood as a day.", (held.seq,))


def _gaps(book: Rulebook, state: SessionState) -> Iterator[Sentence]:
    for stage in book.protocol.stages:
        for reason in stage_lacking(book, state, stage):
            yield Sentence(f"{reason}.", ())
    yield from unread_days(book, state)
    for reason, skip in skips(book, state):
        yield Sentence(f"{reason}.", (skip.seq,))
