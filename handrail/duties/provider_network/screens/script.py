"""What is said on the phone: to the office, and to a person who listens in."""

from __future__ import annotations

from django.utils.translation import gettext as _

_HEARD = {
    "es": (
        "Voy a llamar al consultorio para preguntar si aceptan su seguro.",
        "Puede escuchar. No tiene que decir nada, y no voy a dar su nombre todavía.",
        "Después le cuento qué dijeron y usted decide adónde quiere ir.",
    ),
    "en": (
        "I am calling the office to ask if they take your insurance.",
        "You can listen. You need not say anything, and I will not give your name yet.",
        "Then I tell you what they said, and you decide where you want to go.",
    ),
}


def office(plan: str, payer: str, caller: str, language: str) -> list[str]:
    """Return what one asks an office, in order. ``language``: the person's, as a name."""
    named = f"{plan} ({payer})" if payer and payer.casefold() not in plan.casefold() else plan
    lines = [
        _("Hello, this is %(caller)s. I coordinate care and have a question about insurance.")
        % {"caller": caller},
        _("Do you take %(plan)s? Read the name and the product as they stand on the card.")
        % {"plan": named or _("this plan")},
        _("Do you take new patients with it?"),
        _("When is the earliest visit for a new patient?"),
    ]
    if language:
        lines.append(
            _("Does somebody there speak %(language)s, or do you have an interpreter?")
            % {"language": language}
        )
    return [*lines, _("May I have your name, and a reference number for this call?")]


def person(language: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what one says to a person who listens in: (language, sentences)."""
    return [(code, _HEARD[code]) for code in (language,) if code in _HEARD]
