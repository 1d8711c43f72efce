"""What is to go out for a referral, written down before it goes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from handrail.fhir.change import Known, stamp
from handrail.fhir.disclosing.accounting import told
from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.referring import building, names
from handrail.fhir.referring.state import state_in
from handrail.fhir.resource import Resource

DELIVERED: Final = frozenset({"fhir", "mail", "sms", "fax"})
"""What a job takes out."""
PRINTED: Final = frozenset({"post"})


def dispatch(
    task: Resource, said: building.Dispatch, identity: str, basis: Basis | None = None
) -> Resource:
    """Return the Communication that is to go out, with what it discloses.

    Args:
        task: the referral, with its channel and address.
        said: what goes, by which way.
        identity: the id of the Communication.
        basis: on what it rests; None: it says nothing that names the person.
    """
    specialist = names.TASK_PROFILE not in (task.get("meta") or {}).get("profile", ())
    made = building.communication(task, said, identity)
    del made["sent"]
    return told(
        made,
        basis=basis,
        purpose="treatment" if specialist else "service",
        address=state_in(task).address,
        what="Request" if basis else "Request without name",
    )


def taken_back(task: Resource, known: Known) -> Iterator[Resource]:
    """Yield the notice that a referral was taken back, for a receiver who was sent it."""
    state = state_in(task)
    if not state.sent or state.channel not in DELIVERED:
        return
    seed = f"{names.REFERRAL}|taken-back|{task['id']}"
    identity = uuid5(NAMESPACE_URL, seed).hex
    if known.read(f"Communication/{identity}") is not None:
        return
    at = stamp(known)
    said = building.Dispatch(kind="cancel", channel=state.channel, at=at, status="preparation")
    yield dispatch(task, said, identity)
