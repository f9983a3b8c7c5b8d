"""One word for one idea: every verb is a function, a command, a page; all complete and sorted."""

import importlib
import inspect

import pytest
from typer.main import get_command

import lepta
from lepta.cli.main import ORDER, app

FUNCTIONS = {"cover": "lepta.optimize.cover"}  # on arrays alone: no file, no command
VERBS = sorted(set(lepta.__all__) - {"__version__", *FUNCTIONS})
COMMANDS = get_command(app).commands


def test_the_export_list_is_complete_and_sorted() -> None:
    assert lepta.__all__ == sorted(lepta.__all__)
    assert dir(lepta) == lepta.__all__
    assert sorted(ORDER) == VERBS
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        lepta.nonsense  # noqa: B018


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_documented_typed_function(verb: str) -> None:
    function = getattr(lepta, verb)
    assert inspect.isfunction(function)
    assert function.__name__ == verb
    assert len(inspect.getdoc(function) or "") > 40
    assert "return" in function.__annotations__
    assert verb in importlib.import_module(f"lepta.verbs.{verb}").__all__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_on_arrays_is_documented_and_typed(name: str) -> None:
    function = getattr(lepta, name)
    assert inspect.isfunction(function)
    assert function.__name__ == name and function.__module__ == FUNCTIONS[name]
    assert len(inspect.getdoc(function) or "") > 40
    assert "return" in function.__annotations__


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_command_with_an_example_and_json(verb: str) -> None:
    command = COMMANDS[verb]
    text = f"{command.help}\n{command.epilog or ''}"
    assert f"  lepta {verb}" in text, f"`lepta {verb} --help` shows no example"
    assert "as_json" in {option.name for option in command.params}


def test_no_command_without_a_verb() -> None:
    assert sorted(COMMANDS) == VERBS
