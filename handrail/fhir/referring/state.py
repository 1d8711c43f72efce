"""What a referral's Task says beyond FHIR and BSeR, in one extension; and reading it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from handrail.fhir.referring.names import STATE
from handrail.fhir.resource import Resource, target_of

_TYPES: Final = {
    "stage": "valueCode",
    "since": "valueDateTime",
    "channel": "valueCode",
    "address": "valueString",
    "receiver": "valueReference",
    "sent": "valueDateTime",
    "seen": "valueDateTime",
    "answered": "valueDateTime",
    "answer": "valueCode",
    "via": "valueCode",
    "earliest": "valueDate",
    "missing": "valueString",
    "waitlisted": "valueDateTime",
    "visit": "valueDateTime",
    "visits": "valueInteger",
    "no_shows": "valueInteger",
    "trouble": "valueString",
    "candidate": "valueString",
}
_NUMBERS: Final = frozenset({"visits", "no_shows"})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a referral at one receiver.

    ``stage`` is the :class:`~handrail.fhir.referring.stages.Stage` it was last told to be in and
    ``since`` when that began; ``channel`` and ``address`` how the receiver is reached; ``receiver``
    whom it is for ("HealthcareService/..."); ``sent``, ``seen``, ``answered``, ``waitlisted``
    instants; ``answer`` the first answer (accepted, declined, more-needed, waitlisted) and ``via``
    how it came; ``earliest`` the day they named; ``missing`` what they need; ``visit`` when the
    person is expected; ``visits`` and ``no_shows`` counts; ``trouble`` why nothing arrives there.
    ``candidate`` says why this receiver was chosen, in words.
    """

    stage: str = ""
    since: str = ""
    channel: str = ""
    address: str = ""
    receiver: str = ""
    sent: str = ""
    seen: str = ""
    answered: str = ""
    answer: str = ""
    via: str = ""
    earliest: str = ""
    missing: str = ""
    waitlisted: str = ""
    visit: str = ""
    visits: int = 0
    no_shows: int = 0
    trouble: str = ""
    candidate: str = ""


def state_in(task: Mapping[str, Any]) -> State:
    """Return what the Task's extension says; what is not as we write it counts as not said."""
    found: dict[str, Any] = {}
    for part in _parts(task):
        name = str(part.get("url", "")).replace("-", "_")
        value = part.get(_TYPES.get(name, ""))
        if name in _NUMBERS:
            found[name] = value if isinstance(value, int) else 0
        elif name == "receiver" and isinstance(value, Mapping):
            found[name] = str(value.get("reference", ""))
        elif name in _TYPES and isinstance(value, str):
            found[name] = value
    return State(**found)


def receiver_of(task: Mapping[str, Any]) -> str:
    """Return who is asked, never empty: the reference by which a receiver acts and is counted.

    Somebody who is only named here, and has no record, is "Device/receiver-..." of this one Task.
    """
    owner = target_of(task.get("owner"))
    return state_in(task).receiver or owner or f"Device/receiver-{task.get('id', '')}"


def _parts(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    for one in task.get("extension", ()):
        if one.get("url") == STATE:
            return list(one.get("extension", ()))
    return []


def with_state(task: Resource, **changes: str | int) -> Resource:
    """Return the Task with these parts of its state changed; an empty value takes a part away."""
    values: dict[str, Any] = {**asdict(state_in(task)), **changes}
    parts = [_part(name, values[name]) for name in _TYPES if values[name]]
    others = [one for one in task.get("extension", ()) if one.get("url") != STATE]
    changed = {name: value for name, value in task.items() if name != "extension"}
    extensions = [*others, {"url": STATE, "extension": parts}] if parts else others
    return {**changed, "extension": extensions} if extensions else changed


def _part(name: str, value: Any) -> dict[str, Any]:
    held = {"reference": value} if name == "receiver" else value
    return {"url": name.replace("_", "-"), _TYPES[name]: held}
