"""The fixed words of a form on paper and of a telephone script, in the person's language.

They follow the language of the person, not that of whoever prints or calls; so they stand here
beside each other and not in the catalogue of the screens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ENGLISH: Final = "en"
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "name": "Name",
        "born": "Born",
        "mrn": "Record number",
        "today": "Today's date",
        "who": "Who fills this in",
        "self": "The person named above",
        "helper": "Somebody else:",
        "free": "You do not have to answer. Draw a line through a question you leave out.",
        "how": "Tick one box for each question, or write on the line.",
        "many": "Tick all that fit.",
        "other": "Something else:",
        "yes": "Yes",
        "no": "No",
        "date": "month / day / year",
        "time": "hour : minute",
        "go": "Go on with question %(n)s.",
        "end": "Go to the end.",
        "only": "Only if %(when)s.",
        "applies": "Answer this only if it applies to you.",
        "is": "your answer to question %(n)s is “%(answer)s”",
        "is-not": "your answer to question %(n)s is not “%(answer)s”",
        "more": "your answer to question %(n)s is more than %(answer)s",
        "least": "your answer to question %(n)s is %(answer)s or more",
        "less": "your answer to question %(n)s is less than %(answer)s",
        "most": "your answer to question %(n)s is %(answer)s or less",
        "answered": "you answered question %(n)s",
        "left-out": "you left question %(n)s out",
        "and": "and",
        "or": "or",
        "again": "If there are more of these, write them on another sheet in the same way.",
        "attach": "Bring or send this with the form.",
        "version": "version %(version)s",
        "call": "If you think about dying or about hurting yourself, do not wait for us: call"
        " %(phones)s, day or night.",
        "or-call": " or ",
        "hello": "Good day. My name is %(me)s. I am calling from %(organization)s."
        " Am I speaking with %(name)s?",
        "check": "To be sure that I talk with the right person: please tell me your birth date.",
        "alone": "Is this a good time, and can you talk freely?",
        "begin": "I have some questions for you. You do not have to answer any of them."
        " Tell me when you want to stop. May I begin?",
        "close": "Those were my questions. Thank you for your time. Is there anything you want to"
        " ask me?",
        "would": "Would you say: %(answers)s?",
        "which": "Tell me all that fit: %(answers)s?",
        "list-or": "or",
        "thanks": "Thank you. Please give this sheet back to your care coordinator.",
    },
    "es": {
        "name": "Nombre",
        "born": "Fecha de nacimiento",
        "mrn": "Número de expediente",
        "today": "Fecha de hoy",
        "who": "Quién llena esta hoja",
        "self": "La persona de arriba",
        "helper": "Otra persona:",
        "free": "No tiene que contestar. Tache la pregunta que no quiera contestar.",
        "how": "Marque una casilla en cada pregunta o escriba en la línea.",
        "many": "Marque todas las que correspondan.",
        "other": "Otra cosa:",
        "yes": "Sí",
        "no": "No",
        "date": "mes / día / año",
        "time": "hora : minuto",
        "go": "Siga con la pregunta %(n)s.",
        "end": "Siga hasta el final.",
        "only": "Solo si %(when)s.",
        "applies": "Conteste esta pregunta solo si le corresponde.",
        "is": "su respuesta a la pregunta %(n)s es “%(answer)s”",
        "is-not": "su respuesta a la pregunta %(n)s no es “%(answer)s”",
        "more": "su respuesta a la pregunta %(n)s es más de %(answer)s",
        "least": "su respuesta a la pregunta %(n)s es %(answer)s o más",
        "less": "su respuesta a la pregunta %(n)s es menos de %(answer)s",
        "most": "su respuesta a la pregunta %(n)s es %(answer)s o menos",
        "answered": "contestó la pregunta %(n)s",
        "left-out": "no contestó la pregunta %(n)s",
        "and": "y",
        "or": "o",
        "again": "Si hay más, escríbalos en otra hoja de la misma manera.",
        "attach": "Traiga o envíe esto con la hoja.",
        "version": "versión %(version)s",
        "call": "Si piensa en morir o en hacerse daño, no nos espere: llame al %(phones)s, de día o"
        " de noche.",
        "or-call": " o al ",
        "hello": "Buenos días. Me llamo %(me)s. Le llamo de %(organization)s. ¿Hablo con %(name)s?",
        "check": "Quiero asegurarme de que hablo con la persona correcta: por favor, dígame su"
        " fecha de nacimiento.",
        "alone": "¿Es un buen momento y puede hablar con libertad?",
        "begin": "Tengo algunas preguntas para usted. No tiene que contestar ninguna."
        " Avíseme cuando quiera parar. ¿Puedo empezar?",
        "close": "Esas eran mis preguntas. Gracias por su tiempo. ¿Quiere preguntarme algo?",
        "would": "¿Diría usted: %(answers)s?",
        "which": "Dígame todas las que correspondan: %(answers)s?",
        "list-or": "o",
        "thanks": "Gracias. Devuelva esta hoja a su coordinador o coordinadora de atención.",
    },
}


def said(language: str, key: str, **values: object) -> str:
    """Return fixed words in ``language``; in English where there are none in it."""
    main = language.partition("-")[0].lower()
    return (_WORDS.get(main) or _WORDS[ENGLISH])[key] % values


def has_words(language: str) -> bool:
    """Tell whether the fixed words are there in this language."""
    return language.partition("-")[0].lower() in _WORDS
