"""Policies are built, saved, loaded and named by content; every fault is one clear line."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
import torch

from veritune.config import ScratchConfig
from veritune.errors import MissingFileError, ModelError, UnwritableError, VerituneError
from veritune.models import (
    build_scratch,
    completion_texts,
    encode_prompt,
    eos_ids,
    load_policy,
    policy_hash,
    save_policy,
)
from veritune.models.tokenizers import tokenizer_fault

SMALL = ScratchConfig(layers=1, width=32, heads=2, max_length=64)
BLANKS = "  a  b\n\n c = 1;\n"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "policy"
    save_policy(*build_scratch(SMALL, 0), folder)
    return folder


def test_a_flipped_byte_in_any_file_is_never_loaded(saved: Path, tmp_path: Path) -> None:
    load_policy(saved)
    for name in sorted(path.name for path in saved.iterdir()):
        folder = tmp_path / name
        shutil.copytree(saved, folder)
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)
        with pytest.raises(ModelError, match=r"damaged.*copy the folder again"):
            load_policy(folder)


@pytest.mark.parametrize("architecture", ["qwen2", "llama"])
def test_scratch_models_follow_from_the_seed(architecture: str) -> None:
    config = SMALL.model_copy(update={"architecture": architecture})
    first, second, other = (build_scratch(config, seed)[0] for seed in (3, 3, 4))
    assert first.config.model_type == architecture
    same = [torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(first.lm_head.weight, other.lm_head.weight)


def test_scratch_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    build_scratch(SMALL, 0)
    assert torch.equal(before, torch.get_rng_state())


def test_character_tokenizer_is_exact_and_refuses_what_it_cannot_write() -> None:
    model, tokenizer = build_scratch(SMALL, 0, characters="0123456789+=\n ")
    text = " 12 +  3=\n"
    assert len(encode_prompt(tokenizer, text)) == len(text)
    assert tokenizer.decode(encode_prompt(tokenizer, text)) == text
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert tokenizer.bos_token_id is None
    assert eos_ids(model, tokenizer) == {tokenizer.eos_token_id}
    with pytest.raises(ModelError, match="cannot be encoded"):
        encode_prompt(tokenizer, "12 x 3")


def test_chat_prompts_need_a_template() -> None:
    _, tokenizer = build_scratch(SMALL, 0)
    chat = [{"role": "user", "content": "1+1"}]
    with pytest.raises(ModelError, match="no chat template"):
        encode_prompt(tokenizer, chat)
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    assert tokenizer.decode(encode_prompt(tokenizer, chat)) == "user: 1+1\nassistant: "
    begun = encode_prompt(tokenizer, chat, prefill="2;")
    assert tokenizer.decode(begun) == "user: 1+1\nassistant: 2;"
    assert tokenizer.decode(encode_prompt(tokenizer, "1+1=", prefill="2;")) == "1+1=2;"


def test_arguments_of_a_chat_template() -> None:
    _, tokenizer = build_scratch(SMALL, 0)
    chat = [{"role": "user", "content": "1+1"}]
    tokenizer.chat_template = "{{ messages[0].content }}{% if not brief %}?{% endif %}="
    assert tokenizer.decode(encode_prompt(tokenizer, chat)) == "1+1?="
    short = encode_prompt(tokenizer, chat, template_kwargs={"brief": True})
    assert tokenizer.decode(short) == "1+1="
    with pytest.raises(ModelError, match=r"template_kwargs\.enable_thinking: .* no such argument"):
        encode_prompt(tokenizer, chat, template_kwargs={"enable_thinking": False})


def test_save_and_load_round_trip(saved: Path) -> None:
    model, tokenizer = load_policy(saved)
    original, _ = build_scratch(SMALL, 0)
    state = original.state_dict()
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())
    assert tokenizer.decode(encode_prompt(tokenizer, BLANKS)) == BLANKS
    assert not model.training


def test_hash_names_the_weights_and_not_the_place(saved: Path, tmp_path: Path) -> None:
    again = save_policy(*load_policy(saved), tmp_path / "deeper" / "again")
    assert again.policy == policy_hash(saved) == policy_hash(again.path)
    model, tokenizer = load_policy(saved)
    with torch.no_grad():
        model.lm_head.weight[3, 3] += 1e-6
    assert save_policy(model, tokenizer, tmp_path / "other").policy != again.policy


def test_weights_that_change_under_the_same_size_and_time_get_another_name(tmp_path: Path) -> None:
    saved = save_policy(*build_scratch(SMALL, 0), tmp_path / "policy").path
    weights = Path(saved) / "model.safetensors"
    time.sleep(0.05)  # Long enough for the file's state to be remembered.
    before, state = policy_hash(saved), weights.stat()
    with weights.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last[0] ^ 1]))
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))
    changed = policy_hash(saved)
    with weights.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(last)
    assert changed != before == policy_hash(saved)


def test_saving_replaces_a_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    (tmp_path / ".policy.1-half.partial").mkdir()
    (tmp_path / ".policy.1-half.partial" / "half.safetensors").write_bytes(b"half")
    first = save_policy(*build_scratch(SMALL, 0), folder)
    second = save_policy(*build_scratch(SMALL, 1), folder)
    assert first.policy != second.policy == policy_hash(folder)
    assert os.listdir(tmp_path) == ["policy"]


def test_what_is_written_beside_a_policy_is_in_its_name(tmp_path: Path) -> None:
    def beside(folder: Path) -> None:
        time.sleep(0.2)  # Longer than the policy itself takes.
        (folder / "head.safetensors").write_bytes(b"head")

    plain = save_policy(*build_scratch(SMALL, 0), tmp_path / "plain")
    saved = save_policy(*build_scratch(SMALL, 0), tmp_path / "policy", beside=beside)
    assert plain.policy != saved.policy == policy_hash(tmp_path / "policy")


def test_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableError) as caught:
        save_policy(*build_scratch(SMALL, 0), tmp_path / "file" / "policy")
    assert one_line(caught.value)


def test_adapters_are_saved_loaded_and_hashed_with_their_base(saved: Path, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    base, tokenizer = load_policy(saved)
    adapted = get_peft_model(base, LoraConfig(r=2, target_modules=["q_proj"]))
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if "lora_B" in name:
                value.fill_(0.1)
    checkpoint = save_policy(adapted, tokenizer, tmp_path / "adapter")
    assert not list(Path(checkpoint.path).glob("model*.safetensors"))
    loaded, _ = load_policy(checkpoint.path)
    by_name, _ = load_policy(saved, adapter=checkpoint.path)
    ids = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        wanted = adapted.eval()(ids).logits
        plain = load_policy(saved)[0](ids).logits
        assert torch.equal(loaded(ids).logits, wanted)
        assert torch.equal(by_name(ids).logits, wanted)
    assert not torch.allclose(plain, wanted)
    assert policy_hash(checkpoint.path) not in (policy_hash(saved), "")


def damage(folder: Path, kind: str) -> None:
    (folder / "manifest.json").unlink()  # as in a folder of somebody else's
    weights = folder / "model.safetensors"
    if kind == "truncated":
        weights.write_bytes(weights.read_bytes()[:-1000])
    elif kind == "garbage":
        weights.write_bytes(b"\x00" * 100)
    elif kind == "no weights":
        weights.unlink()
    elif kind == "no config":
        (folder / "config.json").unlink()
    elif kind == "bad config":
        (folder / "config.json").write_text("{")
    elif kind == "other shape":
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
    elif kind == "more layers":
        config = json.loads((folder / "config.json").read_text())
        config |= {"num_hidden_layers": 2, "layer_types": ["full_attention"] * 2}
        (folder / "config.json").write_text(json.dumps(config))
    elif kind == "no tokenizer":
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()


@pytest.mark.parametrize(
    "kind",
    [
        "truncated",
        "garbage",
        "no weights",
        "no config",
        "bad config",
        "other shape",
        "more layers",
        "no tokenizer",
    ],
)
def test_damaged_folders_are_refused_in_one_line(kind: str, saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(saved, folder)
    damage(folder, kind)
    with pytest.raises(ModelError) as caught:
        load_policy(folder)
    assert str(folder) in str(caught.value)
    assert one_line(caught.value)


def test_missing_places_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such folder"):
        load_policy(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="is a file"):
        load_policy(tmp_path / "file")
    with pytest.raises(ModelError, match="no such folder") as caught:
        load_policy("veritune-tests/no-such-model-anywhere")
    assert one_line(caught.value)


def test_tokenizers_that_lose_text_or_ids_are_named(saved: Path) -> None:
    from transformers import AutoTokenizer

    rebuilt = AutoTokenizer.from_pretrained(saved)
    if rebuilt.decode(rebuilt(BLANKS)["input_ids"]) != BLANKS:
        assert "loses text" in str(tokenizer_fault(rebuilt, 98))
    _, tokenizer = load_policy(saved)
    assert tokenizer_fault(tokenizer, 98) is None
    assert "outside" in str(tokenizer_fault(tokenizer, 50))


def test_a_lossy_tokenizer_is_refused(saved: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, pre_tokenizers

    folder = tmp_path / "lossy"
    shutil.copytree(saved, folder)
    inner = Tokenizer.from_file(str(folder / "tokenizer.json"))
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), inner.pre_tokenizer]
    )
    inner.save(str(folder / "tokenizer.json"))
    (folder / "manifest.json").unlink()
    with pytest.raises(ModelError, match="loses text") as caught:
        load_policy(folder)
    assert one_line(caught.value)


def test_completions_keep_a_leading_blank_under_sentence_pieces() -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "\u2581a", "\u2581b", "a", "b", "\u2581"]
    inner = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], 0, False))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>")
    assert tokenizer.decode([2, 1]) == "b a"
    assert completion_texts(tokenizer, [[2, 1], [4, 1], []]) == [" b a", "b a", ""]
    assert completion_texts(tokenizer, []) == []


def one_line(error: VerituneError) -> bool:
    return "\n" not in str(error) and 10 < len(str(error)) < 500
