"""What lepta is measured against, written from the published formulas, and who solves it."""
