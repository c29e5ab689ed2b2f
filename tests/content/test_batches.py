"""Every copy once, and a second time only what changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

from gsh_console.content.batches import DIGESTS, Job, jobs_of, kinds_of, render_all, rendered
from gsh_console.content.booklets import Library
from gsh_console.faults import InputRefused
from tests.content import material
from tests.content.material import copied, edit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the test material that a test may change."""
    return copied(tmp_path)


def run(root: Path, *arguments: str) -> Result:
    """Render everything below `root / out`."""
    return material.run(root, "render-all", "--out", str(root / "out"), *arguments)


def made(root: Path) -> dict[str, int]:
    """When each copy was written."""
    return {path.name: path.stat().st_mtime_ns for path in (root / "out").iterdir() if path.name != DIGESTS}


def test_a_second_run_makes_only_the_copies_whose_sources_changed(root: Path) -> None:
    assert "written: 6, unchanged: 0, not made: 0" in run(root, "--to", "html,text").output
    before = made(root)
    assert "written: 0, unchanged: 6, not made: 0" in run(root, "--to", "html,text").output
    assert made(root) == before
    edit(root / "translations/ur/LC_MESSAGES/small-steps.po", "آپ اداس ہوتے ہیں۔", "آپ غمگین ہوتے ہیں۔")
    assert "written: 2, unchanged: 4" in run(root, "--to", "html,text").output
    changed = {name for name, when in made(root).items() if before[name] != when}
    assert changed == {"small-steps_ur_v1.2.0.html", "small-steps_ur_v1.2.0.txt"}
    edit(root / "booklets/small-steps/01-the-circle.md", "You do less.", "You do much less.")
    assert "written: 6, unchanged: 0" in run(root, "--to", "html,text").output


def test_a_copy_that_was_changed_or_lost_is_made_again(root: Path) -> None:
    run(root)
    (root / "out/small-steps_en_v1.2.0.html").write_text("tampered", "utf-8")
    (root / "out/small-steps_pl_v1.2.0.html").unlink()
    assert "written: 2, unchanged: 1" in run(root).output
    assert "tampered" not in (root / "out/small-steps_en_v1.2.0.html").read_text("utf-8")


def test_a_list_of_digests_that_cannot_be_read_costs_time_and_nothing_else(root: Path) -> None:
    run(root)
    (root / "out" / DIGESTS).write_text("[1", "utf-8")
    assert "written: 3, unchanged: 0" in run(root).output


def test_stopping_between_two_copies_keeps_those_that_are_made(root: Path) -> None:
    library = material.shelf(root)
    seen: list[int] = []

    def stop(done: int, of: int) -> None:
        seen.append(done)
        if done == 2:
            raise KeyboardInterrupt

    jobs = jobs_of(library, ("html",))
    with pytest.raises(KeyboardInterrupt):
        render_all(library, jobs, root / "out", stop)
    assert seen == [0, 1, 2]
    assert len(made(root)) == 2
    batch = render_all(library, jobs, root / "out", lambda done, of: None)
    assert (len(batch.written), len(batch.unchanged)) == (1, 2)


def test_a_withdrawn_language_is_named_and_the_others_are_made(root: Path) -> None:
    with (root / "booklets/small-steps/booklet.toml").open("a") as front:
        front.write('\n[review.ur]\nstatus = "withdrawn"\n')
    told = run(root).output
    assert "not made: small-steps_ur_v1.2.0.html" in told
    assert "written: 2, unchanged: 0, not made: 1" in told


def test_a_telephone_number_of_the_service_is_a_source_too(root: Path) -> None:
    folders = (root / "booklets", root / "translations")
    jobs = jobs_of(Library(*folders), ("html",))
    render_all(Library(*folders), jobs, root / "out", lambda done, of: None)
    other = Library(*folders, telephones={"emergency": "112", "nhs": "111", "samaritans": "116 123"})
    assert len(render_all(other, jobs, root / "out", lambda done, of: None).written) == 3


def test_an_unknown_kind_of_file_is_refused() -> None:
    assert kinds_of("html, pdf") == ("html", "pdf")
    with pytest.raises(InputRefused, match='Did you mean "html"'):
        kinds_of("htm")


def test_large_print_is_in_the_name_and_on_the_page(root: Path) -> None:
    job = Job("small-steps", "en", "html", large_print=True)
    assert job.file_name("1.2.0") == "small-steps_en_v1.2.0_large.html"
    assert b'class="large"' in rendered(Library(root / "booklets", root / "translations"), job)
