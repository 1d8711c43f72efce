"""Whatever is typed into a form or an address, a page comes back: never a 500, and it stays usable.

Every address of the resolver is asked, with every field that a template or a screen names. What was
stored on the way is then shown again: a date that cannot be read back would poison a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import handrail
from handrail.access.database import acting
from handrail.access.models import CareRelationship, Membership
from handrail.access.principal import NOT_MEMBERS, Role, system
from handrail.fhir.work import Step, open_task
from handrail.record import store
from tests.test_strangers import (
    ADDRESSES,
    PATIENT,
    TASK,
    Address,
    condition,
    intake_and_plan,
    member,
    patient,
)

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
HOUSE = Path(handrail.__file__).parent
PAGES = ("", "/timeline", "/assessments", "/needs", "/plan", "/plan/progress", "/team")
PAGES += ("/referrals", "/sharing")
LEAVING = {"/sign-out", "/sign-in", "/organization"}
NASTY = [
    "",
    " ",
    "0",
    "-1",
    "²",
    "٣",
    "2147483648",
    "9223372036854775808",
    "9" * 5000,
    "1e400",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59-05:00",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30",
    "24:00",
    "23:59",
    "'; drop table record_version; --",
    "<script>alert(1)</script>",
    "{{7*7}}{% x %}%s%(n)s{}",
    "//example.org",
    "http://[",
    "/\r\nSet-Cookie: a=b",
    "\u202e\U0001f600\u0301",
    '{"a": "\\u0000"}',
    '{"a": "\\ud800"}',
    "[" * 3000,
    "x" * 5_000,  # times all fields: less than a form may have, so that it is read
    "a/b",
    "*",
    "%",
    "\\",
    "Patient/" + "a" * 300,
    (date(2026, 11, 21) + timedelta(days=30)).isoformat(),
    "yes",
    "on",
    "en",
    "1",
    PATIENT,
    TASK,
    f"Patient/{PATIENT}",
    "Practitioner/someone",
    "CareTeam/none",
]
NUMBERS_AND_DAYS = NASTY[4:18]
PLAIN = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@cache
def fields() -> list[str]:
    """Return every name a form or a screen of the house knows."""
    found: set[str] = set()
    for path in HOUSE.rglob("*.html"):
        found |= set(re.findall(r"name=\"([a-z][a-z_-]*)\"", path.read_text()))
        found |= set(
            re.findall(r"(?:field|select|area|input)\w*\(\s*[\"']([a-z_-]+)", path.read_text())
        )
    for path in (
        *HOUSE.rglob("screens/*.py"),
        *HOUSE.rglob("screens.py"),
        HOUSE / "access/signin.py",
    ):
        text = path.read_text()
        found |= set(
            re.findall(r"(?:get|getlist|text|_text|number|day)\([^\"()]*\"([a-z][a-z_-]*)\"", text)
        )
    found |= {f"phone-0{end}" for end in ("", "-use", "-place", "-message")}
    return sorted(found - {"csrfmiddlewaretoken"})


values = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40
)
forms = st.lists(st.tuples(st.sampled_from(fields()), values), max_size=20)


@pytest.fixture
def somebody() -> Client:
    """A browser of somebody with every role, related to the patient, who has a step to do."""
    by = system(1, "test", "Test")
    with acting(by):
        from handrail.access import accounts

        accounts.add_organization(1, "Organization 1", "o1")
    client = member("fuzz", *(role for role in Role if role not in NOT_MEMBERS))
    with acting(by):
        me = Membership.objects.get(org=1, name="fuzz")
        CareRelationship.objects.create(
            org=1, source="s", patient=PATIENT, person=me.person, kind="care-manager"
        )
        soon = "2026-11-24T17:00:00-05:00"
        step = Step(
            kind="step",
            step="Call",
            why="Because",
            patient=PATIENT,
            owner=me.person,
            owner_name="Fuzz",
            look_by=soon,
            authored_at="2026-11-20T09:00:00-05:00",
        )
        known = [patient(), condition(), open_task(step, TASK), *intake_and_plan()]
        store.commit(known, by=by, reason="a test")
    return client


def shown_again(client: Client, pages: Iterable[str]) -> None:
    """What was stored on the way is shown again."""
    for page in pages:
        came_back(client.get(page), page)


def came_back(answer: HttpResponse, said: object) -> None:
    answer.close() if answer.streaming else None
    assert answer.status_code < 500, said


by_route = pytest.mark.parametrize(
    "address",
    [address for address in ADDRESSES if address.path not in LEAVING],
    ids=lambda address: address.route or "/",
)


@by_route
def test_no_form_and_no_address_ever_breaks(somebody: Client, address: Address) -> None:
    @PLAIN
    @given(forms)
    def asked(form: list[tuple[str, str]]) -> None:
        sent: dict[str, list[str]] = {}
        for name, value in form:
            sent.setdefault(name, []).append(value)
        came_back(somebody.get(address.path, sent), sent)
        came_back(somebody.post(address.path, sent), sent)
        came_back(somebody.post(address.path, sent, headers={"HX-Request": "true"}), sent)

    asked()
    pages = ("/", "/caseload", "/referrals", *(f"/patients/{PATIENT}{end}" for end in PAGES))
    shown_again(somebody, pages)


@by_route
def test_every_field_takes_every_odd_value(somebody: Client, address: Address) -> None:
    for value in NASTY:
        sent = dict.fromkeys(fields(), value)
        if value in NUMBERS_AND_DAYS:  # what addresses carry
            came_back(somebody.get(address.path, sent), value)
        # Several parts for each of hundreds of fields would take most of the time of this test.
        came_back(somebody.post(address.path, urlencode(sent), content_type=FORM), value)
    pages = ("/", "/caseload", "/transitions", "/referrals", f"/patients/{PATIENT}")
    shown_again(somebody, pages)


@pytest.mark.parametrize("value", NASTY[8:34:3])
def test_whatever_stands_for_an_id_there_is_a_page(somebody: Client, value: str) -> None:
    odd = re.sub(r"[/\r\n]", "-", value)[:1000] or "-"
    for address in ADDRESSES:
        if "<" in address.route:
            where = "/" + re.sub(
                r"<[^>]*>", lambda _: odd.replace("?", "-").replace("#", "-"), address.route
            )
            came_back(somebody.get(where), where)
            came_back(somebody.post(where, {"if_match": "1"}), where)
