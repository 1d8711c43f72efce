"""Referrals in the stories: who is asked, what they answered, what came of it, what is left to do.

A line says what happened on a day; the moves are those of the room, at the moment of the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from handrail.duties.referrals.actions import keeping
from handrail.duties.referrals.actions.answering import Answer, Report
from handrail.duties.referrals.actions.reading import moves_of
from handrail.duties.referrals.resources import request_view
from handrail.duties.referrals.rules import follow_ups, notices, pace, reporting
from handrail.duties.referrals.rules.reasons import closings
from handrail.fhir.disclosing.basis import Basis
from handrail.fhir.dispatch import NOT_SENT
from handrail.fhir.referring import building, names
from handrail.fhir.referring.asked import About, with_about
from handrail.fhir.referring.state import state_in, with_state
from handrail.fhir.resource import Resource, concept, reference
from handrail.record.known import RecordKnown
from handrail.site.demo import house, offices, resources
from handrail.site.demo.days import stamp
from handrail.site.demo.events import Happening
from handrail.site.demo.needs import named

_ANSWERS: Final = {
    "accepted": "accept",
    "declined": "decline",
    "more-needed": "ask-more",
    "waitlisted": "waitlist",
}
_REPORTS: Final = {
    "scheduled": "schedule",
    "no-show": "no-show",
    "visit-cancelled": "visit-cancel",
    "note": "note",
    "could-not-reach": "not-reached",
    "outcome": "outcome",
}


def refer(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Ask somebody, or several; ``draft`` leaves it unsent."""
    line, who = one.event, house.BY_NAME[one.by]
    keys = [str(key) for key in line["to"]]
    special = keys[0] not in {str(each["key"]) for each in resources.services()}
    codes = now.rules.rule("referrals.codes", now.as_of.date()).values
    wish = building.Wish(
        patient=one.paper.patient,
        what=str(line["refer"]),
        at=stamp(one.at),
        requester=(who.person, who.name),
        about=About(
            kind=building.SPECIALIST if special else "service",
            mode="direct" if special else "light",
            specialty=str(offices.office(keys[0])["specialty"][0]) if special else "",
        ),
        code=("", "") if special else (str(codes["system"]), str(codes["service"])),
        category=str(line.get("category", "")),
        reasons=tuple(_reasons(one, now)),
        priority=str(line.get("priority", "routine")),
        words=str(line.get("words", "")),
    )
    request = building.request(wish, _request(one))
    sent = not line.get("draft")
    yield {**request, "status": "active"} if sent else request
    for key in keys:
        task = building.task(wish, _asked(one, key, now, special=special), request["id"], "")
        task["id"] = _task(one, key)
        yield from _sent(one, task, now) if sent else [_paced(task, now, one)]


def _reasons(one: Happening, now: RecordKnown) -> Iterator[str]:
    if "about" not in one.event:
        return
    conditions = list(now.of_patient(one.paper.patient, "Condition"))
    yield f"Condition/{named(one, conditions, str(one.event['about']))['id']}"


def _request(one: Happening) -> str:
    return one.paper.id("referral", one.event["ref"])


def _task(one: Happening, key: str) -> str:
    return one.paper.id("referral", one.event["ref"], key)


def _asked(one: Happening, key: str, now: RecordKnown, *, special: bool) -> building.Asked:
    channel = str(one.event.get("via", "fax" if special else "phone"))
    receiver, name = (offices if special else resources).receiver(key)
    owner, address = receiver, offices.reached(key) if special else resources.reached(key, channel)
    if not special:
        owner = str((now.read(receiver) or {})["providedBy"]["reference"])
    return building.Asked(
        receiver=receiver,
        name=name,
        owner=owner,
        channel=channel,
        address=str(one.event.get("address", address)),
        why=str(one.event.get("why", "")),
        looker=follow_ups.looker(one.paper.patient, now),
        house=house.NAME,
    )


def _sent(one: Happening, task: Resource, now: RecordKnown) -> Iterator[Resource]:
    at = stamp(one.at)
    moved = moves_of(now).make(task, "send", names.INITIATOR, at=at)
    yield _paced(with_state(moved, sent=at), now, one)
    if state_in(task).channel in notices.DELIVERED:
        yield _gone(one, moved, "ask", None)


def _gone(one: Happening, task: Resource, kind: str, basis: Basis | None) -> Resource:
    """Return the Communication of what went out, as it stands once it arrived."""
    who = house.BY_NAME.get(one.by, house.DANA)
    said = building.Dispatch(
        kind=kind,
        channel=state_in(task).channel,
        at=stamp(one.at),
        sender=(who.person, who.name),
    )
    made = notices.dispatch(task, said, one.paper.id(kind, task["id"], one.event["day"]), basis)
    return {**made, "sent": stamp(one.at)}


def _paced(task: Resource, now: RecordKnown, one: Happening) -> Resource:
    """Return the Task with its next look: on the day of the line, or as the room has it."""
    if "look" not in one.event:
        return pace.paced(task, now)
    return pace.paced(task, now, one.paper.days.open_day(int(one.event["look"])).isoformat())


def heard(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write down what a receiver said, or that they opened it."""
    kind = str(one.event["heard"])
    task = _current(one, now)
    if kind == "seen":
        marked = with_state(task, seen=stamp(one.at))
        moved = moves_of(now).make(marked, "see", names.RECIPIENT, at=stamp(one.at))
        yield _paced(moved, now, one)
    elif kind == "bounced":
        yield from _returned(one, task, now)
    elif kind in _ANSWERS:
        yield from _answered(one, task, now)
    else:
        yield from _reported(one, task, now)


def _returned(one: Happening, task: Resource, now: RecordKnown) -> Iterator[Resource]:
    """Yield the letter that came back, and the referral in trouble."""
    words = str(one.event["text"])
    day = one.event["sent"]
    sent = now.read(f"Communication/{one.paper.id('ask', task['id'], day)}") or {}
    back = concept(NOT_SENT, "returned", text=words)
    yield {**sent, "status": "not-done", "statusReason": back}
    yield _paced(with_state(task, trouble=words), now, one)


def _current(one: Happening, now: RecordKnown) -> Resource:
    request = _request(one)
    if "from" in one.event:
        wanted = [_task(one, str(one.event["from"]))]
    else:
        tasks = now.of_patient(one.paper.patient, "Task")
        focus = f"ServiceRequest/{request}"
        wanted = [t["id"] for t in tasks if (t.get("focus") or {}).get("reference") == focus]
    found = now.read(f"Task/{wanted[0]}") if wanted else None
    if found is None:
        raise LookupError(f"{one.paper.story['key']}: nobody was asked about {one.event['ref']}.")
    return found


def _answered(one: Happening, task: Resource, now: RecordKnown) -> Iterator[Resource]:
    line, at = one.event, stamp(one.at)
    given = Answer(
        kind=str(line["heard"]),
        reason=str(line.get("reason", "")),
        note=str(line.get("text", "")),
        earliest_on=one.paper.days.open_day(int(line["earliest"])).isoformat()
        if "earliest" in line
        else "",
        name=str(line.get("name", "")),
        via=str(line.get("via", "phone")),
    )
    told = with_state(
        task,
        earliest=given.earliest_on,
        answered=at,
        answer=given.kind,
        via=given.via,
        seen=state_in(task).seen or (at if given.via == "link" else ""),
        missing=given.note if given.kind == "more-needed" else "",
        waitlisted=at if given.kind == "waitlisted" else "",
    )
    moved = moves_of(now).make(
        keeping.noted(told, given, at), _ANSWERS[given.kind], names.RECIPIENT, at=at
    )
    if given.kind == "declined":
        moved["statusReason"] = reporting.decline_reason(given, now)
    kept = _said(one, task, given, now)
    yield kept
    yield _paced(keeping.evident(moved, kept), now, one)
    if given.kind == "accepted":
        yield from _taken(one, task, now)


def _said(one: Happening, task: Resource, given: Answer | Report, now: RecordKnown) -> Resource:
    who = house.BY_NAME.get(one.by, house.DANA).principal
    kept = keeping.said(who, task, given, now, "answer")
    if given.via != "phone":
        del kept["recipient"]
    about = (one.event["day"], one.event["heard"])
    return {**kept, "id": one.paper.id("said", task["id"], *about)}


def _taken(one: Happening, task: Resource, now: RecordKnown) -> Iterator[Resource]:
    """Yield the request with who does it, and the packet that went to them."""
    request = now.read(f"ServiceRequest/{_request(one)}") or {}
    owner, receiver = task.get("owner") or {}, state_in(task).receiver
    performer = reference(receiver, str(owner.get("display", ""))) if receiver else owner
    yield {**request, "performer": [performer]}
    basis: Literal["treatment", "consent", "none"] = one.event.get("basis", "none")
    if basis != "none":
        consent = one.paper.id("agreed", one.event["ref"]) if basis == "consent" else ""
        rests = Basis(kind=basis, consent=f"Consent/{consent}" if consent else "")
        yield _gone(one, task, "packet", rests)


def _reported(one: Happening, task: Resource, now: RecordKnown) -> Iterator[Resource]:
    line, at = one.event, stamp(one.at)
    given = Report(
        kind=str(line["heard"]),
        at=_moment(one),
        note=str(line.get("text", "")),
        outcome=str(line.get("outcome", "")),
        name=str(line.get("name", "")),
        via=str(line.get("via", "phone")),
    )
    moved = moves_of(now).reach(task, _REPORTS[given.kind], names.RECIPIENT, at=at)[-1]
    moved = keeping.noted(_counted(moved, given, now), given, at)
    kept = _said(one, task, given, now)
    yield kept
    if not state_in(task).answered:
        yield from _taken(one, task, now)
    if given.kind == "outcome":
        outcome = reporting.outcome_of(given, now)
        activity = ""
        if outcome.done:
            request = now.read(f"ServiceRequest/{_request(one)}") or {}
            done = keeping.procedure(request, task, given, now)
            done["id"] = one.paper.id("done", task["id"])
            activity = f"Procedure/{done['id']}"
            yield done
        moved = building.resulting(moved, activity, (outcome.code, outcome.words))
    yield _paced(keeping.evident(moved, kept), now, one)


def _moment(one: Happening) -> str:
    """Return when a visit is, from days and hour; when the person was helped, from days alone."""
    if "visit" not in one.event:
        return ""
    day, *hour = one.event["visit"]
    days = one.paper.days
    if not hour:
        return days.on(int(day)).isoformat()
    ahead = (days.open_day(int(day)) - days.today).days if int(day) > 0 else int(day)
    return stamp(days.at(ahead, int(hour[0])))


def _counted(task: Resource, given: Report, now: RecordKnown) -> Resource:
    state = state_in(task)
    changes: dict[str, str | int] = {}
    if not state.answered:
        changes = {"answered": stamp(now.as_of), "answer": "accepted", "via": given.via}
    if given.kind == "scheduled":
        visit = reporting.moment(given.at, now.calendar.zone)
        changes |= {"visit": visit, "visits": state.visits + 1}
    if given.kind == "no-show":
        changes["no_shows"] = state.no_shows + 1
    if given.kind in {"no-show", "visit-cancelled"}:
        changes["visit"] = ""
    return with_state(task, **changes)


def closed(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Close a referral with its reason; what shows it is the result, or the words of the line."""
    request = now.read(f"ServiceRequest/{_request(one)}") or {}
    closing = closings(now.rules, now.as_of.date())[str(one.event["closed"])]
    results = [p for p in now.of_patient(one.paper.patient, "Procedure") if _is_of(p, request)]
    about = replace(
        request_view(request).about,
        closed=closing.code,
        closed_at=stamp(one.at),
        closed_by=house.BY_NAME[one.by].person,
        closed_note=str(one.event["text"]),
        evidence=f"Procedure/{results[0]['id']}" if results else "",
    )
    yield {**with_about(request, about), "status": closing.status}


def _is_of(procedure: Resource, request: Resource) -> bool:
    based = {str(each.get("reference", "")) for each in procedure.get("basedOn", ())}
    return f"ServiceRequest/{request['id']}" in based


def met(one: Happening, now: RecordKnown) -> Iterator[Resource]:
    """Write down whether the person says that the need is met."""
    who, line = house.BY_NAME[one.by], one.event
    request = now.read(f"ServiceRequest/{_request(one)}") or {}
    reasons = [reference(each) for each in request_view(request).reasons]
    answer = str(line["met"])
    yield {
        "resourceType": "Observation",
        "id": one.paper.id("met", line["ref"]),
        "status": "final",
        "code": concept(names.OBSERVATION, "need-met", text="Is the need met?"),
        "subject": one.paper.subject,
        "focus": [reference(f"ServiceRequest/{request['id']}"), *reasons],
        "effectiveDateTime": stamp(one.at),
        "performer": [one.paper.subject, reference(who.person, who.name)],
        "valueCodeableConcept": concept(names.NEED_MET, answer, text=_MET[answer]),
        "method": concept("urn:handrail:contact", "phone"),
        "note": [{"text": str(line["text"])}],
    }


_MET: Final[Mapping[str, Any]] = {
    "yes": "The need is met",
    "partly": "The need is met in part",
    "no": "The need is not met",
}
