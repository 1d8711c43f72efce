"""The record's front door: everything that reads or writes it comes through here."""

from handrail.record.commit import commit
from handrail.record.histories import past
from handrail.record.provenance import provenance
from handrail.record.reading import (
    current_versions,
    history,
    of_patient,
    read,
    several,
    vread,
    written_in,
)
from handrail.record.search.execute import search
from handrail.record.search.identified import identified, tagged
from handrail.record.stored import Committed, Draft, Stored
from handrail.record.undo import undo

__all__ = [
    "Committed",
    "Draft",
    "Stored",
    "commit",
    "current_versions",
    "history",
    "identified",
    "of_patient",
    "past",
    "provenance",
    "read",
    "search",
    "several",
    "tagged",
    "undo",
    "vread",
    "written_in",
]
