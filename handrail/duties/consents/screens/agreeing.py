"""Writing down what a person agrees to, and the form for their signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from handrail.access.marks import MemberRequest, open_to
from handrail.duties.consents import actions
from handrail.duties.consents.actions.seeing import Sharing, named
from handrail.duties.consents.rules import form
from handrail.duties.consents.rules.agreeing import UnclearAgreementError
from handrail.duties.consents.screens import words
from handrail.duties.consents.screens.sharing import EDITORS, where
from handrail.fhir.disclosing import Agreement
from handrail.fhir.disclosing.agreement import CLASSES, PURPOSES
from handrail.fhir.moments import whole_day
from handrail.look.paper import pdf
from handrail.look.said import done
from handrail.room import patient_frame

_MOST = 500
_LARGEST = 25_000_000  # more than any organization allows; the rule says what is taken


@open_to(*EDITORS)
def new(request: MemberRequest, patient: str) -> HttpResponse:
    """Ask what the person agrees to, and write it down, or print the form for it."""
    do = request.POST.get("do", "")
    if request.method != "POST" or do == "find":
        find = request.POST.get("find", "").strip()[:80]
        typed = _first(request)
        seen = actions.see_sharing(request.principal, patient, find)
        return _form(request, patient, seen, typed, find=find)
    typed = _typed(request)
    seen = actions.see_sharing(request.principal, patient)
    if do == "print":
        return _printed(request, patient, seen, typed)
    try:
        saved = actions.record(request.principal, patient, typed)
    except UnclearAgreementError as error:
        errors = [(fault.path, _(fault.text)) for fault in error.faults]
        return _form(request, patient, seen, typed, errors)
    said = _("Written down: what may leave, to whom and until when.")
    return done(request, said, where(patient), saved.transaction)


def _first(request: MemberRequest) -> Agreement:
    """Return an agreement as the form begins: nothing sensitive is ticked for anybody."""
    to = request.GET.get("to", "")[:120]
    about = request.GET.get("about", "")[:120]
    purpose = request.GET.get("purpose", "")
    return Agreement(
        recipient=to,
        name=named(request.principal, to) if to else "",
        purpose=purpose if purpose in PURPOSES else "service",
        how="",
        about=(about,) if about.startswith("ServiceRequest/") else (),
    )


def _typed(request: MemberRequest) -> Agreement:
    post = request.POST
    to = post.get("recipient", "")[:120]
    group = to if to in CLASSES else ""
    name = _(words.CLASSES[group]) if group else named(request.principal, to)
    scan, scan_type = _scan(request)
    about = post.get("about", "")[:120]
    ours = post.get("paper") == "ours"
    ticked = frozenset(post.getlist("elements")) & frozenset(form.ELEMENTS)
    return Agreement(
        recipient="" if group else to,
        recipient_class=group,
        name=name,
        purpose=post.get("purpose", ""),
        parts=frozenset(post.getlist("parts")) | {"request"},
        kinds=frozenset(post.getlist("kinds")),
        how=post.get("how", ""),
        ends_on=post.get("ends_on", "").strip()[:10] or "-",
        about=(about,) if about.startswith("ServiceRequest/") else (),
        given_on=post.get("given_on", "").strip()[:10],
        signer=post.get("signer", "").strip()[:_MOST],
        elements=frozenset(form.ELEMENTS) if ours else ticked,
        note=post.get("note", "").strip()[:_MOST].replace("\x00", ""),
        scan=scan,
        scan_type=scan_type,
    )


def _scan(request: MemberRequest) -> tuple[bytes, str]:
    file = request.FILES.get("scan")
    if file is None or file.size is None:
        return b"", ""
    kind = str(file.content_type or "").partition(";")[0].strip().lower()
    return file.read(_LARGEST), kind


def _printed(request: MemberRequest, patient: str, seen: Sharing, typed: Agreement) -> HttpResponse:
    if typed.purpose not in PURPOSES or not typed.name:
        errors = [("recipient", _("Say who may know and what for; then the form can be printed."))]
        return _form(request, patient, seen, typed, errors)
    language = form.language_of(seen.rules, request.POST.get("language", "")[:10] or seen.language)
    said = form.words(seen.rules, language, seen.on)
    until = _until(typed.ends_on, language)
    about = form.About(name=seen.name, house=seen.house, until=until)
    answer = HttpResponse(
        pdf("consent", form.sheet(typed, about, said, language)), content_type="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="consent-{language}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _form(
    request: MemberRequest,
    patient: str,
    seen: Sharing,
    typed: Agreement,
    errors: Sequence[tuple[str, str]] = (),
    find: str = "",
) -> HttpResponse:
    language = form.language_of(seen.rules, seen.language)
    said = form.words(seen.rules, language, seen.on)
    asked = typed if typed.purpose in PURPOSES else replace(typed, purpose="service")
    ends = typed.ends_on if typed.ends_on not in {"", "-"} else seen.proposed_end
    known: Mapping[str, Any] = patient_frame(request, patient, where(patient)) | {
        "seen": seen,
        "typed": typed,
        "ends_on": ends,
        "errors": errors,
        "wrong": dict(errors),
        "find": find,
        "recipients": _recipients(seen, typed),
        "purposes": words.choices(words.PURPOSES),
        "parts": [pair for pair in words.choices(words.PARTS) if pair[0] != "request"],
        "kinds": list(words.sensitive(seen.rules).items()),
        "ways": words.choices(words.WAYS),
        "elements": words.choices(words.ELEMENTS),
        "languages": [("en", _("English")), ("es", _("Spanish"))],
        "spoken": language,
        "talk": form.talk(asked, _until(ends, language), said) if typed.name else "",
    }
    return render(request, "consents/agree.html", known, status=422 if errors else 200)


def _until(ends_on: str, language: str) -> str:
    """Return a day in the words of a language; empty if it is none."""
    day = whole_day(ends_on)
    if day is None:
        return ""
    with override(language):
        return date_format(day, "DATE_FORMAT")


def _recipients(seen: Sharing, typed: Agreement) -> list[tuple[str, str]]:
    found = [("", _("Choose")), *seen.receivers]
    if typed.recipient and typed.name and typed.recipient not in dict(found):
        found.insert(1, (typed.recipient, typed.name))
    return [*found, *words.choices(words.CLASSES)]
