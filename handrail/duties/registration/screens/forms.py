"""Forms in, forms out: what was typed becomes details, and details become fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.duties.registration.resources import UNKNOWN, Address
from handrail.duties.registration.rules.details import Details, Permission, PhoneEdit
from handrail.duties.registration.screens import words
from handrail.look.typed import whole

MOST_PHONES = 8


def details_in(form: Mapping[str, str]) -> Details:
    """Return the details somebody typed."""
    return Details(
        given=_text(form, "given"),
        family=_text(form, "family"),
        birth_date=_text(form, "birth_date"),
        gender=_one_of(form, "gender", words.GENDERS, ""),
        language=_text(form, "language")[:20],
        interpreter=_one_of(form, "interpreter", words.ANSWERS, UNKNOWN),
        phones=[phone for place in range(MOST_PHONES) if (phone := _phone(form, place))],
        email=_text(form, "email"),
        address=Address(
            line=_text(form, "line"),
            city=_text(form, "city"),
            state=_text(form, "state"),
            postal_code=_text(form, "postal_code"),
        ),
        mrn=_text(form, "mrn"),
    )


def _phone(form: Mapping[str, str], place: int) -> PhoneEdit | None:
    value = _text(form, f"phone-{place}")
    if not value:
        return None
    before = whole(form.get(f"phone-{place}-place", ""))
    return PhoneEdit(
        value=value,
        use=_one_of(form, f"phone-{place}-use", words.USES, ""),
        message=_one_of(form, f"phone-{place}-message", words.ANSWERS, UNKNOWN),
        place=-1 if before is None else before,
    )


def permission_in(form: Mapping[str, str]) -> Permission:
    """Return the permission to talk to somebody that was typed."""
    return Permission(
        name=_text(form, "name"),
        relationship=_text(form, "relationship")[:20],
        scope=_text(form, "scope"),
        phone=_text(form, "phone-0"),
        starts_on=_text(form, "starts_on"),
        ends_on=_text(form, "ends_on"),
    )


def _text(form: Mapping[str, str], name: str) -> str:
    return " ".join(form.get(name, "").replace("\x00", "").split())[:300]


def _one_of(form: Mapping[str, str], name: str, codes: Mapping[str, str], default: str) -> str:
    value = form.get(name, default)
    return value if value in codes else default


def form_of(details: Details) -> dict[str, Any]:
    """Return what the form's template needs: the values, a spare phone line, the lists."""
    phones = [*details.phones, PhoneEdit("", "mobile")][:MOST_PHONES]
    return {
        "details": details,
        "phones": phones,
        "languages": words.languages(details.language),
        "genders": words.choices(words.GENDERS),
        "answers": words.choices(words.ANSWERS),
        "uses": words.choices(words.USES),
    }


def shown(details: Details) -> list[tuple[str, str]]:
    """Return the details as (name of the field, text) for comparing two versions."""
    phones = ", ".join(f"{phone.value} ({phone.use}, {phone.message})" for phone in details.phones)
    return [
        ("given", details.given),
        ("family", details.family),
        ("birth_date", details.birth_date),
        ("gender", details.gender),
        ("language", words.language(details.language)),
        ("interpreter", details.interpreter),
        ("phones", phones),
        ("email", details.email),
        ("address", str(details.address)),
        ("mrn", details.mrn),
    ]
