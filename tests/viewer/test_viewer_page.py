"""What the pages show, in Chromium, on a wide screen and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import page_checks  # noqa: F401  (skips where there is no browser)
import pytest
from playwright.sync_api import Browser, Page, expect
from viewer_runs import formula_run, served, small_run

from veritune.viewer import saved, write_report


@pytest.mark.slow
def test_formulas_are_typeset_and_what_cannot_be_read_stays(tmp_path: Path, page: Page) -> None:
    text = (
        r"Half of $\frac{1}{2}$ costs $5 and $10, \(\frac{1}{\) is broken, \[x\in\mathbb{R}\]"
        r" \$3 \$4 so \boxed{\sqrt{2}}."
    )
    with served(formula_run(tmp_path, [text, r"\frac{1}{2}", "12"])) as address:
        page.goto(f"{address}#/candidate?set=test/0&problem=formula-0&index=0")
        solution = page.locator("pre.solution")
        expect(solution.locator("math")).to_have_count(3)
        assert solution.locator("mfrac").count() == 1 and solution.locator("msqrt").count() == 1
        expect(solution.locator(".unread")).to_have_text(r"\(\frac{1}{\)")
        expect(solution).to_contain_text("costs $5 and $10,")
        expect(solution).to_contain_text("\u211d")
        page.keyboard.press("m")
        expect(solution.locator("math")).to_have_count(0)
        expect(solution).to_contain_text(r"\boxed{\sqrt{2}}")
        page.goto(f"{address}#/candidate?set=test/0&problem=formula-1&index=0")
        expect(page.locator("dl math mfrac")).to_have_count(2)
        page.goto(f"{address}#/candidate?set=test/0&problem=formula-2&index=0")
        expect(page.locator("h2")).to_contain_text("formula-2")
        expect(page.locator("dl math")).to_have_count(0)


@pytest.mark.parametrize("what", ["candidates", "bytes"])
def test_a_page_of_a_part_says_so(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    run, out = small_run(tmp_path), tmp_path / "page.html"
    if what == "candidates":
        monkeypatch.setattr(saved, "MOST", 20)
    else:
        whole = write_report([run], out).stat().st_size
        monkeypatch.setattr(saved, "LARGEST", whole - 1_400)
    write_report([run], out)
    page.goto(f"{out.as_uri()}#/")
    expect(page.locator(".note.warn")).to_contain_text("of 33 candidates")
    # Counts are of all, and the list is of what is there: whole problems.
    expect(page.locator("main")).to_contain_text("test/117178")
    page.goto(f"{out.as_uri()}#/candidates")
    expect(page.locator("tbody tr").first).to_be_visible()
    held = page.locator("tbody tr").count()
    assert 0 < held < 33 and held % 4 in (0, 1)


def test_a_price_an_hour_gives_what_the_run_cost_and_is_kept(address: str, page: Page) -> None:
    page.goto(f"{address}#/")
    price, cost = page.get_by_label("costs an hour"), page.get_by_label("cost", exact=True)
    price.fill("400")  # for 9 seconds of phases
    expect(cost.locator("dd").first).to_have_text("1")
    page.reload()
    expect(cost.locator("dd").first).to_have_text("1")
    price.fill("much")
    expect(page.get_by_role("alert")).to_contain_text("A price is a number")
    expect(cost).to_have_count(0)


def test_the_overview_says_the_gain_in_one_sentence(address: str, page: Page) -> None:
    page.goto(address)
    gain = page.locator(".gain")
    expect(gain).to_contain_text(
        "Of the candidates for 8 held-out problems 25.0% passed before any round and 50.0% after"
        " round 1: +25.0 points (95%: \u221219.4 to +58.6). The interval holds 0: no gain was"
        " shown."
    )
    expect(gain).to_contain_text("Wrong steps behind right answers: 25.0% → 25.0%.")


def test_a_list_shows_what_was_asked_and_the_id_beside_it(address: str, page: Page) -> None:
    for place in ("problems?sort=order", "candidates?set=test/1"):
        page.goto(f"{address}#/{place}")
        row = page.locator("tbody tr", has_text="add-2").first
        expect(row.locator("a").first).to_have_text("Add one.")
        expect(row.locator(".where")).to_have_text("add-2")
    page.goto(f"{address}#/problems?text=add%20O")
    expect(page.locator("tbody tr")).to_have_count(4)


def test_a_link_opens_the_state_that_it_was_copied_from(address: str, page: Page) -> None:
    page.goto(f"{address}#/candidates?set=test%2F1&outcome=failed&sort=longest")
    expect(page.locator("select[aria-label=outcome]")).to_have_value("failed")
    expect(page.locator("select[aria-label=set]")).to_have_value("test/1")
    expect(page.locator("tbody tr")).to_have_count(8)
    page.locator("select[aria-label=outcome]").select_option("passed")
    expect(page.locator("tbody tr").first).to_contain_text("passed")
    assert "outcome=passed" in page.url and "sort=longest" in page.url


def test_two_runs_are_switched_and_compared(tmp_path: Path, page: Page) -> None:
    small_run(tmp_path, "a")
    small_run(tmp_path, "b", selection={"reward": "random"})
    with served(tmp_path) as address:
        page.goto(address)
        arms = page.get_by_role("region", name="runs")
        expect(arms.locator("tbody tr")).to_have_count(2)
        expect(arms.locator("tbody tr").first).to_contain_text("outcome")
        expect(page.locator(".gain")).to_contain_text("The control b: +25.0 (95%")
        page.locator("select[aria-label=run]").select_option("b")
        expect(page).to_have_title(re.compile("^b "))
        page.keyboard.press("f")
        expect(page.locator("td a").first).to_be_focused()
        assert "run=b" in page.url
        page.keyboard.press("Enter")
        expect(page.locator("[data-why]")).to_be_focused()
        page.keyboard.press("x")
        page.locator("select[aria-label='left run']").select_option("a")
        expect(page.locator("pre.solution")).to_have_count(2)
        assert "ar=a" in page.url and "run=b" in page.url


def test_a_damaged_run_is_named_on_the_page(tmp_path: Path, page: Page) -> None:
    small_run(tmp_path, "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "journal.sqlite").write_bytes(b"")
    with served(tmp_path) as address:
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text("b cannot be shown:")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_phone_needs_no_sideways_scrolling(address: str, chromium: Browser, scheme: str) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    one = "set=test/0&problem=add-1&index=0"
    for place in ("", "problems", "candidates", f"candidate?{one}"):
        page.goto(f"{address}#/{place}")
        expect(page.locator("main table:visible, main pre:visible").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    # Whoever does not see the page hears what every control and picture is.
    nameless = (
        "[...document.querySelectorAll('select, input, svg')].filter((one) => !one.ariaLabel"
        " && !one.closest('label')).length"
    )
    for place in ("", "problems", "candidates"):
        page.goto(f"{address}#/{place}")
        expect(page.locator("main table:visible").first).to_be_visible()
        assert page.evaluate(nameless) == 0
    # Filters leave room for what they filter; the rest of them is a key or a touch away.
    more = page.get_by_role("button", name="more filters")
    assert page.locator("tbody tr").first.bounding_box()["y"] < 400  # type: ignore[index]
    expect(page.get_by_label("steps")).to_be_hidden()
    more.press("Enter")
    expect(page.get_by_label("steps")).to_be_visible()
    context.close()
    assert not errors
