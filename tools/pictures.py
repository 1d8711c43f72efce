"""Takes the pictures in ``docs/pictures`` from a running demo.

``python tools/pictures.py http://127.0.0.1:8000`` while a new ``make demo`` serves, with the
password it prints in ``DEMO_PASSWORD`` and its data folder in ``HANDRAIL_DATA``, where messages
lie. Only the demo's invented people may be shown. Names after the address choose some pictures.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
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
        "referrals": "/referrals",
        "referral": "/referrals",
        "providers": "{patient}",
        "resources": "{patient}",
        "receiver": "/referrals?stage=draft",
    },
    "sam": {"programs": "/caseload/programs"},
}


def main() -> int:
    """Take every picture; 2 if it is not said of what."""
    password = os.environ.get("DEMO_PASSWORD", "")
    if len(sys.argv) == 1 or not password:
        print(__doc__, file=sys.stderr)
        return 2
    wanted = set(sys.argv[2:])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for user, pages in PAGES.items():
            page = signed_in(browser, sys.argv[1], user, password)
            patient = first_patient(page, sys.argv[1]) if user == "dana" else ""
            for name, path in pages.items():
                if wanted and name not in wanted:
                    continue
                page.goto(sys.argv[1] + path.replace("{patient}", patient))
                BEFORE.get(name, lambda _page: None)(page)
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


def one_referral(page: Page) -> None:
    """Open the referral that the board shows."""
    page.click("#whole")


def find_provider(page: Page) -> None:
    """Look for an eye doctor for the patient."""
    page.goto(f"{page.url.partition('/patients/')[0]}/providers?for={patient_of(page)}")
    page.fill("#words", "eye")
    page.click("#look-for button")
    page.wait_for_timeout(1500)


def find_service(page: Page) -> None:
    """Look for services for the needs of the patient."""
    page.goto(f"{page.url.partition('/patients/')[0]}/resources?for={patient_of(page)}")


def patient_of(page: Page) -> str:
    """Return the id in the address of a patient's page."""
    return page.url.partition("/patients/")[2].partition("/")[0].partition("?")[0]


def receive(page: Page) -> None:
    """Ask somebody by text message, make a code to read out, and open the link as they would."""
    page.click("#whole")
    page.click("#do-ask")
    page.click("#own")
    page.fill("#own_name", "Juno at the stove fund")
    page.select_option("#own_channel", "sms")
    page.fill("#own_address", "202-555-0176")
    before = messages()
    page.click("#ask-them")
    page.wait_for_load_state()
    link = link_sent(before)
    page.reload()
    page.get_by_role("link", name="Juno at the stove fund").last.click()
    page.wait_for_load_state()
    page.goto(f"{page.url.partition('?')[0]}/link")
    page.click("#make")
    code = page.inner_text("#code")
    page.goto(link)
    page.fill("#code", code)
    page.click("#open")
    page.wait_for_load_state()


def messages() -> set[Path]:
    """Return the text messages that lie in the data folder."""
    return set((Path(os.environ["HANDRAIL_DATA"]) / "outgoing").rglob("sms/*.txt"))


def link_sent(before: set[Path]) -> str:
    """Return the link in the text message that was not there before."""
    for _second in range(60):
        for file in messages() - before:
            if found := re.search(r"http\S+", file.read_text("utf-8")):
                return found.group()
        time.sleep(1)
    raise TimeoutError("No text message was written.")


BEFORE: dict[str, Callable[[Page], None]] = {
    "assessment": begin,
    "referral": one_referral,
    "providers": find_provider,
    "resources": find_service,
    "receiver": receive,
}


if __name__ == "__main__":
    raise SystemExit(main())
