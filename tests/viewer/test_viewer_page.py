"""The viewer's pages in Chromium: hostile texts, keys, and what can be linked to."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import pytest
from viewer_runs import (
    formula_run,
    hostile_run,
    math_problem,
    served,
    small_run,
    solved_math,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
if find_spec("playwright") is None:
    pytest.skip("playwright is not installed", allow_module_level=True)
if CHROMIUM is None:
    pytest.skip("there is no chromium", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from veritune.benchmarks import draw_audit  # noqa: E402
from veritune.records import Candidate  # noqa: E402
from veritune.viewer import saved, write_report  # noqa: E402

JS = "window.pwned=1"
ATTEMPTS = [
    f"<script>{JS}</script>",
    f"<img src=x onerror={JS}>",
    f"<svg onload={JS}>",
    f"</pre><script>{JS}</script>",
    f'"><script>{JS}</script>',
    f"'><img src=x onerror='{JS}'>",
    f"</title><script>{JS}</script>",
    f"</script><script>{JS}</script>",
    f"<iframe srcdoc='<script>parent.{JS}</script>'>",
    f"<iframe src=javascript:parent.{JS}>",
    f"<a href=javascript:{JS} autofocus onfocus={JS}>x</a>",
    f"javascript:{JS}",
    f"javascript:/*--></title></style></textarea></script><svg onload={JS}>",
    f"<body onload={JS}>",
    f"<details open ontoggle={JS}>",
    f"<input autofocus onfocus={JS}>",
    f"<select autofocus onfocus={JS}>",
    f"<video><source onerror={JS}>",
    f"<audio src=x onerror={JS}>",
    f"<object data=javascript:{JS}>",
    f"<embed src=javascript:{JS}>",
    f"<math><mtext><img src=x onerror={JS}></mtext></math>",
    f"<style>@import 'javascript:{JS}';</style>",
    f"<link rel=stylesheet href=javascript:{JS}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{JS}'>",
    "<base href=http://evil.example/>",
    f"<form action=javascript:{JS}><button autofocus>x</button></form>",
    f"<marquee onstart={JS}>x</marquee>",
    f'" onmouseover={JS} x="',
    f"' autofocus onfocus={JS} x='",
    f"<div style=animation-name:x onanimationstart={JS}>",
    f"{{{{constructor.constructor('{JS}')()}}}}",
    f"${{{JS}}}",
    f"`-{JS}-`",
    "__proto__",
    f'{{"__html": "<img src=x onerror={JS}>"}}',
    f"\\x3cscript\\x3e{JS}\\x3c/script\\x3e",
    f"\u202e<img src=x onerror={JS}>\u2066\x00\x1b[31m",
    f"<!--><img src=x onerror={JS}>-->",
    f"<template><script>{JS}</script></template><noscript><img src=x onerror={JS}></noscript>",
]

# What asks for a link, a style, a picture or an element of HTML in the midst of a formula.
FORMULAS = [
    rf"$\href{{javascript:{JS}}}{{x}}$",
    rf"$\url{{javascript:{JS}}}$",
    r"$\includegraphics{http://evil.example/x.png}$",
    rf"$\text{{<img src=x onerror={JS}>}}$",
    rf"$$\text{{</math><script>{JS}</script>}}$$",
    rf"\(\textcolor{{red\" onclick={JS}}}{{x}}\)",
    rf"\(\htmlStyle{{background:url(http://evil.example)}}{{x}}\htmlData{{a={JS}}}{{y}}\)",
    rf"\[\htmlClass{{tag}}{{x}}\htmlId{{app}}{{\unknown{{{JS}}}}}\]",
    rf"\boxed{{\mbox{{<iframe srcdoc='<script>{JS}</script>'>}}}}",
    rf"\begin{{align}}<svg onload={JS}> &= \cancel{{x}} \\ \rule{{9em}}{{9em}}\end{{align}}",
    "$" + r"\frac{1}{" * 200 + "x" + "}" * 200 + "$",
    "$" + r"\sqrt" * 300 + "x$",
    r"$\def\a{xx}\def\b{\a\a\a\a\a\a\a\a}\def\c{\b\b\b\b\b\b\b\b}\c\c\c\c\c\c\c$",
    r"$\def\x{\x\x}\x$",
    r"\(" * 50_000 + r"\[$" * 20_000,
    "$$" + "x+" * 90_000 + "$$",
    " ".join(f"$x_{{{i}}}^2$" for i in range(3000)),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(small_run(tmp_path_factory.mktemp("runs"))) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)  # Five seconds are few for a browser beside other tests.
    yield page
    context.close()


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
            expect(page.locator("h2")).to_have_text(re.compile(rf"^{at} "))
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
        expect(page.locator("h2")).to_have_text(re.compile(rf"^{at} "))
        check(page)
        assert text in page.locator("pre.solution").inner_text() or "\x00" in text
    for at in range(10):
        one = {"problem": f"formula-{at}", "set": "test/0", "index": 0, "run": "formulas"}
        page.goto(f"{out.as_uri()}#/candidate?{urlencode(one)}")
        expect(page.locator("h2")).to_contain_text(f"formula-{at} ")
        settled(page)
        check(page)
    assert set(asked) <= {out.as_uri()} and not said


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


def test_from_the_overview_to_a_failing_test_in_three_keys(address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("main h2").first).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("j")  # past the first, which is a math problem's
    page.keyboard.press("k")
    while "add" not in page.evaluate("document.activeElement.textContent"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    failing = page.locator("article.failing")
    expect(failing).to_be_focused()
    expect(failing).to_contain_text("f(-1, y=2)")
    expect(failing).to_contain_text("got 1, expected 0")
    page.keyboard.press("Escape")
    expect(page.locator("td a", has_text="add-").first).to_be_visible()


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


def test_six_keys_suffice_from_the_first_page(address: str, page: Page) -> None:
    page.goto(f"{address}#/")
    expect(page.locator("main h2").first).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("td a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("t")
    expect(page.locator("[data-why]")).to_be_focused()


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
    small_run(tmp_path, "b")
    with served(tmp_path) as address:
        page.goto(address)
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
    context.close()
    assert not errors
