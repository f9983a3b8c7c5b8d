"""Worlds behind the same ports: generated companies, later replays."""
