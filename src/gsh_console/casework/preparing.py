"""What a practitioner reads before dialling: who, how to reach them, what was last, what is due, which contact."""

from __future__ import annotations

from dataclasses import dataclass

from gsh_console.casework import contacts, files
from gsh_console.casework.desk import Desk
from gsh_console.casework.files import KeptScore, PatientFile
from gsh_console.domain.carried import Carried
from gsh_console.domain.due import due_measures
from gsh_console.domain.measures import Administration, Measure
from gsh_console.domain.protocols import Offered, Protocol

SHOWN_OF_THE_NOTE = ("ending.summary", "next_care.decision", "decision.choice", "safety.understanding", "safety.agreed")


@dataclass(frozen=True)
class Preparation:
    """Everything shown before a call. `protocols` stand in the same order whatever the contact; `fitting` names one."""

    file: PatientFile
    number: int
    carried: Carried
    last_words: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    measures: dict[str, tuple[Measure, ...]]
    fitting: int

    def due(self, protocol: Protocol, how: Administration) -> tuple[Measure, ...]:
        """The measures this protocol asks now, of one way of asking."""
        return tuple(measure for measure in self.measures[protocol.id] if measure.administration is how)

    @property
    def last_scores(self) -> tuple[KeptScore, ...]:
        """The scores of the newest contact that has any."""
        taken = self.file.scores
        return tuple(score for score in taken if score.contact_id == taken[-1].contact_id) if taken else ()


def preparation(desk: Desk, patient_id: str) -> Preparation:
    """What is known before this patient's next call."""
    file = files.patient_file(desk, patient_id)
    number = file.next_number
    definitions = desk.definitions
    protocols = offered(tuple(definitions.protocols.values()))
    at = fitting(protocols, number)
    carried = contacts.handed_over(desk, definitions.rulebook(protocols[at].id), patient_id)
    due = {
        protocol.id: tuple(
            definitions.measures[name]
            for name in dict.fromkeys(
                (
                    *protocol.measures,
                    *due_measures(definitions.due, protocol.id, file.patient.problem_descriptor, number),
                )
            )
        )
        for protocol in protocols
    }
    return Preparation(file, number, carried, _last_words(desk, file), protocols, due, at)


def offered(protocols: tuple[Protocol, ...]) -> tuple[Protocol, ...]:
    """All protocols in one order for every contact: a kind of contact never changes its digit."""
    place = {Offered.LATER_CONTACT: 0, Offered.BY_CHOICE: 1, Offered.FIRST_CONTACT: 2}
    return tuple(sorted(protocols, key=lambda protocol: (place[protocol.offered], protocol.title)))


def fitting(protocols: tuple[Protocol, ...], number: int) -> int:
    """Where the protocol meant for a contact of this number stands among them; the first where none is meant."""
    meant = Offered.FIRST_CONTACT if number == 1 else Offered.LATER_CONTACT
    return next((at for at, protocol in enumerate(protocols) if protocol.offered is meant), 0)


def _last_words(desk: Desk, file: PatientFile) -> tuple[str, ...]:
    """The essentials of the last signed note, each in the words it stands there with."""
    from gsh_console.domain.note import filled, in_words
    from gsh_console.domain.refusals import find_field

    signed = [contact for contact in file.contacts if contact.signed_at]
    if not signed:
        return ()
    last = contacts.resume(desk, signed[-1].id)
    told = []
    for field_id in SHOWN_OF_THE_NOTE:
        field, held = find_field(last.book, last.state, field_id), filled(last.state, field_id)
        if field is not None and held is not None:
            told.append(in_words(field, held))
    return tuple(told)
