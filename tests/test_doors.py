"""The narrow doors of the house are used where they may be, and nowhere else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client

import handrail
from handrail.access.principal import Role
from handrail.look.jinja import environment
from tests.test_strangers import (
    CLOSED,
    MARK,
    PATIENT,
    a_patient_and_two_organizations,  # noqa: F401 - a fixture
    member,
)

pytestmark = pytest.mark.django_db
HOUSE = Path(handrail.__file__).parent
MODULES = [path for path in HOUSE.rglob("*.py") if "tests" not in path.parts]
ALLOWED = {
    # lifts the patient guard of the database
    "writing": {"record/commit.py", "record/undo.py"},
    # shows what belongs to an account before anybody acts
    "authenticating": {
        "access/accounts.py",
        "access/applications.py",  # an app is known by its client_id before anyone has signed in
        "access/identity.py",
        "access/keys.py",
        "access/links.py",  # the link of a receiver who has no account
        "access/signin.py",
        "access/tokens.py",
    },
    # HTML that is not escaped again: only what a template of ours has drawn
    "mark_safe": {
        "desk/screens/doing.py",
        "desk/screens/panels.py",
        "desk/screens/patient.py",
        "desk/screens/banner.py",
        "desk/screens/today.py",
        "duties/care_plans/screens/papers.py",
        "duties/caseload/screens/shared.py",
        "duties/referrals/screens/board.py",
        "look/frame.py",
        "room.py",
    },
    "Markup": {"look/jinja.py"},
    # what programs POST with their own credentials, never with a browser's cookie
    "csrf_exempt": {"edge/smart/screens/doors.py"},
    "csrf_protect": set(),
    "pickle": {"edge/bulk_data/handover.py"},
    # acts with the reach of the house, after a right of its own was asked for
    "widened": {"duties/incoming_referrals/actions/sorting.py"},
    # acts as a part of Handrail itself, with its reach: not for a screen on somebody's behalf
    "system": {
        "access/again.py",
        "access/signin.py",
        "duties/referrals/actions/delivering.py",  # what was to be sent goes out, whoever has left
        "duties/registration/actions/find.py",
        "duties/intake/actions/library.py",  # how often a form is used: a number, nobody's data
        "edge/bulk_data/load.py",
        "edge/bulk_data/requests.py",
        "edge/connect/connections.py",
        "edge/connect/launching.py",  # so that nobody is taken in twice
        "edge/connect/pulling.py",
        "edge/connect/referring.py",  # to find the connection a referral goes to
        "duties/incoming_referrals/actions/forms.py",  # strangers fill in the public form
        "edge/hl7v2/inbox.py",
        "edge/hsds/api.py",  # a directory that is open to everybody, with scopes for nothing else
        "edge/hsds/keeping.py",  # a load goes on, whoever has left; entries are about no patient
        "edge/smart/clients.py",
        "edge/smart/context.py",
        "edge/subscriptions/following.py",
        "jobs/queue.py",
        "record/clock.py",
        "record/rebuild.py",
        "edge/plan_net/pulling.py",
        "receiving.py",
        "record/verify.py",
        "site/cli/directory.py",
        "site/cli/user.py",
        "site/definitions.py",
        "site/demo/house.py",
    },
}


def imported(path: Path) -> set[str]:
    """Return the names a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
    return found


@pytest.mark.parametrize("name", ALLOWED)
def test_a_narrow_door_is_opened_only_where_it_may_be(name: str) -> None:
    users = {path.relative_to(HOUSE).as_posix() for path in MODULES if name in imported(path)}
    assert users <= ALLOWED[name], f"{name}: say here why {users - ALLOWED[name]} may use it"


def test_templates_escape_everything() -> None:
    assert environment().autoescape is True
    for path in HOUSE.rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape", path.read_text()), path


def test_no_form_with_typed_words_about_patients_is_sent_in_an_address() -> None:
    """A form that is sent with GET puts what was typed into histories and logs."""
    for path in HOUSE.rglob("*.html"):
        for form in re.findall(r"<form[^>]*>", path.read_text()):
            if 'method="post"' not in form:
                chosen_alone = {
                    "audit.html",
                    "timeline.html",
                    "versions.html",
                    "work.html",
                    "new.html",
                }
                assert path.name in chosen_alone, (path, form)


def test_pages_are_kept_in_no_cache_and_name_nobody_in_their_address() -> None:
    client = member("nora", Role.SUPERVISOR)
    for address in CLOSED:
        answer = client.get(address.path)
        assert "no-store" in answer["Cache-Control"], address.route
        assert "default-src 'none'" in answer["Content-Security-Policy"], address.route
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        if not answer.streaming:
            page = answer.content.decode(errors="replace")
            assert not re.search(rf'(href|action|hx-[a-z]+)="[^"]*{MARK}', page), address.route


def test_no_form_leads_out_of_the_house() -> None:
    client: Client = member("nora", Role.SUPERVISOR, Role.COORDINATOR)
    out = [
        "https://example.org/",
        "//example.org",
        "/\\example.org",
        "javascript:alert(1)",
        "\t//x",
    ]
    for address in CLOSED:
        if address.path == "/sign-out":
            continue
        for where in out:
            sent = {"next": where, "back": where, "patient": PATIENT, "q": "x"}
            answer = client.post(address.path, sent, headers={"Referer": where})
            led = answer.headers.get("Location", "/")
            assert led.startswith("/"), (address.route, led)
            assert not led.startswith(("//", "/\\")), (address.route, led)
