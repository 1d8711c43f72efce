"""The library of forms: what is there, bringing one in, switching one off and on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext as _

from handrail.access.database import acting
from handrail.access.decide import require
from handrail.access.people import organization_name
from handrail.access.principal import Principal, system
from handrail.duties.intake.actions.value_sets import form_of
from handrail.duties.intake.models import Assessment
from handrail.duties.intake.models import Form as FormRow
from handrail.duties.intake.rules.importing import (
    Package,
    opened,
    refuse_endless,
    refuse_invalid,
)
from handrail.duties.intake.rules.permission import (
    SHIPPED,
    May,
    Permission,
    is_open,
    is_shipped,
    permitted,
)
from handrail.duties.intake.rules.versions import (
    Addition,
    addition,
    completed,
    free_version,
    named,
    ready,
    says_the_same,
)
from handrail.fhir import instants
from handrail.fhir.errors import HandrailError
from handrail.fhir.forms import Unsupported, unsupported
from handrail.fhir.forms.form import Form
from handrail.fhir.resource import Resource
from handrail.fhir.searching.query import parse
from handrail.record import store
from handrail.record.known import known
from handrail.record.stored import Committed, Draft, Stored

ROOM: Final = "intake"


class ImportRefusedError(HandrailError):
    """A form is not brought in; ``field`` is the id of the field that is to be corrected."""

    status = 422
    code = "business-rule"

    def __init__(self, message: str, field: str = "text") -> None:
        """Keep the field beside the message."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A form on the shelf. ``open``: whether it may be used has yet to be answered."""

    id: str
    title: str
    url: str
    version: str
    status: str
    publisher: str
    languages: tuple[str, ...]
    questions: int
    notice: str
    used: int
    shipped: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A form before it is brought in: how it reads, what it lacks, what is here already.

    ``questionnaire`` is what would be stored. ``here`` is the form with the same address in this
    organization, ``same`` whether it asks the same; ``version`` is what it would be stored under
    and ``taken`` whether its own is taken.
    """

    package: Package
    chosen: int
    questionnaire: Resource
    form: Form
    unsupported: tuple[Unsupported, ...]
    addition: Addition | None
    here: Stored | None
    same: bool
    version: str
    taken: bool
    unnamed: tuple[str, ...]
    terms_kept: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an administrator decided about a form that is brought in.

    ``chosen`` is its place among those in the text; ``may`` the answer about permission, ``note``
    how they know; ``add``: whether what is missing is added; ``version`` another than its own.
    """

    text: str
    chosen: int = 0
    may: str = ""
    note: str = ""
    add: bool = True
    version: str = ""


def shelf(by: Principal) -> list[Shelved]:
    """Return every form of the organization by title, with how often each was used."""
    require(by, "read", "Questionnaire")
    used = uses(by.org)
    with acting(by):
        rows = list(FormRow.objects.filter(org=by.org).order_by("title", "version", "source"))
    foreign = [row.source for row in rows if row.publisher != SHIPPED]
    unanswered = {identity for identity, form in _read(foreign, by).items() if is_open(form)}
    return [
        Shelved(
            id=row.source,
            title=row.title or row.url or row.source,
            url=row.url,
            version=row.version,
            status=row.status,
            publisher=row.publisher,
            languages=tuple(row.languages.split()),
            questions=row.questions,
            notice=row.copyright,
            used=used.get(row.url, 0) if row.url else 0,
            shipped=is_shipped({"publisher": row.publisher, "id": row.source}),
            open=row.source in unanswered,
        )
        for row in rows
    ]


def _read(ids: Iterable[str], by: Principal) -> dict[str, Resource]:
    wanted = [f"Questionnaire/{one}" for one in ids]
    found = store.several(wanted, by=by) if wanted else {}
    return {one.id: one.resource for one in found.values()}


def uses(org: int) -> dict[str, int]:
    """Return how many assessments were made with each form, by its url: a number, nobody's data."""
    with acting(system(org, "library", "Handrail")):
        rows = Assessment.objects.filter(org=org).values("form").annotate(times=Count("source"))
        return {row["form"]: row["times"] for row in rows}


def form_kept(identity: str, *, by: Principal, version: int | None = None) -> Stored:
    """Return a form, or an older version of it; it may fail as :func:`store.read` does."""
    reference = f"Questionnaire/{identity}"
    return store.vread(reference, version, by=by) if version else store.read(reference, by=by)


def preview(by: Principal, typed: str, chosen: int = 0, *, add: bool = True) -> Preview:
    """Return what bringing in the form in ``typed`` would come to; nothing is stored.

    Args:
        by: an administrator or supervisor.
        typed: FHIR JSON or XML.
        chosen: which of several forms in it, from 0.
        add: whether a missing code or notice is added.

    Raises:
        HandrailError: it cannot be read or used; the message and the faults say why and where.
    """
    require(by, "manage_forms")
    package = opened(typed)
    chosen = chosen if 0 <= chosen < len(package.forms) else 0
    given = package.forms[chosen]
    refuse_invalid([given, *package.terms])
    now = known(by.org)
    form = form_of(given, by=by, along=package.terms)
    refuse_endless(form, instants.written(now.as_of))
    missing = addition(form, now.rules, now.as_of.date())
    made = completed(given, missing) if missing and add else given
    whole = named(made, now.as_of.date())
    here = _here(str(whole["url"]), by)
    taken = _versions(here, by)
    own = str(whole["version"])
    return Preview(
        package=package,
        chosen=chosen,
        questionnaire=whole,
        form=form,
        unsupported=tuple(unsupported(given)),
        addition=missing,
        here=here,
        same=here is not None and says_the_same(here.resource, whole),
        version=free_version(own, taken),
        taken=own in taken,
        unnamed=tuple(name for name in ("url", "version") if not given.get(name)),
        terms_kept=tuple(_kept_terms(package.terms, by)),
    )


def _here(url: str, by: Principal) -> Stored | None:
    """Return the form with this address, the active one first."""
    with acting(by):
        rows = FormRow.objects.filter(org=by.org, url=url).order_by("status", "-version")
        first = rows.first()
    return form_kept(first.source, by=by) if first else None


def _versions(here: Stored | None, by: Principal) -> set[str]:
    """Return every version that answers may refer to."""
    if here is None:
        return set()
    past = store.history(here.reference, by=by)
    return {str(one.resource.get("version", "")) for one in past if not one.deleted}


def _kept_terms(terms: Iterable[Resource], by: Principal) -> Iterable[str]:
    """Yield the urls of the value sets and code systems that are here already."""
    for one in terms:
        kind, url = str(one["resourceType"]), str(one.get("url", ""))
        if url and store.search(parse(kind, [("url", url), ("_count", "1")]), by=by).entries:
            yield url


def bring_in(by: Principal, wanted: Wanted) -> tuple[str, Committed]:
    """Store a form with the answer about permission; return its id and what was written.

    A form whose address is here already takes the place of the one that is; answers that were given
    with that one keep it. With the answer "unclear" it is kept as a draft that nobody can use yet.

    Raises:
        ImportRefusedError: the answer is missing or no, or the form is here already.
        HandrailError: as :func:`preview`.
    """
    seen = preview(by, wanted.text, wanted.chosen, add=wanted.add)
    if seen.same and seen.here is not None and (seen.taken or "version" in seen.unnamed):
        raise ImportRefusedError(_("This form is here already, word for word. Nothing was saved."))
    version = _version(seen, wanted.version)
    given = _given(by, wanted)
    questionnaire = ready(
        {**seen.questionnaire, "version": version},
        identity=seen.here.id if seen.here else "",
        organization=organization_name(by.org),
        active=given.answer is not May.UNCLEAR,
    )
    terms = [
        {key: value for key, value in one.items() if key not in {"id", "meta"}}
        for one in seen.package.terms
        if one.get("url") and one["url"] not in seen.terms_kept
    ]
    drafts = [
        *map(Draft, terms),
        Draft(permitted(questionnaire, given), if_match=seen.here.version if seen.here else None),
    ]
    done = store.commit(drafts, by=by, reason="form brought in", room=ROOM)
    return done.stored[len(terms)].id, done


def _version(seen: Preview, typed: str) -> str:
    """Return the version the form is stored under."""
    wanted = typed.strip() or (seen.version if not seen.taken else "")
    taken = seen.taken and wanted in {"", str(seen.questionnaire["version"])}
    if taken or "|" in wanted:
        raise ImportRefusedError(
            _(
                "Version %(version)s of this form is here and says something else. Answers name the"
                " form by its version, so give this one another. Nothing was saved."
            )
            % {"version": seen.questionnaire["version"]},
            "version",
        )
    return wanted


def _given(by: Principal, wanted: Wanted) -> Permission:
    if wanted.may not in set(May):
        message = (
            _("Without permission the form is not brought in. The text is still here.")
            if wanted.may == "no"
            else _("Say whether your organization may use this form.")
        )
        raise ImportRefusedError(message, "may")
    return Permission(
        answer=May(wanted.may),
        by=by.person,
        name=by.name,
        at=instants.written(datetime.now(UTC)),
        note=wanted.note.strip(),
    )


def answer_permission(
    by: Principal, identity: str, may: str, note: str, *, if_match: int | None = None
) -> Committed:
    """Keep the answer whether a form may be used; with a yes it can be used from now on.

    Raises:
        ImportRefusedError: no answer was chosen.
        VersionConflictError: somebody changed the form meanwhile.
    """
    require(by, "manage_forms")
    stored = form_kept(identity, by=by)
    given = _given(by, Wanted(text="", may=may, note=note))
    made = permitted(stored.resource, given)
    if given.answer is May.UNCLEAR:
        made["status"] = "draft"
    elif made.get("status") == "draft":
        made["status"] = "active"
    draft = Draft(made, if_match=if_match or stored.version)
    return store.commit([draft], by=by, reason="permission to use a form", room=ROOM)


def switch(by: Principal, identity: str, *, on: bool, if_match: int | None = None) -> Committed:
    """Switch a form on or off for the organization. Answers that were given with it stay.

    Raises:
        ImportRefusedError: it cannot be switched on before somebody says that it may be used.
        VersionConflictError: somebody changed the form meanwhile.
    """
    require(by, "manage_forms")
    stored = form_kept(identity, by=by)
    if on and is_open(stored.resource):
        raise ImportRefusedError(_("Say first whether your organization may use this form."), "may")
    status = "active" if on else "retired"
    draft = Draft({**stored.resource, "status": status}, if_match=if_match or stored.version)
    reason = "form switched on" if on else "form switched off"
    return store.commit([draft], by=by, reason=reason, room=ROOM)


def earlier(by: Principal, identity: str) -> list[Stored]:
    """Return what the form was before, newest first: one for each of its own versions."""
    found: dict[str, Stored] = {}
    for one in store.history(f"Questionnaire/{identity}", by=by):
        if not one.deleted:
            found.setdefault(_own_version(one.resource), one)
    return list(found.values())


def _own_version(questionnaire: Mapping[str, Any]) -> str:
    return str(questionnaire.get("version", ""))
