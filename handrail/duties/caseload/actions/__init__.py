"""What people do here: find who fits, enroll, give patients to somebody, park, review, end."""

from handrail.duties.caseload.actions.enrolling import BALANCED, ROOM, Enrolling, Planned, enroll
from handrail.duties.caseload.actions.finding import Fit, who_fits, without_next_step
from handrail.duties.caseload.actions.giving import (
    assign,
    claim,
    covers,
    hand_over,
)
from handrail.duties.caseload.actions.keeping import end, keep, park, resume, see
from handrail.duties.caseload.actions.people import coordinators, loads, names, teams

__all__ = [
    "BALANCED", "ROOM", "Enrolling", "Fit", "Planned", "assign", "claim", "coordinators",
    "covers", "end", "enroll", "hand_over", "keep", "loads", "names", "park",
    "resume", "see", "teams", "who_fits", "without_next_step",
]  # fmt: skip
