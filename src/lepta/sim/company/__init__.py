"""A generated company: bills, usage, demand and prices of a month, with waste planted in it."""

from lepta.sim.company.company import SEED, Company, Table, make_company

__all__ = ["SEED", "Company", "Table", "make_company"]
