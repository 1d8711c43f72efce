"""What people do here: find who fits, enroll, give patients to somebody, park, review, end."""

from handrail.duties.caseload.actions.enrolling import BALANCED, ROOM, Enrolling, Planned, enroll
from handrail.duties.caseload.actions.finding import Fit, who_fits, without_next_step
from handrail.duties.caseload.actions.giving import (
    assign,
    claim,
    covers,
    hand_over,
)
from handrail.duties.caseload.actions.keeping import end, keep, park, plan_check_in, resume, see
from handrail.duties.caseload.actions.listing import PAGE, Listed, Wanted, caseload, of_patient
from handrail.duties.caseload.actions.people import coordinators, loads, names, teams

__all__ = [
    "BALANCED",
    "PAGE",
    "ROOM",
    "Enrolling",
    "Fit",
    "Listed",
    "Planned",
    "Wanted",
    "assign",
    "caseload",
    "claim",
    "coordinators",
    "covers",
    "end",
    "enroll",
    "hand_over",
    "keep",
    "loads",
    "names",
    "of_patient",
    "park",
    "plan_check_in",
    "resume",
    "see",
    "teams",
    "who_fits",
    "without_next_step",
]
