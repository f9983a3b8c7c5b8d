"""The back-test of docs/howto/commit.md: real demand and prices, bought blind, paid in earnest."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def script(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "backtest", checkout / "examples" / "commit" / "backtest.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["backtest"] = module
    spec.loader.exec_module(module)
    return module


def test_prices_are_those_of_a_region_that_sells_the_machine(
    script: ModuleType, shared_data: Path
) -> None:
    on_demand, committed = script.prices(shared_data)
    assert on_demand == pytest.approx(3.673385)
    assert committed == pytest.approx(1689.371139 / 730, rel=1e-6)


def test_one_pool_saves_nearly_what_hindsight_would(
    script: ModuleType, shared_data: Path, checkout: Path
) -> None:
    prices, clusters = script.prices(shared_data), script.usage(shared_data)
    together = np.sum(list(clusters.values()), axis=0)
    assert len(together) == 31 * 24
    levels, costs = script.back_test(together, *prices)
    saved = 1 - costs[1:] / costs[0]
    assert saved[0] > 0.9 * saved[2]
    page = (checkout / "docs" / "howto" / "commit.md").read_text()
    assert script.line("one pool", together, levels, costs) in page


def test_a_cluster_that_empties_loses_and_the_page_says_so(
    script: ModuleType, shared_data: Path, checkout: Path
) -> None:
    hours = script.usage(shared_data)["vcdI0"]
    levels, costs = script.back_test(hours, *script.prices(shared_data))
    assert costs[1] > costs[0]
    assert costs[1] > costs[2] > costs[0]  # caution loses less
    page = (checkout / "docs" / "howto" / "commit.md").read_text()
    assert script.line("vcdI0", hours, levels, costs) in page
