"""The one shape every room has: what it offers to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.access.principal import Principal, Role
from handrail.fhir.resource import Resource
from handrail.fhir.work import kind_of
from handrail.record.registry import Projection, Reaction, Sweep, registry

# What a panel gives the page: safe HTML, or nothing to show.
Render = Callable[[HttpRequest, Principal, str], str]


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """A kind of work a room puts on the desk.

    ``does`` names the :class:`Doing` with which it is done ("contact": a call, visit or message;
    "plain": a note says what came of it). ``queue`` is the desk's tab. ``checklist`` are the points
    to go through, (code, label); ``script`` what to say, (language, paragraphs). ``attempts`` is
    how many documented attempts without an answer are made before another way is tried.
    What ``ends_by_doing`` is ended where it is done, not from the list with a reason; what is not
    ``may_wait`` is not put off either.
    """

    code: str
    label: str
    verb: str = "Do"
    does: str = "plain"
    queue: str = "other"
    checklist: Sequence[tuple[str, str]] = ()
    script: Sequence[tuple[str, Sequence[str]]] = ()
    attempts: int = 3
    minutes: int = 5
    ends_by_doing: bool = False
    may_wait: bool = True


@dataclass(frozen=True, kw_only=True)
class Doing:
    """A way of doing work: the panel beside the list. ``panel(request, principal, task id)``."""

    name: str
    panel: Render


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the patient page. ``render(request, principal, patient id)``.

    ``slot``: "head" (who it is, above every page of a patient), "alert" (one line under it),
    "banner" (facts inside it), "main" or "side"; and "today" (one line above the worklist, such as
    a feed that is silent; it is given no patient).
    """

    slot: str
    order: int
    render: Render


@dataclass(frozen=True, kw_only=True)
class Nav:
    """An entry of the main navigation, or a tab of the patient page.

    A tab's ``url`` has one ``{patient}`` in it.
    """

    label: str
    url: str
    order: int
    key: str = ""
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Room:
    """A duty of the coordinator, described once.

    ``writes`` are the resource types it may write; Tasks are by kind: its own ``task_kinds`` and
    every kind that is done by one of its ``doings``. ``"Task"`` in ``writes`` opens all Tasks.
    ``ways`` are addresses it offers to rooms that do not know it, by what one goes there for, with
    ``{patient}`` and ``{about}`` in them. ``definitions`` gives what it brings to every
    organization (Questionnaire, PlanDefinition). ``offers`` are questions it answers for rooms that
    do not know it, by name: see :meth:`House.ask`.
    """

    name: str
    title: str
    writes: frozenset[str] = frozenset()
    task_kinds: Sequence[TaskKind] = ()
    doings: Sequence[Doing] = ()
    reactions: Sequence[Reaction] = ()
    sweeps: Sequence[Sweep] = ()
    projections: Sequence[Projection] = ()
    panels: Sequence[Panel] = ()
    nav: Sequence[Nav] = ()
    tabs: Sequence[Nav] = ()
    ways: Mapping[str, str] = field(default_factory=dict)
    definitions: Callable[[], Iterable[Resource]] = tuple
    offers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def may_write(self, resource: Resource) -> bool:
        """Tell whether this room writes resources such as this one (P6)."""
        if resource["resourceType"] in self.writes:
            return True
        if resource["resourceType"] != "Task":
            return False
        kind = house.task_kinds.get(kind_of(resource))
        own = {task_kind.code for task_kind in self.task_kinds}
        return kind is not None and (
            kind.code in own or any(doing.name == kind.does for doing in self.doings)
        )


@dataclass
class House:
    """All rooms that are open."""

    rooms: dict[str, Room] = field(default_factory=dict)
    task_kinds: dict[str, TaskKind] = field(default_factory=dict)
    doings: dict[str, Doing] = field(default_factory=dict)

    def panels(self, slot: str) -> Iterable[Panel]:
        """Return the panels for a slot of the patient page, in order."""
        every = (panel for room in self.rooms.values() for panel in room.panels)
        return sorted((p for p in every if p.slot == slot), key=lambda panel: panel.order)

    def nav(self, principal: Principal) -> Iterable[Nav]:
        """Return the main navigation for this principal, in order."""
        every = (nav for room in self.rooms.values() for nav in room.nav)
        open_to = (nav for nav in every if not nav.roles or principal.roles & nav.roles)
        return sorted(open_to, key=lambda nav: nav.order)

    def tabs(self) -> Iterable[Nav]:
        """Return the tabs of the patient page, in order."""
        return sorted((t for r in self.rooms.values() for t in r.tabs), key=lambda tab: tab.order)

    def way(self, to: str, patient: str, about: str = "") -> str:
        """Return the address one goes to for ``to``; the patient's page where no room offers it."""
        offered = (room.ways[to] for room in self.rooms.values() if to in room.ways)
        return next(offered, "/patients/{patient}").format(patient=patient, about=about)

    def ask(self, question: str, *given: Any) -> list[Any]:
        """Return what every room answers that offers ``question``; none when nobody does.

        The questions, what is given and what comes back:

        - ``candidates`` (principal, :class:`handrail.fhir.directory.candidates.Wanted`): a list of
          :class:`handrail.fhir.directory.candidates.Candidate`, best first;
        - ``track-record`` (principal, references): a mapping of reference to
          :class:`handrail.fhir.directory.candidates.Track`;
        - ``agree`` (principal, patient id, :class:`handrail.fhir.disclosing.Agreement`): what the
          person agreed to is written down; the reference of the Consent ("Consent/...");
        - ``consents`` (principal, patient id): the Consents of a person for disclosures, in force
          or not, for :func:`handrail.fhir.disclosing.basis_for`.
        """
        return [
            room.offers[question](*given) for room in self.rooms.values() if question in room.offers
        ]

    def definitions(self) -> Iterable[tuple[str, Resource]]:
        """Yield (room, resource) of everything the rooms bring to an organization."""
        for room in self.rooms.values():
            for resource in room.definitions():
                yield room.name, resource


house = House()


def open_room(room: Room) -> None:
    """Connect a room to the record; called once, from the room's AppConfig."""
    house.rooms[room.name] = room
    house.task_kinds.update({kind.code: kind for kind in room.task_kinds})
    house.doings.update({doing.name: doing for doing in room.doings})
    registry.open_room(
        room.name,
        may_write=room.may_write,
        reactions=room.reactions,
        projections=room.projections,
        sweeps=room.sweeps,
    )


def patient_frame(
    request: MemberRequest, patient: str, here: str = "", head: Sequence[SafeString] | None = None
) -> dict[str, Any]:
    """Return what every page of a patient shows around a room's own: ``look/patient.html``.

    Args:
        request: whose page it is.
        patient: the id of the patient.
        here: the address of the tab that is open; the request's own if empty.
        head: who it is, where the caller has drawn that already.
    """
    at = here or request.path
    addresses = [
        (_(tab.label), tab.url.format(patient=patient))
        for tab in house.tabs()
        if not tab.roles or request.principal.roles & tab.roles
    ]
    return {
        "patient": patient,
        "head": drawn(request, request.principal, "head", patient) if head is None else head,
        "alerts": drawn(request, request.principal, "alert", patient),
        "tabs": [(label, url, None, url == at) for label, url in addresses],
    }


def drawn(request: HttpRequest, principal: Principal, slot: str, patient: str) -> list[SafeString]:
    """Return what the rooms show in a slot of a patient's pages."""
    shown = (panel.render(request, principal, patient) for panel in house.panels(slot))
    return [mark_safe(html) for html in shown if html]  # noqa: S308 - rooms give safe HTML
