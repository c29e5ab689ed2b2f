"""An old contact keeps the definitions it began with: the whole set is kept in the store, once per digest."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from gsh_console.content.definition_sets import definitions_from, digest_of, packed, unpacked
from gsh_console.content.definitions import Definitions
from gsh_console.faults import StoreDamaged
from gsh_console.store import definition_sets
from gsh_console.store.store import Store

if TYPE_CHECKING:
    from sqlmodel import Session

    from gsh_console.casework.desk import Desk

_REMEDY = "Restore a backup: gsh-console restore."


def keep_those_in_force(session: Session, desk: Desk) -> None:
    """Keep the definitions in force as part of the caller's transaction, unless the store has them already."""
    digest = desk.definitions.digest
    if not definition_sets.is_kept(desk.store, digest):
        definition_sets.keep(session, digest, packed(desk.definitions.files()), desk.now())


def kept(store: Store, digest: str, in_force: Definitions) -> Definitions:
    """The definitions of this digest, as they were; StoreDamaged if they are not there or were changed."""
    return definitions_from(_files_of(store, digest), in_force)


def check_sets(store: Store) -> int:
    """How many sets are kept, each whole, and one for every contact that names one; StoreDamaged at the first fault."""
    digests = definition_sets.digests(store)
    for digest in digests:
        _files_of(store, digest)
    if not definition_sets.digests_named(store) <= set(digests):
        raise StoreDamaged("The definitions a contact was opened under are not kept here.", _REMEDY)
    return len(digests)


def _files_of(store: Store, digest: str) -> dict[str, bytes]:
    try:
        files = unpacked(definition_sets.archive_of(store, digest))
    except (ValueError, zipfile.BadZipFile):
        raise StoreDamaged("A kept set of definitions cannot be read.", _REMEDY) from None
    if digest_of(files) != digest:
        raise StoreDamaged("A kept set of definitions was changed.", _REMEDY)
    return files
