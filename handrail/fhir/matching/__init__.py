"""Are these two Patients one person? Points for what agrees, and what against, added up.

The method is Fellegi and Sunter's (1969): each thing that two records say has points for agreeing
and for differing, roughly the binary logarithm of how much oftener it does so in records of one
person than in those of two. The points are in :mod:`handrail.fhir.matching.scoring`, for everybody
to read. Nothing here decides: the score and its grade are for people.
"""

from __future__ import annotations

from handrail.fhir.matching.candidates import searches
from handrail.fhir.matching.person import Person, is_exactly
from handrail.fhir.matching.scoring import Score, compare

__all__ = ["Person", "Score", "compare", "is_exactly", "searches"]
