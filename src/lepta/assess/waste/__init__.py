"""Waste: one file per kind; the order in which they claim money; no dollar twice."""

from lepta.assess.waste.claims import blind, claim, findings

__all__ = ["blind", "claim", "findings"]
