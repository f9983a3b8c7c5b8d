"""Values to terminal, HTML and JSON."""
