"""What this room says on its pages, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.duties.check_ins.rules.contact import How, Line, Outcome
from handrail.look.dates import day, moment
from handrail.look.languages import language_name

OUTCOMES = {
    Outcome.PATIENT: later("Spoke with patient"),
    Outcome.FAMILY: later("Spoke with family"),
    Outcome.NO_ANSWER: later("No answer"),
    Outcome.LEFT_MESSAGE: later("Left message"),
    Outcome.WRONG_NUMBER: later("Wrong number"),
    Outcome.CALL_BACK: later("Call back later"),
    Outcome.STAFF: later("Spoke with staff"),
}
HOWS = {
    How.PHONE: later("Phone"),
    How.VISIT: later("Home visit"),
    How.VIDEO: later("Video"),
    How.MESSAGE: later("Message"),
    How.LETTER: later("Letter"),
}
MESSAGES = {
    "yes": later("message OK"),
    "no": later("no messages"),
    "unknown": later("ask before leaving a message"),
}
SCOPES = {
    "all": later("may discuss care"),
    "appointments": later("may discuss appointments only"),
    "emergency": later("in an emergency only"),
}
VOICEMAIL = {
    "en": later(
        "Hello, this is {me} from {organization}. This message is for {patient}. Please call me"
        " back. Thank you."
    ),
    "es": (
        "Buenos días, le habla {me} de {organization}. Este mensaje es para {patient}. Por favor"
        " devuélvame la llamada. Gracias."
    ),
}


def outcomes() -> list[tuple[str, str]]:
    """Return the results in the order of their digit keys: (code, label)."""
    return [(code.value, _(label)) for code, label in OUTCOMES.items()]


def hows() -> list[tuple[str, str]]:
    """Return the ways to make a contact: (code, label)."""
    return [(code.value, _(label)) for code, label in HOWS.items()]


def outcome(code: str) -> str:
    """Return the words for a result; a code we do not know is shown as it is."""
    return _(OUTCOMES[Outcome(code)]) if code in set(Outcome) else code


def how(code: str) -> str:
    """Return the words for a way of contact."""
    return _(HOWS[How(code)]) if code in set(How) else code


def filled(text: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return a script's paragraph with ``{me}``, ``{organization}`` and ``{patient}`` filled in."""
    for name, value in facts:
        text = text.replace(f"{{{name}}}", value)
    return text


def language(code: str) -> str:
    """Return the name of a language (BCP 47) in the reader's language."""
    return language_name(code)


_SAYS: dict[str, Callable[[Line], str]] = {
    "contact": lambda line: _("contact recorded (%(n)s min)") % {"n": line.number},
    "done": lambda _line: _("step done"),
    "also-done": lambda line: _('also done: "%(step)s"') % {"step": line.step},
    "goes-on": lambda line: _("step stays open, next look %(day)s") % {"day": day(line.on)},
    "stays": lambda _line: _("step stays open"),
    "attempt": lambda line: (
        _("attempt %(n)s of %(of)s counted") % {"n": line.number, "of": line.of}
    ),
    "again": lambda line: _("try again %(moment)s") % {"moment": moment(line.at)},
    "another-way": lambda line: (
        _('attempts used up: adds "Try another way" for %(day)s') % {"day": day(line.on)}
    ),
    "number": lambda line: _('adds "Find a working number" for %(day)s') % {"day": day(line.on)},
    "adds": lambda line: (
        _('adds "%(step)s" for %(day)s') % {"step": line.step, "day": day(line.on)}
    ),
}


def said(lines: Iterable[Line]) -> list[str]:
    """Return what saving does, each in a few words."""
    return [_SAYS[line.does](line) for line in lines]


def sentence(lines: Iterable[Line]) -> str:
    """Return what was done, as one line for the status region."""
    words = " · ".join(said(lines))
    return f"{words[:1].upper()}{words[1:]}." if words else _("Saved already.")
