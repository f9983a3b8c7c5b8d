"""Mathematics without domain nouns."""
