"""The page itself: what is asked, four fields, and later what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later
from django.views.decorators.http import require_GET, require_http_methods

from handrail.access import links
from handrail.access.database import acting
from handrail.access.links_models import Link
from handrail.access.principal import Principal
from handrail.duties.referrals.actions import answering, following, inviting, letters, packing
from handrail.duties.referrals.actions.inviting import Seen
from handrail.duties.referrals.actions.packing import Papers
from handrail.duties.referrals.rules.reasons import declines, outcomes
from handrail.duties.referrals.screens.receiver.door import (
    at_door,
    go,
    house_of,
    is_open,
    path_of,
    show,
)
from handrail.duties.referrals.screens.receiver.opening import door
from handrail.fhir.errors import (
    BusinessRuleError,
    IllegalMoveError,
    VersionConflictError,
)
from handrail.fhir.referring.stages import GOING, WAITING, Stage
from handrail.look import dates
from handrail.look.paper import UnprintableError
from handrail.look.typed import printable, whole
from handrail.record.rulebook import rulebook

ANSWERS: Final = (
    ("accepted", later("Yes, we can")),
    ("more-needed", later("Maybe, we need more first")),
    ("waitlisted", later("We have a waiting list")),
    ("declined", later("No")),
)
REPORTS: Final = (
    ("scheduled", later("A visit is set")),
    ("no-show", later("The person did not come")),
    ("could-not-reach", later("We could not reach the person")),
    ("outcome", later("We are done")),
    ("note", later("Something else")),
)
STANDS: Final[Mapping[Stage, str]] = {
    Stage.MORE_NEEDED: later("You asked for more. We will answer; you can also answer now."),
    Stage.WAITLISTED: later("The person is on your waiting list. Tell us when there is room."),
    Stage.ACCEPTED: later("You said yes. Thank you."),
    Stage.SCHEDULED: later("A visit is set. Thank you."),
    Stage.NO_SHOW: later("You told us that the person did not come."),
    Stage.VISIT_CANCELLED: later("You told us that the visit was cancelled."),
    Stage.SERVICE_GIVEN: later("You told us that help was given. Thank you."),
    Stage.CANCEL_ASKED: later("This is no longer needed. Please stop, and tell us what was done."),
    Stage.CLOSED: later("You told us that this is done. Thank you."),
    Stage.DECLINED: later("You said no. Thank you for telling us."),
    Stage.CANCELLED: later("This was taken back. Nothing has to be done any more."),
    Stage.FAILED: later("This was taken back. Nothing has to be done any more."),
}
_FIELDS: Final = ("kind", "reason", "earliest_on", "at", "outcome", "name", "note")
_LONGEST: Final = 4000  # characters of a field that are looked at
_UNPROCESSABLE: Final = 422
_CONFLICT: Final = 409


@at_door
@require_http_methods(["GET", "POST"])
def answer_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is asked and take the answer; before the code, ask for it."""
    link = links.find(token)
    if not is_open(request, link):
        return door(request, link)
    house_of(link)
    by = links.principal_of(link)
    if request.method == "POST":
        return _take(request, link, by)
    answering.seen(by, _task_of(link))
    with acting(by):
        links.opened(link)
    return _page(request, link, by)


def _task_of(link: Link) -> str:
    return link.subject.removeprefix("Task/")


def _typed(request: HttpRequest) -> dict[str, str]:
    given = {name: request.POST.get(name, "")[:_LONGEST] for name in _FIELDS}
    return {name: printable(text).strip() for name, text in given.items()}


def _take(request: HttpRequest, link: Link, by: Principal) -> HttpResponse:
    typed, seen_version = _typed(request), whole(request.POST.get("if_match", "")) or 0
    try:
        _tell(request.POST.get("do", ""), by, link, typed, seen_version)
    except VersionConflictError:
        words = _(
            "Somebody else answered meanwhile. See below how it stands now; your words are still"
            " here. Send them again if they are still right."
        )
        return _page(request, link, by, typed=typed, problem=words, status=_CONFLICT)
    except answering.RefusedMoveError as error:
        return _page(request, link, by, problem=_(error.message), status=_CONFLICT)
    except IllegalMoveError:
        words = _("This cannot be said as things stand now. Call us if it should be changed.")
        return _page(request, link, by, typed=typed, problem=words, status=_CONFLICT)
    except BusinessRuleError as error:
        errors = [(fault.path, _(fault.text)) for fault in error.faults]
        errors = errors or [("kind", _(error.message))]
        return _page(request, link, by, typed=typed, errors=errors, status=_UNPROCESSABLE)
    with acting(by, durable=True):
        links.answered(link)
    return go(request, path_of(link))


def _tell(do: str, by: Principal, link: Link, typed: Mapping[str, str], version: int) -> None:
    via = "fax" if link.channel == "fax" else "link"
    if do == "confirm":
        following.confirm_cancelled(by, _task_of(link))
        return
    if do == "report":
        given = answering.Report(
            kind=typed["kind"],
            at=typed["at"],
            note=typed["note"],
            outcome=typed["outcome"] if typed["kind"] == "outcome" else "",
            name=typed["name"],
            via=via,
        )
        answering.report(by, _task_of(link), given, version)
        return
    said = answering.Answer(
        kind=typed["kind"],
        reason=typed["reason"] if typed["kind"] == "declined" else "",
        note=typed["note"],
        earliest_on=typed["earliest_on"],
        name=typed["name"],
        via=via,
    )
    answering.answer(by, _task_of(link), said, version)


def _page(  # noqa: PLR0913 - what a form that was sent gives back
    request: HttpRequest,
    link: Link,
    by: Principal,
    *,
    typed: Mapping[str, str] | None = None,
    errors: list[tuple[str, str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    seen = inviting.see(by, _task_of(link))
    papers = _papers(by, seen)
    known = {
        "seen": seen,
        "link": link,
        "action": path_of(link),
        "asks": seen.task.stage in WAITING,
        "reports": seen.task.stage in GOING | {Stage.CANCEL_ASKED},
        "to_stop": seen.task.stage is Stage.CANCEL_ASKED,
        "stands": _(STANDS.get(seen.task.stage, "")) if seen.task.stage in STANDS else "",
        "closes": dates.day(link.expires_at),
        "minimum": letters.minimum_words(seen.minimum.pairs()),
        "papers": papers,
        "person": letters.person_words(papers.pairs) if papers and papers.packet else (),
        "facts": [letters.line(one) for one in papers.facts] if papers else (),
        "typed": typed or dict.fromkeys(_FIELDS, ""),
        "errors": errors or [],
        "problem": problem,
        **_choices(by.org, seen.task.stage),
    }
    return show(request, "referrals/receiver/page.html", known, status)


def _papers(by: Principal, seen: Seen) -> Papers | None:
    """Return what may leave, once they said yes; each look is written down."""
    if seen.task.stage not in GOING:
        return None
    return packing.disclose(by, seen.resource, "link")


def _choices(org: int, stage: Stage) -> dict[str, Any]:
    rules, today = rulebook(org), dates.today()
    reasons = [("", _("Choose if you said no"))]
    reasons += [(one.code, _(one.words)) for one in declines(rules, today).values()]
    results = [("", _("Choose if you are done"))]
    results += [(one.code, _(one.words)) for one in outcomes(rules, today).values()]
    return {
        "answers": [(code, _(words)) for code, words in ANSWERS],
        "kinds": [(code, _(words)) for code, words in REPORTS if _may_say(code, stage)],
        "reasons": reasons,
        "results": results,
    }


def _may_say(code: str, stage: Stage) -> bool:
    return code in {"outcome", "note"} or stage is not Stage.CANCEL_ASKED


@at_door
@require_GET
def packet_pdf(request: HttpRequest, token: str) -> HttpResponse:
    """Return the papers as PDF, to whoever has said yes."""
    link = links.find(token)
    if not is_open(request, link):
        return door(request, link)
    house_of(link)
    by = links.principal_of(link)
    seen = inviting.see(by, _task_of(link))
    papers = _papers(by, seen)
    if papers is None or papers.packet is None:
        return go(request, path_of(link))
    try:
        made = letters.packet_pages(seen, papers)
    except UnprintableError as error:
        return _page(request, link, by, problem=error.message, status=error.status)
    answer = HttpResponse(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="papers.pdf"'
    return answer
