"""What a prompting answer asks for."""

from __future__ import annotations

from gsh_console.casework.rulebooks import rulebook_of
from gsh_console.domain.entries import Answered, Entered, Filled
from gsh_console.domain.gates import item_answered_above_line, item_prompt_followed_up, prompting_items
from gsh_console.domain.measures import Mode
from gsh_console.domain.rulebook import Rulebook
from gsh_console.domain.session import SessionState, replay
from tests.builders import answers, definitions, opening_entry, recorded


def after_pcl(value: int) -> tuple[Rulebook, SessionState]:
    opened = opening_entry(due=("pcl-5",))
    book = rulebook_of(definitions(), opened)
    given = [
        *answers("phq-9", [0] * 9),
        *answers("pcl-5", [0] * 15 + [value] + [0] * 4),
    ]
    identity = Filled("identity.given", ("full_name", "date_of_birth"))
    return book, replay(recorded(opened, Entered("opening"), identity, Entered("measures"), *given))


def test_risky_behaviour_calls_for_the_safety_conversation_before_measures_are_left() -> None:
    book, state = after_pcl(1)
    assert [(measure, item.id) for measure, item in prompting_items(book, state)] == [("pcl-5", "16")]
    assert item_prompt_followed_up(book, state) is not None


def test_risky_behaviour_is_not_taken_for_a_disclosure_of_thoughts_of_self_harm() -> None:
    book, state = after_pcl(4)
    assert not item_answered_above_line(book, state)


def test_item_9_of_the_phq_is_such_a_disclosure() -> None:
    book, state = after_pcl(0)
    above = Answered("phq-9", "9", 1, Mode.READ_OUT)
    assert state.opened is not None
    state = replay(recorded(state.opened, above))
    assert item_answered_above_line(book, state)
