"""The page to fill an assessment in: asked one line at a time, saved as it is typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from handrail.access.marks import MemberRequest
from handrail.access.principal import Principal
from handrail.duties.intake.actions.finishing import counted_in
from handrail.duties.intake.actions.opening import Opened, worked_out
from handrail.duties.intake.actions.protecting import open_protocols, protocol_of, still_said
from handrail.duties.intake.resources import TRANSLATION_STATUS, extension_of
from handrail.duties.intake.rules.instruments import Protocol
from handrail.duties.intake.rules.merging import Clash
from handrail.duties.intake.rules.pages import Page, pages
from handrail.duties.intake.rules.progress import Progress, how_far, is_settled, questions
from handrail.duties.intake.rules.scoring import Counted
from handrail.duties.intake.screens.questions import Line, Shown, lines, plain
from handrail.duties.intake.screens.words import TRANSLATION, WAYS, language_name
from handrail.fhir.forms import Evaluated, Fault, Spot, laid_out
from handrail.fhir.forms.reconciling import Lost, reconciled
from handrail.look.dates import local
from handrail.record.known import known
from handrail.room import patient_frame

_PROMPT: Final = "en"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A safety protocol that is open: what to do, and whether the answer still says it."""

    task: str
    why: str
    protocol: Protocol
    own: Protocol
    stands: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the form: how much of it is answered."""

    number: int
    title: str
    answered: int
    asked: int


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All that one page of an assessment shows."""

    opened: Opened
    now: Evaluated
    page: int
    pages: list[Page]
    tabs: list[Tab]
    lines: list[Line]
    progress: Progress
    scores: list[Counted]
    alarms: list[Alarm]
    lost: tuple[Lost, ...] = ()
    missing: frozenset[str] = field(default=frozenset())

    @property
    def alarm(self) -> str:
        """What the alert says now, as one word: it is drawn again when this changes."""
        return " ".join(f"{each.task}:{int(each.stands)}" for each in self.alarms)

    @property
    def faulty(self) -> str:
        """The lines that say that something is wrong."""
        return " ".join(line.id for line in self.lines if line.fault or line.clash)


def own_language() -> str:
    """Return the language the coordinator reads."""
    return get_language() or _PROMPT


@dataclass(frozen=True, slots=True)
class Apart:
    """What is shown beside the answers that are saved.

    ``faults`` keep what was typed and could not be taken; ``clashes`` what two people differ on;
    ``add`` is a repeating group (its place) that is shown with one more, empty row.
    """

    faults: Sequence[Fault] = ()
    clashes: Sequence[Clash] = ()
    add: str = ""


def sheet_of(
    by: Principal,
    opened: Opened,
    page: int,
    *,
    now: Evaluated | None = None,
    apart: Apart = Apart(),
) -> Sheet:
    """Return what a page shows."""
    form, said, add = opened.form, opened.said, apart.add
    response = laid_out(form, opened.response, blank=[add]).response() if add else opened.response
    found = now or worked_out(by, form, response, said.patient)
    every = pages(form.items)
    asked = list(questions(form, found))
    scores = counted_in(form, found.response, said, known(by.org))
    return Sheet(
        opened=opened,
        now=found,
        page=_number(page, every),
        pages=every,
        tabs=_tabs(asked, every),
        lines=lines_of(opened, page, found, {score.rule.code for score in scores}, apart),
        progress=how_far(asked),
        scores=scores,
        alarms=alarms(by, opened),
        lost=lost_in(opened),
    )


def _number(page: int, every: Sequence[Page]) -> int:
    return min(max(page, 1), max(len(every), 1))


def lines_of(
    opened: Opened,
    page: int,
    found: Evaluated,
    tallied: Collection[str],
    apart: Apart = Apart(),
) -> list[Line]:
    """Return the lines of one page; ``tallied`` are the codes of scores that stand under it."""
    form = opened.form
    shown = Shown(
        asking=opened.said.language or form.language or _PROMPT,
        own=own_language(),
        faults={fault.place: fault for fault in [*found.faults, *apart.faults]},
        clashes={clash.place: clash for clash in apart.clashes},
    )
    every = pages(form.items)
    here = every[_number(page, every) - 1] if every else Page("", frozenset(), 0)
    return lines(form, found, here, shown, tallied)


def _tabs(asked_now: Sequence[Spot], every: Sequence[Page]) -> list[Tab]:
    if len(every) < 2:  # noqa: PLR2004 - one page needs no tabs
        return []
    asked: dict[int, int] = {}
    settled: dict[int, int] = {}
    where = {link: n for n, page in enumerate(every, 1) for link in page.links}
    for spot in asked_now:
        number = where.get(spot.item.link_id, 1)
        asked[number] = asked.get(number, 0) + 1
        settled[number] = settled.get(number, 0) + is_settled(spot)
    return [
        Tab(n, page.title, settled.get(n, 0), asked.get(n, 0)) for n, page in enumerate(every, 1)
    ]


def alarms(by: Principal, opened: Opened) -> list[Alarm]:
    """Return the safety protocols that this assessment opened and nobody finished."""
    asking = opened.said.language or _PROMPT
    return [
        Alarm(
            task=each.id,
            why=str((each.resource.get("reasonCode") or {}).get("text", "")),
            protocol=protocol_of(by, each.resource, asking),
            own=protocol_of(by, each.resource, own_language()),
            stands=still_said(by, each.resource),
        )
        for each in open_protocols(by, opened.said.patient, opened.id)
    ]


def lost_in(opened: Opened) -> tuple[Lost, ...]:
    """Return the answers that have no place in the newer version of the form."""
    if opened.newer is None:
        return ()
    return reconciled(opened.form, opened.newer.form, opened.response).lost


def tally(score: Counted) -> str:
    """Return a running score in words."""
    rule = score.rule
    if rule.combine == "any":
        return score.band.words if score.band else _("not counted yet")
    so_far = plain(score.so_far if score.value is None else score.value)
    most = plain(rule.maximum) if rule.maximum is not None and rule.combine == "sum" else ""
    text = _("%(n)s of %(most)s") % {"n": so_far, "most": most} if most else so_far
    if score.value is None:
        left = {"text": text, "n": score.answered, "of": score.of}
        return _("%(text)s so far (%(n)s of %(of)s answered)") % left
    return f"{text}: {score.band.words}" if score.band else text


def context(request: MemberRequest, sheet: Sheet, **more: Any) -> Mapping[str, Any]:
    """Return what the templates show, with what stands around it."""
    said = sheet.opened.said
    frame = patient_frame(request, said.patient, f"/patients/{said.patient}/assessments")
    return {**frame, **words_of_page(sheet, **more)}


def words_of_page(sheet: Sheet, **more: Any) -> Mapping[str, Any]:
    """Return what the templates show of the sheet itself."""
    opened = sheet.opened
    said, form = opened.said, opened.form
    asking = said.language or form.language or _PROMPT
    status = str(extension_of(form.questionnaire, TRANSLATION_STATUS) or "")
    foreign = asking.partition("-")[0] != (form.language or _PROMPT).partition("-")[0]
    translated = asking.partition("-")[0] in {tag.partition("-")[0] for tag in form.languages}
    known_ = {
        "sheet": sheet,
        "id": opened.id,
        "title": form.title_in(asking),
        "title_own": form.title_in(own_language()),
        "asking": asking,
        "asking_name": language_name(asking),
        "foreign": foreign,
        "translated": translated,
        "translation": _(TRANSLATION[status]) if status in TRANSLATION else "",
        "way": _(WAYS[said.asked_by]) if said.asked_by in WAYS else "",
        "version": opened.stored.version,
        "saved_at": f"{local(opened.stored.updated_at):%H:%M}",
        "tallies": [(score.rule.name, tally(score), score) for score in sheet.scores],
        "copyright": str(form.questionnaire.get("copyright", "")),
        "errors": (),
        "correcting": False,
    }
    return {**known_, **more}
