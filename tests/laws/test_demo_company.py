"""What holds for the generated company, whatever the seed."""

from collections import Counter

import pytest

from lepta.domain import schemas
from lepta.domain.tables import RawTable
from lepta.sim.company import Company, make_company
from lepta.sim.company.calendar import HOURS

SEEDS = [1, 7, 2026]


@pytest.fixture(scope="module", params=SEEDS)
def company(request: pytest.FixtureRequest) -> Company:
    return make_company(request.param)


def column(company: Company, table: str, name: str) -> list[object]:
    found = company.tables[table]
    place = found.header.index(name)
    return [row[place] for row in found.rows]


def test_same_seed_same_company() -> None:
    assert make_company(5) == make_company(5)
    assert make_company(5).tables["usage"] != make_company(6).tables["usage"]


def test_it_is_the_company_that_was_promised(company: Company) -> None:
    assert len(company.teams) == 5
    assert len(company.services) == 6
    assert company.jobs == 300
    work = set(
        zip(
            column(company, "usage", "workload_kind"),
            column(company, "usage", "workload"),
            strict=True,
        )
    )
    jobs = {name for kind, name in work if kind == "job"}
    assert len(jobs - {"notebook-0", "evaluation"}) == 300
    for name in ("input_tokens", "images", "audio_s"):
        assert sum(value or 0 for value in column(company, "usage", name)) > 0  # type: ignore[misc]
    assert 400_000 < company.truth.effective_micros / 1e6 < 700_000


@pytest.mark.parametrize(
    ("table", "schema"),
    [
        ("case/offers.csv", schemas.OFFERS),
        ("case/demand.csv", schemas.DEMAND),
        ("case/profiles.csv", schemas.PROFILES),
        ("case/routes.csv", schemas.ROUTES),
        ("case/current.csv", schemas.CURRENT),
        ("usage", schemas.USAGE),
    ],
)
def test_every_table_keeps_to_its_schema(company: Company, table: str, schema: object) -> None:
    assert isinstance(schema, schemas.TableSchema)
    found = company.tables[table]
    assert found.header == tuple(column.name for column in schema.columns)
    # Every 37th row of the large table: all machines, hours and kinds are among them.
    rows = found.rows[:: 37 if len(found.rows) > 50_000 else 1]
    texts = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)
    raw = RawTable(table, found.header, texts, tuple(range(2, len(texts) + 2)))
    assert len(schema.parse(raw)) == len(rows)


def test_nobody_holds_more_than_a_machine_has(company: Company) -> None:
    table = company.tables["usage"]
    held: dict[tuple[object, object], float] = {}
    capacity: dict[tuple[object, object], object] = {}
    seen = Counter()
    for row in table.rows:
        cells = dict(zip(table.header, row, strict=True))
        key = (cells["resource_id"], cells["start"])
        held[key] = held.get(key, 0.0) + cells["allocated"]  # type: ignore[operator]
        capacity[key] = cells["capacity"]
        seen[(*key, cells["workload"])] += 1
    assert max(seen.values()) == 1
    assert all(held[key] <= capacity[key] + 1e-3 for key in held)  # type: ignore[operator]


def test_the_bill_and_the_usage_tell_of_the_same_hours(company: Company) -> None:
    bill, usage = company.tables["bill.csv"], company.tables["usage"]
    paid: dict[object, float] = {}
    for row in bill.rows:
        cells = dict(zip(bill.header, row, strict=True))
        if cells["ResourceType"] in {"Instance", "VM Instance"}:
            paid[cells["ResourceId"]] = paid.get(cells["ResourceId"], 0.0) + float(
                str(cells["PricingQuantity"])
            )
    seen: dict[object, set[object]] = {}
    kind = usage.header.index("kind")
    for row in usage.rows:
        if row[kind] == "machine":
            seen.setdefault(row[0], set()).add(row[1])
    assert {name: len(hours) for name, hours in seen.items()} == paid


def test_today_serves_the_peak(company: Company) -> None:
    rates = column(company, "case/demand.csv", "rate_per_s")
    assert len(rates) == 6 * HOURS
    limits = dict(
        zip(
            column(company, "case/offers.csv", "offer"),
            column(company, "case/offers.csv", "limit"),
            strict=True,
        )
    )
    for offer, units in company.tables["case/current.csv"].rows:
        assert 0 < units <= limits[offer]  # type: ignore[operator]
    busy = [(row[9], row[10]) for row in company.tables["usage"].rows if row[10] not in (None, 0)]
    assert max(used for used, _ in busy) <= 1.0  # type: ignore[type-var]
    assert max(used for used, _ in busy) > 0.8  # type: ignore[type-var,operator]


def test_what_nobody_measured_is_blank(company: Company) -> None:
    table = company.tables["usage"]
    used = table.header.index("utilization")
    mine = [row[used] for row in table.rows if row[0] in company.truth.unmeasured]
    assert len(mine) == 2 * HOURS
    assert set(mine) == {None}


def test_the_truth_adds_up(company: Company) -> None:
    kinds = Counter(planted.kind for planted in company.truth.planted)
    assert kinds == {
        "idle-machine": 2,
        "allocated-not-computing": 1,
        "endpoint-without-traffic": 2,
        "unattached-volume": 6,
    }
    billed = column(company, "bill.csv", "BilledCost")
    assert round(sum(float(str(cost)) for cost in billed), 3) == round(
        company.truth.billed_micros / 1e6, 3
    )
    wasted = sum(each.cost_micros * each.wasted_share for each in company.truth.planted)
    assert 0.03 < wasted / company.truth.effective_micros < 0.10
    assert not {each.resource for each in company.truth.planted} & set(company.truth.unmeasured)
