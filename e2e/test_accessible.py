"""No page has a fault that axe finds, none overflows a phone, in light and dark.

What axe cannot judge about contrast counts as a fault too: text may hide there.
"""

from __future__ import annotations

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = (
    "/",
    "/?item=t1",
    "/?queue=waiting-on",
    "/patients/p1",
    "/patients/p1/timeline",
    "/patients/p1/text",
    "/settings",
    "/needs",
    "/assessments/library",
    "/plans/library",
    "/patients/p1/assessments",
    "/patients/p1/needs",
    "/patients/p1/needs/new?kind=need",
    "/patients/p1/plan",
    "/patients/p1/plan?open=goal",
    "/patients/p1/plan/suggestions",
    "/patients/p1/plan/progress",
    "/patients/p1/plan/versions",
    "/patients/p1/team",
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page) -> list[str]:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    unsure = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in (*found["violations"], *unsure)
        for node in rule["nodes"]
    ]


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def every_look(page) -> None:
    """Look at a page that is open: wide and narrow, in light and in dark."""
    for width, scheme in product((1440, 320), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], (page.url, width, scheme)
        assert overflow(page) <= 0, (page.url, width, scheme)


def looked_at(page, thumb: int = 24) -> None:
    """Look at a page that is open: wide in light, narrow in dark.

    ``thumb`` is how high what is pressed has to be.
    """
    for width, scheme in ((1440, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], (page.url, width, scheme)
        assert overflow(page) <= 0, page.url
    assert targets(page, thumb) == [], page.url


def targets(page, least: int) -> list[str]:
    """Return what is smaller than WCAG 2.5.8 (24) or our public pages (44) ask for.

    Links within a line of text are exempt.
    """
    return page.evaluate(
        """(least) => [...document.querySelectorAll(
            "button,input:not([type=hidden]),select,textarea,summary,.b")]
        .filter((el) => el.getClientRects().length && !el.closest(".vh"))
        .map((el) => [el.closest("label") || el, el])
        .map(([box, el]) => [box.getBoundingClientRect(), el])
        .filter(([box]) => box.height < least || box.width < 24)
        .map(([, el]) => el.outerHTML.slice(0, 100))""",
        least,
    )


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page, path):
    every_look(open_page(path))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signing_in_has_no_fault(open_page, scheme):
    page = open_page("/sign-in", user="", width=320, scheme=scheme)
    assert faults(page) == []
    assert overflow(page) <= 0


SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important;"
    " word-spacing: 0.16em !important } p { margin-block-end: 2em !important }"
)


@pytest.mark.parametrize("path", ["/?item=t1", "/patients/p1"])
def test_wide_text_spacing_does_not_overflow(open_page, path):
    page = open_page(path, width=320, bypass_csp=True)
    page.add_style_tag(content=SPACING)
    assert overflow(page) <= 0


@pytest.mark.parametrize("path", ["/?item=t1", "/patients/p1", "/patients/p1/timeline"])
def test_text_twice_as_large_does_not_overflow(open_page, path):
    page = open_page(path, width=640, bypass_csp=True)
    page.add_style_tag(content="html { font-size: 28px !important }")
    assert overflow(page) <= 0


def test_targets_are_large_enough(open_page):
    assert targets(open_page("/?item=t1"), 24) == []


def test_forced_colors_show_which_tab_is_current(open_page):
    page = open_page("/", forced_colors="active")
    width = page.eval_on_selector(
        '[aria-label="Queues"] a[aria-current]',
        "(el) => getComputedStyle(el).borderBlockEndWidth",
    )
    assert width == "2px"
