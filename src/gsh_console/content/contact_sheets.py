"""Pictures of every booklet in every language, to be looked at: pages by a headless browser, paper by poppler."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from gsh_console.content.batches import Job, rendered
from gsh_console.content.booklets import Library
from gsh_console.content.outputs import write_whole
from gsh_console.faults import MaterialFault

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "msedge")
SECONDS = 120
WINDOW = "1000,1400"
PHONE = '<body style="margin:0"><iframe style="border:0" width="320" height="1400" src="page.html"></iframe>'
PHONE_WINDOW = "500,1400"  # no headless window is narrower than 500, so the 320 pixels are a frame in it
_STYLE = (
    "body{font:14px sans-serif;margin:12px}main{display:flex;flex-wrap:wrap;gap:10px}"
    "figure{margin:0;border:1px solid #888}img{width:230px;display:block}figcaption{padding:3px}"
)


@dataclass(frozen=True)
class Picture:
    """One picture and what it shows."""

    path: Path
    shows: str


def contact_sheet(
    library: Library,
    folder: Path,
    on_progress: Callable[[int, int], None],
    only: Callable[[str, str], bool] | None = None,
) -> tuple[Picture, ...]:
    """Make the pictures and an index.html of them in a folder; a booklet that cannot be printed here is told there.

    `only` says of a booklet and a language's code whether they are wanted.
    """
    browser, paper = _program(*BROWSERS), _program("pdftoppm")
    pictures: list[Picture] = []
    copies = [
        (booklet, language.code)
        for booklet in library.booklets
        for language in library.languages_of(booklet)
        if only is None or only(booklet, language.code)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as held:
        work = Path(held)
        for place, (booklet, language) in enumerate(copies):
            on_progress(place, len(copies))
            name = f"{booklet}_{language}"
            (work / "page.html").write_bytes(rendered(library, Job(booklet, language, "html")))
            (work / "phone.html").write_text(PHONE, "utf-8")
            for width, page, size in (("wide", "page.html", WINDOW), ("phone", "phone.html", PHONE_WINDOW)):
                path = folder / f"{name}_{width}.png"
                _photographed(browser, work, page, path, size)
                pictures.append(Picture(path, f"{booklet}, {language}, {width}"))
            try:
                pictures += _paper(paper, library, Job(booklet, language, "pdf"), work, folder)
            except MaterialFault as fault:
                pictures.append(Picture(Path(), f"{booklet}, {language}, paper: {fault}"))
        on_progress(len(copies), len(copies))
        write_whole(folder / "index.html", _index(pictures).encode("utf-8"))
        rows = -(-len(pictures) // 6)
        _photographed(
            browser, folder, "index.html", folder / "contact-sheet.png", f"1500,{min(16000, 60 + rows * 360)}"
        )
    return tuple(pictures)


def _paper(program: str, library: Library, job: Job, work: Path, folder: Path) -> list[Picture]:
    (work / "paper.pdf").write_bytes(rendered(library, job))
    for old in work.glob("sheet*.png"):
        old.unlink()
    _run([program, "-r", "55", "-png", "paper.pdf", "sheet"], work)
    sheets = sorted(work.glob("sheet*.png"))
    kept = []
    for number in sorted({0, 1, len(sheets) - 2}):
        if 0 <= number < len(sheets):
            path = folder / f"{job.booklet}_{job.language}_paper-{number + 1}.png"
            shutil.copyfile(sheets[number], path)
            kept.append(Picture(path, f"{job.booklet}, {job.language}, page {number + 1} of {len(sheets)}"))
    return kept


def _photographed(browser: str, folder: Path, page: str, path: Path, size: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless=new", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"]
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        _run([*command, f"--window-size={size}", f"--screenshot={path.resolve()}", (folder / page).resolve().as_uri()])


def _run(command: list[str], folder: Path | None = None) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    except (subprocess.SubprocessError, OSError):
        told = f"{Path(command[0]).name} could not make a picture."
        raise MaterialFault(told, "Please check that it runs, and that there is space.") from None


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise MaterialFault(f"{names[0]} is not installed here.", "Please install Chromium and poppler-utils.")
    return found


def _index(pictures: list[Picture]) -> str:
    figures = "".join(
        f'<figure><img src="{escape(each.path.name)}" alt="{escape(each.shows)}">'
        f"<figcaption>{escape(each.shows)}</figcaption></figure>"
        for each in pictures
    )
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Contact sheet</title><style>{_STYLE}</style>'
    return f"{head}<body><main>{figures}</main></body></html>\n"
