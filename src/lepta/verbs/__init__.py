"""One file per verb, each a function of the library first."""
