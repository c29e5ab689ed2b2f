"""Rendering every booklet in every language against bare Jinja2 and bare typst, interleaved, as ratios.

python benchmarks/rendering.py --rounds 5

Bare Jinja2 puts the same words into one <p> each; bare typst sets the same words in the same fonts as plain
paragraphs. Both have the words given: they read no source, look nothing up, number and mark nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
WAYS = ("html", "jinja2", "pdf", "typst")
BARE_PAGE = "<!doctype html><html><body>{% for each in words %}<p>{{ each }}</p>{% endfor %}</body></html>"
BARE_PAPER = """#let data = json(bytes(sys.inputs.data))
#set text(font: data.fonts.map(f => (name: f.name, covers: regex("[" + f.covers + "]"))) + (data.latin,), size: 12pt)
#set text(dir: rtl) if data.dir == "rtl"
#for each in data.words { par(text(each)) }
"""


def words_of(library: object, booklet: str, language: str) -> list[str]:
    """The words of a copy, one block each."""
    from gsh_console.content.composing import compose

    composition = compose(library.edition(booklet, language), None)  # type: ignore[attr-defined]
    blocks = [block for chapter in composition.chapters for _, group in chapter for block in group]
    return [block.piece.text for block in blocks]


def one_way(way: str) -> dict[str, float]:
    """Processor time of a copy in one way, in this process, with the peak of its memory in MB."""
    from gsh_console.content import fonts
    from gsh_console.content.booklets import Library

    library = Library(ROOT / "materials", ROOT / "translations")
    copies = [(each, language) for each in library.booklets for language in library.languages_of(each)]
    given = [words_of(library, each, language.code) for each, language in copies]
    if way == "jinja2":
        from jinja2 import Environment

        page = Environment(autoescape=True).from_string(BARE_PAGE)
    if way == "typst":
        import typst

        (paper := Path("/tmp") / f"bare-{time.time_ns()}.typ").write_text(BARE_PAPER)
        compiler = typst.Compiler(input=paper, font_paths=fonts.installed(), ignore_system_fonts=True)
    begun, size = time.process_time(), 0
    for (booklet, language), words in zip(copies, given, strict=True):
        if way == "html":
            size += len(library.html(booklet, language.code, None).encode())
        elif way == "pdf":
            size += len(library.pdf(booklet, language.code, None))
        elif way == "jinja2":
            size += len(page.render(words=words).encode())
        else:
            script = fonts.face_of(fonts.script_of(language))
            named = [{"name": script.family, "covers": script.script.covers}] if script and script.script.covers else []
            data = {"words": words, "fonts": named, "latin": "Noto Sans", "dir": language.direction}
            size += len(compiler.compile(format="pdf", sys_inputs={"data": json.dumps(data)}))
    taken = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"copies": len(copies), "ms": 1000 * taken / len(copies), "peak_mb": peak, "kb": size / 1024 / len(copies)}


def main() -> None:
    """Run the ways in turn, in processes of their own, and print the medians and their ratios as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(one_way(asked.way)))
        return
    found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(asked.rounds):
        for way in random.sample(WAYS, len(WAYS)):
            made = subprocess.run([sys.executable, __file__, "--way", way], check=True, capture_output=True, text=True)
            found[way].append(json.loads(made.stdout))
    middle = {
        way: {key: round(statistics.median(each[key] for each in rounds), 2) for key in rounds[0]}
        for way, rounds in found.items()
    }
    ratios = {
        f"{ours} over bare {bare}": {key: round(middle[ours][key] / middle[bare][key], 2) for key in ("ms", "peak_mb")}
        for ours, bare in (("html", "jinja2"), ("pdf", "typst"))
    }
    about = {"python": platform.python_version(), "jinja2": version("jinja2"), "typst": version("typst")}
    print(json.dumps({"machine": platform.platform(), **about, "a copy": middle, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
