"""The readers, one function each: it prepares a folder, and gives what reads one damaged input."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from fuzz.damage import ODD, as_line, damaged_bytes, damaged_lines, damaged_value
from http_server import Handler, served
from problems.public_code_rows import CODE
from problems.public_rows import CHOICES, MATH
from report.report_runs import evaluation, make_run

from veritune.config import SamplerConfig, load_recipe
from veritune.files import read_records
from veritune.problems import read_pairs, read_problems, read_verified
from veritune.problems.stepwise import read_stepwise
from veritune.records import Candidate, Checkpoint, MathProblem, MathReference, Problem, Verdict
from veritune.sampler.server import ServerSampler
from veritune.store import Store
from veritune.text import one_line, writable
from veritune.trainer.pairs import read_pairs_file
from veritune.verifiers import check_steps
from veritune.verifiers.answers.extract import extract_answer
from veritune.verifiers.code.extract import Asked, Extracted, extract
from veritune.verifiers.code.flags import degrees
from veritune.viewer import write_report

Reader = Callable[[Random, Path], None]
SERVERS = contextlib.ExitStack()  # Up until the process ends.
PROBLEM = {"id": "a", "kind": "math", "prompt": "1+1?", "reference": {"answer": "2"}}
CANDIDATE = {"problem_id": "a", "index": 0, "text": "\\boxed{2}", "token_ids": [1, 2]}
VERDICT = {
    **{"problem_id": "a", "index": 0, "outcome": "passed", "score": 1.0, "reason": "equal"},
    **{"answer": "2", "seconds": 0.1, "steps": [], "trust": "full", "flags": []},
}
PAIR = {"prompt": "1+1?", "chosen": "2", "rejected": "3"}
RECIPES = Path(__file__).parents[2] / "recipes"


def problems(folder: Path) -> Reader:
    """Files of problems in every known layout, and of labelled steps."""
    rows: list[object] = [row for table in (MATH, CHOICES, CODE) for row, _ in table.values()]
    rows.append(PROBLEM)

    def read(random: Random, folder: Path) -> None:
        row = random.choice(rows)
        ending = random.choice(["jsonl", "jsonl", "json", "csv"])
        path = folder / f"p.{ending}"
        if ending == "json":
            path.write_bytes(damaged_bytes(random, as_line(damaged_value(random, [row, row]))))
        else:
            path.write_bytes(damaged_lines(random, [row, row]))
        with contextlib.redirect_stderr(io.StringIO()):
            if random.random() < 0.2 and ending == "jsonl":
                list(read_stepwise(str(path), neutral="correct"))
            read_problems(str(path))

    return read


def candidates(folder: Path) -> Reader:
    """Candidates of a good file of problems; pairs of completions."""
    (folder / "p.jsonl").write_bytes(as_line(PROBLEM) + b"\n")
    samples: list[object] = [
        CANDIDATE,
        {"task_id": "a", "completion": "2"},
        {"task_id": "a", "solution": "2"},
        {"doc_id": 0, "resps": [["2"]], "doc": {"id": "a"}},
    ]

    def read(random: Random, folder: Path) -> None:
        path = folder / "c.jsonl"
        if random.random() < 0.2:
            path.write_bytes(damaged_lines(random, [PAIR, PAIR]))
            read_pairs_file(path)
            return
        path.write_bytes(damaged_lines(random, [random.choice(samples), CANDIDATE]))
        read_pairs(str(folder / "p.jsonl"), str(path))

    return read


def verdicts(folder: Path) -> Reader:
    """Verdicts on a good candidate."""
    (folder / "p.jsonl").write_bytes(as_line(PROBLEM) + b"\n")
    (folder / "c.jsonl").write_bytes(as_line(CANDIDATE) + b"\n")

    def read(random: Random, folder: Path) -> None:
        path = folder / "v.jsonl"
        path.write_bytes(damaged_lines(random, [VERDICT]))
        read_records(path, Verdict)
        read_verified(str(folder / "p.jsonl"), str(folder / "c.jsonl"), str(path))

    return read


def recipes(folder: Path) -> Reader:
    """Recipes, as TOML."""
    texts = [path.read_bytes() for path in sorted(RECIPES.glob("*.toml"))]
    odd = [b"[" * 500, b"a.b.c.d = 1\n", b"[[a]]\n", b"x = 1979-05-27\n", b"\x00", b"=", b"nan"]

    def read(random: Random, folder: Path) -> None:
        data = random.choice(texts)
        if random.random() < 0.5:
            lines = data.split(b"\n")
            key, sign, _ = lines[at := random.randrange(len(lines))].partition(b" = ")
            value = random.choice([b"1", b"-1", b'"x"', b"[]", b"{}", b"true", b"1e999", b"nan"])
            lines[at] = key + sign + value if sign else random.choice(odd)
            data = b"\n".join(lines)
        else:
            data = damaged_bytes(random, data)
        path = folder / "r.toml"
        path.write_bytes(data)
        load_recipe(path)

    return read


def templates(folder: Path) -> Reader:
    """Chat templates of a model, and messages put into them."""
    from veritune.models import encode_prompt
    from veritune.models.scratch import PRINTABLE, character_tokenizer

    good = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}{{ x }}"
    parts = ["{{", "}}", "{% endfor %}", "{% if %}", "{{ 1/0 }}", "{{ x.y.z }}", "{{ raise(1) }}"]
    parts += ["{{ messages[9] }}", "{% include 'x' %}", "{{ ''.__class__ }}", "{{ range(9**9) }}"]

    def read(random: Random, folder: Path) -> None:
        tokenizer = character_tokenizer(PRINTABLE, 1 << 20)
        at = random.randint(0, len(good))
        tokenizer.chat_template = good[:at] + random.choice(parts) + good[at:]
        prompt = [{"role": random.choice(["user", "assistant", "x"]), "content": "hello"}]
        encode_prompt(tokenizer, prompt, template_kwargs={"x": random.choice(ODD)})

    return read


def replies(folder: Path) -> Reader:
    """Replies of an OpenAI-compatible server, over the wire."""
    body: list[bytes] = [b""]

    class Damaged(Handler):
        def do_GET(self) -> None:
            self.answer(body.pop(0) if len(body) > 1 else body[0])

        def do_POST(self) -> None:
            self.body()
            self.do_GET()

    url, _ = SERVERS.enter_context(served(Damaged))
    config = SamplerConfig.model_validate({"type": "server", "url": f"{url}/v1"})
    models = {"data": [{"id": "m", "owned_by": "x"}]}
    text = {"choices": [{"text": "2", "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}
    chat = {"choices": [{"message": {"content": "2", "reasoning": None}, "finish_reason": "stop"}]}
    asked: dict[str, object] = {"text": "1+1?", "chat": [{"role": "user", "content": "1+1?"}]}

    def read(random: Random, folder: Path) -> None:
        kind = random.choice(["text", "chat"])
        good = text if kind == "text" else chat
        shown = as_line(damaged_value(random, good))
        listed = as_line(models if random.random() < 0.7 else damaged_value(random, models))
        if random.random() < 0.2:
            shown = damaged_bytes(random, shown)
        body[:] = [listed, shown]
        sampler = ServerSampler(config, seed=1, first_delay=0.0)
        problem = posed(asked[kind])
        sampler.load(Checkpoint(path="m", policy="m"))
        for candidate in sampler.sample([problem], [[0]], round=0):
            candidate.to_line().encode()

    return read


def posed(prompt: object) -> Problem:
    """A problem with a prompt."""
    return MathProblem.from_json({**PROBLEM, "prompt": prompt})


def store(folder: Path) -> Reader:
    """The files of a run on disk."""
    _write_run(folder)

    def read(random: Random, folder: Path) -> None:
        copy = _damaged_run(random, folder)
        with Store.open(copy) as opened:
            for name in opened.names():
                list(opened.verified(name))
            opened.metrics()

    return read


def report(folder: Path) -> Reader:
    """A run as a page: damaged files, and any text in its records."""
    _write_run(folder)

    def read(random: Random, folder: Path) -> None:
        if random.random() < 0.5:
            copy = _damaged_run(random, folder)
        else:
            copy = folder / "odd"
            shutil.rmtree(copy, ignore_errors=True)
            row = {**VERDICT, "reason": writable(str(random.choice(ODD)))}
            text = writable(str(damaged_value(random, {"a": "```\n<b>"})))
            problem = MathProblem(id="a", prompt=text, reference=MathReference(answer="2"))
            candidate = Candidate(problem_id="a", index=0, text=text)
            changed = {"pass_at_1": random.choice([None, 0.0, 0.5, 1.0])}
            rows = [evaluation(1, 0.5) | changed]
            copy = make_run(copy, "r", rows, [(problem, candidate, Verdict.from_json(row))])
        write_report([copy], folder / "page.html")

    return read


def _write_run(folder: Path) -> None:
    problem = MathProblem(id="a", prompt="1+1?", reference=MathReference(answer="2"))
    candidate = Candidate(problem_id="a", index=0, text="\\boxed{2}")
    verified = [(problem, candidate, Verdict.from_json(VERDICT))]
    make_run(folder, "run", [evaluation(0, 0.2), evaluation(1, 0.5)], verified)


def _damaged_run(random: Random, folder: Path) -> Path:
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "run", copy)
    path = random.choice([path for path in sorted(copy.rglob("*")) if path.is_file()])
    if random.random() < 0.15:
        path.unlink()
    else:
        path.write_bytes(damaged_bytes(random, path.read_bytes()))
    return copy


def texts(folder: Path) -> Reader:
    """What candidates say, through the readers of answers, steps and programs."""
    pieces = [
        "\\boxed{",
        "}",
        "2",
        "```python\n",
        "```\n",
        "def f(x):\n",
        "    return x\n",
        "<<1+1",
    ]
    pieces += [
        "=",
        ">>",
        "#### ",
        "x = ",
        "\\frac{1}{2}",
        "$",
        "<think>",
        "</think>",
        "\n",
        "(",
        ")",
    ]
    pieces += ["1. ", "the answer is ", "'''", "\\begin{aligned}", "&", "\\\\", "^", "_", "\ud800"]
    problem = MathProblem(id="a", prompt="1+1?", reference=MathReference(answer="2"))
    modes = ("strict", "stated", "lenient")

    def read(random: Random, folder: Path) -> None:
        text = "".join(random.choice(pieces) for _ in range(random.randint(0, 40)))
        text = writable(text) if random.random() < 0.9 else text
        one_line(text)
        extract_answer(text, mode=random.choice(modes), marker=random.choice([None, "####"]))
        spans = [(step.start, step.end) for step in check_steps(problem, text)]
        assert "".join(text[start:end] for start, end in spans) == text
        program = extract(text, Asked(names=frozenset({"f"}), whole=random.random() < 0.3))
        if isinstance(program, Extracted):
            degrees(program.code, shared=True, exercise="def f(x):")

    return read
