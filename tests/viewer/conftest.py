"""A browser for each file of tests, and one served run for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from viewer_runs import served, small_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


# Not for the session: while Playwright is open, no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from page_checks import CHROMIUM
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run, which no test changes."""
    return small_run(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    """Where the small run is served."""
    with served(folder) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    from playwright.sync_api import expect

    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)  # Five seconds are few for a browser beside other tests.
    yield page
    context.close()
