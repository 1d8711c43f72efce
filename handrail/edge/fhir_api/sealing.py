"""Sealed notes live in :mod:`handrail.access.sealing`; this is where the API has them from."""

from __future__ import annotations

from handrail.access.sealing import place_in, seal, seal_place, unseal

__all__ = ["place_in", "seal", "seal_place", "unseal"]
