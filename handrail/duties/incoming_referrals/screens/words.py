"""How codes of this room read to people."""

from __future__ import annotations

from django.utils.translation import gettext as _


def channel(code: str) -> str:
    """Return by which way something came."""
    return {
        "fax": _("Fax"),
        "mail": _("E-mail"),
        "form": _("Web form"),
        "paper": _("Letter"),
        "fhir": _("Another system"),
    }.get(code, code)


def state(code: str) -> str:
    """Return a state of the queue."""
    return {"waiting": _("To sort"), "sorted": _("Sorted"), "aside": _("Set aside")}[code]


def grade(code: str) -> str:
    """Return how sure a match is, in words."""
    return {
        "certain": _("Same name and birth date"),
        "probable": _("Probably the same"),
        "possible": _("Perhaps the same"),
    }.get(code, code)


def event(code: str) -> str:
    """Return what can be said of a request."""
    return {
        "accept": _("Yes, we take it"),
        "decline": _("No"),
        "ask-more": _("We need to know more"),
        "schedule": _("A visit is set"),
        "no-show": _("The person did not come"),
        "outcome": _("It is done"),
    }[code]


def address(reference: str) -> str:
    """Return the page of one thing that arrived."""
    kind, _slash, identity = reference.partition("/")
    return f"/incoming/{'requests' if kind == 'Task' else 'documents'}/{identity}"


def ending(media: str) -> str:
    """Return the ending of a file's name."""
    return {
        "application/pdf": ".pdf",
        "image/png": ".png",
        "image/jpeg": ".jpg",
        "image/tiff": ".tif",
        "text/plain": ".txt",
        "message/rfc822": ".eml",
    }.get(media, ".bin")


def languages() -> list[tuple[str, str]]:
    """Return the languages to choose from; the person may speak another, which the note can say."""
    return [("", _("Not known")), ("en", _("English")), ("es", _("Spanish"))]
