"""Whether a text is written in the letters of its language, whole and undamaged."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

_SCRIPTS = {
    "Latn": "LATIN", "Arab": "ARABIC", "Beng": "BENGALI", "Guru": "GURMUKHI", "Gujr": "GUJARATI", "Deva": "DEVANAGARI",
    "Cyrl": "CYRILLIC", "Grek": "GREEK", "Hebr": "HEBREW", "Taml": "TAMIL", "Telu": "TELUGU", "Knda": "KANNADA",
    "Mlym": "MALAYALAM", "Sinh": "SINHALA", "Thai": "THAI", "Laoo": "LAO", "Khmr": "KHMER", "Mymr": "MYANMAR",
    "Ethi": "ETHIOPIC", "Geor": "GEORGIAN", "Armn": "ARMENIAN", "Hans": "CJK", "Hant": "CJK", "Jpan": "CJK",
    "Kore": "HANGUL", "Tibt": "TIBETAN", "Thaa": "THAANA",
}  # fmt: skip
# Letters without which no text of some length is written; where all are gone, a file or font has dropped them.
ACCENTED: Mapping[str, str] = {
    "pl": "ąćęłńóśźż", "ro": "ăâîșțşţ", "cy": "âêîôûŵŷáéëïö", "de": "äöüß", "es": "áéíóúñü", "pt": "ãõáéíóúâêôçà",
    "fr": "éèêëàâçîïôûùœ", "it": "àèéìòù", "tr": "çğıöşü", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíľĺňóôŕšťúýž",
    "hu": "áéíóöőúüű", "lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "sq": "ëç", "hr": "čćđšž", "bs": "čćđšž", "sv": "åäö",
    "da": "æøå", "nb": "æøå", "fi": "äö", "vi": "ăâđêôơưáàảãạéèẻẽẹíìỉĩịóòỏõọúùủũụ",
}  # fmt: skip
SHORTEST_JUDGED = 100  # letters; a shorter text may well do without
_MOST_FOREIGN = 0.2  # names such as "TV" or "GP" stay in Latin letters
_JOINERS = frozenset("\u200c\u200d")  # Persian, Urdu and Indic spelling needs them
_JOINING = frozenset(_SCRIPTS.values()) - {"LATIN", "CYRILLIC", "GREEK", "CJK", "HANGUL"}


@cache
def script_of(language: str) -> str | None:
    """The name Unicode gives the letters of a language, None where the language is not known."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None
    likely = get_global("likely_subtags").get(locale.language, "").split("_")
    code = locale.script or (likely[1] if len(likely) > 1 else "")
    return _SCRIPTS.get(code)


def direction_of(language: str) -> str:
    """ "rtl" for a language written from right to left, else "ltr"."""
    return Locale.parse(language).text_direction


def damage_in(text: str, language: str) -> str | None:
    """What no text of a person should hold: stray characters, decomposed or wrong letters; None for a sound one."""
    joiners = _JOINERS if script_of(language) in _JOINING else frozenset()
    for character in text:
        kind = unicodedata.category(character)
        if character == "\ufffd" or kind in ("Co", "Cs", "Cn"):
            return f"it holds {_named(character)}, which is no letter of any language"
        if kind == "Cf" and character not in joiners:
            return f"it holds the invisible {_named(character)}"
        if kind in ("Cc", "Zl", "Zp"):
            return f"it holds the control character {_named(character)}"
        if "\ufb1d" <= character <= "\ufdff" or "\ufe70" <= character <= "\ufefc" or "\ufb00" <= character <= "\ufb06":
            return f"it holds {_named(character)}, the shape of a letter and not the letter, as some PDF copies do"
    if not unicodedata.is_normalized("NFC", text):
        return "its letters are not in composed form (NFC)"
    return None


def foreign_in(text: str, language: str) -> str | None:
    """Letters of another script than the language's; None where the text is written as it should be."""
    expected = script_of(language)
    letters = [character for character in text if character.isalpha()]
    if expected is None or not letters:
        return None
    others = [each for each in letters if _script(each) != expected]
    if len(others) == len(letters):
        return f"it has no {expected.capitalize()} letter"
    stray = next((each for each in others if _script(each) != "LATIN"), None)
    if stray is not None:
        return f"it holds {_named(stray)} among {expected.capitalize()} letters"
    if len(others) > max(6, _MOST_FOREIGN * len(letters)):
        return "much of it is in Latin letters"
    return None


def accents_lost(text: str, language: str) -> bool:
    """Whether a text long enough to need them has none of the language's own letters."""
    needed = ACCENTED.get(language.partition("_")[0])
    letters = sum(1 for each in text if each.isalpha())
    return needed is not None and letters >= SHORTEST_JUDGED and not set(text.lower()) & set(needed)


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"


@cache
def _script(character: str) -> str:
    name = unicodedata.name(character, "")
    return "LATIN" if character in "ªº" else name.partition(" ")[0].partition("-")[0]
