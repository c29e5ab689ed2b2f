"""Words by language: a whole set or none, in its own letters, with whose they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsh_console.content.definition_sets import definitions_from
from gsh_console.content.definitions import Definitions
from gsh_console.content.letters import damage_in, foreign_in, script_of
from gsh_console.content.toml_writing import wording_toml
from gsh_console.content.wordings import check_wording, name_of, read_wording
from gsh_console.domain.measures import Mode
from gsh_console.domain.note import compose_note
from gsh_console.domain.wording import AT_SIGHT, Standing, Wording, filled, notice, slots, worded
from gsh_console.faults import DefinitionFault
from gsh_console.locations import definitions_folder
from gsh_console.sync.envelope import contact_bundle
from tests.builders import answers, book, definitions, state_after
from tests.sync.builders import ORIGIN, journal, opening, resources, signed

PHQ9 = definitions().measures["phq-9"]
SETS = [each for each in definitions().wordings if each.wording]


def polish() -> Wording:
    found = definitions().wording_of("phq-9", "pl")
    assert found is not None
    return found


def refusal(wording: Wording, file: str = "") -> str:
    with pytest.raises(DefinitionFault) as refused:
        check_wording(Path(file or f"{wording.language}.toml"), wording, PHQ9)
    return str(refused.value)


def changed(wording: Wording, text: str, item: str = "3") -> Wording:
    return replace(wording, items={**wording.items, item: text})


def test_what_ships_is_whole_sourced_and_never_called_validated_without_proof() -> None:
    assert {(each.measure, each.language) for each in SETS} == {("phq-9", "de"), ("gad-7", "de"), ("phq-9", "pl")}
    assert not [each.fault for each in definitions().wordings if each.fault]
    for each in SETS:
        assert each.wording is not None
        assert each.wording.status is Standing.OFFICIAL
        assert all((each.wording.source, each.wording.licence, each.wording.doubt))
        assert each.wording.recall in each.wording.stem


def test_the_page_for_service_leads_lists_what_is_installed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "measures.md").read_text("utf-8")
    for each in SETS:
        assert each.wording is not None
        assert f"| {each.wording.language_name} | `{each.measure}` | {each.wording.status} |" in page
    assert page.count(f"| {Standing.OFFICIAL} |") == len(SETS)


@pytest.mark.parametrize(
    "place", [place for place in slots(PHQ9, ("difficulty",)) if place.partition(".")[0] != "extras"]
)
def test_a_set_that_lacks_one_place_is_refused_with_its_name(place: str) -> None:
    name, _, key = place.partition(".")
    held = getattr(polish(), name)
    lacking = replace(polish(), **{name: {k: v for k, v in held.items() if k != key} if key else ""})
    assert f"words are missing: {place}." in refusal(lacking)


def test_own_answers_of_an_item_and_extras_are_part_of_the_set() -> None:
    assert "extra_choices.difficulty.0" in refusal(replace(polish(), left_out=()))
    german = definitions().wording_of("phq-9", "de")
    assert german is not None
    some = {"difficulty": {"0": "Überhaupt nicht erschwert"}}
    assert "extra_choices.difficulty.1" in refusal(replace(german, extra_choices=some))
    assert {"items.s1", "item_choices.s1.low"} <= {*slots(definitions().measures["bpi"]), "item_choices.s1.low"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("Kłopoty z zaśnięciem\u202e lub sen", "invisible U+202E"),
        ("Kłopoty z zaśnięciem\ue001 lub sen", "U+E001, which is no letter"),
        ("Kłopoty z zaśnięciem\x07 lub sen", "control character U+0007"),
        ("Kłopoty z zaśnięciem\nlub sen", "control character U+000A"),
        ("Kłopoty z za\ufffdnięciem lub sen", "U+FFFD"),
        ("K\u0142opoty z zas\u0301nie\u0328ciem", "composed form"),
        ("Kłopоty z zaśnięciem lub sen", "U+043E among Latin letters"),
        ("Problemy z ﬁrmą i snem", "U+FB01, the shape of a letter"),
        (" Kłopoty ze snem", "begins or ends with a space"),
        ("Kłopoty <b>ze snem</b>", "sign of markup"),
        (PHQ9.items[2].text, "it is the English text"),
    ],
)  # fmt: skip
def test_a_damaged_text_is_refused_and_its_place_named(wrong: str, sentence: str) -> None:
    told = refusal(changed(polish(), wrong))
    assert "items.3" in told
    assert sentence in told


def without_accents(text: str) -> str:
    return text.translate(str.maketrans("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ"))


def test_a_text_that_has_lost_every_accent_is_refused() -> None:
    bare = {
        place: {key: without_accents(text) for key, text in getattr(polish(), place).items()}
        for place in ("items", "choices")
    }
    told = replace(
        polish(),
        stem=without_accents(polish().stem),
        stem_again=without_accents(polish().stem),
        recall="w ciagu",
        **bare,
    )
    assert "a Polish text of this length without one accented letter has lost them" in refusal(told)


@pytest.mark.parametrize(
    ("text", "language", "sentence"),
    [
        ("Little interest", "ur", "no Arabic letter"),
        ("کام میں کم دلچسپی", "pa", "no Gurmukhi letter"),
        ("ਕੰਮ ਵਿੱਚ ਘੱਟ ਦਿਲਚਸਪੀ", "pa", None),
        ("ٹی وی (TV) دیکھنا یا اخبار پڑھنا", "ur", None),
        ("نیند reading the newspaper or watching television", "ur", "in Latin letters"),
        ("আগ্রহ বা আনন্দ कम", "bn", "among Bengali letters"),
        ("Deloc", "ro", None),
        ("2", "pl", None),
    ],
)
def test_a_text_stands_in_the_letters_of_its_language(text: str, language: str, sentence: str | None) -> None:
    told = foreign_in(text, language)
    assert (told is None) if sentence is None else (sentence in (told or ""))


def test_joiners_belong_to_the_scripts_that_need_them() -> None:
    assert damage_in("می\u200cخواهم", "fa") is None
    assert damage_in("ক্\u200dষ", "bn") is None
    assert damage_in("sen\u200d", "pl") is not None
    assert script_of("xx") is None


def test_one_text_copied_over_another_is_refused() -> None:
    assert "items.3: it reads the same as items.2" in refusal(changed(polish(), polish().items["2"]))
    twice = {**polish().choices, "2": polish().choices["1"]}
    assert "choices.2: it reads the same as choices.1" in refusal(replace(polish(), choices=twice))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": "0.9.0"}, "it words phq-9 0.9.0, not phq-9 1.0.0"),
        ({"language": "ro"}, 'the file is called after "pl"'),
        ({"licence": ""}, "licence: it is empty"),
        ({"source": " "}, "source: it is empty"),
        ({"left_out": ("9",)}, '"9" is not asked beside the items'),
        ({"items": {**polish().items, "10": "Coś jeszcze"}}, "items.10: PHQ-9 has no such place"),
    ],
)
def test_names_that_do_not_fit_are_refused(change: dict[str, object], sentence: str) -> None:
    assert sentence in refusal(replace(polish(), **change), "pl.toml")  # type: ignore[arg-type]


def test_an_unknown_key_or_status_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "pl.toml"
    path.write_text(wording_toml(polish()).replace("stem_again", "stem_agian"), "utf-8")
    with pytest.raises(DefinitionFault, match="stem_again"):
        read_wording(path, PHQ9)
    path.write_text(wording_toml(polish()).replace("official, validation not stated", "our own draft"), "utf-8")
    with pytest.raises(DefinitionFault, match=r"pl.toml › status"):
        read_wording(path, PHQ9)


def test_a_set_written_out_reads_back_the_same(tmp_path: Path) -> None:
    for each in SETS:
        assert each.wording is not None
        path = tmp_path / f"{each.language}.toml"
        path.write_text(wording_toml(each.wording), "utf-8")
        assert read_wording(path, definitions().measures[each.measure]) == each.wording


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "wordings" / "phq-9"
    folder.mkdir(parents=True)
    return folder


def test_a_services_licensed_set_stands_before_the_one_that_ships(own: Path) -> None:
    mine = replace(
        polish(), status=Standing.OWN, source="Our licence, 2026", stem="Jak często w ciągu ostatnich 2 tygodni?"
    )
    (own / "pl.toml").write_text(wording_toml(mine), "utf-8")
    found = Definitions(own=own.parents[1])
    assert found.wording_of("phq-9", "pl") == mine
    assert found.wording_of("phq-9", "de") == definitions().wording_of("phq-9", "de")


def test_a_faulty_set_is_told_and_counts_as_not_there(own: Path) -> None:
    (own / "ro.toml").write_text(wording_toml(polish()), "utf-8")
    (own.parent / "phq9").mkdir()
    library = Definitions(own=own.parents[1]).wordings
    assert library.of(PHQ9, "ro") is None
    (faulty,) = [each for each in library if each.fault]
    assert "ro.toml › language" in str(faulty.fault)
    assert library.strangers() == ['wordings/phq9: there is no such measure. Did you mean "phq-9"?']


def test_a_kept_set_of_definitions_keeps_its_words() -> None:
    kept = definitions_from(definitions().files(), definitions())
    assert kept.wording_of("phq-9", "pl") == polish()


def test_words_of_another_version_are_not_used(own: Path) -> None:
    later = (definitions_folder() / "measures" / "phq-9.toml").read_text("utf-8")
    measures = own.parents[1] / "measures"
    measures.mkdir()
    (measures / "phq-9.toml").write_text(later.replace('version = "1.0.0"', 'version = "1.0.0-ours"', 1), "utf-8")
    found = Definitions(own=own.parents[1])
    assert found.measures["phq-9"].version == "1.0.0-ours"
    assert found.wording_of("phq-9", "pl") is None


def test_where_nothing_is_installed_the_screen_says_so() -> None:
    assert definitions().wording_of("phq-9", "so") is None
    assert definitions().wording_of("phq-9", "en") is None
    told = notice(PHQ9, None, name_of("so"))
    assert told == "PHQ-9: no validated text installed for Somali: interpreted at sight, not validated"
    assert "official, validation not stated" in notice(PHQ9, polish(), name_of("pl"))


def test_the_record_keeps_whose_text_was_read_and_the_note_tells_it() -> None:
    given = answers("phq-9", (1,) * 9, Mode.INTERPRETED)
    read = [replace(entry, wording=polish().record) for entry in given]  # type: ignore[type-var]
    told = [compose_note(book(), state_after(*entries)).text for entries in (given, read)]
    assert f"(through an interpreter, {AT_SIGHT})" in told[0]
    assert "(through an interpreter, from the text in Polish (official, validation not stated))" in told[1]


def test_the_form_that_is_sent_says_whose_text_was_read() -> None:
    read = [replace(entry, wording=polish().record) for entry in answers("phq-9", (1,) * 9, Mode.INTERPRETED)]  # type: ignore[type-var]
    bundle = contact_bundle(signed(journal(opening(), *read)), ORIGIN)
    (form,) = (each for each in resources(bundle, "QuestionnaireResponse") if "phq-9" in each["questionnaire"])
    (mode,) = (item["answer"] for item in form["item"] if item["linkId"] == "phq-9/mode")
    assert mode == [{"valueString": "via_interpreter, Polish (official, validation not stated)"}]


@given(st.sampled_from(SETS))
def test_a_set_changes_words_and_nothing_else(installed: object) -> None:
    wording = installed.wording  # type: ignore[attr-defined]
    measure = definitions().measures[wording.measure]
    told = worded(measure, wording)
    assert [item.text for item in told.items] == list(wording.items.values())
    assert {choice.label for choice in told.choices} == set(wording.choices.values())
    assert filled(wording).keys() == slots(measure, wording.left_out).keys()
    assert [item.id for item in told.extras] == [i.id for i in measure.extras if i.id not in wording.left_out]
    assert (told.total, told.bands, told.caseness, told.codes) == (
        measure.total,
        measure.bands,
        measure.caseness,
        measure.codes,
    )
    for mine, theirs in zip(told.items, measure.items, strict=True):
        assert replace(mine, text=theirs.text) == theirs
