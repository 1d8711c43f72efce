"""Makes a PDF out of a template and data."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from handrail.fhir.errors import HandrailError
from handrail.look.paper import glyphs

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = 12
"""Characters without a glyph that a message names."""
_one_at_a_time = Lock()


class UnprintableError(HandrailError):
    """The text has letters that no font here has; printing would lose them."""

    status = 422
    code = "not-supported"


class PaperError(HandrailError):
    """The document could not be made; the record is untouched."""

    status = 500
    code = "exception"


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """Return a document as tagged PDF (PDF/UA-1), letter size.

    Args:
        template: name of a template in ``templates/``, without its ending.
        data: what it prints; ``title`` and ``lang`` (BCP 47) are always needed. Texts are printed
            as they are; nothing in them is markup.

    Raises:
        UnprintableError: a text is in a script that no font here has.
        PaperError: there is no such template, or it does not fit the data.
    """
    source = TEMPLATES / f"{template}.typ"
    if source.parent != TEMPLATES or not source.is_file():
        raise PaperError(f"There is no paper called '{template[:60]}'.")
    fitted = glyphs.fit(dict(data))
    if lost := glyphs.missing(fitted):
        raise UnprintableError(_refusal(lost))
    try:
        with _one_at_a_time:
            made = _compiler().compile(
                source,
                format="pdf",
                sys_inputs={"data": json.dumps(fitted)},
                pdf_standards=["ua-1"],
            )
    except typst.TypstError as error:
        raise PaperError(f"The paper '{template}' could not be printed: {error.message}") from error
    if not isinstance(made, bytes):
        raise PaperError(f"The paper '{template}' came out empty.")
    return made


def _refusal(lost: list[str]) -> str:
    scripts = sorted({unicodedata.name(one, "UNKNOWN").split()[0].title() for one in lost})
    shown = " ".join(lost[:_SHOWN])
    return (
        f"This cannot be printed as PDF: there is no font for its letters ({', '.join(scripts)}: "
        f"{shown}). Nothing was printed, so that nothing is lost. Print the page from the browser, "
        "or write these words in Latin letters."
    )


@cache
def _compiler() -> typst.Compiler:
    """Return the compiler with the fonts of the house; it may read templates and nothing else."""
    found = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=sorted({str(one.parent) for one in glyphs.fonts()}),
    )
    if lacking := {"Public Sans", "Noto Sans"} - set(found.families()):
        raise PaperError(f"Fonts are missing: {', '.join(sorted(lacking))}. Install Handrail anew.")
    return typst.Compiler(root=TEMPLATES, font_paths=found, ignore_system_fonts=True)
