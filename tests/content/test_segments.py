"""Chapters are cut into blocks, and what the house style lacks is refused with its line."""

from __future__ import annotations

import pytest

from gsh_console.content.segments import names_in, split
from gsh_console.faults import DefinitionFault

CHAPTER = """# Title

A paragraph over
two lines.

{# TRANSLATORS: small
   steps #}
- one
  goes on
- two

1. first
2) second

> quoted
> together

{{ worksheet("diary") }}
{# SAFETY #}
Call {{ tel.nhs }} now.
Last.
"""


def test_each_block_is_one_message_with_its_kind_and_line() -> None:
    blocks = [(each.kind, each.text, each.line) for each in split(CHAPTER, "c.md")]
    assert blocks == [
        ("h1", "Title", 1),
        ("p", "A paragraph over two lines.", 3),
        ("ul", "one goes on", 8),
        ("ul", "two", 10),
        ("ol", "first", 12),
        ("ol", "second", 13),
        ("quote", "quoted together", 15),
        ("worksheet", "diary", 18),
        ("p", "Call {{ tel.nhs }} now. Last.", 20),
    ]


def test_a_comment_for_translators_belongs_to_the_block_after_it() -> None:
    comments = {each.text: each.comment for each in split(CHAPTER, "c.md")}
    assert comments["one goes on"] == "TRANSLATORS: small steps"
    assert comments["two"] == ""


def test_a_safety_mark_covers_the_next_block_only() -> None:
    source = "# T\n\n{# SAFETY #}\nCall now.\n\nA cup of tea."
    assert [each.safety for each in split(source, "c.md")] == [False, True, False]


def test_a_safety_mark_before_a_list_covers_the_whole_list() -> None:
    source = "# T\n\n{# SAFETY #}\n- a\n- b\n\nafter"
    assert [each.safety for each in split(source, "c.md")] == [False, True, True, False]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{% if goals %}", "Jinja"),
        ("### deep", "heading"),
        ("- a\n  - b", "list"),
        ("<script>x</script>", "HTML"),
        ("![p](p.png)", "picture"),
        ("| a | b |", "table"),
    ],
)
def test_what_the_house_style_lacks_is_refused_with_file_and_line(line: str, word: str) -> None:
    with pytest.raises(DefinitionFault, match=rf"c\.md, line \d+: .*{word}"):
        split(f"# T\n\n{line}\n", "c.md")


def test_placeholders_are_named_in_order() -> None:
    assert names_in("{{first_name}} then {{ tel.nhs }}") == ("first_name", "tel.nhs")
