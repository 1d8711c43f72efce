"""What people do here: find somebody, change how to reach them, say whom we may talk to."""

from handrail.duties.registration.actions.change import (
    ROOM,
    PossibleDuplicateError,
    change_details,
    people_of,
    permit,
    record_death,
    register,
    revoke,
    see,
    see_related,
    take_back_death,
    today,
)
from handrail.duties.registration.actions.find import (
    LIMIT,
    Duplicate,
    Found,
    duplicates_of,
    find,
    fitting,
)

__all__ = [
    "LIMIT", "ROOM", "Duplicate", "Found", "PossibleDuplicateError", "change_details",
    "duplicates_of", "find", "fitting", "people_of", "permit", "record_death", "register",
    "revoke", "see", "see_related", "take_back_death", "today",
]  # fmt: skip
