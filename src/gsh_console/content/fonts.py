"""Which scripts this machine can print: the installed fonts, and the letters each one has."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gsh_console.content.languages import Language
from gsh_console.faults import MaterialFault

if TYPE_CHECKING:
    import typst

_JOINERS = r"\u{200C}\u{200D}"
_DANDA = r"\u{0964}\u{0965}"
SYMBOLS = "DejaVu Sans Mono"  # travels inside typst and has the ticks and arrows that text fonts lack


@dataclass(frozen=True)
class Script:
    """A script: its fonts in order of preference, the characters it answers for, and a package that brings it."""

    name: str
    families: tuple[str, ...]
    covers: str = ""
    nastaliq: bool = False


_ARABIC = r"\u{0600}-\u{06FF}\u{0750}-\u{077F}\u{08A0}-\u{08FF}\u{FB50}-\u{FDFF}\u{FE70}-\u{FEFC}" + _JOINERS
_NASKH = ("Noto Naskh Arabic", "Noto Sans Arabic", "Amiri", "Segoe UI", "Tahoma", "Geeza Pro", "Arial")
_NASTALIQ = ("Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Urdu Typesetting")
LATIN = Script("Latin", ("Noto Sans", "Segoe UI", "Helvetica Neue", "Liberation Sans", "DejaVu Sans", "Arial"))
SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        "Urdu": Script("Urdu", (*_NASTALIQ, *_NASKH), _ARABIC, nastaliq=True),
        "Arabic": Script("Arabic", _NASKH, _ARABIC),
        "Bengali": Script(
            "Bengali",
            ("Noto Sans Bengali", "Nirmala UI", "Bangla Sangam MN", "Lohit Bengali", "Vrinda"),
            r"\u{0980}-\u{09FF}" + _DANDA + _JOINERS,
        ),
        "Gurmukhi": Script(
            "Gurmukhi",
            ("Noto Sans Gurmukhi", "Nirmala UI", "Gurmukhi MN", "Lohit Gurmukhi", "Raavi"),
            r"\u{0A00}-\u{0A7F}" + _DANDA + _JOINERS,
        ),
        "Gujarati": Script(
            "Gujarati",
            ("Noto Sans Gujarati", "Nirmala UI", "Gujarati Sangam MN", "Lohit Gujarati", "Shruti"),
            r"\u{0A80}-\u{0AFF}" + _DANDA + _JOINERS,
        ),
        "Devanagari": Script(
            "Devanagari",
            ("Noto Sans Devanagari", "Nirmala UI", "Kohinoor Devanagari", "Lohit Devanagari", "Mangal"),
            r"\u{0900}-\u{097F}" + _JOINERS,
        ),
        "Tamil": Script("Tamil", ("Noto Sans Tamil", "Nirmala UI", "Tamil Sangam MN", "Latha"), r"\u{0B80}-\u{0BFF}"),
        "Ethiopic": Script("Ethiopic", ("Noto Sans Ethiopic", "Nyala", "Kefa"), r"\u{1200}-\u{139F}"),
        "Chinese": Script(
            "Chinese",
            ("Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC"),
            r"\u{3000}-\u{303F}\u{4E00}-\u{9FFF}\u{FF00}-\u{FFEF}",
        ),
    }
)
_SCRIPT_OF = {
    "ur": "Urdu", "ar": "Arabic", "fa": "Arabic", "ps": "Arabic", "ckb": "Arabic", "bn": "Bengali", "pa": "Gurmukhi",
    "gu": "Gujarati", "hi": "Devanagari", "ne": "Devanagari", "ta": "Tamil", "am": "Ethiopic", "ti": "Ethiopic",
    "zh": "Chinese",
}  # fmt: skip
_SAMPLES = {
    "Urdu": "آبپٹجچڈرڑسشغفقکگلمنںوہھءیے،۔؟", "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإؤئ،؟",
    "Bengali": "অআকখগজতনমরলসহািীুে্ঁংড়য়", "Gurmukhi": "ਅਆਕਖਗਜਤਨਮਰਲਸਹਾਿੀੁੇ੍ੰੱ", "Gujarati": "અઆકખગજતનમરલસહાિીુે્ં",
    "Devanagari": "अआकखगजतनमरलसहािीुे्ं", "Tamil": "அஆகசதநமரலவளனாிுெ்",
    "Ethiopic": "ሀለመሰቀበተነአከወዘየደገ", "Chinese": "你好我的情绪",
    "Latin": "AZaząćęłńóśźżăâîșțŵŷ“”‘’–…",
}  # fmt: skip
_INVISIBLE = frozenset("\n\u00a0\u200b\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069\u202f\ufeff ")


@dataclass(frozen=True)
class Face:
    """The font chosen for a script, and the characters it has."""

    script: Script
    family: str
    letters: frozenset[int]


def script_of(language: Language) -> Script:
    """The script a language is printed in."""
    name = _SCRIPT_OF.get(language.code.partition("_")[0])
    return SCRIPTS[name] if name else LATIN


def faces_for(language: Language, characters: Iterable[str]) -> tuple[Face, ...]:
    """The fonts that print every character, the language's own first; a fault if a letter would be a box."""
    installed()
    own = script_of(language)
    others = [script for script in SCRIPTS.values() if script is not own and not script.nastaliq]
    wanted = {each for each in characters if each not in _INVISIBLE}
    chosen: list[Face] = []
    for script in dict.fromkeys((own, LATIN, *others)):
        face = face_of(script)
        if face and (script in (own, LATIN) or any(ord(each) in face.letters for each in wanted)):
            chosen.append(face)
            wanted = {each for each in wanted if ord(each) not in face.letters}
        elif script is own:
            raise MaterialFault(_lacking(own), "Please open the HTML copy and print it from the browser.")
    wanted = {each for each in wanted if ord(each) not in _symbols()}
    if wanted:
        raise MaterialFault(
            "The fonts of this machine lack letters of this copy, so paper would show boxes.",
            "Please install fonts-noto, or open the HTML copy and print it from the browser.",
        )
    return tuple(chosen)


@lru_cache(maxsize=32)
def face_of(script: Script) -> Face | None:
    """The first installed font of a script that has the letters of everyday text."""
    paths = _installed_paths()
    for family in script.families:
        letters: frozenset[int] = frozenset().union(*(letters_of(*place) for place in paths.get(family, ())[:1]))
        if letters.issuperset(map(ord, _SAMPLES[script.name])):
            return Face(script, family, letters)
    return None


def has_bold(face: Face) -> bool:
    """Whether a bold weight of the family is installed that calls itself bold."""
    return any(font.family == face.family and font.weight >= 600 for font in installed().fonts())


def printable_scripts() -> dict[str, str]:
    """Every script with the family that prints it, or with nothing."""
    found = {name: face_of(script) for name, script in (("Latin", LATIN), *SCRIPTS.items())}
    return {name: face.family if face else "" for name, face in found.items()}


def missing_letters(language: Language, text: str) -> str:
    """The characters of a text that no chosen font of this machine has; empty if no font was found at all."""
    faces = [face for face in (face_of(script_of(language)), face_of(LATIN)) if face]
    if len(faces) < 2 and script_of(language) is not LATIN:
        return ""
    known = _symbols().union(*(face.letters for face in faces))
    return "".join(sorted({each for each in text if each not in _INVISIBLE and ord(each) not in known}))


def installed() -> typst.Fonts:
    """The fonts of the system and those that travel with typst; a fault if typst is not installed."""
    found = _installed()
    if found is None:
        raise MaterialFault(
            "Booklets cannot be printed as PDF because typst is not installed.",
            'Please install it with: pip install "gsh-console[pdf]". The HTML copy needs nothing.',
        )
    return found


def typst_version() -> str:
    """The version of typst that is installed; empty if none is."""
    from importlib import metadata

    try:
        return metadata.version("typst")
    except metadata.PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def _installed() -> typst.Fonts | None:
    try:
        import typst
    except ImportError:
        return None
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


@lru_cache(maxsize=1)
def _installed_paths() -> dict[str, tuple[tuple[str, int], ...]]:
    """The files of every family, the regular upright weight first."""
    found: dict[str, list[tuple[int, str, int]]] = {}
    fonts = _installed()
    for font in fonts.fonts() if fonts else ():
        if font.path:
            apart = abs(font.weight - 400) + (1000 if font.style != "normal" else 0)
            found.setdefault(font.family, []).append((apart, str(font.path), font.index))
    return {family: tuple((path, index) for _, path, index in sorted(files)) for family, files in found.items()}


@lru_cache(maxsize=1)
def _symbols() -> frozenset[int]:
    """The characters taken from the font inside typst."""
    return frozenset(map(ord, "✓✔☐☑→←↓↑•●○■□"))


def _lacking(script: Script) -> str:
    return f"No font of this machine can print {script.name}, so paper would show boxes instead of letters."


@lru_cache(maxsize=64)
def letters_of(path: str, index: int = 0) -> frozenset[int]:
    """Every character a TrueType or OpenType file has, by its cmap table; none if the file cannot be read."""
    try:
        content = Path(path).read_bytes()
        start = struct.unpack_from(">I", content, 12 + 4 * index)[0] if content[:4] == b"ttcf" else 0
        at = _table(content, start, b"cmap")
        letters: set[int] = set()
        for place in range(struct.unpack_from(">H", content, at + 2)[0]):
            _, _, offset = struct.unpack_from(">HHI", content, at + 4 + 8 * place)
            letters |= _subtable(content, at + offset)
        return frozenset(letters)
    except (OSError, struct.error, KeyError):
        return frozenset()


def _table(content: bytes, start: int, name: bytes) -> int:
    count = struct.unpack_from(">H", content, start + 4)[0]
    for place in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", content, start + 12 + 16 * place)
        if tag == name:
            return int(offset)
    raise KeyError(name)


def _subtable(content: bytes, at: int) -> set[int]:
    """The characters of one cmap subtable of format 4 (short) or 12 (long)."""
    kind = struct.unpack_from(">H", content, at)[0]
    if kind == 12:
        count = struct.unpack_from(">I", content, at + 12)[0]
        runs = (struct.unpack_from(">III", content, at + 16 + 12 * place) for place in range(count))
        return {code for first, last, _ in runs for code in range(first, last + 1)}
    if kind != 4:
        return set()
    pairs = struct.unpack_from(">H", content, at + 6)[0] // 2
    ends = struct.unpack_from(f">{pairs}H", content, at + 14)
    starts = struct.unpack_from(f">{pairs}H", content, at + 16 + 2 * pairs)
    shifts = struct.unpack_from(f">{pairs}H", content, at + 16 + 4 * pairs)
    ranges_at = at + 16 + 6 * pairs
    found: set[int] = set()
    for place, (first, last, shift) in enumerate(zip(starts, ends, shifts, strict=True)):
        offset = struct.unpack_from(">H", content, ranges_at + 2 * place)[0]
        for code in range(first, last + 1):
            if _glyph(content, code, shift, offset, ranges_at + 2 * place + 2 * (code - first)):
                found.add(code)
    return found - {0xFFFF}


def _glyph(content: bytes, code: int, shift: int, offset: int, at: int) -> int:
    if not offset:
        return (code + shift) & 0xFFFF
    return int(struct.unpack_from(">H", content, at + offset)[0])
