"""What came from a form or an address, made into what is meant."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from handrail.duties.community_resources.actions.keeping import Asking
from handrail.duties.community_resources.actions.person import Person
from handrail.duties.community_resources.rules.choosing import Asked
from handrail.duties.community_resources.rules.writing import Entry
from handrail.duties.community_resources.screens import words
from handrail.fhir.directory.places import zip_of
from handrail.look.typed import printable, whole

LONGEST = 100
"""Characters of what is searched."""
THEIRS = "theirs"
"""The choice of all needs that are open in the record of the person."""
MOST_TYPED = 4000
EVERY = ("q", "need", "near", "miles", "language", "audience", "only")
_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.")
_LONGEST_ID = 64


def identity(text: str) -> str:
    """Return the id that was sent; empty if it is none."""
    return text if 0 < len(text) <= _LONGEST_ID and set(text) <= _ID else ""


def asked_of(given: QueryDict, person: Person | None) -> Asked:
    """Return what is looked for; of somebody whose search begins, what the record knows."""
    if person is not None and not any(name in given for name in EVERY):
        return Asked(needs=person.needs, near=person.postal_code)
    need = given.get("need", "")
    only = set(given.getlist("only"))
    needs: tuple[str, ...] = (need,) if need in words.NEEDS else ()
    if need == THEIRS and person is not None:
        needs = person.needs
    audience = given.get("audience", "")
    language = printable(given.get("language", ""))[:LONGEST].strip()
    made = Asked(
        needs=needs,
        words=" ".join(printable(given.get("q", ""))[:LONGEST].split()),
        # A form says it, if only that it is empty; a link that names a need does not.
        near=zip_of(given.get("near", person.postal_code if person else "")),
        miles=min(whole(given.get("miles", "")) or 0, 1000),
        language=language,
        audience=audience if audience in words.AUDIENCES else "",
        open_now="open" in only,
        free="free" in only,
        no_papers="papers" in only,
        has_room="room" in only,
    )
    return without(made, given.get("drop", ""))


def without(asked: Asked, dropped: str) -> Asked:
    """Return what is looked for without one filter."""
    leave = {
        "words": lambda: replace(asked, words=""),
        "miles": lambda: replace(asked, miles=0),
        "open": lambda: replace(asked, open_now=False),
        "language": lambda: replace(asked, language=""),
        "free": lambda: replace(asked, free=False),
        "audience": lambda: replace(asked, audience=""),
        "documents": lambda: replace(asked, no_papers=False),
        "room": lambda: replace(asked, has_room=False),
    }
    return leave[dropped]() if dropped in leave else asked


def only_of(asked: Asked) -> list[str]:
    """Return the boxes that are ticked."""
    ticked = {
        "open": asked.open_now,
        "free": asked.free,
        "papers": asked.no_papers,
        "room": asked.has_room,
    }
    return [name for name, on in ticked.items() if on]


def asking_of(form: QueryDict) -> Asking:
    """Return how a fact was learned."""
    told = " ".join(printable(form.get("told_by", ""))[:LONGEST].split())
    return Asking(how=form.get("how", ""), told_by=told)


def entry_of(form: QueryDict) -> Entry:
    """Return what was typed of a service."""

    def line(name: str) -> str:
        return " ".join(printable(form.get(name, ""))[:MOST_TYPED].split())

    def text(name: str) -> str:
        said = printable(form.get(name, "").replace("\r\n", "\n").replace("\r", "\n"))
        return said[:MOST_TYPED].strip()

    chosen = form.getlist("categories")
    return Entry(
        name=line("name"),
        organization=line("organization"),
        categories=tuple(dict.fromkeys(filter(None, ";".join(chosen).split(";")))),
        about=text("about"),
        phone=line("phone"),
        email=line("email"),
        url=line("url"),
        line=line("line"),
        city=line("city"),
        state=line("state"),
        postal_code=line("postal_code"),
        languages=line("languages"),
        hours=tuple(line(f"hours-{day}") for day in range(7)),
        cost=form.get("cost", "") if form.get("cost", "") in words.COSTS else "",
        cost_words=text("cost_words"),
        eligibility=text("eligibility"),
        documents=text("documents"),
        applying=text("applying"),
    )
