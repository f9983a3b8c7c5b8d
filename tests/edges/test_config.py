"""lepta.yaml as people write it: every complaint names line, column, field and what to write."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.config import Config, parse_config
from lepta.config.template import template
from lepta.errors import ConfigError
from lepta.wiring.configured import bill_sources, configured, plan_case, plan_limits

PLAN = "version: 1\nplan:\n  demand: d.csv\n  profiles: p.csv\n"

WRONG = {
    "": "is empty",
    "- 1": "holds no fields",
    "a: [": "line 1, column 5: is not YAML",
    "currency: USD": "field version: is missing",
    "version: 2": "line 1, column 10, field version: should be less than or equal to 1",
    "version: true": "field version: should be a valid integer",
    "version: 1\nsorces: {}": "line 2, column 1, field sorces: is not a field.*did you mean source",
    "version: 1\nsources:\n  bill: x": "line 3, column 3, field sources.bill.*did you mean bills",
    "version: 1\nversion: 1": "line 2, column 1, field version: stands twice, first in line 1",
    "version: 1\ncurrency: usd": "field currency: cannot be 'usd'.*three capitals",
    "version: 1\nrates: {eur: 1}": "field rates.eur: cannot be 'eur'.*three capitals",
    "version: 1\nrates: {EUR: 0}": "field rates.EUR: should be greater than 0, but is 0",
    "version: 1\nrates: {EUR: .nan}": "field rates.EUR: should be a finite number",
    PLAN + "  utilization: 85%": "line 5, column 16.*is the text '85%', not a number.*write 0.85",
    PLAN + "  utilization: 85": "less than or equal to 1, but is 85",
    PLAN + "  time_limit_s: 5 min": "is the text '5 min', not a number.*in seconds",
    PLAN + "  gap: -1": "field plan.gap",
    PLAN + "  offers: o.csv\n  filter: {}": "offers and filter exclude each other",
    PLAN + "  filter: {region: no}": "YAML reads this as false, not as a text.*quotes",
    PLAN + "  filter: {reigon: us}": "did you mean region",
    "version: 1\nplan: {demand: d.csv}": "field plan.profiles: is missing",
    "version: 1\nprices: {builtin: 'yes'}": "is the text 'yes', not a yes or no",
    "version: 1\nsources: {bills: {a: 1}}": "not a list",
    "version: 1\nsources: {bills: [1]}": r"field sources.bills\[0\]",
    "version: 1\nsources: [a]": "holds fields: bills, usage",
    'version: 1\noutput: "a\\0b"': "field output: cannot be",
    "1: 2": "has a key that is no text",
    "version: 1\noutput: 2026-13-45": "cannot be read",
    "version: 1\na: &x 1\noutput: *x": "uses the alias",
    "[" * 9_000: "nested too deeply",
    "version: 1\n---\nversion: 1": "is not YAML",
    "version: 1\nx: \x00": "is not YAML",
    "version: 1\nx: !!python/object/apply:os.getcwd []": "is not YAML",
    "#" + "x" * 300_000: "characters",
}


@pytest.mark.parametrize("text", WRONG, ids=[said[:30] for said in WRONG.values()])
def test_a_wrong_file_is_told_in_words(text):
    with pytest.raises(ConfigError, match=f"(?s)my.yaml.*{WRONG[text]}") as caught:
        parse_config(text, "my.yaml")
    assert caught.value.remedy
    assert "pydantic" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_ever_ends_in_a_fault(text):
    for head in ("", "version: 1\n"):
        try:
            assert isinstance(parse_config(head + text), Config)
        except ConfigError as error:
            assert str(error)


def test_bom_single_texts_and_empty_sections_are_fine():
    config = parse_config("\ufeffversion: 1\nsources:\n  bills: b.csv\ntags:\nprices:\nplan:\n")
    assert config.sources.bills == ("b.csv",)
    assert config.tags.team == ()
    assert config.prices.builtin
    assert config.plan is None


def test_a_configuration_never_changes():
    with pytest.raises(ValueError, match="frozen"):
        parse_config("version: 1").currency = "EUR"  # type: ignore[misc]


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"bills": ["a.csv"]},
        {"demand": ["d.csv"]},
        {"demand": ["d.csv"], "profiles": ["p.csv"], "current": ["c.csv"], "offers": ["o.csv"]},
        {"bills": ['we "quote": #1.csv', "ünïcode.parquet", "- no"], "rate_cards": ["r.csv"]},
    ],
)
def test_what_init_writes_is_valid_as_it_stands(found):
    config = parse_config(template(found))
    assert config.sources.bills == tuple(found.get("bills", ()))
    assert config.prices.rate_cards == tuple(found.get("rate_cards", ()))
    assert (config.plan is not None) == ("demand" in found and "profiles" in found)


def test_every_comment_of_the_template_becomes_valid_when_filled_in():
    filled = [
        line.replace("# ", "", 1) if ":" in line and line.lstrip("# ")[:1].islower() else line
        for line in template().splitlines()
        if not line.startswith("# lepta.yaml")
    ]
    # Sentences keep their mark: they begin with a capital; and offers exclude the filter.
    text = "\n".join(line for line in filled if "filter:" not in line and "`lepta" not in line)
    config = parse_config(text)
    assert config.plan is not None
    assert config.plan.offers == "offers.csv"
    assert config.rates == {"EUR": 1.08}
    assert config.tags.workload == ("workload", "app")


def test_a_missing_file_names_the_remedy(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no such file(?s:.*)lepta init"):
        configured(tmp_path / "lepta.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        configured(tmp_path)
    (tmp_path / "lepta.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        configured(tmp_path / "lepta.yaml")


def test_paths_count_from_the_file(tmp_path):
    file = tmp_path / "lepta.yaml"
    file.write_text(
        "version: 1\nrates: {EUR: 1.08}\n"
        "sources:\n  bills: [b/*.csv, /abs.csv]\n  usage: ../u.csv\n"
        "tags: {team: cost-center}\n"
    )
    found = bill_sources(file)
    assert found.focus == (str(tmp_path / "b/*.csv"), "/abs.csv")
    assert found.usage == (str(tmp_path / "../u.csv"),)
    assert found.currency is None
    assert found.rates == {"EUR": Decimal("1.08")}
    assert found.team_tags == ("cost-center",)


def test_no_bill_and_no_plan_are_told(tmp_path):
    file = tmp_path / "lepta.yaml"
    file.write_text("version: 1\n")
    with pytest.raises(ConfigError, match=r"field sources\.bills: names no bill"):
        bill_sources(file)
    with pytest.raises(ConfigError, match="says nothing about a plan"):
        plan_case(file)


SPOT = "gcp/us-central1/a3-highgpu-1g/spot"
CARD = "aws/us-east-1/g6.xlarge/on-demand"


@pytest.fixture
def case(tmp_path):
    def write(config: str, profiles: str = f"chat,{SPOT},5\nchat,{CARD},0.4\n", more: str = ""):
        (tmp_path / "d.csv").write_text(
            "class,start,hours,rate_per_s\nchat,2026-12-01T00:00:00Z,24,10\n"
        )
        (tmp_path / "p.csv").write_text("class,offer,rate_per_s\n" + profiles)
        (tmp_path / "c.csv").write_text(f"offer,units\n{CARD},3\n")
        (tmp_path / "r.csv").write_text(
            f"offer,accelerator,price_per_hour,currency\nrack,L4,0.5,EUR\n{more}"
        )
        file = tmp_path / "lepta.yaml"
        file.write_text(PLAN + config)
        return file

    return write


def test_a_plan_takes_from_the_price_lists_what_the_profiles_name(case):
    file = case("  utilization: 0.7\n  gap: 0.01\n  time_limit_s: 5\n")
    planned = plan_case(file)
    assert {offer.id for offer in planned.offers} == {SPOT, CARD}
    assert planned.utilization == 0.7
    assert (plan_limits(file).gap, plan_limits(file).time_limit_s) == (0.01, 5)


def test_a_filter_drops_offers_but_keeps_what_runs_now(case):
    planned = plan_case(case("  current: c.csv\n  filter: {accelerator: H100}\n"))
    assert {profile.offer for profile in planned.profiles} == {SPOT}
    assert {offer.id for offer in planned.offers} == {SPOT, CARD}
    assert planned.current == ((CARD, 3),)


def test_a_filter_that_leaves_nothing_is_told(case):
    with pytest.raises(Exception, match="the filter leaves none"):
        plan_case(case("  filter: {region: mars-*}\n"))


def test_a_misspelled_offer_is_told_with_the_nearest(case):
    with pytest.raises(Exception, match=f"no price list has(?s:.*)is '{SPOT}' meant"):
        plan_case(case("", profiles=f"chat,{SPOT.replace('highgpu', 'higpu')},5\n"))


def test_prices_in_another_currency_need_a_rate(case):
    cards = "prices: {rate_cards: r.csv}\n"
    with pytest.raises(ConfigError, match="rack costs EUR, and there is no rate to USD"):
        plan_case(case(cards, profiles="chat,rack,1\n"))
    planned = plan_case(case(cards + "rates: {EUR: 1.10}\n", profiles="chat,rack,1\n"))
    assert planned.offers[0].price_per_hour == pytest.approx(0.55)


def test_offers_of_a_file_are_taken_whole(case, tmp_path):
    (tmp_path / "o.csv").write_text("offer,price_per_hour\nmine,2\nspare,3\n")
    planned = plan_case(case("  offers: o.csv\n", profiles="chat,mine,1\n"))
    assert [offer.id for offer in planned.offers] == ["mine", "spare"]
