"""What every page of the viewer must be, as Chromium has it.

Where Playwright or Chromium is missing, the import skips the tests that need them.
"""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
if find_spec("playwright") is None:
    pytest.skip("playwright is not installed", allow_module_level=True)
if CHROMIUM is None:
    pytest.skip("there is no chromium", allow_module_level=True)

from playwright.sync_api import Page  # noqa: E402


def settled(page: Page) -> None:
    """Every formula was looked at: none became typeset or was given up for a while."""
    count = "document.querySelectorAll('math, .unread').length"
    seen = -1
    while (now := page.evaluate(count)) != seen:
        seen = now
        page.wait_for_timeout(150)


def check(page: Page) -> None:
    """Nothing ran, and the page has no element that could."""
    assert page.evaluate("window.pwned") is None
    assert not set(page.locator("body").inner_text()) & set("\x00\x1b\u202e\u2066")
    bad = page.evaluate(
        "[...document.querySelectorAll('script, iframe, object, embed, base, img, link, meta, form,"
        " style')].map((one) => one.outerHTML)"
    )
    for element in bad:
        assert re.match(
            r'<script type="module" src="(app|label).js">|<script( type="text/plain" id="[\w-]+")?>'
            r'|<link rel="(icon|stylesheet)" href="[a-z]+\.\w+">|<style>:root|<form class="filters"'
            r'|<meta (charset|name="(viewport|referrer)"|http-equiv="Content-Security-Policy")',
            element,
        ), element
    assert not page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter((one) =>"
        " /^(on|style$)/.test(one.name) || one.ownerElement.closest('math') &&"
        " /^(id|class)$|href|src/.test(one.name) || one.name === 'href' &&"
        " /^\\s*(javascript|data):/i.test(one.value)).map((one) => `${one.name}=${one.value}`)"
    )
