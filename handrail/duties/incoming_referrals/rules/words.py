"""The kinds of work and the reasons of this room, as codes."""

from __future__ import annotations

from typing import Final

SORT: Final = "incoming-referral"
"""Settle whose it is."""
TRIAGE: Final = "incoming-triage"
"""Say yes or no to what is asked of us, and see it through."""
KINDS: Final = frozenset({SORT, TRIAGE})
REFERRAL: Final = "urn:handrail:incoming-referral"
"""Identifier of a ServiceRequest that was made from what arrived."""
NOT_OURS: Final = "not-a-referral"
