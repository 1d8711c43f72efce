"""Sentences for people in code that knows no Django: marked here, translated where they are shown.

``tools/messages.py`` collects what :func:`noop` is called with (also under the name ``_``).
"""

from __future__ import annotations


def noop(text: str) -> str:
    """Return the text as it is; it is to be translated by whoever shows it."""
    return text
