"""What a coordinator does here: put people on the team, say what family may know."""

from handrail.duties.care_team.actions.joining import (
    Outside,
    Relative,
    add_colleague,
    add_family,
    add_outside,
    change_member,
    take_off,
)
from handrail.duties.care_team.actions.permitting import (
    permit_family,
    proposed_end,
    see_permission,
    take_back,
)
from handrail.duties.care_team.actions.seeing import Seen, Shown, see_team, today

__all__ = [
    "Outside",
    "Relative",
    "Seen",
    "Shown",
    "add_colleague",
    "add_family",
    "add_outside",
    "change_member",
    "permit_family",
    "proposed_end",
    "see_permission",
    "see_team",
    "take_back",
    "take_off",
    "today",
]
