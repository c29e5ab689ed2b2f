"""Every booklet in every language into one folder; a second run renders only what changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from gsh_console import __version__
from gsh_console.content import fonts
from gsh_console.content.booklets import Library
from gsh_console.content.languages import Language
from gsh_console.content.outputs import write_whole
from gsh_console.content.page_words import DOMAIN
from gsh_console.faults import InputRefused, MaterialFault, nearest

ENDINGS = {"html": "html", "text": "txt", "pdf": "pdf"}
DIGESTS = "digests.json"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One copy to make: a booklet in a language, as a kind of file."""

    booklet: str
    language: str
    kind: str
    large_print: bool = False
    card: bool = False

    def file_name(self, version: str) -> str:
        """The name of the copy, in which nothing is personal."""
        card = "_card" if self.card else ""
        size = "_large" if self.large_print and self.kind != "text" else ""
        return f"{self.booklet}_{self.language}_v{version}{card}{size}.{ENDINGS[self.kind]}"


@dataclass
class Batch:
    """What a run did: files written, files that were still right, and why others could not be made."""

    written: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def kinds_of(asked: str) -> tuple[str, ...]:
    """The kinds of file in a list with commas, refusing an unknown one."""
    kinds = tuple(each.strip() for each in asked.split(","))
    for each in kinds:
        if each not in ENDINGS:
            raise InputRefused(f'Booklets cannot be written as "{each}".', nearest(each, ENDINGS))
    return kinds


def rendered(library: Library, job: Job) -> bytes:
    """One copy without anything personal."""
    if job.kind == "pdf":
        on_paper = library.card_pdf if job.card else library.pdf
        return on_paper(job.booklet, job.language, None, large_print=job.large_print)
    if job.kind == "html":
        page = library.card_html if job.card else library.html
        return page(job.booklet, job.language, None, large_print=job.large_print).encode("utf-8")
    return library.text(job.booklet, job.language, None).encode("utf-8")


def jobs_of(library: Library, kinds: tuple[str, ...], *, large_print: bool = False) -> tuple[Job, ...]:
    """Every booklet in every language it has, as every kind of file."""
    return tuple(
        job
        for booklet in library.booklets
        for language in library.languages_of(booklet)
        for job in copies_of(library, booklet, language.code, kinds, large_print=large_print)
    )


def copies_of(
    library: Library, booklet: str, language: str, kinds: tuple[str, ...], *, large_print: bool = False
) -> tuple[Job, ...]:
    """A booklet in one language as every kind of file, then its card, if it has one, as a page and on paper."""
    whole = tuple(Job(booklet, language, kind, large_print) for kind in kinds)
    cards = tuple(replace(job, card=True) for job in whole if job.kind != "text" and library.has_card(booklet))
    return (*whole, *cards)


def render_all(library: Library, jobs: tuple[Job, ...], folder: Path, on_progress: Progress) -> Batch:
    """Make every copy whose sources changed since it was made; stopping between two copies loses none of them."""
    sources = _Sources(library)
    digests = _read_digests(folder / DIGESTS)
    batch = Batch()
    try:
        for place, job in enumerate(jobs):
            on_progress(place, len(jobs))
            path = folder / job.file_name(library.entry(job.booklet).version)
            digest = sources.digest(job)
            if digests.get(path.name) == [digest, _digest_of(path)]:
                batch.unchanged.append(path)
                continue
            try:
                content = rendered(library, job)
            except MaterialFault as fault:
                batch.refused[path.name] = str(fault)
                continue
            write_whole(path, content)
            digests[path.name] = [digest, sha256(content).hexdigest()]
            batch.written.append(path)
        on_progress(len(jobs), len(jobs))
    finally:
        write_whole(folder / DIGESTS, json.dumps(digests, indent=1, sort_keys=True).encode("utf-8"))
    return batch


class _Sources:
    """Digests of everything a copy is made from; each file is read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._languages = {language.code: language for language in library.languages}
        self._files: dict[Path, str] = {}
        here = Path(__file__).parent
        self._program = self._of([*sorted(here.glob("*.py")), *sorted((here / "templates").iterdir())])

    def digest(self, job: Job) -> str:
        """One line that changes when any source of the copy does."""
        library = self._library
        files = sorted(path for path in (library.materials / job.booklet).iterdir() if path.is_file())
        spoken = library.translations / job.language
        for domain in (job.booklet, DOMAIN):
            files += [spoken / "LC_MESSAGES" / f"{domain}.{ending}" for ending in ("po", "mo")]
        files.append(spoken / "language.toml")
        telephones = sorted(library.telephones.items())
        printing = _printing(self._languages[job.language]) if job.kind == "pdf" else ""
        parts = (__version__, self._program, self._of(files), str(telephones), str(job), printing)
        return sha256("\n".join(parts).encode("utf-8")).hexdigest()

    def _of(self, paths: list[Path]) -> str:
        for path in paths:
            if path not in self._files:
                self._files[path] = _digest_of(path)
        return " ".join(self._files[path] for path in paths)


def _printing(language: Language) -> str:
    """The fonts a PDF of this language would be set in, and the version of what sets it."""
    faces = (fonts.face_of(fonts.script_of(language)), fonts.face_of(fonts.LATIN))
    return f"{fonts.typst_version()} {[face.family if face else '' for face in faces]}"


def _digest_of(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "none"


def _read_digests(path: Path) -> dict[str, list[str]]:
    """What an earlier run made; a file that cannot be read only means that all is made again."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): [str(each) for each in pair] for name, pair in found.items() if isinstance(pair, list)}
