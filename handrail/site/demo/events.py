"""What happens in a story, read from its lines: received from elsewhere, or done by a colleague."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handrail.fhir.resource import Resource, concept
from handrail.site.demo.answers import sent
from handrail.site.demo.days import dice, stamp
from handrail.site.demo.house import AWAY, AWAY_DAYS, STAND_IN
from handrail.site.demo.papers import Paper

ACTS = (
    "call", "step", "hold", "done", "park", "ask", "assess", "decide", "needs", "team", "plan",
    "sign", "went", "agree", "refer", "heard", "closed", "met", "listed",
)  # fmt: skip
"""Verbs of what colleagues do, in the order of one day; everything else is received."""

HISTORY_DAYS = 31
_ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_OUT = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_STAYS = {
    "inpatient": ("IMP", "inpatient encounter"),
    "observation": ("OBSENC", "observation encounter"),
    "emergency": ("EMER", "emergency"),
    "nursing": ("NONAC", "inpatient non-acute"),
}
_WAYS_OUT = {
    "home": "Home",
    "snf": "Skilled nursing facility",
    "rehab": "Rehabilitation",
    "hosp": "Hospice",
    "exp": "Expired",
    "aadvice": "Left against advice",
}

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a story at its moment. ``verb`` is "received", "enrolled" or one of ACTS."""

    at: datetime
    verb: str
    paper: Paper
    event: Event
    resources: Sequence[Resource] = ()

    @property
    def by(self) -> str:
        """Return the user name of who does it; empty for what is received or told by a link."""
        if self.verb == "received":
            return ""
        if self.verb == "enrolled":
            return "sam"
        if self.verb == "heard" and self.event.get("via", "phone") != "phone":
            return ""
        care = self.paper.story["care"]
        who = str(self.event.get("by") or care.get("by") or care["to"])
        return STAND_IN if who == AWAY and int(self.event["day"]) >= -AWAY_DAYS else who


def happenings(paper: Paper) -> Iterator[Happening]:
    """Yield everything that happens to one person."""
    for event in paper.story.get("events", ()):
        act = next((verb for verb in ACTS if verb in event), "")
        if act:
            at = paper.days.recent if event.get("now") else _hour(paper, event, worked=True)
            yield Happening(at, act, paper, event)
        else:
            verb = next(verb for verb in _RECEIVED if verb in event)
            yield from _RECEIVED[verb](paper, event)
    care = paper.story.get("care", {})
    if "day" in care:
        at = paper.days.worked(int(care["day"]), 9, 10)
        yield Happening(at, "enrolled", paper, care)


def _hour(paper: Paper, event: Event, *, worked: bool = False) -> datetime:
    chance = dice(paper.story["key"], sorted(map(str, event.items())))
    hour = int(event.get("hour", chance.randrange(10, 16)))
    minute = chance.choice((0, 5, 10, 20, 25, 35, 40, 50)) if "hour" not in event else 0
    asked = paper.days.worked if worked else paper.days.at
    return asked(int(event["day"]), hour, minute)


def _received(paper: Paper, at: datetime, event: Event, *resources: Resource) -> Happening:
    return Happening(at, "received", paper, event, resources)


def _stay(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield a stay; one of zero nights was left on the same day; without ``nights`` it lasts."""
    days, first = paper.days, int(event["day"])
    starts = days.at(first, int(event.get("hour", 11)), 20)
    code, display = _STAYS[event["stay"]]
    encounter: Resource = {
        "resourceType": "Encounter",
        "id": paper.id("stay", first),
        "meta": {"source": "urn:handrail:hl7v2"},
        "status": "in-progress",
        "class": {"system": _ACT_CODE, "code": code, "display": display},
        "subject": paper.subject,
        "period": {"start": stamp(starts)},
        "reasonCode": [{"text": event["why"]}],
        "serviceProvider": {"display": event.get("at", "Harborlight Hospital")},
    }
    at = starts
    if "nights" in event:
        nights = int(event["nights"])
        at = days.at(first + nights, 14 + nights % 3, 40)
        at = max(at, starts + timedelta(hours=2))
        encounter["status"] = "finished"
        encounter["period"]["end"] = stamp(at)
        encounter["hospitalization"] = _way_out(event)
    if at < days.at(-HISTORY_DAYS):
        at = days.recent if int(event["day"]) > _since(paper) else days.at(-500)
    yield _received(paper, at, event, encounter)


def _since(paper: Paper) -> int:
    """Return the day of the enrolment; 0 if there is none or it is made today."""
    return int(paper.story.get("care", {}).get("day", 0))


def _way_out(event: Event) -> Resource:
    out = str(event.get("out", "home"))
    way: Resource = {"dischargeDisposition": concept(_OUT, out, _WAYS_OUT[out], _WAYS_OUT[out])}
    if "to" in event:
        way["destination"] = {"display": event["to"]}
    return way


def _seen(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield a visit that took place."""
    at = _hour(paper, event)
    yield _received(
        paper,
        at,
        event,
        {
            "resourceType": "Encounter",
            "id": paper.id("seen", event["day"], event["seen"]),
            "status": "finished",
            "class": {"system": _ACT_CODE, "code": event.get("class", "AMB")},
            "type": [{"text": event["seen"]}],
            "subject": paper.subject,
            "period": {"start": stamp(at), "end": stamp(at + timedelta(minutes=30))},
            "serviceProvider": {"display": event.get("at", "Larkspur Family Practice")},
        },
    )


def _visit(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield an appointment: booked before it takes place, or missed."""
    days, day = paper.days, int(event["day"])
    starts = _hour(paper, event)
    if day > 0:
        starts = days.at((days.open_day(day) - days.today).days, starts.hour, starts.minute)
    appointment: Resource = {
        "resourceType": "Appointment",
        "id": paper.id("visit", day, event["visit"]),
        "status": "booked" if day > 0 else event.get("came", "noshow"),
        "description": event["visit"],
        "start": stamp(starts),
        "end": stamp(starts + timedelta(minutes=30)),
        "participant": [
            {"actor": paper.subject, "status": "accepted"},
            {
                "actor": {"display": event.get("at", "Larkspur Family Practice")},
                "status": "accepted",
            },
        ],
    }
    made = days.worked(int(event.get("made", -1)), 16) if day > 0 else starts
    yield _received(paper, made, event, appointment)


def _measured(paper: Paper, event: Event) -> Iterator[Happening]:
    every, day = int(event.get("every", 1)), int(event["day"])
    found = paper.measured(day, event["measure"], event["values"], every)
    yield _received(paper, paper.days.at(-500), event, *found)


def _told(paper: Paper, event: Event) -> Iterator[Happening]:
    found = paper.told(int(event["day"]), event["told"], event["answer"])
    yield _received(paper, paper.days.at(-500), event, found)


def _note(paper: Paper, event: Event) -> Iterator[Happening]:
    author = event.get("author", "Dr. Irina Faro")
    found = paper.note(int(event["day"]), event["note"], event["text"], author)
    yield _received(paper, paper.days.at(-500), event, found)


def _message(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield a message that the person wrote."""
    at = _hour(paper, event)
    written: Resource = {
        "resourceType": "Communication",
        "id": paper.id("message", event["day"]),
        "status": "completed",
        "medium": [{"text": "Portal message"}],
        "subject": paper.subject,
        "sent": stamp(at),
        "sender": paper.subject,
        "payload": [{"contentString": event["message"]}],
    }
    yield _received(paper, at, event, written)


def _died(paper: Paper, event: Event) -> Iterator[Happening]:
    at = _hour(paper, event)
    person = {**paper.person(), "deceasedDateTime": paper.days.on(int(event["day"])).isoformat()}
    yield _received(paper, at, event, person)


def _answered(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield answers to a form that another system sent."""
    yield _received(paper, paper.days.at(int(event["day"]), 10), event, sent(paper, event))


def _ehr(paper: Paper, event: Event) -> Iterator[Happening]:
    """Yield a Task of another system, without an owner of ours."""
    at = _hour(paper, event)
    task: Resource = {
        "resourceType": "Task",
        "id": paper.id("ehr", event["day"]),
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "description": event["ehr"],
        "for": paper.subject,
        "authoredOn": stamp(at),
        "requester": {"display": event.get("from", "Harborlight Hospital EHR")},
        "reasonCode": {"text": event["why"]},
    }
    yield _received(paper, at, event, task)


_RECEIVED: Mapping[str, Callable[[Paper, Event], Iterator[Happening]]] = {
    "stay": _stay,
    "seen": _seen,
    "visit": _visit,
    "measure": _measured,
    "told": _told,
    "note": _note,
    "message": _message,
    "died": _died,
    "answered": _answered,
    "ehr": _ehr,
}


def episode_id(paper: Paper) -> str:
    """Return the id of the person's EpisodeOfCare."""
    return paper.id("episode")
