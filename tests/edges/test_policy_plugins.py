"""Policies of other packages, good and bad."""

from importlib.metadata import EntryPoint

import pytest

from lepta.errors import InputError
from lepta.policy.fixed import Fixed
from lepta.policy.registry import Kind, parse
from lepta.wiring import policies
from scalingcases import pool_of

MINE = Kind(name="mine", summary="", build=lambda *_: Fixed(want=(3,), name="mine"))
HPA = Kind(name="hpa", summary="", build=lambda *_: Fixed(want=(3,)))


@pytest.fixture
def installed(monkeypatch):
    def install(name, target):
        point = EntryPoint(name=name, value=f"{__name__}:{target}", group=policies.GROUP)
        monkeypatch.setattr(policies, "entry_points", lambda group: [point])
        monkeypatch.setattr(EntryPoint, "load", lambda self: globals()[target])

    return install


def test_a_plugin_is_asked_for_by_its_name(installed):
    installed("mine", "MINE")
    assert parse("mine", pool_of(1.0), plugins=policies.plugins()).name == "mine"


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("mine", "NOTHING", "cannot be loaded"),
        ("mine", "pool_of", "no policy kind"),
        ("other", "MINE", "no policy kind"),
        ("hpa", "HPA", "there already"),
    ],
)
def test_a_bad_plugin_is_named(installed, name, target, words):
    installed(name, target)
    with pytest.raises(InputError, match=words) as caught:
        policies.plugins()
    assert f"entry point {name}" in str(caught.value)


def test_none_is_installed_with_lepta_itself():
    assert policies.plugins() == {}
