"""The demo of a pretrained model: what passed teaches it, and as much at random does not."""

from pathlib import Path

import pytest
from real_model import smollm2

from veritune.cli import demo, main
from veritune.records import rate
from veritune.store import Store


def test_its_arms_differ_in_their_selection_alone() -> None:
    control, outcome = demo.real_recipes(demo._shipped(), "runs")
    assert (control.name, outcome.name) == ("demo-real-random", "demo-real-outcome")
    assert control.selection.reward == "random"
    same = {"name": "", "selection": control.selection}
    assert control.model_copy(update=same) == outcome.model_copy(update=same)


def pass_at_1(folder: Path) -> list[float]:
    with Store.open(folder, read_only=True) as store:
        return [rate(row, "pass_at_1") or 0.0 for row in store.evaluations()]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_what_passed_at_least_doubles_it_and_the_control_gains_at_most_a_third_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = smollm2().resolve()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "smollm2-135m").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--real"]) == 0
    control = pass_at_1(tmp_path / "runs" / "demo-real-random")
    outcome = pass_at_1(tmp_path / "runs" / "demo-real-outcome")
    assert control[0] == outcome[0]
    assert outcome[-1] >= 2 * outcome[0]
    assert control[-1] - control[0] <= (outcome[-1] - outcome[0]) / 3
    assert "demo-real-outcome" in (tmp_path / "runs" / "demo-real-report.html").read_text()
