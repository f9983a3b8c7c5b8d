"""The stage that decides: the cheapest way that keeps every promise. Pure."""
