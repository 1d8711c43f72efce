"""The selected item: who, why now, by which rule, and the room's own way of doing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.marks import MemberRequest
from handrail.access.principal import Role
from handrail.desk.colleagues import Colleagues, colleagues
from handrail.desk.words import ENDINGS, OUTCOMES, PRIORITIES, language
from handrail.desk.worklist import Item
from handrail.fhir.rulebook import Rule, UnknownRuleError
from handrail.look import dates
from handrail.record.known import organization_facts
from handrail.record.rulebook import rulebook
from handrail.record.store import current_versions
from handrail.room import TaskKind, house

_CONTACT = "contact"  # a source that the list shows already: the last contact has its column
PLAIN = TaskKind(code="", label="Task from another system")


class Row(NamedTuple):
    """One row of the list, ready to be shown. ``rule`` is the title of the rule it came from."""

    item: Item
    due: dates.Due
    name: str
    aside: str
    why: str
    rule: str
    waiting: str
    contact: str


def explained(items: Iterable[Item]) -> list[Row]:
    """Return the rows with their words. What every row needs is asked for once."""
    now = timezone.localtime()
    reader = get_language() or "en"
    return [_row(item, now, reader) for item in items]


def _row(item: Item, now: datetime, reader: str) -> Row:
    aside = [dates.age(item.birth_date, now.date())]
    if item.interpreter or item.language:
        aside.append(_speech(item.language or "", bool(item.interpreter), reader))
    rule = rule_of(item, now.tzinfo) if item.rule else None
    return Row(
        item,
        dates.late(item.due, now),
        item.name or _("No patient"),
        ", ".join(part for part in aside if part),
        _why(item, now),
        rule.title if rule else "",
        _waiting(item),
        _contact(item, now, reader),
    )


def _why(item: Item, now: datetime) -> str:
    """Return why it is due and where that comes from, without what the chip beside it says.

    The panel has the whole text; a list that names the deadline twice shows fewer rows.
    """
    due = dates.moment(item.legal, now) if item.legal else ""
    sentences = item.why.split(". ")
    if due and len(sentences) > 1 and due in sentences[-1]:
        sentences.pop()
    why, source = ". ".join(sentences), item.source_text
    return why if not source or source in why or source == _CONTACT else f"{why} · {source}"


@lru_cache(maxsize=1024)
def _speech(code: str, interpreter: bool, _reader: str) -> str:  # noqa: FBT001 - a key of the cache
    """Return the language and the need of an interpreter, in the reader's language."""
    spoken = language(code)
    if not interpreter:
        return spoken
    return f"{spoken}, {_('interp.')}" if spoken else _("needs interpreter")


@lru_cache(maxsize=1024)
def _outcome(code: str, _reader: str) -> str:
    return _(OUTCOMES[code]) if code in OUTCOMES else code


def _contact(item: Item, now: datetime, reader: str) -> str:
    if item.contact_at is None:
        return _outcome("never", reader)
    said = _outcome(item.contact_outcome or item.contact_how or "", reader)
    return f"{_shortly(item.contact_at, now)}, {said}"


def _shortly(at: datetime, now: datetime) -> str:
    """Return "17 Nov" of this year, else the day with its year."""
    there = at.astimezone(now.tzinfo)
    return date_format(there, "j M") if there.year == now.year else dates.day(at, now)


def _waiting(item: Item) -> str:
    if item.held == "snoozed":
        return _("Snoozed to %(day)s") % {"day": dates.day(item.next_look)}
    return item.waiting_on or _("Us")


def because(item: Item) -> str:
    """Return why the item stands where it stands in the order, in one sentence."""
    if item.legal:
        words = _("Due %(moment)s by rule") % {"moment": dates.moment(item.legal)}
    else:
        words = _("Planned for %(moment)s") % {"moment": dates.moment(item.next_look)}
    return f"{words}, {_(PRIORITIES[item.priority])}" if item.priority in PRIORITIES else words


def kind_of(item: Item) -> TaskKind:
    """Return the kind of work, as its room declared it."""
    return house.task_kinds.get(item.kind, PLAIN)


def rule_of(item: Item, zone: tzinfo | None = None) -> Rule | None:
    """Return the dated rule the work came from, if it names one."""
    if not item.rule:
        return None
    on = item.authored_at.astimezone(zone or timezone.get_current_timezone()).date()
    try:
        return rulebook().rule(item.rule, on)
    except UnknownRuleError:
        return None


@dataclass(frozen=True, slots=True)
class Rendered:
    """The panel, ready to be shown."""

    row: Row
    order: str
    kind: TaskKind
    rule: Rule | None
    doing: SafeString
    version: int
    here: str
    next: str
    tomorrow: date
    in_a_week: date
    endings: list[tuple[str, str]]
    people: Colleagues
    can_claim: bool
    can_hand_over: bool
    is_plain: bool
    errors: tuple[tuple[str, str], ...]


def selected_panel(request: MemberRequest, item: Item, here: str) -> Rendered:
    """Return the panel of the selected item; reading it is written into the trail."""
    principal = request.principal
    kind = kind_of(item)
    reference = f"Task/{item.id}"
    versions = current_versions([("Task", item.id)], by=principal)
    version = versions.get(reference, (0, None))[0]
    audit.read(principal, [reference], version, item.patient)
    request.META["handrail.version"] = version
    doing = house.doings.get(kind.does) or house.doings["plain"]
    calendar, _pool = organization_facts(principal.org)
    today = calendar.local_date(datetime.now(UTC))
    holder = item.owner
    free = not holder or holder.startswith("CareTeam/")
    return Rendered(
        row=explained([item])[0],
        order=because(item),
        kind=kind,
        rule=rule_of(item),
        doing=mark_safe(doing.panel(request, principal, item.id)),  # noqa: S308 - rooms give safe HTML
        version=version,
        here=here,
        next=str(request.META.get("handrail.next", "/")),
        tomorrow=calendar.after(today, 1),
        in_a_week=calendar.after(today, 5),
        endings=[(code, _(ENDINGS[code])) for code in ("not-needed", "declined", "duplicate")],
        people=colleagues(principal.org),
        can_claim=free and item.owner != principal.person,
        can_hand_over=free or holder in principal.identities or principal.has(Role.SUPERVISOR),
        is_plain=doing.name == "plain",
        errors=tuple(request.META.get("handrail.errors", ())),
    )
