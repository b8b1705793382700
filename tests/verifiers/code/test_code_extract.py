"""The program in a text, as models write it."""

# ruff: noqa: E501
# fmt: off

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from veritune.records import AssertTests, CodeReference, PytestTests
from veritune.verifiers.code.blocks import lines_of
from veritune.verifiers.code.extract import NO_PROGRAM, Asked, Extracted, asked_by, extract, sources
from veritune.verifiers.long import LONGEST_PROGRAM

ASKED = Asked(names=frozenset({"f"}))


def fenced(code: str, label: str = "python") -> str:
    return f"```{label}\n{code}```\n"


PROGRAM = "def f(x):\n    return x + 1\n"
FORMS = {
    "plain": PROGRAM,
    "fence": fenced(PROGRAM),
    "nolabel": fenced(PROGRAM, ""),
    "py3": fenced(PROGRAM, "Python3"),
    "braces": fenced(PROGRAM, "{.python}"),
    "tilde": "~~~python\n" + PROGRAM + "~~~\n",
    "output after": fenced(PROGRAM) + "\nOutput:\n```\n4\n```\n",
    "text after": fenced(PROGRAM) + "```text\n4\n```",
    "usage after": fenced(PROGRAM) + "\nUsage:\n```python\nprint(f(3))\n```\n",
    "usage w assign": fenced(PROGRAM) + "\nUsage:\n```python\nresult = f(3)\nprint(result)\n```\n",
    "usage import": fenced(PROGRAM)
    + "\nUsage:\n```python\nfrom solution import f\nprint(f(3))\n```\n",
    "list": "1. Code:\n\n   ```python\n   def f(x):\n       return x + 1\n   ```\n2. more",
    "list inline": "- ```python\n  def f(x):\n      return x + 1\n  ```\n",
    "quote": "> ```python\n> def f(x):\n>     return x + 1\n> ```\n",
    "docstring fence": fenced(
        'def f(x):\n    """Adds.\n\n    ```python\n    f(1)\n    ```\n    """\n    return x + 1\n'
    ),
    "docstring fence col0": fenced('"""Doc\n```\nf(1)\n```\n"""\ndef f(x):\n    return x + 1\n'),
    "stray": PROGRAM + "```\nThis adds.",
    "stray prose": PROGRAM + "\n```\n\nExplanation: it adds.\n\n```\n4\n```\n",
    "unclosed": "Here:\n```python\n" + PROGRAM,
    "prose": "Here is the function:\n\n" + PROGRAM + "\nThis function adds one to x.\n",
    "prose2": "Sure! Here you go:\n\nimport math\n\n"
    + PROGRAM
    + "\n# example\nprint(f(3))\n\nLet me know if you need anything else.",
    "indented md": "Here:\n\n    def f(x):\n        return x + 1\n\nDone.",
    "think": "<think>\nmaybe\n```python\ndef f(x):\n    return 0\n```\n</think>\n"
    + fenced(PROGRAM),
    "think after nothing": "<think>\nI could do def f(x): return 0\n</think>\n\n" + PROGRAM,
    "close only": "maybe\n```python\ndef f(x):\n    return 0\n```\n</think>\n" + fenced(PROGRAM),
    "think after? fence in think unclosed": "<think>\n```python\ndef f(x):\n    return 0\n</think>\n"
    + fenced(PROGRAM),
    "two drafts": fenced("def f(x):\n    return 0\n") + "That is wrong.\n" + fenced(PROGRAM),
    "helper split": fenced("def g(x):\n    return x + 1\n")
    + "and\n"
    + fenced("def f(x):\n    return g(x)\n"),
    "imports split": fenced("import math\n")
    + "and\n"
    + fenced("def f(x):\n    return math.floor(x) + 1\n"),
    "tests after": fenced(PROGRAM)
    + fenced(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(1), 2)\n"
    ),
    "asserts after": fenced(PROGRAM) + fenced("assert f(1) == 2\n"),
    "files": "```python\n# file: helper.py\ndef g(x):\n    return x + 1\n```\n```python\n# file: main.py\nfrom helper import g\ndef f(x):\n    return g(x)\n```\n",
    "files one block": "```python\n# file: helper.py\ndef g(x):\n    return x + 1\n# file: main.py\nfrom helper import g\ndef f(x):\n    return g(x)\n```\n",
    "files info": '```python helper.py\ndef g(x):\n    return x + 1\n```\n```python title="main.py"\nfrom helper import g\ndef f(x):\n    return g(x)\n```\n',
    "files bold": "**helper.py**\n```python\ndef g(x):\n    return x + 1\n```\n\n**main.py**\n\n```python\nfrom helper import g\ndef f(x):\n    return g(x)\n```\n",
    "crlf": fenced(PROGRAM).replace("\n", "\r\n"),
    "lambda": fenced("f = lambda x: x + 1\n"),
    "answer tag": "<answer>\n" + PROGRAM + "</answer>",
    "answer fenced": "<answer>\n" + fenced(PROGRAM) + "</answer>",
    "bash before": "```bash\npip install x\n```\n" + fenced(PROGRAM),
    "json after": fenced(PROGRAM) + '```json\n{"f": 1}\n```\n',
    "pycon": fenced(PROGRAM) + "```pycon\n>>> f(1)\n2\n```\n",
    "pycon unl": fenced(PROGRAM) + "```\n>>> f(1)\n2\n```\n",
    "java too": fenced(PROGRAM)
    + "In Java:\n```java\nclass A { static int f(int x) { return x + 1; } }\n```\n",
    "MBPP": "[BEGIN]\n" + PROGRAM + "[DONE]",
    "class after": fenced(PROGRAM)
    + "Alternatively a class:\n"
    + fenced("class Adder:\n    def f(self, x):\n        return x + 1\n"),
    "4ticks": "````python\n" + PROGRAM + "````\n",
    "markdown wrap": "````markdown\n```python\n" + PROGRAM + "```\n````\n",
    "text label": fenced(PROGRAM, "text"),
    "heading": "# Solution\n\n" + PROGRAM,
    "bold": "**Solution**\n\n" + fenced(PROGRAM) + "**Complexity**: O(1)",
    "str with think": fenced('def f(x):\n    s = "<think>"\n    return x + 1\n'),
    "inline": "Use `f` like\n" + fenced(PROGRAM),
    "fence no newline end": "```python\n" + PROGRAM.rstrip() + "```",
    "html": "<pre><code>\n" + PROGRAM + "</code></pre>",
    "trailing fence same line": "```python\n" + PROGRAM + "```. That is it.\n",
    "spaces label": "``` python\n" + PROGRAM + "```",
}
WRONG = {
    "unclosed think": "<think>\nlet me\n```python\n" + PROGRAM + "```\n",
    "usage only": fenced("print(f(3))\n"),
    "case": fenced("def F(x):\n    return x + 1\n"),
    "final draft wrong": fenced(PROGRAM) + "Better:\n" + fenced("def f(x):\n    return x\n"),
}


def works(found: Extracted | str) -> bool:
    """Whether a program of this test's own computes f(3) == 4."""
    space: dict[str, Any] = {}
    try:
        for name, code in found.files if isinstance(found, Extracted) else ():
            module = types.ModuleType(name[:-3])
            exec(code, vars(module))
            sys.modules[name[:-3]] = module
        exec(found.code if isinstance(found, Extracted) else "", space)
        return bool(space["f"](3) == 4)
    except (SyntaxError, NameError, KeyError):
        return False
    finally:
        for name, _ in found.files if isinstance(found, Extracted) else ():
            sys.modules.pop(name[:-3], None)


@pytest.mark.parametrize("form", FORMS)
def test_the_right_program_is_found(form: str) -> None:
    text = FORMS[form]
    found = extract(text, ASKED)
    assert works(found), found
    assert isinstance(found, Extracted)
    for at, line in zip(found.offsets, lines_of(found.code), strict=True):
        assert text.startswith(line, at)


@pytest.mark.parametrize("form", WRONG)
def test_no_other_is(form: str) -> None:
    assert not works(extract(WRONG[form], ASKED))


def test_where_two_could_be_meant_both_are_told() -> None:
    found = extract(FORMS["two drafts"], ASKED)
    assert isinstance(found, Extracted)
    assert "block 2 of 2, the last that defines" in found.rule and "block 1 could be" in found.rule
    assert extract("<think>\nhm", ASKED) == NO_PROGRAM


@pytest.mark.parametrize(
    "body",
    [
        "    y = x\n    return y + 1\n",
        "y = x\nreturn y + 1\n",
        "y = x\n    return y + 1\n",
        "for y in [x]:\n    return y + 1\n",
        "for y in [x]:\n        return y + 1\n",
        "    return x + 1\n```\nIt adds one.",
        "```python\n    return x + 1\n```",
        "```python\nreturn x + 1\n```",
    ],
)
def test_a_body_continues_the_prompt(body: str) -> None:
    prompt = "def f(x):\n    '''Add one.'''\n"
    found = extract(body, Asked(names=frozenset({"f"}), prompt_code=prompt))
    assert isinstance(found, Extracted)
    space: dict[str, Any] = {}
    ((_, text),) = sources(found, prompt, frozenset({"f"}))
    exec(text, space)
    assert space["f"](3) == 4


def test_whole_programs_are_those_that_read() -> None:
    asked = Asked(whole=True)
    program = "import sys\nprint(int(sys.stdin.read()) + 1)\n"
    for text in (
        fenced(program) + "Input:\n" + fenced("3\n", "") + "Output:\n" + fenced("4\n", ""),
        fenced(program) + "Test it:\n" + fenced("print(3 + 1)\n"),
        "It reads a number.\n\n" + program + "\nThat is all there is to it.\n",
        fenced("int main() { std::cin >> x; }\n", "cpp") + fenced(program),
    ):
        found = extract(text, asked)
        assert isinstance(found, Extracted) and found.code.strip() == program.strip()


def test_what_is_asked_is_read_off_the_tests() -> None:
    pytest_files = {"test_a.py": "from bank import (\n    Account,\n    f as g)\nimport solution\n"}
    asked = asked_by(CodeReference(tests=PytestTests(files=pytest_files)))
    assert asked.names == {"Account", "f"}
    asserts = AssertTests(code="assert len(Stack([1]).items) == 1")
    assert asked_by(CodeReference(tests=asserts)).names == {"Stack"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", ["```\n", "```py\n'''\n", "<think>\n", "x = [\n", "a b\nx = 1\n"]
)
def test_a_long_hostile_text_is_read_in_less_than_quadratic_time(piece: str) -> None:
    extract(piece * (LONGEST_PROGRAM // len(piece)), ASKED)
