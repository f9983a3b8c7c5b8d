"""The page: one self-contained file that opens offline."""

from lepta.report.html.page import page

__all__ = ["page"]
