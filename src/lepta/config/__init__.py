"""The user's file to validated plain values."""
