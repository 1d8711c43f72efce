"""The plan for the person: plain sentences, in their language, the same on screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_time
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as later
from django.utils.translation import override

from handrail.duties.care_plans.actions.papers import Helper, Papers, Visit
from handrail.duties.care_plans.resources import GoalView, StepView, said_in
from handrail.look import dates, reading
from handrail.look.reading import Hard, Limits, Reading

LANGUAGES = {"en": "English", "es": "Español"}
SPOKEN_OF = {"en": later("English"), "es": later("Spanish")}
"""Languages by their own name, and as the reader of the page calls them."""
_DAY = {"en": "EEE, MMM d", "es": "EEEE d 'de' MMMM"}
_HOUR = {"en": "h:mm a", "es": "h:mm a"}
_CATALOGUE = Path(__file__).parents[1] / "locale"
_REVIEWED = re.compile(r'"Reviewed-By:\s*(.*?)\\n"')
TITLE = later("Your plan")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: when, what, who, and the number to call. ``own``: the person's own words."""

    what: str
    when: str = ""
    who: str = ""
    phone: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: its heading, a sentence, a number to call, its lines.

    ``names``: its lines are names of people, which are not measured.
    """

    head: str
    say: str = ""
    phone: str = ""
    lines: Sequence[Line] = ()
    names: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page in one language."""

    language: str
    title: str
    name: str
    about: str
    parts: Sequence[Part]
    notice: Sequence[Mapping[str, str]]
    unchecked: str
    footer: str
    page: str

    @property
    def data(self) -> dict[str, object]:
        """Return what the paper ``person`` prints."""
        return {
            "title": self.title,
            "lang": self.language,
            "name": self.name,
            "about": self.about,
            "parts": [asdict(part) for part in self.parts],
            "notice": [dict(line) for line in self.notice],
            "unchecked": self.unchecked,
            "footer": self.footer,
            "words": {"page": self.page},
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """How hard the page is to read, and the words that have a plainer way to say them."""

    reading: Reading
    hard: Sequence[Hard]


def language_for(papers: Papers, wanted: str = "") -> str:
    """Return the language of the page: the one wanted, else the person's, else English."""
    chosen = (wanted or papers.language or "en").lower()[:2]
    return chosen if chosen in LANGUAGES else "en"


@cache
def reviewer_of(language: str) -> str:
    """Return who checked the translation, from the catalogue; empty if nobody has.

    English is the source and needs none.
    """
    if language == "en":
        return "source"
    source = _CATALOGUE / language / "LC_MESSAGES" / "django.po"
    found = _REVIEWED.search(source.read_text("utf-8")) if source.is_file() else None
    said = found[1].strip() if found else ""
    return "" if said.lower() == "none" else said


def sheet(papers: Papers, language: str) -> Sheet:
    """Return the page in a language; whoever calls keeps the language of their own screen."""
    with override(language):
        made = _("%(day)s, from %(house)s") % {
            "day": _day(papers.on.isoformat(), language),
            "house": papers.house,
        }
        unchecked = _("This translation is not yet checked by a qualified translator.")
        return Sheet(
            language=language,
            title=_(TITLE),
            name=papers.person,
            about=made,
            parts=[part for part in _parts(papers, language) if part.say or part.lines],
            notice=papers.help,
            unchecked="" if reviewer_of(language) else unchecked,
            footer=papers.house,
            page=_("Page"),
        )


def _parts(papers: Papers, language: str) -> Iterator[Part]:
    yield _call(papers)
    yield Part(_("Your visits"), lines=[_visit(one, language) for one in papers.visits])
    goals = [one for one in papers.whole.goals if one.open]
    yield Part(_("What you want"), lines=[_goal(one, language) for one in goals])
    steps = [one for one in papers.whole.steps if one.open]
    yours = [one for one in steps if _is_theirs(one)]
    ours = [one for one in steps if not _is_theirs(one)]
    yield Part(_("What you do"), lines=[_step(papers, one, language) for one in yours])
    yield Part(_("What we do for you"), lines=[_step(papers, one, language) for one in ours])
    yield Part(_("Who helps you"), lines=_team(papers), names=True)
    if papers.whole.review_on:
        day = _day(papers.whole.review_on, language)
        yield Part(
            _("When we look again"),
            say=_("We look at this plan with you on %(day)s.") % {"day": day},
        )


def _call(papers: Papers) -> Part:
    """Return what to call about; a number that is not known leaves room to write it by hand."""
    who = papers.coordinator.name if papers.coordinator else ""
    say = _("Do you feel worse? Is something not right? Do you have a question? Call us.")
    if who:
        say = f"{say} {_('Ask for %(who)s.') % {'who': who}}"
    say = f"{say} {_('Is your life in danger? Call 911.')}"
    return Part(_("Call us"), say=say, phone=papers.phone or "_" * 16)


def _visit(visit: Visit, language: str) -> Line:
    return Line(visit.words or _("Visit"), _moment(visit.at, language), visit.who)


def _goal(goal: GoalView, language: str) -> Line:
    words = said_in(goal.words, goal.others, language)
    if not goal.due_on:
        return Line(words, own=True)
    by = _("We hope to get there by %(day)s.") % {"day": _day(goal.due_on, language)}
    return Line(words, who=by, own=True)


def _is_theirs(step: StepView) -> bool:
    return step.owner.partition("/")[0] in {"Patient", "RelatedPerson"}


def _step(papers: Papers, step: StepView, language: str) -> Line:
    when = _("By %(day)s") % {"day": _day(step.due_on, language)} if step.due_on else ""
    theirs = step.owner.startswith("Patient/")
    who = "" if theirs else step.owner_name
    phone = "" if theirs or step.owner.startswith("RelatedPerson/") else papers.phone_of(step.owner)
    return Line(said_in(step.words, step.others, language), when, who, phone)


def _team(papers: Papers) -> list[Line]:
    return [
        Line(one.name, who=one.does or _helps(papers, one), phone=one.phone) for one in papers.team
    ]


def _helps(papers: Papers, one: Helper) -> str:
    return _("Helps you with this plan") if one == papers.coordinator else ""


def _day(day: str, language: str) -> str:
    return format_date(dates.on(day), _DAY[language], locale=language)


def _moment(at: str, language: str) -> str:
    there = dates.local(at)
    hour = ""
    if isinstance(there, datetime):
        hour = format_time(there.timetz(), _HOUR[language], locale=language)
    return ", ".join(filter(None, (_day(at, language), hour.replace(":00 ", " "))))


def checked(papers: Papers, made: Sheet) -> Checked:
    """Measure the page. The person's own words and names are not measured: nobody mends those."""
    limits = Limits(**papers.limits.values)
    text = reading.joined(_ours(made))
    return Checked(
        reading.measure(text, limits, made.language),
        reading.hard_words(text, papers.words.get(made.language, {})),
    )


def _ours(made: Sheet) -> Iterable[str]:
    for part in made.parts:
        yield part.say
        if not part.names:
            yield from (line.what for line in part.lines if not line.own)
