"""A file of verdicts with its problems and candidates, as a journal that can be viewed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from veritune.config import ColumnsConfig
from veritune.problems import read_verified
from veritune.store import Store

# The one set that the candidates of files stand in.
SET = "file"


@contextmanager
def verdict_folder(
    verdicts: Path, problems: str, candidates: str, columns: ColumnsConfig | None = None
) -> Iterator[Path]:
    """A folder with a journal of what the files hold, gone at the end."""
    rows = read_verified(problems, candidates, str(verdicts), columns)
    with TemporaryDirectory(prefix="veritune-view-") as temporary:
        folder = Path(temporary) / verdicts.name
        folder.mkdir()
        with Store.open(folder) as store:
            store.add_problems(SET, list({problem.id: problem for problem, _, _ in rows}.values()))
            store.add_verified(SET, [(candidate, verdict) for _, candidate, verdict in rows])
        yield folder
