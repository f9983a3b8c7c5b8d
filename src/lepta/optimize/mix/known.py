"""Which prices and emissions may be planned with."""

from lepta.domain.demand import DemandClass
from lepta.domain.offer import Offer, Term
from lepta.domain.plan import PlanCase

__all__ = ["api_price", "known_carbon", "known_price"]


def known_price(offer: Offer) -> bool:
    """Tell whether the price may be planned with: 0 is a price only where it is already paid."""
    if offer.serverless:
        prices = (
            offer.price_per_request,
            offer.price_per_million_input_tokens,
            offer.price_per_million_output_tokens,
        )
        return any(price is not None and price > 0 for price in prices)
    price = offer.price_per_hour
    return price is not None and (price > 0 or offer.term is Term.RESERVED)


def api_price(offer: Offer, known: DemandClass | None) -> float | None:
    """Price one request to a serverless offer; None where the tokens of the class are not known."""
    total = offer.price_per_request or 0.0
    for price, tokens in (
        (offer.price_per_million_input_tokens, known.input_tokens if known else None),
        (offer.price_per_million_output_tokens, known.output_tokens if known else None),
    ):
        if price:
            if tokens is None:
                return None
            total += price * tokens / 1e6
    return total


def known_carbon(case: PlanCase, offer: Offer) -> bool:
    """Tell whether the emissions may be planned with: unknown is not zero where they count."""
    counts = case.promises.carbon_price > 0 or case.promises.carbon_limit is not None
    return offer.serverless or offer.carbon_g_per_hour is not None or not counts
