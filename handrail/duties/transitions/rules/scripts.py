"""What to say on the telephone, in plain words: English for staff, Spanish for who prefers it.

In a paragraph ``{me}``, ``{organization}`` and ``{patient}`` are filled in when it is shown.
Sentences are short, at about a sixth-grade reading level. The Spanish was written by us and is to
be reviewed by a qualified translator before an organization relies on it (45 CFR 92.201).
"""

from __future__ import annotations

AFTER_DISCHARGE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "en",
        (
            (
                "Hello, this is {me} from {organization}. May I speak with {patient}? "
                "Before we talk, please tell me your full name and date of birth."
            ),
            (
                "How have you felt since you came home? Is anything new or worse: trouble breathing, "
                "swelling, fever, pain, a fall?"
            ),
            (
                "Please get your pill bottles and the list from the hospital. Let's go through them "
                "together. Do you have every medicine? Could you pick up all of them?"
            ),
            (
                "When would you call us, and when would you call 911? Please tell me in your own "
                "words."
            ),
            (
                "When is your visit with the doctor? Do you have a ride? Did the equipment and the "
                "home nurse come?"
            ),
            (
                "What worries you most right now? You can reach us at any time at the number of the "
                "clinic."
            ),
        ),
    ),
    (
        "es",
        (
            (
                "Buenos días, le habla {me} de {organization}. ¿Puedo hablar con {patient}? "
                "Antes de empezar, dígame por favor su nombre completo y su fecha de nacimiento."
            ),
            (
                "¿Cómo se ha sentido desde que llegó a casa? ¿Tiene algo nuevo o peor: le falta el "
                "aire, hinchazón, fiebre, dolor, una caída?"
            ),
            (
                "Por favor traiga sus frascos de medicinas y la lista del hospital. Vamos a verlos "
                "juntos. ¿Tiene todas las medicinas? ¿Pudo recogerlas todas?"
            ),
            (
                "¿Cuándo nos llamaría a nosotros y cuándo llamaría al 911? Dígamelo con sus propias "
                "palabras."
            ),
            (
                "¿Cuándo es su cita con el doctor? ¿Tiene quién lo lleve? ¿Ya llegaron el equipo y la "
                "enfermera a su casa?"
            ),
            (
                "¿Qué le preocupa más en este momento? Puede llamarnos a cualquier hora al número de "
                "la clínica."
            ),
        ),
    ),
)

CASE_MANAGER: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "en",
        (
            (
                "Hello, this is {me} from {organization}. I look after {patient}, who is with you "
                "now. May I speak with the case manager?"
            ),
            "How is {patient} doing? When do you think they can leave, and where will they go?",
            "What will they need: medicines, equipment, home nurse, a ride, someone at home?",
            "Please send the discharge summary and the medicine list to us on the day they leave.",
        ),
    ),
)
