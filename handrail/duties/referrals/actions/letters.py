"""What goes out, in words: letters, text messages and faxes. None of it says whom it is about.

Only a fax of papers, which follows a yes, names the person; it goes to the number on file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import segno
from babel.dates import format_date
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from handrail.access import links
from handrail.access.links_models import Link
from handrail.duties.referrals.actions.inviting import Seen, page_of
from handrail.duties.referrals.actions.packing import Fact, Papers
from handrail.look.dates import birth
from handrail.look.languages import language_name
from handrail.look.paper import pdf

LANGUAGES: Final = ("en", "es")
ASK, REMINDER, CANCEL, PACKET = "ask", "reminder", "cancel", "packet"
_BORDER: Final = 4  # digits of a code that stand together


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One thing that goes out: of which kind, about what, by which link, on which day."""

    kind: str
    seen: Seen
    link: Link
    on: datetime
    papers: Papers | None = None


def subject(letter: Letter) -> str:
    """Return the subject of a letter."""
    with override(LANGUAGES[0]):
        return {
            ASK: _("A request from %(house)s"),
            REMINDER: _("Reminder: a request from %(house)s"),
            CANCEL: _("No longer needed: a request from %(house)s"),
            PACKET: _("Papers for a request from %(house)s"),
        }[letter.kind] % {"house": letter.seen.house}


def mail_text(letter: Letter) -> str:
    """Return the text of a letter, in every language we have."""
    return "\n\n---\n\n".join(_mail_text(letter, language) for language in LANGUAGES)


def _mail_text(letter: Letter, language: str) -> str:
    with override(language):
        known = {
            "house": letter.seen.house,
            "day": _day(letter.link.expires_at, letter.seen.zone, language),
            "phone": letter.seen.phone,
        }
        first = {
            ASK: _("%(house)s asks whether you can take a referral."),
            REMINDER: _("%(house)s is waiting for your answer to a referral."),
            CANCEL: _("%(house)s asks you to stop work on a referral. Please open it and confirm."),
            PACKET: _("%(house)s has put the papers of a referral on its page."),
        }[letter.kind]
        lines = [
            first % known,
            "",
            _("Open this page. You need no account:"),
            page_of(letter.link),
            "",
            _("The page sends you a code first, so that nobody else can read it."),
            _("The page closes on %(day)s.") % known,
        ]
        if known["phone"]:
            lines.append(_("Or call %(phone)s.") % known)
        lines += ["", _("This message says nothing about the person. Please do not reply to it.")]
        return "\n".join(lines)


def message_text(letter: Letter) -> str:
    """Return a text message."""
    with override(letter.link.language or LANGUAGES[0]):
        first = {
            ASK: _("%(house)s asks if you can take a referral. No account needed:"),
            REMINDER: _("%(house)s is waiting for your answer to a referral:"),
            CANCEL: _("%(house)s no longer needs a referral. Please confirm:"),
            PACKET: _("%(house)s has put the papers of a referral here:"),
        }[letter.kind] % {"house": letter.seen.house}
        return f"{first} {page_of(letter.link)}"


def code_text(code: str, house: str) -> str:
    """Return the message with a code that was asked for, in every language we have."""
    lines = []
    for language in LANGUAGES:
        with override(language):
            text = _("%(code)s is your code for the request from %(house)s.")
            good = _("It is good for 15 minutes. If you did not ask for it, do nothing.")
            lines.append(f"{text % {'code': code, 'house': house}} {good}")
    return "\n\n".join(lines)


def fax_pages(letter: Letter) -> bytes:
    """Return a fax: a cover that says how to answer, then what is asked, or the papers.

    Raises:
        UnprintableError: a text is in a script that no font here has.
    """
    language = letter.link.language or LANGUAGES[0]
    with override(language):
        title = subject_of_fax(letter.kind)
        parts = _papers(letter.papers) if letter.papers else _asked(letter)
        data = {
            "title": title,
            "lang": language,
            "footer": letter.seen.house,
            "words": {"page": _("Page")},
            "cover": _cover(letter, language),
            "parts": parts if letter.kind != CANCEL else [],
            "notices": list(letter.papers.notices) if letter.papers else [],
        }
        return pdf("fax", data)


def packet_pages(seen: Seen, papers: Papers) -> bytes:
    """Return the papers of a referral as PDF, with the notices that go along.

    Raises:
        UnprintableError: a text is in a script that no font here has.
    """
    return pdf(
        "fax",
        {
            "title": _("Papers of a referral"),
            "lang": LANGUAGES[0],
            "footer": seen.house,
            "words": {"page": _("Page")},
            "cover": {},
            "parts": _papers(papers),
            "notices": list(papers.notices),
        },
    )


def subject_of_fax(kind: str) -> str:
    """Return the heading of a cover."""
    return {
        ASK: _("A request: can you help?"),
        REMINDER: _("Reminder: can you help?"),
        CANCEL: _("No longer needed: please stop"),
        PACKET: _("Papers of a request"),
    }[kind]


def _cover(letter: Letter, language: str) -> Mapping[str, Any]:
    seen, link = letter.seen, letter.link
    heads = [
        (_("To"), link.recipient_name),
        (_("Fax"), link.address),
        (_("From"), seen.house),
        (_("Phone"), seen.phone),
        (_("Date"), _day(letter.on, seen.zone, language)),
        (_("Pages"), "#"),
    ]
    code = spaced(links.reply_code(link))
    call = _("Or call %(phone)s and say this code.") % {"phone": seen.phone}
    closes = _("You can answer until %(day)s.") % {
        "day": _day(link.expires_at, seen.zone, language)
    }
    return {
        "heads": [{"label": label, "value": value} for label, value in heads if value],
        "modules": [list(map(int, row)) for row in segno.make(page_of(link), error="m").matrix],
        "picture": _("Square code that opens the page to answer"),
        "how": _("How to answer. You need no account."),
        "steps": [
            _("Scan the square code, or open %(address)s")
            % {"address": f"{settings.HANDRAIL_ADDRESS.partition('://')[2]}/answer"},
            _("Type this code:"),
        ],
        "code": code,
        "more": [*([call] if seen.phone else []), closes],
        "warning": _(
            "Confidential. This fax is for the office named above. If it came to you by mistake,"
            " please call us and destroy it; reading, copying or passing it on is not allowed."
        ),
    }


def spaced(code: str) -> str:
    """Return a code as people read it: in groups of four digits."""
    return " ".join(code[at : at + _BORDER] for at in range(0, len(code), _BORDER))


def spaced_once(code: str) -> str:
    """Return a code that is read out: in groups of three digits."""
    return f"{code[:3]} {code[3:]}"


def minimum_words(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (label, text) of what a receiver is told before they say yes."""
    labels = {
        "age": _("Age"),
        "need": _("Needs"),
        "payer": _("Insurance"),
        "language": _("Language"),
        "needed": _("How soon"),
        "area": _("ZIP code begins"),
    }
    said = [(name, language_name(text) if name == "language" else text) for name, text in pairs]
    return [(labels.get(name, name), text) for name, text in said if text != "unknown"]


def person_words(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (label, text) of who it is and what they need."""
    labels = {
        "name": _("Name"),
        "birth": _("Born"),
        "address": _("Address"),
        "language": _("Language"),
        "need": _("Needs"),
        "words": _("Please know"),
    }
    ready: Mapping[str, Callable[[str], str]] = {"language": language_name, "birth": birth}
    said = [(name, ready[name](text) if name in ready else text) for name, text in pairs if text]
    return [(labels.get(name, name), text) for name, text in said]


def _asked(letter: Letter) -> list[Mapping[str, Any]]:
    say = _("The name and the papers follow after you say that you can help.")
    pairs = minimum_words(letter.seen.minimum.pairs())
    return [_part(_("What is asked"), say, pairs)]


def _papers(papers: Papers | None) -> list[Mapping[str, Any]]:
    if papers is None:
        return []
    pairs = [*person_words(papers.pairs), *((_("Phone"), one) for one in papers.phones)]
    found = [_part(_("Who it is"), "", pairs)]
    if papers.facts:
        found.append(_part(_("What you should know"), "", (), [line(f) for f in papers.facts]))
    return found


def line(fact: Fact) -> str:
    """Return a fact as one line."""
    return f"{fact.kind}: {fact.text}" + (f" ({fact.on})" if fact.on else "")


def _part(
    head: str,
    say: str = "",
    pairs: Iterable[tuple[str, str]] = (),
    lines: Sequence[str] = (),
) -> Mapping[str, Any]:
    return {
        "head": head,
        "say": say,
        "pairs": [{"label": label, "value": value} for label, value in pairs],
        "lines": list(lines),
    }


def _day(moment: datetime, zone: str, language: str) -> str:
    there = moment.astimezone(ZoneInfo(zone))
    return format_date(there.date(), "long", locale="es_US" if language == "es" else "en_US")
