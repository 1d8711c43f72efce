"""What to say on the phone: to the receiver, and to the person a referral is for.

``{me}``, ``{organization}``, ``{patient}``, ``{what}``, ``{receiver}`` and ``{sent}`` are filled in
when it is shown. To the receiver no name is said before they take it. The Spanish was written by us
and is to be reviewed by a qualified translator (45 CFR 92.201).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Said = tuple[tuple[str, tuple[str, ...]], ...]

RECEIVER: Final[tuple[str, ...]] = (
    "Hello, this is {me} from {organization}. We sent you a request on {sent}: {what}.",
    "Can you take this person? If yes, from which day? If not, what is the reason?",
    "Whom am I talking to? Is there anything you need from us?",
)
"""To whoever answers at the receiver: no name and no health facts before they take it."""

ASKED: Final[Said] = (
    (
        "en",
        (
            "We asked {receiver} for you: {what}.",
            "They have not answered yet. We will ask them again, and we will call you.",
        ),
    ),
    (
        "es",
        (
            "Le pedimos a {receiver} para usted: {what}.",
            "Todavía no han contestado. Vamos a preguntarles otra vez y le llamaremos a usted.",
        ),
    ),
)
TAKEN: Final[Said] = (
    (
        "en",
        (
            "Good news: {receiver} can help you with this: {what}.",
            "They may call you. Please answer calls from numbers you do not know.",
            "Do you have a way to get there? Do you need an interpreter or anything else?",
        ),
    ),
    (
        "es",
        (
            "Buenas noticias: {receiver} puede ayudarle con esto: {what}.",
            "Es posible que le llamen. Por favor conteste las llamadas de números que no conoce.",
            "¿Tiene cómo llegar? ¿Necesita un intérprete o alguna otra cosa?",
        ),
    ),
)
DECLINED: Final[Said] = (
    (
        "en",
        (
            "{receiver} cannot help with this now: {what}.",
            "We will ask somebody else. You do not have to do anything.",
            "Is there a place you would like us to ask?",
        ),
    ),
    (
        "es",
        (
            "{receiver} no puede ayudar con esto ahora: {what}.",
            "Vamos a preguntar en otro lugar. Usted no tiene que hacer nada.",
            "¿Hay algún lugar donde quiere que preguntemos?",
        ),
    ),
)
MISSED: Final[Said] = (
    (
        "en",
        (
            "{receiver} says that the visit did not happen: {what}.",
            "What got in the way? Would you like a new day?",
            "Do you need a ride or a reminder?",
        ),
    ),
    (
        "es",
        (
            "{receiver} dice que la cita no se hizo: {what}.",
            "¿Qué pasó? ¿Quiere otro día?",
            "¿Necesita transporte o un recordatorio?",
        ),
    ),
)
MET: Final[Said] = (
    (
        "en",
        (
            "Hello, this is {me} from {organization}.",
            "We asked {receiver} to help you: {what}.",
            "Did you get the help? Is it enough, or is something still missing?",
        ),
    ),
    (
        "es",
        (
            "Buenos días, le habla {me} de {organization}.",
            "Le pedimos a {receiver} que le ayudara: {what}.",
            "¿Recibió la ayuda? ¿Es suficiente o todavía le falta algo?",
        ),
    ),
)

PERSON: Final[Mapping[str, Said]] = {
    "sent": ASKED,
    "seen": ASKED,
    "more-needed": ASKED,
    "waitlisted": ASKED,
    "accepted": TAKEN,
    "scheduled": TAKEN,
    "no-show": MISSED,
    "visit-cancelled": MISSED,
    "declined": DECLINED,
    "failed": DECLINED,
    "service-given": MET,
    "closed": MET,
}
"""What the person hears, by the stage of the referral."""


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a paragraph with its places filled in; what is not known is shown as it is."""
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", value)
    return text
