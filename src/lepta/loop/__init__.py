"""The loop: observe, decide, write, apply."""
