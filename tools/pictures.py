"""Takes the pictures in ``docs/pictures`` from a running demo.

``python tools/pictures.py http://127.0.0.1:8000`` while ``make demo`` serves, with the password it
prints in ``DEMO_PASSWORD``. Only the demo's invented people may be shown.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from browser import find
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 1440, 900
PAGES = {
    "dana": {
        "today": "/",
        "caseload": "/caseload",
        "transitions": "/transitions",
        "patient": "{patient}",
        "assessment": "{patient}/assessments",
        "needs": "{patient}/needs",
        "plan": "{patient}/plan",
    },
    "sam": {"programs": "/caseload/programs"},
}


def main() -> int:
    """Take every picture; 2 if it is not said of what."""
    password = os.environ.get("DEMO_PASSWORD", "")
    if len(sys.argv) != 2 or not password:  # noqa: PLR2004 - the program and the address
        print(__doc__, file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for user, pages in PAGES.items():
            page = signed_in(browser, sys.argv[1], user, password)
            patient = first_patient(page, sys.argv[1]) if user == "dana" else ""
            for name, path in pages.items():
                page.goto(sys.argv[1] + path.replace("{patient}", patient))
                if name == "assessment":
                    begin(page)
                page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()
    return 0


def signed_in(browser: Browser, address: str, user: str, password: str) -> Page:
    """Return a page on which a user of the demo is signed in."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(f"{address}/sign-in")
    page.fill("#username", user)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_load_state()
    return page


def first_patient(page: Page, address: str) -> str:
    """Return the address of the patient whose step is the most urgent."""
    page.goto(address)
    return page.locator("#panel-who").get_attribute("href") or "/"


def begin(page: Page) -> None:
    """Begin the PHQ-9 and answer five of its questions."""
    page.select_option("#form", label="PHQ-9: how you have felt in the last 2 weeks")
    page.click("#start")
    for key in "12101":
        page.keyboard.press(key)
        page.wait_for_timeout(600)


if __name__ == "__main__":
    raise SystemExit(main())
