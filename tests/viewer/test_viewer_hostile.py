"""Hostile texts in Chromium: they are shown, and nothing of them runs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from hostile_texts import ATTEMPTS, FORMULAS
from page_checks import check, settled
from playwright.sync_api import Page, expect
from viewer_runs import formula_run, hostile_run, served

from veritune.viewer import write_report


@pytest.mark.slow
def test_hostile_texts_are_shown_and_nothing_of_them_runs(tmp_path: Path, page: Page) -> None:
    assert len(set(ATTEMPTS)) == 40
    asked: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with served(hostile_run(tmp_path, ATTEMPTS)) as address:
        for place in ("#/", "#/problems?stem=test", "#/candidates?set=test/1"):
            page.goto(f"{address}{place}")
            expect(page.locator("main h2, main table").first).to_be_visible()
            check(page)
        for at, text in enumerate(ATTEMPTS):
            one = {"problem": f"{at} {text}"}
            page.goto(f"{address}#/candidate?{urlencode({'set': 'test/0', 'index': 0, **one})}")
            expect(page.locator("h2")).to_contain_text(f"{at} ")
            check(page)
            shown = page.locator("pre.solution").inner_text()
            assert (text in shown) or "\x00" in text, (text, shown)
        sides = {"a": "test/0", "ai": 0, "b": "test/1", "bi": 0}
        page.goto(f"{address}#/compare?{urlencode({**one, **sides})}")
        expect(page.locator("pre.solution")).to_have_count(2)
        check(page)
    assert not dialogs
    assert all(url.startswith(address) for url in asked)


@pytest.mark.slow
def test_nothing_of_hostile_formulas_runs_and_none_takes_long(tmp_path: Path, page: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    with served(formula_run(tmp_path, FORMULAS)) as address:
        for at, text in enumerate(FORMULAS):
            page.goto(f"{address}#/candidate?set=test/0&problem=formula-{at}&index=0")
            expect(page.locator("h2")).to_contain_text(f"formula-{at} ")
            settled(page)
            check(page)
            # The texts themselves are there, typeset or not.
            page.keyboard.press("m")
            shown = page.locator("pre.solution").inner_text()
            assert text[:1000] in shown
            page.keyboard.press("m")
    assert all(url.startswith(address) for url in asked)
    assert not said


def test_a_saved_page_shows_hostile_texts_and_runs_nothing(tmp_path: Path, page: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    runs = [hostile_run(tmp_path, ATTEMPTS), formula_run(tmp_path, FORMULAS)]
    out = write_report(runs, tmp_path / "page.html")
    for place in ("#/", "#/problems?stem=test", "#/candidates?set=test/1&text=pwned"):
        page.goto(f"{out.as_uri()}{place}")
        expect(page.locator("main h2, main table").first).to_be_visible()
        check(page)
    for at, text in enumerate(ATTEMPTS):
        one = {"problem": f"{at} {text}", "set": "test/0", "index": 0, "run": "hostile"}
        page.goto(f"{out.as_uri()}#/candidate?{urlencode(one)}")
        expect(page.locator("h2")).to_contain_text(f"{at} ")
        check(page)
        assert text in page.locator("pre.solution").inner_text() or "\x00" in text
    for at in range(10):
        one = {"problem": f"formula-{at}", "set": "test/0", "index": 0, "run": "formulas"}
        page.goto(f"{out.as_uri()}#/candidate?{urlencode(one)}")
        expect(page.locator("h2")).to_contain_text(f"formula-{at} ")
        settled(page)
        check(page)
    assert set(asked) <= {out.as_uri()} and not said
