"""Which extra brings a package: `pip install veritune` verifies math and code, and no more.

The command line turns a package that is missing into one line that names its extra.
"""

from __future__ import annotations

# The packages of each extra, by the name they are imported under (pyproject.toml has the rest).
EXTRAS = {
    "train": (
        *("torch", "transformers", "tokenizers", "safetensors", "peft"),
        *("numpy", "scipy", "jaxtyping", "huggingface_hub"),
    ),
    "report": ("matplotlib", "numpy"),
    "view": ("starlette", "uvicorn"),
    "fetch": ("gguf",),
    "data": ("datasets", "pyarrow", "huggingface_hub"),
    "vllm": ("vllm",),
    "docker": ("docker",),
    "ray": ("ray",),
    "serve": ("starlette", "uvicorn", "prometheus_client", "urllib3"),
}


def missing_extra(error: ModuleNotFoundError, command: str = "") -> str | None:
    """One line that says what to install; None where the missing module is in no extra.

    Where several extras bring the package, the one that is called like the command is named.
    """
    package = (error.name or "").partition(".")[0]
    extras = [extra for extra, packages in EXTRAS.items() if package in packages]
    if not extras:
        return None
    extra = command if command in extras else extras[0]
    return f"this needs the package {package}: pip install 'veritune[{extra}]'"
