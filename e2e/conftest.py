"""A fresh database with invented people, a server of its own, and a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from conftest import clone, real_hashers
from e2e import seed
from e2e.outside import Outside, introduce, running
from tests.serving import served

expect.set_options(timeout=20_000)  # milliseconds: a busy machine is no fault of a page


@pytest.fixture(scope="session")
def outside() -> Iterator[Outside]:
    """An app, and an EHR that opens Handrail."""
    with running() as both:
        yield both


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the running Handrail: what goes out lies in it."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def address(django_db_blocker: object, worker: str, data: Path, outside: Outside) -> Iterator[str]:
    """The address of a running Handrail with the invented caseload."""
    with django_db_blocker.unblock(), clone(f"{worker}_e2e") as name:
        with override_settings(PASSWORD_HASHERS=real_hashers, HANDRAIL_DATA=data):
            seed.fill()  # the server knows no other hashers
            introduce(outside, seed.ORG)
        with served(name, data) as where:
            yield where


def chromium() -> str:
    """Return the browser of the system; HANDRAIL_CHROMIUM names another."""
    named = os.environ.get("HANDRAIL_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("There is no Chromium here: apt-get install chromium, or HANDRAIL_CHROMIUM.")
    return found


@pytest.fixture(scope="session")
def browser(address: str) -> Iterator[Browser]:  # after the database: its event loop bars Django
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, address: str) -> Callable[[str], dict]:
    """Sign somebody in, once; returns the state of their browser."""
    kept: dict[str, dict] = {}

    def sign_in(username: str) -> dict:
        if username not in kept:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{address}/sign-in")
            page.fill("#username", username)
            page.fill("#password", seed.PASSWORD)
            page.click("main button")
            page.locator("#me").wait_for(timeout=8000)
            kept[username] = context.storage_state()
            context.close()
        return kept[username]

    return sign_in


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str, signed_in: Callable[[str], dict]) -> Iterator[Open]:
    """Open a page as somebody: ``open_page("/", width=320, scheme="dark", scripts=False)``.

    A page that logs an error, or that breaks the content security policy, fails its test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def go(path: str, *, user: str = "dana", width: int = 1440, **more: object) -> Page:
        known = {"java_script_enabled": more.pop("scripts", True)}
        context = browser.new_context(
            base_url=address,
            storage_state=signed_in(user) if user else None,
            viewport={"width": width, "height": 900},
            color_scheme=more.pop("scheme", "light"),
            **known,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
        page.goto(path)
        if known["java_script_enabled"]:
            powered(page)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not faults, faults


def powered(page: Page) -> None:
    """Wait until htmx has set itself up: that may come after the load event."""
    page.wait_for_function(
        """() => !document.querySelector("[hx-get],[hx-post],[hx-boost]")
        || document.querySelector("[data-htmx-powered]")"""
    )


def is_fault(said: object) -> bool:
    """Tell whether a line of the console is a fault of the page, not a refusal we provoke."""
    provoked = ("responded with a status of 4", "net::ERR_FAILED", "Failed to fetch")
    return said.type == "error" and not any(words in said.text for words in provoked)
