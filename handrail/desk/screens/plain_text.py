"""The patient's summary as plain text, to be pasted into a letter, a chart or a payer's portal."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from handrail.access import audit
from handrail.access.marks import MemberRequest, open_to
from handrail.access.principal import Role
from handrail.desk import worklist
from handrail.desk.screens.panels import Row, explained
from handrail.desk.screens.patient import card_of, excerpt, frame
from handrail.desk.words import MOMENTS
from handrail.look import dates
from handrail.room import drawn

_BUTTON = re.compile(r"<button\b.*?</button>", re.DOTALL)
_PAIR = re.compile(r"<div><dt>(.*?)</dt>\s*<dd>(.*?)</dd></div>", re.DOTALL)


def lines_of(html: str) -> list[str]:
    """Return the pairs of a banner panel as lines: "Phone: 555-0142, message OK"."""
    pairs = _PAIR.findall(_BUTTON.sub("", html))
    return [f"{_plain(label)}: {_plain(value)}" for label, value in pairs]


def _plain(html: str) -> str:
    return re.sub(r"\s+([,;])", r"\1", " ".join(unescape(strip_tags(html)).split()))


def _step(row: Row) -> str:
    said = f"- {row.due.exact}: {row.item.step}. {row.item.why}".rstrip()
    return f"{said} {_('Waiting on')}: {row.waiting}." if row.item.waiting_on else said


@open_to(Role.COORDINATOR, Role.SUPERVISOR, Role.CLINICIAN)
def plain_text(request: MemberRequest, patient: str) -> HttpResponse:
    """Show the summary as text that can be copied."""
    principal = request.principal
    card = card_of(principal, patient)
    known = frame(request, card, f"/patients/{patient}")
    born = (
        f"{dates.birth(card.birth_date)} ({dates.age(card.birth_date)})" if card.birth_date else ""
    )
    lines = [card.name, f"{_('Born')}: {born or _('not known')}"]
    lines += [f"MRN: {card.mrn}"] if card.mrn else []
    lines += [text for text, _kind in card.flags]
    for html in drawn(request, principal, "banner", patient):
        lines += lines_of(html)
    steps = explained(worklist.of_patient(principal, patient))
    lines += ["", _("To do"), *map(_step, steps)] if steps else []
    moments = [
        f"- {dates.moment(each.when)}: "
        + " - ".join(filter(None, (_(MOMENTS.get(each.kind, each.kind)), each.title, each.detail)))
        + (f" ({each.who})" if each.who else "")
        for each in excerpt(principal, patient)
    ]
    lines += ["", _("Timeline"), *moments] if moments else []
    audit.read(principal, [f"Patient/{patient}"], None, patient)
    return render(request, "desk/text.html", known | {"text": "\n".join(lines)})
