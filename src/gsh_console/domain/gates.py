"""The rules a stage may be entered, left or signed under. Each is a pure function: None when open, else why not."""

from __future__ import annotations

from collections.abc import Callable

from gsh_console.domain import endings, safety
from gsh_console.domain.measures import Item
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.scoring import opens_safety
from gsh_console.domain.session import SessionState

Rule = Callable[[Rulebook, SessionState], str | None]

IDENTIFIERS_NEEDED = 2  # two identifiers given by the patient: domain reference §3.0
OPENING = "opening"
SPOKEN_TO = ("on_time", "late_seen")  # attendance codes 5 and 6: domain reference §8.3


def identity_confirmed(_book: Rulebook, state: SessionState) -> str | None:
    """Two identifiers must have come from the patient before anything clinical is said."""
    given = state.value("identity.given")
    if isinstance(given, tuple) and len(set(given)) >= IDENTIFIERS_NEEDED:
        return None
    return "Two identifiers from the patient are not recorded yet (Opening)."


def identity_confirmed_or_ended_early(book: Rulebook, state: SessionState) -> str | None:
    """A contact in which nobody was identified is signed as such: opening left out with a reason, nothing asked."""
    if (OPENING, "") in state.skipped and not state.answers:
        return None
    return identity_confirmed(book, state)


def nobody_spoken_to(_book: Rulebook, state: SessionState) -> str | None:
    """A missed contact is signed as such only while nothing says that the patient was spoken to."""
    asked = state.words("safety.thoughts_now") not in ("", safety.Reply.NOT_ASKED)
    if state.answers or asked or state.words("ending.attendance") in SPOKEN_TO:
        return "The patient was spoken to: this belongs in a contact of its own, not in a missed one."
    return None


def end_code_recorded(book: Rulebook, state: SessionState) -> str | None:
    """A decision that ends care carries the national end code, and no other does (domain reference §8.3, EndCode)."""
    asked = tuple(endings.code_fields(book.protocol))
    if not asked:
        return None
    ends = endings.ends(book.protocol, state)
    coded = next((stage for stage, name, _ in asked if state.words(name)), None)
    if ends and coded is None:
        return f"Care ends here, but how it ended is not recorded yet ({asked[0][0].title})."
    if coded is not None and not ends:
        return f"An end code stands here, but no decision that ends care: change one of the two ({coded.title})."
    return None


def item_prompt_followed_up(book: Rulebook, state: SessionState) -> str | None:
    """A prompting answer, a decline or a gap leads through the safety conversation before measures are left."""
    return _not_followed_up(book, state, gaps_too=True)


def answered_prompt_followed_up(book: Rulebook, state: SessionState) -> str | None:
    """The same for an answer that was given; an item not reached yet holds nobody who only goes back a stage."""
    return _not_followed_up(book, state, gaps_too=False)


def _not_followed_up(book: Rulebook, state: SessionState, *, gaps_too: bool) -> str | None:
    for measure_id, item in prompting_items(book, state):
        given = state.answers.get(measure_id, {}).get(item.id)
        if given is None and not gaps_too:
            continue
        if state.safety_entered_seq <= (given.seq if given else 0):
            name = book.measures[measure_id].name
            return f"{name} item {item.id} opens the safety conversation before measures are left: F4."
    return None


def safety_recorded(book: Rulebook, state: SessionState) -> str | None:
    """The safety record is complete, or recorded as incomplete with reason, action and who was informed."""
    lacking = safety.missing(book.safety, state.fields, prompted=item_answered_above_line(book, state))
    if not lacking or safety.recorded_as_incomplete(book.safety, state.fields):
        return None
    more = f" and {len(lacking) - 2} more" if len(lacking) > 2 else ""
    return f"The safety record still lacks: {'; '.join(lacking[:2])}{more} (F4)."


def prompting_items(book: Rulebook, state: SessionState) -> tuple[tuple[str, Item], ...]:
    """The items that open the safety conversation as answers stand: above the line, declined or missing."""
    found = []
    for measure_id in book.protocol.measures:
        answers = state.answers_of(measure_id)
        for item in book.measures[measure_id].items:
            if opens_safety(item, answers.get(item.id)):
                found.append((measure_id, item))
    return tuple(found)


def item_answered_above_line(book: Rulebook, state: SessionState) -> bool:
    """Whether an item whose answer discloses thoughts of self-harm carries a number at or above its line.

    A number taken back (declined, unclear) goes on counting; a number corrected to a lower one does not.
    """
    for measure_id, item in prompting_items(book, state):
        given = state.answers.get(measure_id, {}).get(item.id) if item.discloses else None
        if given and given.highest is not None and given.highest >= (item.safety_prompt_from or 0):
            return True
    return False


def attendance_recorded(_book: Rulebook, state: SessionState) -> str | None:
    """A signed contact says how the patient attended (national data set, AttendOrDNACode)."""
    return None if state.words("ending.attendance") else "How the patient attended is not recorded yet (Ending)."


RULES: dict[str, Rule] = {
    "attendance_recorded": attendance_recorded,
    "end_code_recorded": end_code_recorded,
    "identity_confirmed": identity_confirmed,
    "identity_confirmed_or_ended_early": identity_confirmed_or_ended_early,
    "item_prompt_followed_up": item_prompt_followed_up,
    "nobody_spoken_to": nobody_spoken_to,
    "safety_recorded": safety_recorded,
}

# What holds a contact even when it only goes back to an earlier stage.
GOING_BACK: dict[str, Rule] = {**RULES, "item_prompt_followed_up": answered_prompt_followed_up}
