"""The viewer by keys alone, in Chromium."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hostile_texts import ATTEMPTS
from page_checks import check
from playwright.sync_api import Page, expect
from viewer_runs import math_problem, served, small_run, solved_math

from veritune.benchmarks import draw_audit
from veritune.records import Candidate
from veritune.viewer import write_report


def test_from_the_overview_to_a_failing_test_in_three_keys(address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("main h2").first).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("j")  # past the first, which is a math problem's
    page.keyboard.press("k")
    while "Add" not in page.evaluate("document.activeElement.textContent"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    failing = page.locator("article.failing")
    expect(failing).to_be_focused()
    expect(failing).to_contain_text("f(-1, y=2)")
    expect(failing).to_contain_text("got 1, expected 0")
    page.locator("h2").focus()
    page.keyboard.press("t")
    expect(failing).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("td a", has_text="Add one.").first).to_be_visible()


def test_a_problem_is_found_by_its_id_and_its_failing_step_reached(
    address: str, page: Page
) -> None:
    page.goto(address)
    expect(page.locator("main h2").first).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("SUM-3")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]").first).to_contain_text("1 problem with “SUM-3”")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.locator("[data-why]")).to_be_focused()
    expect(page.locator("h2")).to_have_text("1 + 1? sum-3, candidate 0 of test/1")


def test_walking_and_comparing_by_keys(address: str, page: Page) -> None:
    page.goto(f"{address}#/candidates?set=test/1")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h2")).to_contain_text("candidate 0 of test/1")
    page.keyboard.press("j")
    expect(page.locator("h2")).to_contain_text("candidate 1 of test/1")
    page.keyboard.press("x")
    expect(page.locator("pre.solution")).to_have_count(2)
    assert "#/compare?" in page.url
    page.keyboard.press("o")
    expect(page.locator("nav a[aria-current]")).to_have_text("overview")
    page.keyboard.press("/")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("x + 1")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]").first).to_contain_text("“x + 1”")
    assert "text=x" in page.url
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    page.keyboard.press("Escape")
    expect(page.locator("[role=status]").first).to_contain_text("0 with")
    assert "#/candidates" in page.url
    page.keyboard.press("r")
    expect(page.locator("[role=status]").first).to_contain_text("0 with")


def test_a_saved_page_is_walked_by_keys_as_the_viewer_is(tmp_path: Path, page: Page) -> None:
    out = write_report([small_run(tmp_path)], tmp_path / "page.html")
    page.goto(f"{out.as_uri()}#/")
    expect(page.locator("header")).to_contain_text("all of 33 candidates")
    page.keyboard.press("f")
    expect(page.locator("td a").first).to_be_focused()
    expect(page.locator("[role=status]").first).to_contain_text("8 candidates")
    page.keyboard.press("Enter")
    expect(page.locator("[data-why]")).to_be_focused()
    first = page.locator("h2").inner_text()
    page.keyboard.press("j")
    expect(page.locator("h2")).not_to_have_text(first)
    page.keyboard.press("x")
    expect(page.locator("pre.solution")).to_have_count(2)
    page.keyboard.press("p")
    page.locator("select[aria-label=order]").select_option("solved")
    expect(page.locator("[role=status]").first).to_contain_text("4 problems")
    page.goto(f"{out.as_uri()}#/candidates?set=test%2F0&text=x+%2B+1&sort=longest")
    expect(page.locator("[role=status]").first).to_contain_text("2 with")
    page.goto(f"{out.as_uri()}#/candidates?outcome=error")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_sample_is_labelled_by_keys(tmp_path: Path, page: Page) -> None:
    texts = [r"So $\\frac{1}{2}$.", *ATTEMPTS[:3]]
    rows = [
        (math_problem(0), Candidate(problem_id="sum-0", index=i, text=text), verdict)
        for i, text in enumerate(texts)
        for _, verdict in (solved_math("sum-0", i, passed=i == 0),)
    ]
    sample = tmp_path / "S.jsonl"
    draw_audit(rows, sample, n=4, seed=0)
    with served(sample, "--label") as address:
        page.goto(address)
        for done, key in enumerate("rwrw", 1):
            expect(page.locator("pre.solution")).to_be_visible()
            check(page)
            page.keyboard.press(key)
            expect(page.get_by_role("status")).to_contain_text(f"{done} of 4 labelled")
        page.keyboard.press("u")
        expect(page.get_by_role("status")).to_contain_text("3 of 4 labelled")
        page.keyboard.press("v")
        expect(page.locator("details[open]")).to_contain_text(re.compile("passed|failed"))
    labels = [json.loads(line)["label"] for line in sample.read_text().splitlines()]
    assert labels == ["", "wrong", "right", "wrong"]
