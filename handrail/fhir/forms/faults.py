"""What is wrong with one answer, in words, with what was typed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``place``. ``typed`` is the text as it was typed; it is kept there.

    A ``warning`` does not keep an assessment from being finished.
    """

    place: str
    link_id: str
    message: str
    typed: tuple[str, ...] = ()
    warning: bool = False
