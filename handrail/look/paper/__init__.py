"""Paper: tagged PDF (PDF/UA-1) out of data, by typst.

A document is a template (``*.typ``, package data) and data. Data reaches typst as JSON, so no
text a person typed is ever read as markup.
"""

from __future__ import annotations

from handrail.look.paper.printing import PaperError, UnprintableError, pdf

__all__ = ["PaperError", "UnprintableError", "pdf"]
