"""Handrail opened from an EHR with a patient in context: authorization code with PKCE, then who.

Source: http://hl7.org/fhir/smart-app-launch/app-launch.html. What the EHR says of the patient is
only compared with the record; nothing is stored unless somebody decides to take the patient in.
"""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from handrail.access.principal import Principal, Reach, system
from handrail.edge.connect.errors import LaunchError
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import FHIR, Peer, parsed, refused
from handrail.edge.connect.rewriting import Rewriting
from handrail.fhir import text
from handrail.fhir.resource import Resource, reference
from handrail.record import store
from handrail.record.known import known
from handrail.record.store import Draft

LIVES: Final = 600  # seconds between the launch and the EHR's answer
_LONGEST: Final = 2048  # characters of what an EHR hands us
_MOST: Final = 1_000_000  # bytes of a Patient


@dataclass(frozen=True, slots=True)
class Begun:
    """A launch that is under way: where the browser goes, and what we keep in its session."""

    address: str
    kept: dict[str, Any]


def start(one: Connection, *, iss: str, launch: str, landing: str) -> Begun:
    """Return where the browser goes to be let in.

    Args:
        one: the connection whose address was opened.
        iss: the FHIR base of the EHR that opens us; it must be the connection's.
        launch: the EHR's own note about what is open there.
        landing: our address at which the EHR gives its answer.

    Raises:
        LaunchError: another server opens us, or it says too little.
        PeerError: the EHR's configuration cannot be had.
    """
    if iss.rstrip("/") != one.base.rstrip("/"):
        raise LaunchError(_("This address belongs to another EHR than the one that opened it."))
    if not launch or len(launch) > _LONGEST:
        raise LaunchError(
            _("The EHR did not say what it has open. Open Handrail from there again.")
        )
    client = one.launch_client_id or one.client_id
    endpoint = Peer(one).configuration().get("authorization_endpoint")
    if not client or not isinstance(endpoint, str):
        raise LaunchError(_("The EHR is not set up to open Handrail. Ask your administrator."))
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": landing,
        "scope": "launch patient/Patient.rs",
        "state": state,
        "aud": one.base,
        "launch": launch,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    kept = {
        "connection": one.id,
        "state": state,
        "verifier": verifier,
        "landing": landing,
        "until": time.time() + LIVES,
    }
    joint = "&" if "?" in endpoint else "?"
    return Begun(f"{endpoint}{joint}{urlencode(asked)}", kept)


def land(one: Connection, kept: dict[str, Any], *, code: str, state: str) -> Resource:
    """Return the Patient who is open in the EHR.

    Raises:
        LaunchError: the answer is not to our question, too late, or names no patient.
        PeerError: the EHR does not give a token or the Patient.
    """
    fits = secrets.compare_digest(state.encode(), str(kept.get("state", "")).encode())
    if not fits or kept.get("connection") != one.id or time.time() > kept.get("until", 0):
        raise LaunchError(_("This is not the answer to our question, or it came too late."))
    if not code or len(code) > _LONGEST:
        raise LaunchError(_("The EHR did not let Handrail in. Open it from there again."))
    peer = Peer(one)
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": kept["landing"],
        "code_verifier": kept["verifier"],
    }
    client = one.launch_client_id or one.client_id
    granted = peer.granted(asked, client)
    patient = granted.get("patient")
    if not isinstance(patient, str) or not patient:
        raise LaunchError(_("The EHR has no patient open. Open one there, then Handrail."))
    return _patient(peer, patient, str(granted["access_token"]))


def _patient(peer: Peer, identity: str, token: str) -> Resource:
    address = f"{peer.base}/Patient/{quote(identity, safe='')}"
    headers = {"Accept": FHIR, "Authorization": f"Bearer {token}"}
    with peer.asking("GET", address, signed=False, **headers) as reply:
        if not reply.fine:
            raise refused(reply.status, parsed(reply))
        found = text.parse(reply.read(_MOST))
    if found.get("resourceType") != "Patient" or not isinstance(found.get("id"), str):
        raise LaunchError(_("The EHR gave something else than a Patient."))
    return found


def ours(one: Connection, patient: Resource, *, by: Principal) -> list[str]:
    """Return the ids of our patients who may be the EHR's: pulled from it, or the same identifier.

    The identifiers are compared with their systems; a name and a birth date prove nothing.
    Patients whom ``by`` does not reach count too, so that nobody is taken in twice.
    """
    everybody = system(by.org, "connect", "EHR launch")
    pulled = Rewriting(one.name, one.base).identity(str(patient["id"]))
    if store.current_versions([("Patient", pulled)], by=by):
        return [pulled]
    found: dict[str, None] = {}
    for identifier in patient.get("identifier") or []:
        kind, value = str(identifier.get("system", "")), str(identifier.get("value", ""))
        if kind and value:
            references = store.identified("Patient", kind, value, by=everybody)
            found |= dict.fromkeys(one.partition("/")[2] for one in references)
    return list(found)


def take_in(one: Connection, patient: Resource, *, by: Principal) -> str:
    """Store the EHR's Patient as ours, under the id a pull would give; return that id.

    Raises:
        ForbiddenError: ``by`` may not register patients.
        InvalidResourceError: the EHR's Patient does not follow FHIR R4.
    """
    ours = Rewriting(one.name, one.base)
    identity = ours.identity(str(patient["id"]))
    drafts = [Draft(raw=ours.line(text.write(_plain(patient))))]
    if by.reach is Reach.RELATED:
        drafts.append(Draft(_first_tie(identity, by)))
    # The tie is written in the same commit; until it stands, the new record is open to them.
    maker = replace(by, opened=by.opened | {identity})
    why = "Taken in from the EHR"
    store.commit(drafts, by=maker, reason=why, origin=f"connect/{one.name}")
    return identity


def _first_tie(patient: str, by: Principal) -> Resource:
    """Return what ties somebody who reaches only their own patients to a new one."""
    return {
        "resourceType": "EpisodeOfCare",
        "status": "planned",
        "patient": reference(f"Patient/{patient}"),
        "careManager": reference(by.person, by.name),
        "period": {"start": known(by.org).as_of.date().isoformat()},
    }


def _plain(patient: Resource) -> Resource:
    """Return who the person is, without references into the EHR that lead nowhere here."""
    left_out = {"generalPractitioner", "managingOrganization", "link", "contained", "text"}
    return {name: value for name, value in patient.items() if name not in left_out}
