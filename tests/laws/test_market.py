"""Laws of a price search: it only filters, it orders, and what is unknown is never cheap."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lepta.assess.market import SORTS, Query, search
from lepta.domain.accelerators import matches_accelerator, normal_accelerator
from lepta.domain.offer import CatalogEntry, Offer, Term
from lepta.domain.prices import per_accelerator

TODAY = date(2026, 11, 23)
NAMES = ("H100", "H100-NVL", "A100-80GB", "L4", "")


@st.composite
def catalogs(draw):
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES),
                st.sampled_from((0.125, 1.0, 8.0)),
                st.sampled_from(list(Term)),
                st.sampled_from(("us-east-1", "eu-west-1", "")),
                st.one_of(st.none(), st.floats(1e-3, 1e3)),
            ),
            max_size=12,
        )
    )
    return [
        CatalogEntry(
            offer=Offer(
                id=f"offer-{i}",
                region=region,
                accelerator=name,
                accelerator_count=count if name else 0.0,
                term=term,
                price_per_hour=price,
            ),
            currency="USD",
            source="test",
            as_of="2026-01-01",
        )
        for i, (name, count, term, region, price) in enumerate(rows)
    ]


QUERIES = st.builds(
    Query,
    accelerator=st.sampled_from((None, "h100", "A100", "L*", "H100,L4")),
    term=st.sampled_from((None, "spot", "SPOT,reserved")),
    region=st.sampled_from((None, "us-*", "EU-*")),
    max_price=st.sampled_from((None, 10.0)),
)


@given(catalogs(), QUERIES, st.sampled_from(SORTS), st.integers(0, 5))
def test_a_search_only_filters_and_never_calls_the_unknown_cheap(entries, query, sort, limit):
    whole = search(entries, query, today=TODAY, sort=sort)
    assert all(entry.offer.price_per_hour for entry in whole.entries)
    assert all(entry.offer.price_per_hour is None for entry in whole.unknown)
    assert {e.offer.id for e in (*whole.entries, *whole.unknown)} == {
        e.offer.id for e in entries if query.accepts(e) and not query.dear(e)
    }
    cut = search(entries, query, today=TODAY, sort=sort, limit=limit)
    assert cut.entries == whole.entries[:limit]
    assert cut.total == whole.total == len(whole.entries)


@given(catalogs())
def test_the_cheapest_accelerator_hour_comes_first(entries):
    found = search(entries, Query(), today=TODAY)
    each = [per_accelerator(entry) for entry in found.entries]
    some = [price for price in each if price is not None]
    assert some == sorted(some)
    assert each[: len(some)] == some


@given(st.text(max_size=30), st.one_of(st.none(), st.floats(0, 500)))
def test_names_are_normal_once_for_all(text, memory):
    once = normal_accelerator(text, memory)
    assert normal_accelerator(once) == once
    if once:
        assert matches_accelerator(once, once)
