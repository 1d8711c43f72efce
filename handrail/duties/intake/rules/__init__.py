"""Pure decisions of this room: scores, safety, what is due, and how answers are merged."""

from __future__ import annotations

from typing import Final

DUE: Final = "assessment-due"
TO_READ: Final = "assessment-to-read"
SAFETY: Final = "safety-protocol"
KINDS: Final = frozenset({DUE, TO_READ, SAFETY})

SCORE_NAME: Final = "urn:handrail:score-name"
"""Extension of a score's Observation: what the score is called."""
