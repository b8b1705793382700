"""The Python examples of the README and the documentation run, and print what they say."""

import re
from pathlib import Path

import pytest
import warm

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ON_RAY = (pytest.mark.ray, pytest.mark.slow)
EXAMPLES = [
    pytest.param(code, id=f"{page.name}-{number}", marks=ON_RAY if "from ray" in code else ())
    for page in PAGES
    for number, code in enumerate(BLOCK.findall(page.read_text()), 1)
]
PRINTED = re.compile(r"print\(.*\)  # (.+)$|^# (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_prints_what_it_says(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    said = [same_line or own_line for same_line, own_line in PRINTED.findall(code)]
    done = warm.run("-c", code)
    assert done.poll() == 0, done.said()[-2000:]
    if said:
        assert done.printed().splitlines() == said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
