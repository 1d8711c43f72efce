"""NLM's LForms in a page of its own: what it shows of a form, and what it works out.

It comes from npm (``tests/conformance/lforms``) and is never shipped. The page asks nothing of any
network: every file is given to it here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

HERE = Path(__file__).parent.parent / "tests" / "conformance" / "lforms"
_KEPT = HERE / "node_modules"
_FILES = {
    "/zone.js": "zone.js/bundles/zone.umd.min.js",  # first, or Angular does not start
    "/lhc-forms.js": "lforms/dist/lforms/webcomponent/lhc-forms.js",
    "/fhir.js": "lforms/dist/lforms/fhir/lformsFHIRAll.min.js",
}
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>LForms</title></head>'
    '<body><div id="form"></div>'
    + "".join(f'<script src="{name}"></script>' for name in _FILES)
    + "</body></html>"
)
_ASK = """
async ([questionnaire, response, patient]) => {
  LForms.Util.setFHIRContext(null, { patient });
  const place = document.getElementById("form");
  let form = LForms.Util.convertFHIRQuestionnaireToLForms(questionnaire, "R4");
  form = LForms.Util.mergeFHIRDataIntoLForms("QuestionnaireResponse", response, form, "R4");
  form.hasSavedData = false;  // or it takes empty calculated items for ones that were edited
  try {
    await LForms.Util.addFormToPage(form, place, {});
  } catch (refused) {
    throw new Error(String(refused));
  }
  const shown = LForms.Util._getFormObjectInScope(place);
  const hidden = (item) => shown.isItemHidden(item) || item._isHiddenInDef === true;
  const under = (item) => item && (hidden(item) || under(item._parentItem));
  return {
    items: shown.itemList.map((item) => [item.linkId, !under(item)]),
    response: LForms.Util.getFormFHIRData("QuestionnaireResponse", "R4", place, {}),
  };
}
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What LForms says: for each item in order whether it is shown; and its response."""

    items: tuple[tuple[str, bool], ...]
    response: dict[str, Any]


class LForms:
    """LForms, ready to be asked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def told(
        self, questionnaire: dict[str, Any], response: dict[str, Any], patient: dict[str, Any]
    ) -> Told:
        """Say what LForms makes of the answers in ``response``, given by ``patient``."""
        found = self.page.evaluate(_ASK, [questionnaire, response, patient])
        return Told(tuple((link, shown) for link, shown in found["items"]), found["response"])


def opened(browser: Browser) -> LForms:
    """Open LForms in a new page, or skip where it is not installed."""
    if not all((_KEPT / name).is_file() for name in _FILES.values()):
        assert "CI" not in os.environ, "run npm ci in tests/conformance/lforms"
        pytest.skip("npm ci in tests/conformance/lforms is missing here")
    page = browser.new_context().new_page()
    page.route("**/*", _give)
    page.goto("http://lforms.test/")
    assert page.evaluate("LForms.lformsVersion") == "40.1.3"
    return LForms(page)


def _give(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path == "/":
        route.fulfill(body=_PAGE, content_type="text/html")
    elif path in _FILES:
        route.fulfill(path=_KEPT / _FILES[path], content_type="text/javascript")
    else:
        route.abort()
