"""Policies by name: what there is, and one clear error for everything else."""

import pytest

from lepta.errors import InputError
from lepta.policy.registry import BUILTIN, Kind, parse, split
from scalingcases import pool_of

POOL = pool_of(10.0)


@pytest.mark.parametrize("kind", [k for k in BUILTIN.values() if not k.sees_future])
def test_every_default_lies_in_its_range_and_is_its_name(kind):
    policy = parse(kind.name, POOL)
    assert policy.name.split(":")[0] == kind.name
    for parameter in kind.parameters:
        assert parameter.meaning and parameter.read(parameter.default, "here") == parameter.default
        assert parse(f"{kind.name}:{parameter.name}={parameter.default}", POOL).name == policy.name


def test_a_list_of_policies():
    text = "fixed:10, hpa:target=0.5,min=2,keda,wva:min=1"
    assert split(text) == ["fixed:10", "hpa:target=0.5,min=2", "keda", "wva:min=1"]
    assert split("hpa,target=0.6") == ["hpa:target=0.6"]


def test_names_say_what_is_not_at_its_default():
    assert parse("hpa:target=0.50,min=1", POOL).name == "hpa:target=0.5"
    assert parse("fixed:10", POOL).name == "fixed:10"
    assert parse("fixed:8/2", pool_of(10.0, 20.0)).want == (8, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hpaa", "there is no policy 'hpaa'"),
        ("hpa:goal=3", "it takes target, tolerance"),
        ("hpa:target=-1", "from 0.01 to 1"),
        ("hpa:target=nan", "from 0.01 to 1"),
        ("hpa:target=x", "target is 'x'"),
        ("hpa:min=1.5", "whole number"),
        ("hpa:target=0.5,target=0.6", "set twice"),
        ("hpa:0.5", "sets nothing"),
        ("hpa:metric=cpu", "one of load, utilization"),
        ("fixed:-3", "whole numbers"),
        ("fixed:1/2", "2 levels for 1 variants"),
        ("", "there is no policy ''"),
    ],
)
def test_one_clear_error(text, words):
    with pytest.raises(InputError) as caught:
        parse(text, POOL)
    assert words in str(caught.value)


def test_plugins_stand_beside_the_built_in_ones_and_never_replace_them():
    mine = Kind(
        name="mine", summary="", build=lambda values, name, pool, future: parse("hpa", pool)
    )
    assert parse("mine", POOL, plugins={"mine": mine}).name == "hpa"
    hidden = Kind(name="hpa", summary="", build=lambda values, name, pool, future: None)
    assert parse("hpa", POOL, plugins={"hpa": hidden}).name == "hpa"


def test_a_rule_of_one_kind_of_pod_refuses_a_pool_where_none_serves_all():
    import numpy as np

    from lepta.domain.pool import Pool, Variant

    pool = Pool(
        classes=("a", "b"),
        variants=(Variant(name="x", price_per_hour=1), Variant(name="y", price_per_hour=1)),
        capacity_per_s=np.array([[1.0, 0], [0, 1.0]]),
    )
    with pytest.raises(InputError, match="no variant of pool serves every class"):
        parse("hpa", pool)
