"""Plan files: read back whole, hashed by content alone, and compared without favor."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faces.report_samples import full_plan, plan
from fullcase import whole
from lepta.domain.fingerprint import canonical, case_hash, content_hash
from lepta.domain.plan import PlanCase
from lepta.domain.planfile import origin_of
from lepta.domain.promises import Promises
from lepta.errors import InputError
from lepta.optimize.mix import mix
from lepta.report.fleet import costs
from lepta.report.plandiff import compare
from lepta.report.schema.plan import from_json, to_json, with_origin
from plancases import cases

SAMPLES = {"plain": plan(), "full": full_plan(), "awkward": full_plan(awkward=True)}


@pytest.fixture(params=list(SAMPLES))
def sample(request: pytest.FixtureRequest):
    return SAMPLES[request.param]


def test_a_plan_reads_back_whole(sample) -> None:
    origin = origin_of(whole(), "lepta 9")
    document = json.loads(json.dumps(to_json(sample, origin)))
    back = from_json(document)
    assert to_json(back, origin) == document
    assert with_origin(document)[1] == origin
    for name in ("starts", "emergencies", "splits", "shadow_prices", "checks", "explanation"):
        assert getattr(back, name) == getattr(sample, name)
    assert back.cost == pytest.approx(sample.cost, rel=1e-11)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_every_plan_reads_back_and_the_same_input_gives_the_same_file(case: PlanCase) -> None:
    first, again = (to_json(mix(case, runner_ups=0), origin_of(case, "lepta 9")) for _ in "ab")
    assert json.dumps(first) == json.dumps(again)
    assert to_json(from_json(first), with_origin(first)[1]) == first


def shuffled(value, chance: random.Random):
    """The same content as another program might write it: other order of keys, 24 for 24.0."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_hash_is_that_of_the_content(chance: random.Random) -> None:
    document = to_json(full_plan())
    other = shuffled(document, chance)
    assert content_hash(other) == document["hash"]
    assert from_json(other) == from_json(document)


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path, value


LEAVES = [path for path, _ in leaves(to_json(full_plan())) if path not in (("hash",), ("schema",))]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LEAVES))
def test_no_field_can_be_changed_unseen(path) -> None:
    document = to_json(full_plan())
    place = document
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    place[path[-1]] = old * 1.0001 + 1 if isinstance(old, int | float) and old else "other"
    with pytest.raises(InputError, match="was changed after lepta wrote it"):
        from_json(document)


def test_canonical_json_is_what_the_manual_says() -> None:
    value = {"b": [1, 1.0, -0.0, 1 / 3, 1e-7, 1e21, True, None], "a": 'é"'}
    text = r'{"a":"\u00e9\"","b":[1,1,0,0.333333333333,1e-07,1e+21,true,null]}'
    assert canonical(value) == text


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_is_not_part_of_a_case(chance: random.Random) -> None:
    case = whole()
    mixed = {
        name: tuple(chance.sample(getattr(case, name), len(getattr(case, name))))
        for name in ("offers", "demand", "profiles", "classes", "quotas", "pipelines", "scenarios")
    }
    assert case_hash(replace(case, **mixed)) == case_hash(case)


def test_every_part_of_a_case_is_in_its_hash() -> None:
    case = whole()
    others = [
        replace(case, utilization=0.5),
        replace(case, promises=Promises()),
        replace(case, current=()),
        replace(case, currency="EUR"),
        *(
            replace(case, **{name: ()})
            for name in ("offers", "demand", "profiles", "classes", "quotas", "pipelines")
        ),
        replace(case, scenarios=()),
        replace(case, offers=(replace(case.offers[0], price_per_hour=4.000001), *case.offers[1:])),
    ]
    assert len({case_hash(one) for one in (case, *others)}) == len(others) + 1


def test_a_plan_does_not_differ_from_itself(sample) -> None:
    diff = compare(sample, sample)
    assert diff.notes == ()
    assert not diff.cost.differs and diff.cost.change == 0
    assert not any(row.differs for row in (*diff.offers, *diff.promises, *diff.costs))
    assert not any(row.share.differs for row in diff.routes)
    assert not any(row.mean.differs for row in diff.prices)


@settings(max_examples=15, deadline=None)
@given(cases(), st.sampled_from([0.5, 0.7]))
def test_two_plans_differ_by_as_much_from_either_side(case: PlanCase, utilization: float) -> None:
    one = mix(case, runner_ups=0)
    two = mix(replace(case, utilization=utilization), runner_ups=0)
    there, back = compare(one, two), compare(two, one)
    assert there.cost.change == (None if back.cost.change is None else -back.cost.change)
    if there.cost.change is not None:
        forth = {row.offer: row.cost.change for row in there.offers}
        assert forth == {row.offer: -row.cost.change for row in back.offers}
        machines = sum(row.cost.change for row in there.offers)
        assert machines == pytest.approx(
            costs(two).get("machines", 0) - costs(one).get("machines", 0), abs=1e-9
        )
        for name in ("before", "after"):
            shares: dict[str, float] = {}
            for row in there.routes:
                shares[row.demand_class] = shares.get(row.demand_class, 0) + getattr(
                    row.share, name
                )
            assert all(value == pytest.approx(1) for value in shares.values())


def test_the_parts_of_the_cost_sum_to_it(sample) -> None:
    parts = costs(sample)
    assert sum(parts.values()) == pytest.approx(sample.cost)
    assert "other" not in parts


def test_what_differs_is_told() -> None:
    one, two = plan(), full_plan()
    diff = compare(one, two)
    assert {pair.name: pair.change for pair in diff.costs}["carbon"] == 12.5
    starts = {row.offer: row.starts.after for row in diff.offers if row.starts.differs}
    assert starts == {"gcp/us-central1/g2/L4x1/spot": 44}
    assert {pair.name for pair in diff.promises} >= {
        "served without zone gcp/us-central1/a",
        "budget of ask / embed, ms",
        "unserved if demand is launch day",
    }
    assert [row.emergency for row in diff.prices if row.mean.differs] == ["zone gcp/us-central1/a"]
    shorter = compare(one, plan(hours=12))
    assert shorter.notes[0].startswith("The horizons differ: 48 h and 12 h")
    assert any("do not serve the same requests" in note for note in shorter.notes)
    assert compare(one, replace(one, current=None)).notes == (
        "What runs now is not the same in both.",
    )


def test_what_was_promised_is_told_where_it_differs() -> None:
    case = whole()
    other = replace(case, utilization=0.7, promises=Promises(risk=0.2))
    origins = (origin_of(case, "lepta 9"), origin_of(other, "lepta 9"))
    diff = compare(plan(), plan(), origins=origins)
    assert diff.notes == ("They were not planned from the same input.",)
    assert [(pair.name, pair.before, pair.after) for pair in diff.promises] == [
        ("utilization, at most", 1.0, 0.7),
        ("promised without one zone", 0.5, None),
        ("weight of the worst scenarios", 0.0, 0.2),
    ]


def test_a_plan_that_serves_not_all_has_nothing_to_compare() -> None:
    none = replace(plan(), status="infeasible", cost=None, units=(), routing=(), shadow_prices=())
    diff = compare(plan(), none)
    assert diff.cost.after is None and diff.cost.change is None
    assert all(pair.after is None for pair in diff.costs)
    assert all(row.peak.after is None and row.cost.change is None for row in diff.offers)
    assert diff.routes == () and diff.prices == ()


def test_plans_in_two_currencies_are_not_compared() -> None:
    with pytest.raises(InputError, match="one plan is in USD, the other in EUR"):
        compare(plan(), replace(plan(), currency="EUR"))
