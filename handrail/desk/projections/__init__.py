"""Resource in, rows out: pure and cheap, for a bulk load runs each of them on every resource."""

from handrail.desk.projections.cards import CARD
from handrail.desk.projections.contacts import CONTACTS
from handrail.desk.projections.moments import MOMENTS
from handrail.desk.projections.standing import STANDING
from handrail.desk.projections.work_items import DOING, WORK

PROJECTIONS = (WORK, DOING, CARD, *CONTACTS, *MOMENTS, *STANDING)

__all__ = ["PROJECTIONS"]
