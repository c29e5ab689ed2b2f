"""Build hook: compiles every translators' file into the wheel and ships each language's description."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def compiled_translations(root: Path, build: Path) -> dict[str, str]:
    """Compile translations/*/LC_MESSAGES/*.po under `build`; answer source path to path in the wheel."""
    sys.path.insert(0, str(root / "src"))
    try:
        from gsh_console.content.catalogues import compile_po
    finally:
        sys.path.remove(str(root / "src"))
    shipped: dict[str, str] = {}
    translations = root / "translations"
    for source in sorted(translations.glob("*/LC_MESSAGES/*.po")):
        inside = source.relative_to(translations).with_suffix(".mo")
        compiled = build / inside
        compiled.parent.mkdir(parents=True, exist_ok=True)
        compiled.write_bytes(compile_po(source, source.parts[-3]))
        shipped[str(compiled)] = f"gsh_console/_data/translations/{inside.as_posix()}"
    for described in sorted(translations.glob("*/language.toml")):
        inside = described.relative_to(translations)
        shipped[str(described)] = f"gsh_console/_data/translations/{inside.as_posix()}"
    return shipped


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls this before it packs the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the compiled catalogues to the wheel; an editable install reads the .po files itself."""
        if version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"].update(compiled_translations(root, root / "build" / "translations"))
