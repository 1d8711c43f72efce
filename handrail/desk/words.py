"""What the desk says, in one place: labels for codes that the record or the desk's tables hold."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later

from handrail.look.languages import language_name

QUEUES = {
    "calls": later("Calls"),
    "events": later("New events"),
    "visits": later("Visits"),
    "referrals": later("Referrals"),
    "authorizations": later("Authorizations"),
    "rides": later("Rides and visits"),
    "reviews": later("Reviews"),
    "intake": later("Intake"),
    "other": later("Other"),
}
ENDINGS = {
    "done": later("Done"),
    "not-needed": later("Not needed any more"),
    "declined": later("Patient declined"),
    "not-possible": later("Could not be done"),
    "duplicate": later("Duplicate"),
}
PRIORITIES = {0: later("at once"), 1: later("as soon as possible"), 2: later("urgent")}
MOMENTS = {
    "admitted": later("Admitted"),
    "discharged": later("Discharged"),
    "emergency": later("Emergency department"),
    "left-emergency": later("Left the emergency department"),
    "visit": later("Visit"),
    "contact": later("Contact"),
    "message": later("Message"),
    "condition": later("Condition"),
    "procedure": later("Procedure"),
    "done": later("Step done"),
    "dropped": later("Step ended"),
    "note": later("Note"),
    "document": later("Document"),
    "prescribed": later("Prescribed"),
    "told": later("Told us"),
    "asked": later("Assessment"),
    "enrolled": later("Enrolled"),
    "left": later("Left the program"),
    "kept": later("Kept an appointment"),
    "missed": later("Missed an appointment"),
}
# The filters of the timeline, and the kinds of moments each of them shows.
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "contacts": (later("Contacts"), ("contact", "message", "note")),
    "stays": (
        later("Hospital and visits"),
        ("admitted", "discharged", "emergency", "left-emergency", "visit", "kept", "missed"),
    ),
    "health": (later("Health"), ("condition", "procedure", "prescribed", "told", "asked")),
    "documents": (later("Documents"), ("document", "note")),
    "work": (later("Work"), ("done", "dropped", "enrolled", "left")),
}
OUTCOMES = {
    "never": later("never"),
    "spoke-patient": later("spoke"),
    "spoke-family": later("spoke with family"),
    "spoke-staff": later("spoke with staff"),
    "no-answer": later("no answer"),
    "left-message": later("left message"),
    "wrong-number": later("wrong number"),
    "call-back": later("call back"),
    "visit": later("visit"),
    "phone": later("call"),
    "video": later("video call"),
    "message": later("message"),
    "letter": later("letter"),
}
GENDERS = {
    "female": later("female"),
    "male": later("male"),
    "other": later("other gender"),
}


def language(code: str) -> str:
    """Return the name of a language (BCP 47) in the reader's language; English is not named."""
    primary = code.partition("-")[0].lower()
    return "" if primary in {"", "en"} else language_name(primary)


def queue(code: str) -> str:
    """Return the label of a queue; a queue that a room made up is shown as it is."""
    return _(QUEUES[code]) if code in QUEUES else code.replace("-", " ").capitalize()
