"""What family may know and what may leave are both Consents; neither is taken for the other."""

from __future__ import annotations

from datetime import date

from handrail.duties.care_team.resources import permission_view
from handrail.duties.care_team.rules import permitting
from handrail.duties.care_team.rules.permitting import Permitting
from handrail.fhir import disclosing
from handrail.record.rulebook import rulebook

TODAY = date(2026, 11, 22)
RECIPIENT = "Organization/pantry"


def family(related="kin"):
    wanted = Permitting(
        related=related,
        name="Kin",
        parts=frozenset({"plan", "substance-use"}),
        agreed="written",
        ends_on="2027-11-22",
    )
    return permitting.consent("maria", wanted, TODAY, "f1")


def shared(**more):
    agreed = disclosing.Agreement(recipient=RECIPIENT, name="Pantry", ends_on="2027-11-22", **more)
    made = disclosing.consent_for(
        "maria", agreed, on=TODAY, organization={"display": "Harbor"}, source="DocumentReference/d"
    )
    return {**made, "id": "s1"}


def basis(*consents, recipient):
    return disclosing.basis_for(
        consents,
        recipient=recipient,
        purpose="service",
        recipient_kind="community",
        at=TODAY,
        rules=rulebook(),
    )


def test_what_family_may_know_lets_nothing_leave():
    assert disclosing.disclosable(family()) is None
    assert not basis(family(), recipient="RelatedPerson/kin").stands
    assert not basis(family(), recipient=RECIPIENT).stands


def test_what_may_leave_lets_family_know_nothing():
    assert permission_view(shared()) is None
    to_kin = shared()
    to_kin["provision"]["actor"][0]["reference"] = {"reference": "RelatedPerson/kin"}
    assert permission_view(to_kin) is None


def test_both_of_one_person_are_read_side_by_side():
    found = basis(family(), shared(), recipient=RECIPIENT)
    assert (found.kind, found.consent) == ("consent", "Consent/s1")
    assert permission_view(family()).related == "kin"
