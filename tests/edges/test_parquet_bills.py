"""Bills as Parquet: typed costs, zoned instants, tags as struct, map or JSON."""

from pathlib import Path

import duckdb
import pytest

import lepta
from lepta.errors import InputError

ROW = """
    'USD' AS BillingCurrency, 'usage' AS ChargeCategory, {cost} AS BilledCost,
    1.5::DECIMAL(10, 2) AS EffectiveCost, 'NULL' AS ServiceName, {tags} AS Tags,
    TIMESTAMPTZ '2026-11-02 00:00:00+02' AS ChargePeriodStart,
    TIMESTAMPTZ '2026-11-02 01:00:00+02' AS ChargePeriodEnd {more}
"""


def parquet(path: Path, cost: str = "0.1::DOUBLE", tags: str = "NULL", more: str = "") -> Path:
    with duckdb.connect() as duck:
        row = ROW.format(cost=cost, tags=tags, more=more)
        duck.execute(f"COPY (SELECT {row}) TO '{path}'")
    return path


@pytest.mark.parametrize(
    "tags", ["{'Team': 'a', 'x': 1}", "MAP {'team': 'a'}", """'{"team": "a"}'::JSON"""]
)
def test_tags_of_any_type_name_the_owner(tmp_path: Path, tags: str) -> None:
    told = lepta.assess(focus=[parquet(tmp_path / "b.parquet", tags=tags)])
    assert told.by("team") == {"a": 100_000}
    assert told.by("service") == {"__unknown__": 100_000}
    assert told.spend.start is not None
    assert told.spend.start.isoformat() == "2026-11-01T22:00:00+00:00"


def test_version_1_3_and_allocated_tags(tmp_path: Path) -> None:
    more = """, 'x' AS ServiceProviderName, '{"team": "alloc"}' AS AllocatedTags"""
    told = lepta.assess(focus=[parquet(tmp_path / "b.parquet", more=more)])
    assert told.by("team") == {"alloc": 100_000}
    assert any("FOCUS 1.3" in note for note in told.notes)


@pytest.mark.parametrize("cost", ["'nan'::DOUBLE", "'inf'::DOUBLE", "NULL::DOUBLE", "'x'"])
def test_a_bad_cost_is_named_with_its_row(tmp_path: Path, cost: str) -> None:
    path = parquet(tmp_path / "b.parquet", cost)
    with pytest.raises(InputError) as said:
        lepta.assess(focus=[path])
    assert said.value.where == f"{path}, row 1, column 'BilledCost'"


@pytest.mark.parametrize("cost", ["'nan'::DOUBLE", "TRUE", "DATE '2026-11-02'"])
def test_a_cost_that_is_no_number_is_never_zero(tmp_path: Path, cost: str) -> None:
    path = tmp_path / "b.parquet"
    with duckdb.connect() as duck:
        # Two rows: a sum over the sound one alone would look like a bill.
        rows = " UNION ALL ".join(
            f"SELECT {ROW.format(cost=c, tags='NULL', more='')}" for c in (cost, cost)
        )
        if "nan" in cost:
            rows = rows.replace(cost, "1::DOUBLE", 1)
        duck.execute(f"COPY ({rows}) TO '{path}'")
    with pytest.raises(InputError, match="BilledCost"):
        lepta.assess(focus=[path])


def test_instants_in_nanoseconds_and_columns_with_names_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    with duckdb.connect() as duck:
        row = ROW.format(cost="2", tags="NULL", more=", 'x' AS filename, 'y' AS lepta_row")
        duck.execute(f"CREATE TABLE t AS SELECT {row}")
        duck.execute("ALTER TABLE t ALTER ChargePeriodStart TYPE TIMESTAMPTZ_NS")
        duck.execute(f"COPY t TO '{path}'")
    told = lepta.assess(focus=[path])
    assert told.spend.total_micros == 2_000_000
    assert told.sources == (str(path),)


def test_an_instant_of_another_type_is_an_error_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "b.parquet"
    with duckdb.connect() as duck:
        row = ROW.format(cost="2", tags="NULL", more="")
        duck.execute(f"CREATE TABLE t AS SELECT {row}")
        duck.execute("ALTER TABLE t DROP ChargePeriodEnd")
        duck.execute("ALTER TABLE t ADD ChargePeriodEnd INTEGER DEFAULT 7")
        duck.execute(f"COPY t TO '{path}'")
    with pytest.raises(InputError) as said:
        lepta.assess(focus=[path])
    assert said.value.where == f"{path}, row 1, column 'ChargePeriodEnd'"


def test_files_of_several_shapes_add_up(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", tags="{'team': 'a'}")
    parquet(tmp_path / "b.parquet", tags="MAP {'team': 'b'}")
    parquet(tmp_path / "c.parquet", "'$1,000.50'")
    told = lepta.assess(focus=[tmp_path / "*.parquet"])
    assert told.spend.total_micros == 1_000_700_000


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    path = parquet(tmp_path / "b.parquet")
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match=r"cut off|cannot be read"):
        lepta.assess(focus=[path])
