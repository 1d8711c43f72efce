"""What to say in a routine contact, in plain words: English for staff, Spanish for patients.

``{me}``, ``{organization}`` and ``{patient}`` are filled in when it is shown. The Spanish was
written by us and is to be reviewed by a qualified translator (45 CFR 92.201).
"""

from __future__ import annotations

_EN_HELLO = (
    "Hello, this is {me} from {organization}. May I speak with {patient}? "
    "Please tell me your full name and date of birth."
)
_EN_HOW = "How have you been since we last talked? Is anything new or harder?"
_EN_HELP = "What would help you most this week? Do you have your medicines, food, and rides?"
_EN_NEXT = "What is the best way and time to reach you?"

_ES_HELLO = (
    "Buenos días, le habla {me} de {organization}. ¿Puedo hablar con {patient}? "
    "Dígame por favor su nombre completo y su fecha de nacimiento."
)
_ES_HOW = "¿Cómo ha estado desde la última vez que hablamos? ¿Hay algo nuevo o más difícil?"
_ES_HELP = "¿Qué le ayudaría más esta semana? ¿Tiene sus medicinas, comida y transporte?"
_ES_NEXT = "¿Cuál es la mejor forma y hora para comunicarnos con usted?"

CHECK_IN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("en", (_EN_HELLO, _EN_HOW, _EN_HELP, _EN_NEXT)),
    ("es", (_ES_HELLO, _ES_HOW, _ES_HELP, _ES_NEXT)),
)
