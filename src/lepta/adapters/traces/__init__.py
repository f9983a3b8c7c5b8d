"""Public tables of the field: request traces, measured serving speed, list prices.

One file per publisher: a pure parser from rows to frozen values, and a thin fetch around it.
The layout is that of the public data folder (`$LEPTA_DATA`, or `../shared/data`).
"""
