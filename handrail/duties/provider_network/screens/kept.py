"""What was looked for, kept on the server: no plan, ZIP code or illness stands in an address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

_KEPT: Final = timedelta(hours=8)
_TOKEN: Final = 12
_HEX: Final = frozenset("0123456789abcdef")


def keep(request: HttpRequest, asked: Mapping[str, str]) -> str:
    """Keep what was looked for beside the session; return the name it has in addresses."""
    token = uuid4().hex[:_TOKEN]
    beside = _beside(request)
    if beside:
        Session.objects.save(f"{beside}{token}", dict(asked), timezone.now() + _KEPT)
    return token


def recall(request: HttpRequest, token: str) -> dict[str, str]:
    """Return what was looked for under this name, in this session; empty if it is gone."""
    beside = _beside(request)
    if not beside or len(token) != _TOKEN or not set(token) <= _HEX:
        return {}
    found = Session.objects.filter(
        session_key=f"{beside}{token}", expire_date__gt=timezone.now()
    ).first()
    return {str(k): str(v) for k, v in found.get_decoded().items()} if found else {}


def _beside(request: HttpRequest) -> str:
    key = request.session.session_key
    return f"look{hashlib.sha256(key.encode()).hexdigest()[:24]}" if key else ""  # 40 characters
