"""What to say on the telephone, in plain words: English for staff, Spanish for who prefers it.

In a paragraph ``{me}``, ``{organization}`` and ``{patient}`` are filled in when it is shown.
Sentences are short, at about a sixth-grade reading level. The Spanish was written by us and is to
be reviewed by a qualified translator before an organization relies on it (45 CFR 92.201).
"""

from __future__ import annotations

_EN = """
Hello, this is {me} from {organization}. May I speak with {patient}? Please tell me your full
name and date of birth.

How have you felt since you came home? Is anything new or worse: trouble breathing, swelling,
fever, pain, a fall?

Please get your pill bottles and the list from the hospital. Let's go through them together. Do
you have every medicine? Could you pick up all of them?

When would you call us, and when would you call 911? Please tell me in your own words.

When is your visit with the doctor? Do you have a ride? Did the equipment and the home nurse come?

What worries you most right now? You can call us at the number of the clinic.
"""

_ES = """
Buenos días, le habla {me} de {organization}. ¿Puedo hablar con {patient}? Dígame por favor su
nombre completo y su fecha de nacimiento.

¿Cómo se ha sentido desde que llegó a casa? ¿Tiene algo nuevo o peor: le falta el aire, hinchazón,
fiebre, dolor, una caída?

Por favor traiga sus frascos de medicinas y la lista del hospital. Vamos a verlos juntos. ¿Tiene
todas las medicinas? ¿Pudo recogerlas todas?

¿Cuándo nos llamaría a nosotros y cuándo llamaría al 911? Dígamelo con sus propias palabras.

¿Cuándo es su cita con el doctor? ¿Tiene quién lo lleve? ¿Ya llegaron el equipo y la enfermera a
su casa?

¿Qué le preocupa más en este momento? Puede llamarnos al número de la clínica.
"""

_TO_STAFF = """
Hello, this is {me} from {organization}. I look after {patient}, who is with you now. May I speak
with the case manager?

How is {patient} doing? When do you think they can leave, and where will they go?

What will they need: medicines, equipment, a home nurse, a ride, someone at home?

Please send us the discharge summary and the medicine list on the day they leave.
"""


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.strip().split("\n\n"))


AFTER_DISCHARGE = (("en", _paragraphs(_EN)), ("es", _paragraphs(_ES)))
CASE_MANAGER = (("en", _paragraphs(_TO_STAFF)),)
