"""Numbers a person in crisis can call, per nation, each file with the day somebody last checked it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gsh_console.content.reading import closed, fault, read_toml, refuse_repeated
from gsh_console.faults import DefinitionFault, nearest

STALE_AFTER_DAYS = 365
NATIONS = {
    "England": "crisis_contacts.toml",
    "Wales": "crisis_contacts-wales.toml",
    "Scotland": "crisis_contacts-scotland.toml",
    "Northern Ireland": "crisis_contacts-northern-ireland.toml",
}
CONTACTS_BOOKLETS_NAME = ("emergency", "nhs", "samaritans")
_WITHOUT_NHS = ("Scotland", "Northern Ireland")  # the reference gives no number for them
_ASK = "the number your service gives you"


@dataclass(frozen=True)
class CrisisContact:
    """A number a person in crisis can call or text; `language` is the one code it is answered in, empty for any."""

    id: str
    name: str
    number: str
    when: str
    language: str = ""


@dataclass(frozen=True)
class CrisisContacts:
    """The contacts of one nation, with the day somebody last checked them and how; `advice` is told with them."""

    nation: str
    last_checked: date
    checked_by: str
    contacts: tuple[CrisisContact, ...]
    advice: str = ""

    def for_language(self, language: str) -> tuple[CrisisContact, ...]:
        """The contacts to give to a speaker of a language: those answered in it first, none in another."""
        ours = [contact for contact in self.contacts if contact.language == language]
        return (*ours, *(contact for contact in self.contacts if not contact.language))

    def is_stale(self, today: date) -> bool:
        """Whether nobody has checked the numbers for longer than a year."""
        return (today - self.last_checked).days > STALE_AFTER_DAYS

    @property
    def telephones(self) -> Mapping[str, str]:
        """The numbers booklets print, by the names they use; words in place of one this nation's file does not hold."""
        return dict.fromkeys(CONTACTS_BOOKLETS_NAME, _ASK) | {each.id: each.number for each in self.contacts}


closed(CrisisContact, CrisisContacts)


def nation_file(folder: Path, nation: str) -> Path:
    """Where a nation's contacts ship; DefinitionFault with the nearest name if it is none of the four."""
    if nation not in NATIONS:
        raise DefinitionFault(f'There are no crisis contacts for "{nation}".', nearest(nation, NATIONS))
    return folder / NATIONS[nation]


def read_crisis_contacts(path: Path) -> CrisisContacts:
    """The crisis contacts of a nation."""
    contacts: CrisisContacts = read_toml(path, CrisisContacts)
    refuse_repeated(path, "contacts", [contact.id for contact in contacts.contacts])
    for needed in CONTACTS_BOOKLETS_NAME:
        if needed == "nhs" and contacts.nation in _WITHOUT_NHS:
            continue
        if needed not in [contact.id for contact in contacts.contacts]:
            raise fault(path, "contacts", f'the contact "{needed}", which booklets name, is missing', "Please add it.")
    return contacts
