"""Linear layers by oneDNN agree with torch's own, wherever they run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.nn.functional import linear

from veritune.config import ScratchConfig
from veritune.models import build_scratch
from veritune.models import linear as module
from veritune.models.linear import OneDnnLinear, packed, prefers_onednn, product

AMD, INTEL = "vendor_id\t: AuthenticAMD\n", "vendor_id\t: GenuineIntel\n"


@pytest.fixture(autouse=True)
def decide_anew() -> Iterator[None]:
    prefers_onednn.cache_clear()
    yield
    prefers_onednn.cache_clear()


@pytest.mark.parametrize("shape", [(7,), (0, 7), (1, 7), (3, 7), (2, 5, 7), (2, 0, 7)])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_float64(shape: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(0)
    layer = OneDnnLinear(7, 5, bias=bias)
    x = torch.randn(shape, requires_grad=True)
    goal = torch.randn(*shape[:-1], 5)
    (layer(x) * goal).sum().backward()
    exact = [part.detach().double().requires_grad_() for part in (x, *layer.parameters())]
    (linear(*exact) * goal.double()).sum().backward()
    found = [part.grad for part in (x, *layer.parameters())]
    for ours, other in zip(found, exact, strict=True):
        assert ours is not None and other.grad is not None
        torch.testing.assert_close(ours.double(), other.grad, atol=2e-6, rtol=2e-6)
    torch.testing.assert_close(layer(x).double(), linear(*exact), atol=2e-6, rtol=2e-6)


def test_products_keep_the_precision_of_float32() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(200, 512), torch.randn(300, 512)
    exact = x.double() @ weight.double().t()
    for found in (product(x, weight), product(x, packed(weight))):
        # bfloat16 would be off by about 0.1.
        assert (found.double() - exact).abs().max() < 5e-4


def test_rows_of_a_packed_matrix_are_the_same_in_any_company() -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(256, 96), packed(torch.randn(192, 96))
    every = product(x, weight)
    assert all(torch.equal(product(x[:n], weight), every[:n]) for n in (16, 32, 48, 128, 240))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_types_are_computed_by_torch(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    plain = torch.nn.Linear(6, 4).to(dtype)
    ours = OneDnnLinear(6, 4).to(dtype)
    ours.load_state_dict(plain.state_dict())
    x = torch.randn(3, 6, dtype=dtype)
    assert torch.equal(ours(x), plain(x))


def test_autocast_is_heeded() -> None:
    layer, x = OneDnnLinear(6, 4), torch.randn(3, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(x).dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("cpu", "vector", "wanted"),
    [
        (AMD, "AVX512", True),
        (AMD, "AVX2", False),
        (INTEL, "AVX512", False),
        (None, "AVX512", False),
    ],
)
def test_it_is_used_on_amd_with_avx512(
    cpu: str | None,
    vector: str,
    wanted: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "cpuinfo"
    if cpu is not None:
        file.write_text(cpu)
    monkeypatch.setattr(module, "CPUINFO", file)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: vector)
    model, _ = build_scratch(ScratchConfig(layers=1, width=16, heads=2), 0)
    assert isinstance(model.lm_head, OneDnnLinear) == wanted
