"""What the core asks of the world: protocols, no implementations."""
