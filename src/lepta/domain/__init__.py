"""The nouns: frozen values with units, checked at birth."""
