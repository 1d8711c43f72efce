"""The Jinja2 environment of every page: autoescape, gettext and the filters of the house.

Settings name the backend ``handrail.look.jinja.Templates`` and the environment
``handrail.look.jinja.environment``; every application keeps its templates in ``templates/``.
"""

from __future__ import annotations

import re
from typing import Any

from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from handrail.look import dates

_NOT_DIALLED = re.compile(r"[^0-9+*#]")


class Templates(Jinja2):
    """Django's Jinja2 backend, with templates in ``templates/`` of each application."""

    app_dirname = "templates"


def ltr(value: object) -> Markup:
    """Return ``value`` isolated as left-to-right text: phones, numbers and codes in any script."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(value) if value else Markup()


def phone(value: object) -> Markup:
    """Return a link that dials the number; an extension ("x 12") is shown and not dialled."""
    text = str(value or "").strip()
    number = _NOT_DIALLED.sub("", re.split(r"(?i)\s*(?:x|ext)", text)[0])
    if not number:
        return escape(text)
    return Markup('<a href="tel:{}"><bdi dir="ltr">{}</bdi></a>').format(number, text)


def stop(value: object) -> str:
    """Return ``value`` as a sentence: with a full stop unless it ends one already."""
    text = str(value).rstrip()
    return text if not text or text[-1] in ".!?…:。؟" else f"{text}."


def chip(due: dates.Due) -> Markup:
    """Return the chip of a due moment, with the exact moment as its title."""
    return Markup('<span class="g {}" title="{}">{}</span>').format(due.css, due.exact, due.text)


def environment(**options: Any) -> Environment:
    """Return the environment; ``options`` are those of Django's backend."""
    made = Environment(  # noqa: S701  # autoescape is on, two lines down
        **{**options, "autoescape": True, "undefined": StrictUndefined},
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # the i18n extension adds it
    made.filters |= {
        "day": dates.day,
        "birth": dates.birth,
        "moment": dates.moment,
        "age": dates.age,
        "ago": dates.ago,
        "late": dates.late,
        "chip": chip,
        "stop": stop,
        "ltr": ltr,
        "phone": phone,
    }
    made.globals |= {
        "static": static,
        "url": _url,
        "language": get_language,
        "direction": _direction,
        "today": dates.today,
    }
    return made


def _url(name: str, **named: object) -> str:
    return reverse(name, kwargs=named)


def _direction() -> str:
    return "rtl" if get_language_bidi() else "ltr"
