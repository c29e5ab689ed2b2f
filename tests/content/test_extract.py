"""Translators' files: complete, stable, and never emptied by a broken source."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from gsh_console.commands.materials import materials as command
from gsh_console.content.catalogues import read_po_file
from gsh_console.content.extract import (
    booklet_template,
    merge,
    page_messages,
    update_language,
    write_template,
)
from gsh_console.content.material_checks import standing
from gsh_console.faults import GshFault, InputRefused, MaterialFault
from tests.content.material import DATA, copied, edit, run, shelf

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def materials(tmp_path: Path) -> Path:
    """A copy of the test booklets and catalogues that a test may damage."""
    return copied(tmp_path)


def files(root: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}


def test_the_template_holds_every_message_once_with_its_place_and_its_notes() -> None:
    template = booklet_template(shelf().manuscript("small-steps"))
    messages = [message for message in template if message.id]
    assert len(messages) == 24
    by_text = {message.id: message for message in messages}
    assert by_text["Small steps"].context == "title"
    assert by_text["Monday morning"].context == "example"
    assert by_text["You feel low."].auto_comments == ["list item 1.4"]
    assert by_text["Call {{ tel.emergency }} now."].auto_comments[1].startswith("SAFETY TEXT")
    circle = by_text["When we feel low, we do less. Then we feel **even worse**."]
    assert circle.auto_comments[1] == 'TRANSLATORS: "circle" as in a vicious circle.'
    assert circle.locations == [("materials/small-steps/01-the-circle.md", 6)]
    assert "4" not in by_text


def test_every_word_of_the_page_reaches_the_translators() -> None:
    words = {text for text, _ in page_messages()}
    assert {"For you", "your name", "Version %(version)s", "In English: this part is not translated yet"} <= words


def test_extracting_twice_changes_nothing(materials: Path) -> None:
    assert run(materials, "extract").exit_code == 0
    before = files(materials)
    second = run(materials, "extract")
    assert files(materials) == before
    assert "small-steps.pot: 24 messages, unchanged" in second.output
    assert "ur: 24 done, 0 changed, 0 missing, unchanged" in second.output


def test_a_changed_sentence_keeps_its_translation_as_fuzzy_with_the_old_wording(materials: Path) -> None:
    edit(materials / "booklets/small-steps/01-the-circle.md", "2. You do less.", "2. You do much less.")
    for _ in range(2):
        run(materials, "extract")
        written = (materials / "translations/ur/LC_MESSAGES/small-steps.po").read_text("utf-8")
        assert '#, fuzzy\n#| msgid "You do less."\nmsgid "You do much less."\nmsgstr "آپ کم' in written
        assert "#~" not in written
    urdu = next(each for each in shelf(materials).languages if each.code == "ur")
    counted = standing(shelf(materials), "small-steps", urdu)
    assert (counted.finished, counted.changed, counted.missing) == (23, 1, 0)


def test_a_new_sentence_does_not_borrow_from_one_that_still_stands(materials: Path) -> None:
    edit(
        materials / "booklets/small-steps/01-the-circle.md", "2. You do less.", "2. You do less.\n3. You do a lot less."
    )
    run(materials, "extract")
    counts = run(materials, "status").output
    assert re.search(r"ur +24 +0 +1 +5 +0 +0  draft", counts)


def test_a_sentence_that_comes_back_gets_its_translation_back(materials: Path) -> None:
    chapter = materials / "booklets/small-steps/02-your-week.md"
    edit(chapter, "- Pick one day.\n", "")
    run(materials, "extract")
    written = materials / "translations/ur/LC_MESSAGES/small-steps.po"
    assert '#~ msgid "Pick one day."' in written.read_text("utf-8")
    edit(chapter, "- Keep it", "- Pick one day.\n- Keep it")
    run(materials, "extract")
    assert "#~" not in written.read_text("utf-8")
    assert re.search(r"ur +24 +0 +0 +0 +0 +0  draft", run(materials, "status").output)


def test_a_translators_own_comment_survives(materials: Path) -> None:
    written = materials / "translations/ur/LC_MESSAGES/small-steps.po"
    edit(written, "#. list item 1.4\n", "# asked the lay reader about this\n#. list item 1.4\n")
    run(materials, "extract")
    assert "# asked the lay reader about this\n" in written.read_text("utf-8")


def test_two_languages_never_share_a_message(materials: Path) -> None:
    template = booklet_template(shelf(materials).manuscript("small-steps"))
    folder = materials / "translations"
    urdu, polish = (
        merge(template, read_po_file(folder / code / "LC_MESSAGES/small-steps.po", code)) for code in ("ur", "pl")
    )
    assert urdu.get("You feel low.") is not polish.get("You feel low.")
    assert polish.get("You feel low.").string == "Jest smutno."  # type: ignore[union-attr]
    assert not template.get("You feel low.").string  # type: ignore[union-attr]


def test_a_template_that_shrank_by_more_than_a_fifth_is_refused_and_nothing_is_written(materials: Path) -> None:
    run(materials, "extract")
    chapter = materials / "booklets/small-steps/01-the-circle.md"
    chapter.write_text("# The circle\n\nShort.\n", "utf-8")
    before = files(materials)
    with pytest.raises(MaterialFault, match="would shrink from 24 to 18"):
        write_template(booklet_template(shelf(materials).manuscript("small-steps")), materials / "translations")
    assert isinstance(run(materials, "extract").exception, GshFault)
    assert files(materials) == before


def test_a_new_language_starts_with_every_message_untranslated(materials: Path) -> None:
    folder = materials / "translations/ro"
    folder.mkdir()
    (folder / "language.toml").write_text(
        'code = "ro"\nname = "Romanian"\nown_name = "română"\ndirection = "ltr"\n', "utf-8"
    )
    library = shelf(materials)
    romanian = next(each for each in library.languages if each.code == "ro")
    merged = update_language(booklet_template(library.manuscript("small-steps")), library.translations, romanian)
    assert (merged.finished, merged.changed, merged.missing) == (0, 0, 24)
    assert "nplurals=3" in merged.path.read_text("utf-8")


@pytest.fixture
def build_hook() -> Iterator[ModuleType]:
    """The build hook, loaded from the top of the checkout."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("hatch_build", None)


def test_the_build_hook_compiles_each_catalogue_and_ships_each_language(build_hook: ModuleType, tmp_path: Path) -> None:
    shutil.copytree(DATA / "translations", tmp_path / "translations")
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shipped = build_hook.compiled_translations(tmp_path, tmp_path / "build")
    assert set(shipped.values()) == {
        f"gsh_console/_data/translations/{inside}"
        for inside in (
            "pl/LC_MESSAGES/page.mo",
            "pl/LC_MESSAGES/small-steps.mo",
            "pl/language.toml",
            "ur/LC_MESSAGES/page.mo",
            "ur/LC_MESSAGES/small-steps.mo",
            "ur/language.toml",
        )
    }
    with (tmp_path / "build/ur/LC_MESSAGES/small-steps.mo").open("rb") as stream:
        assert GNUTranslations(stream).gettext("You feel low.") == "آپ اداس ہوتے ہیں۔"


def test_render_writes_named_files_without_personal_data(materials: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(materials, "render", "small-steps", "--lang", "ur", "--to", "html,text", "--out", str(out))
    assert result.exit_code == 0, result.exception
    assert sorted(each.name for each in out.iterdir()) == ["small-steps_ur_v1.2.0.html", "small-steps_ur_v1.2.0.txt"]
    assert 'class="blank"' in (out / "small-steps_ur_v1.2.0.html").read_text("utf-8")


def test_render_refuses_a_format_it_does_not_know(materials: Path) -> None:
    result = run(materials, "render", "small-steps", "--to", "htm")
    assert isinstance(result.exception, InputRefused)
    assert 'Did you mean "html"' in str(result.exception)


def test_check_ends_with_a_fault_when_there_are_errors(materials: Path) -> None:
    assert run(materials, "check").exit_code == 0
    edit(materials / "translations/ur/LC_MESSAGES/small-steps.po", "سیم 3 دن", "سیم 4 دن")
    result = run(materials, "check")
    assert isinstance(result.exception, GshFault)
    assert result.exception.exit_code == 1
    assert "ERROR   small-steps ur 01-the-circle.md 1.6: the numbers are 4, the English has 3" in result.output


def test_list_names_each_booklet_and_its_languages(materials: Path) -> None:
    output = run(materials, "list").output
    assert "small-steps 1.2.0  Small steps" in output
    assert "English (approved), Polish (draft), Urdu (draft)" in output


def test_extract_refuses_an_installed_copy(materials: Path, tmp_path: Path) -> None:
    (materials / "translations").rename(tmp_path / "x")
    shutil.copytree(tmp_path / "x", tmp_path / "_data" / "translations")
    result = CliRunner().invoke(
        command,
        ["--materials", str(materials / "booklets"), "--translations", str(tmp_path / "_data/translations"), "extract"],
    )
    assert isinstance(result.exception, InputRefused)
