"""One foreign language per file: a pure parser, a thin fetcher around it. Blind to each other."""
