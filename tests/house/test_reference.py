"""The pages that the program knows are as the program is."""

import importlib.util
import json
from pathlib import Path

from jsonschema import Draft202012Validator


def load(checkout: Path):
    spec = importlib.util.spec_from_file_location("reference", checkout / "tools/reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(checkout: Path) -> None:
    for name, text in load(checkout).pages().items():
        path = checkout / "docs/reference" / name
        assert path.is_file(), f"{path} is missing: run `make docs` and commit it"
        assert path.read_text(encoding="utf-8") == text, f"{path} is stale: run `make docs`"


def test_no_schema_of_a_verb_that_is_gone(checkout: Path) -> None:
    committed = {path.stem for path in (checkout / "docs/reference/schema").glob("*.json")}
    assert committed == set(load(checkout).schemas())


def test_published_schemas_are_schemas(checkout: Path) -> None:
    for schema in load(checkout).schemas().values():
        Draft202012Validator.check_schema(json.loads(json.dumps(schema)))
