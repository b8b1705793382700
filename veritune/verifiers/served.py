"""A published process reward model that a vLLM server holds, asked at its pooling endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from veritune.errors import EndpointError
from veritune.models import load_reading_tokenizer
from veritune.sampler import FIRST_DELAY, Endpoint, Models, Pooled, read_reply

if TYPE_CHECKING:
    from veritune.models import Convention, Texts

# Requests under way: a server batches them itself.
AT_ONCE = 16
# The server checks ids by its own vocabulary, which is not known here.
ANY_VOCABULARY = 2**31


class ServedModel:
    """Chances as `PublishedModel` gives them, from token ids that are laid out here.

    vLLM answers with the classes' chances at every token, or, where it was started to pool by
    step (`--pooler-config` with a step tag), at the steps alone; both are read.
    """

    kind: Literal["published"] = "published"

    def __init__(self, url: str, folder: Path, convention: Convention, texts: Texts) -> None:
        if convention.readout != "classes":
            raise EndpointError(
                f"verifier.convention.url: vLLM serves heads with classes (qwen, trl), not"
                f" {convention.name}"
            )
        self._endpoint = Endpoint(url, FIRST_DELAY, key="verifier.convention.url")
        self._convention, self._texts = convention, texts
        self._tokenizer = load_reading_tokenizer(folder, ANY_VOCABULARY)
        root = self._endpoint.root
        models = read_reply(Models, self._endpoint.ask(f"{root}/v1/models"), root)
        self.name = models.data[0].id if models.data else folder.name

    def chances(self, posed: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """The chance that each step is right, for every (problem, steps), in their order."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda one: self._one(*one), posed))

    def _one(self, problem: str, steps: Sequence[str]) -> list[float]:
        from veritune.models import laid_out

        ids, places = laid_out(self._tokenizer, self._convention, self._texts, problem, steps)
        if not places:
            return []
        url = f"{self._endpoint.root}/pooling"
        reply = self._endpoint.ask(url, {"model": self.name, "input": ids})
        pooled = read_reply(Pooled, reply, url).data[0].data
        if len(pooled) == len(ids):
            pooled = [pooled[at] for at in places]
        if len(pooled) != len(places) or any(len(row) != 2 for row in pooled):
            raise EndpointError(
                f"{url}: expected two classes at every token or step of {len(places)} steps, got"
                f" {len(pooled)} rows; serve the model with --runner pooling, and with"
                ' --pooler-config \'{"pooling_type": "ALL"}\' where its tag is not Qwen\'s'
            )
        return [row[1] for row in pooled]
