"""Run, test or check the console from a checkout, with nothing but Python 3.11 or newer.

python3 go.py demo      make the environment, install, open the training caseload
python3 go.py test      make the environment, install what tests need, run every test
python3 go.py check     format, lint, types, import contracts, definitions, tests (--static: without the tests)
python3 go.py ...       any other gsh-console command
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadgroup")  # two processes; with arguments of your own, one
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def main(arguments: list[str]) -> int:
    """Do what was asked in an environment of the project's own."""
    if sys.version_info < (3, 11):
        print("gsh-console needs Python 3.11 or newer.", file=sys.stderr)
        return 2
    word = arguments[0] if arguments else "--help"
    if word == "test":
        prepare("requirements-dev.lock")
        return run("-m", "pytest", *(arguments[1:] or SIDE_BY_SIDE))
    if word == "check":
        prepare("requirements-dev.lock")
        return check(static_only="--static" in arguments)
    if word == "lock":
        return lock()
    prepare("requirements.lock")
    return run("-m", "gsh_console", *arguments)


def prepare(lock_file: str) -> None:
    """Make the environment and install what the lock file names, unless that was done already."""
    if not PYTHON.exists():
        print("Making the environment (.venv) …", file=sys.stderr)
        venv.create(VENV, with_pip=True)
    wanted = (ROOT / lock_file).read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    stamp = VENV / f"{lock_file}.installed"
    digest = hashlib.sha256(wanted).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing from {lock_file} (a few minutes the first time) …", file=sys.stderr)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "--requirement", lock_file], cwd=ROOT, check=True)
    subprocess.run([*pip, "--no-deps", "--editable", "."], cwd=ROOT, check=True)
    subprocess.run([str(PYTHON), "-m", "compileall", "-q", "src"], cwd=ROOT, check=False)
    stamp.write_text(digest)


def run(*arguments: str) -> int:
    """Run Python in the environment."""
    return subprocess.run([str(PYTHON), *arguments], cwd=ROOT, check=False).returncode


def check(*, static_only: bool) -> int:
    """Everything that must be green before a commit, stopping at the first that is not."""
    steps = {
        "format": ("-m", "ruff", "format", "--check", "."),
        "lint": ("-m", "ruff", "check", "."),
        "types": ("-m", "mypy"),
        "imports": ("-c", "from importlinter.cli import lint_imports_command as c; c()"),
        "definitions": ("-m", "gsh_console", "measures", "check"),
        "protocols": ("-m", "gsh_console", "protocols", "check"),
        "booklets": ("-m", "gsh_console", "materials", "check"),
        "tests": ("-m", "pytest", *SIDE_BY_SIDE),
    }
    if static_only:
        del steps["tests"]
    for told, command in steps.items():
        print(f"── {told}", file=sys.stderr)
        if code := run(*command):
            print(f"── {told}: not green", file=sys.stderr)
            return code
    return 0


def lock() -> int:
    """Write the lock files anew: hashes, no addresses."""
    common = ("pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-header", "--no-annotate")
    uv = [str(PYTHON), "-m", "uv"]
    plain = subprocess.run([*uv, *common, "-o", "requirements.lock"], cwd=ROOT, check=False)
    extra = ("--group", "dev", "--extra", "pdf")
    return (
        plain.returncode
        or subprocess.run([*uv, *common, *extra, "-o", "requirements-dev.lock"], cwd=ROOT, check=False).returncode
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
