"""Everybody of the demo: the stories written by hand, and the lighter ones put together."""

from __future__ import annotations

from typing import Any

from handrail.site.demo.asking import with_answers
from handrail.site.demo.weaving import woven
from handrail.site.demo.words import stories


def everybody() -> list[dict[str, Any]]:
    """Return every story, in the order in which people get their numbers."""
    return [with_answers(story) for story in (*stories(), *woven())]
