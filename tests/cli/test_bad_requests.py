"""Wrong requests: one line, exit code 2, and nothing left that stops the right ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from veritune.cli import main
from veritune.config import ScratchConfig
from veritune.models import build_scratch, save_policy

PROBLEM = '{"id": "a", "kind": "math", "prompt": "1+1=", "reference": {"answer": "2"}}\n'
CANDIDATE = '{"problem_id": "a", "index": 0, "text": "2"}\n'
VERDICT = '{"problem_id": "a", "index": 0, "outcome": "passed", "score": 1.0, "reason": ""}\n'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "M"
    made, tokenizer = build_scratch(ScratchConfig(layers=1, width=16, heads=2, max_length=32), 0)
    save_policy(made, tokenizer, folder)
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("P.jsonl").write_text(PROBLEM)
    Path("C.jsonl").write_text(CANDIDATE)
    Path("V.jsonl").write_text(VERDICT)
    Path("r.toml").write_text('name = "r"\n')
    Path("Q.csv").write_text("question,answer\n1+1?,2\n")
    Path("t.xlsx").write_bytes(b"PK")
    own = "import math\nfrom pathlib import Path\ndef one(problem): pass\nclass Good: pass\n"
    Path("own.py").write_text(own)
    Path("folder").mkdir()
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], words: str) -> str:
    """One line on standard error, and exit code 2."""
    assert main(words.split()) == 2, words
    err = capsys.readouterr().err
    assert err.startswith("veritune: ") and err.count("\n") == 1, err
    assert "Traceback" not in err and "BaseModel" not in err and "Arguments" not in err
    return err


RECIPES = {
    "": "no such recipe",
    "name = ": "not valid TOML",
    'name = "a/b"': "name:",
    'name = ""': "name:",
    "name = 3": "name:",
    "seed = -1": "seed:",
    "[sampler]\nn = 0": "sampler.n:",
    '[sampler]\nn = "many"': "sampler.n:",
    "[sampler]\ntemprature = 3": "did you mean 'temperature'?",
    "[sampler]\ntop_p = 2": "sampler.top_p:",
    '[sampler]\ntype = "sglang"': "sampler.type:",
    "sampler = 3": "sampler:",
    "[samplers]\nn = 3": "samplers: unknown key",
    "[sampler]\nbatch = 3": "renamed to sampler.max_num_seqs",
    "[problems]\nchat = true": "renamed to prompt.chat",
    '[prompt]\nchat = "yes please"': "prompt.chat",
    "[prompt]\ntemplate_kwargs = {messages = 1}": "is set by veritune",
    '[prompt]\ntemplate = "gone.txt"': "gone.txt: no such file",
    '[prompt]\nexamples = "gone.jsonl"': "gone.jsonl",
    '[prompt]\ntemplate = "gone.py:render"': "no such file",
    '[problems]\nsource = "gsm9k"': "gsm9k",
    '[problems]\npath = "folder"': "folder",
    '[problems]\nsource = "gone:rows"': "no module",
    "[problems]\ntrain = 0": "problems.train:",
    "[problems.chain]\nsteps = 0": "problems.chain.steps:",
    '[trainer]\ntype = "sgd"': "must be one of sft, dpo, ppo",
    '[trainer]\ntype = "ppo"\nmax_steps = 3': "trainer.max_steps: unknown key",
    "[trainer]\nmax_steps = 1.5": "trainer.max_steps:",
    '[trainer]\ntype = "dapo"': "set it",
    '[trainer]\ntype = "grpo"\n[sampler]\ntop_p = 0.5': "top_p 1",
    '[trainer]\ntype = "grpo"\n[trainer.credit]\nreward = "gone.py:f"': "no such file",
    '[verifier]\ntype = "rulez"': "verifier.type:",
    '[model.scratch]\nwidth = "64"': "model.scratch.width: expected a number (got '64')",
    "[sampler]\nn = true": "sampler.n: expected a number (got True)",
    "[problems]\ndecontaminate = 1": "problems.decontaminate: expected a flag, true or false",
    '[problems]\npath = "gone.jsonl"': "gone.jsonl: no such file (relative to the current folder,",
    '[verifier]\ntype = "judge"': "needs verifier.judge.url",
    '[verifier]\ntype = "gone.py:verify"': "no such file",
    '[verifier]\nsteps = ["ruler"]': "verifier.steps",
    '[verifier]\njudge = "rules"': "verifier.judge:",
    '[[verifier.parts]]\ntype = "nobody"': "verifier.parts.0.type:",
    '[selection]\nreward = "vibes"': "selection.reward:",
    '[selection]\nrank = "reward_model"': "go together",
    "[evaluation]\nn = 1\nk = 2": "must be at most n",
    '[rounds]\non_empty = "shrug"': "rounds.on_empty:",
    "[model.scratch]\nwidth = 7": "multiple of",
    '[model]\npath = "./gone"': "no such folder",
    '[model]\npath = "P.jsonl"': "is a file",
    '[model]\npath = "folder"': "folder",
}
VERIFY = "verify --problems P.jsonl --candidates C.jsonl --out O.jsonl"
COMMANDS = {
    "run": "name the recipe first",
    "run folder": "is a folder",
    "run r.toml --sampler.n": "give a value",
    "run r.toml --from-round x": "--from-round",
    "run r.toml stray": "no option stray",
    "verify": "missing: --problems, --candidates, --out",
    "verify --problems P.jsonl --candidates gone.jsonl --out O.jsonl": "gone.jsonl",
    "verify --problems gone.jsonl --candidates C.jsonl --out O.jsonl": "no such file (--problems)",
    "verify --problems t.xlsx --candidates C.jsonl --out O.jsonl": ".xlsx is not read; save it",
    "verify --problems P.jsonl --candidates C.jsonl --out O.jsonl --steps jury": "--steps: exp",
    "run r.toml --trainer.lr 3": "did you mean --trainer.learning-rate?",
    "run r.toml --model.path ./gone": "no such folder; give a Hugging Face folder",
    "run r.toml --prompt.template gone.txt": "--prompt.template: gone.txt: no such file",
    "run r.toml --dry-run --problems.path gone.csv": "gone.csv: no such file (relative to",
    # The model is not here either, and the file is named without it.
    "run r.toml --dry-run --model.path a/b --problems.path Q.csv --problems.test-path gone.csv": (
        "gone.csv: no such file (relative to"
    ),
    "run r.toml --problems.path Q.csv --problems.columns.prompt x": "--problems.columns.prompt: no",
    "run r.toml --dry-run --problems.path C.jsonl": "C.jsonl:1: no answer found",
    f"{VERIFY} --type own.py:one": "--type: 'own.py:one': takes (problem), expected",
    f"{VERIFY} --type own.py:gone": "own.py has no gone; it has one, Good\n",
    "train group --type magic --model MODEL --problems P.jsonl --candidates C.jsonl --verdicts"
    " V.jsonl --out O": "--type: input should be",
    "bench supervision r.toml": "[study.ppo.trainer]",
    "bench throughput --what sft --frob": "unrecognized arguments: --frob; see veritune bench",
    "verify --problems P.jsonl --candidates C.jsonl --out O.txt": "the ending decides",
    "verify --problems P.jsonl --candidates C.jsonl --out folder": "the ending decides",
    "verify --problems P.jsonl --candidates C.jsonl --out P.jsonl": "one of the files to read",
    "verify --problems P.jsonl --candidates C.jsonl --out V.jsonl": "not known to be of these",
    "verify --problems P.jsonl --candidates C.jsonl --out P.jsonl/O.jsonl": "cannot be made",
    "verify --problems P.jsonl --candidates C.jsonl --out O.jsonl --type rulez": "--type: expected",
    "verify --problems P.jsonl --candidates C.jsonl --out O.jsonl --workers 0": "--workers:",
    "verify --problems C.jsonl --candidates P.jsonl --out O.jsonl": "C.jsonl",
    "sample --problems P.jsonl --out O.jsonl": "missing: --model",
    "sample --model ./gone --problems P.jsonl --out O.jsonl": "no such folder",
    "sample --model folder --problems P.jsonl --out O.jsonl": "folder",
    "sample --model MODEL --problems P.jsonl --out O.csv": "the ending decides",
    "sample --model MODEL --problems P.jsonl --out O.jsonl --n 0": "--sampler.n:",
    "sample --model MODEL --problems P.jsonl --out O.jsonl --prompt.chat true": "chat template",
    "sample --model MODEL --problems P.jsonl --out O.jsonl --prompt.template-kwargs a 1": "plain",
    "train": "name the trainer first",
    "train sft --model MODEL --problems P.jsonl --candidates C.jsonl --out folder": "exists",
    "train sft --model ./gone --problems P.jsonl --candidates C.jsonl --out O": "no such folder",
    "train ppo --model MODEL --problems P.jsonl --candidates C.jsonl --out O": "--verdicts",
    "bench": "",
    "bench pass-at-9 --problems P.jsonl": "no benchmark",
    "bench pass-at-k --problems P.jsonl": "give --candidates, or --model",
    "bench steps": "name a file",
    "validate": "missing: PROBLEMS",
    "validate gone.jsonl": "no such file",
    "problems": "",
    "problems show gone.jsonl": "no such file",
    "problems convert P.jsonl C.jsonl": "exists",
    "problems convert P.jsonl O.xls": "the ending decides",
    "new poem x.py": "nothing new of kind",
    "new verifier x.toml": "name one file",
    "report gone": "not a run",
    "report": "give at least one run folder",
    "nope": "no command",
}


@pytest.mark.parametrize(("text", "says"), RECIPES.items(), ids=range(len(RECIPES)))
def test_recipes(here: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    if text:
        Path("bad.toml").write_text(text + "\n")
    assert says in refused(capsys, "run bad.toml --output runs")
    assert not list(here.glob("runs/*/config.toml"))
    assert not list(here.glob("runs/*/checkpoints/*"))


@pytest.mark.parametrize(("words", "says"), COMMANDS.items())
def test_commands(
    here: Path, model: Path, capsys: pytest.CaptureFixture[str], words: str, says: str
) -> None:
    if not says:
        assert main(words.split()) == 2
        assert "usage:" in capsys.readouterr().out
        return
    assert says in refused(capsys, words.replace("MODEL", str(model)))
    assert not list(here.glob("O*"))


def test_problems_that_are_missing_are_told_before_a_run_is_made(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "r.toml", "--output", "runs", "--problems.path", "gone.csv"]) == 2
    assert capsys.readouterr().out == "" and not Path("runs").exists()


FILES = {
    "empty": ("problems", b"", "empty"),
    "no JSON": ("problems", b'{"id": "a", ', ":1:"),
    "a list": ("problems", b"[1]\n", ":1:"),
    "not UTF-8": ("problems", b"\xff\xfe{}\n", "UTF-8"),
    "no answer": ("problems", b'{"question": "1+1?"}\n', ":1:"),
    "a key twice": ("problems", b'{"id": "a", "id": "b"}\n', "duplicate"),
    "an id twice": ("problems", (PROBLEM * 2).encode(), "duplicate"),
    "of no kind": ("problems", PROBLEM.replace("math", "poem").encode(), "kind"),
    "no candidates": ("candidates", b"", "empty"),
    "index of text": ("candidates", CANDIDATE.replace("0", '"0"').encode(), "index"),
    "unknown problem": ("candidates", CANDIDATE.replace('"a"', '"z"').encode(), "'z' (line 1)"),
    "the same twice": ("candidates", (CANDIDATE * 2).encode(), "twice"),
    "steps beyond": ("candidates", CANDIDATE.replace("}", ', "step_ends": [9]}').encode(), "step"),
    "thought beyond": ("candidates", CANDIDATE.replace("}", ', "thinking": 9}').encode(), "think"),
}


@pytest.mark.parametrize(("which", "content", "says"), FILES.values(), ids=FILES)
def test_files(
    here: Path, capsys: pytest.CaptureFixture[str], which: str, content: bytes, says: str
) -> None:
    Path("bad.jsonl").write_bytes(content)
    names = {"problems": "P.jsonl", "candidates": "C.jsonl"} | {which: "bad.jsonl"}
    files = f"--problems {names['problems']} --candidates {names['candidates']}"
    assert says in refused(capsys, f"verify {files} --out O.jsonl")
    right = ["--problems", "P.jsonl", "--candidates", "C.jsonl"]
    assert main(["verify", *right, "--out", "O.jsonl"]) == 0


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def config(**keys: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | keys))

    return change


def tokenizer_without(folder: Path) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()


def weights_cut(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no config": (without("config.json"), "config.json"),
    "no weights": (without("model.safetensors"), "weights"),
    "no tokenizer": (tokenizer_without, "tokenizer"),
    "weights cut short": (weights_cut, "cannot be loaded"),
    "another shape": (config(hidden_size=32), "copy or save the model again"),
    "an unknown kind": (config(model_type="poem"), "cannot be loaded"),
}


@pytest.mark.parametrize(("harm", "says"), FOLDERS.values(), ids=FOLDERS)
def test_model_folders(
    here: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Path], None],
    says: str,
) -> None:
    shutil.copytree(model, "M")
    for manifest in Path("M").glob("*manifest*"):
        manifest.unlink()  # A folder of somebody else's.
    harm(Path("M"))
    words = "sample --model M --problems P.jsonl --out O.jsonl --n 1"
    assert says in refused(capsys, words)
    assert not Path("O.jsonl").exists()


def test_a_run_that_drew_nothing_may_be_corrected(
    here: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The weights are found to be damaged when they are read, which is after the run began."""
    shutil.copytree(model, "M")
    for manifest in Path("M").glob("*manifest*"):
        manifest.unlink()
    weights_cut(Path("M"))
    recipe = (
        'name = "r"\noutput = "runs"\n[problems]\ntrain = 4\ntest = 2\nchain = {steps = 1}\n'
        '[rounds]\ncount = 0\n[sampler]\nmax_tokens = 2\n[model]\npath = "%s"\n'
    )
    Path("r.toml").write_text(recipe % "M")
    assert "cannot be loaded" in refused(capsys, "run r.toml")
    Path("r.toml").write_text(recipe % model)
    code = main(["run", "r.toml"])
    assert code == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["view", ""],
        ["report", "runs/a", ""],
        ["run", ""],
        ["verify", "--problems", "", "--candidates", "C.jsonl", "--out", "W.jsonl"],
        ["verify", "--problems", "P.jsonl", "--candidates=", "--out", "W.jsonl"],
        ["sample", "--model", "", "--problems", "P.jsonl", "--n", "1", "--out", "W.jsonl"],
        ["run", "r.toml", "--problems.path", ""],
        ["solve", "", "1 + 1"],
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    words: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "empty" in err and err.count("\n") == 1


def test_an_empty_path_in_a_recipe_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ('[problems]\npath = ""', '[model]\npath = ""', 'output = ""'):
        Path("r.toml").write_text(text)
        assert "at least 1 character" in refused(capsys, "run r.toml")


@pytest.mark.parametrize(
    "words",
    [
        "view {}",
        "report {}",
        "verify --problems P.jsonl --candidates C.jsonl --out {}",
        "verify --problems {} --candidates C.jsonl --out W.jsonl",
        "compare {} V.jsonl",
    ],
)
def test_a_name_that_no_file_can_have_is_a_wrong_request(
    words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "name too long" in refused(capsys, words.format("a" * 300 + ".jsonl")).lower()


def test_an_answer_is_looked_at_before_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    # There is no such model, and that is not what is said.
    assert main(["solve", "no-such-model", "1 + 1", "--answer", " "]) == 2
    assert "--answer" in capsys.readouterr().err
