"""Fixtures that every room of the tests shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Machines are shared and slow at times: a law is about values, not about seconds.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data; tests that need it are skipped elsewhere, with the reason."""
    for place in (os.environ.get("LEPTA_DATA"), CHECKOUT.parent / "shared" / "data"):
        if place and (Path(place) / "README.md").is_file():
            return Path(place)
    pytest.skip("needs the public data folder: set LEPTA_DATA or put it at ../shared/data")


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of this checkout."""
    return CHECKOUT
