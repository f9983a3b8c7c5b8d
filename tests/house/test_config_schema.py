"""The published JSON Schema of lepta.yaml is the one that the program holds to."""

import json

import jsonschema
import yaml

from lepta.config import json_schema
from lepta.config.template import template


def test_the_published_schema_is_fresh(checkout):
    published = checkout / "docs" / "reference" / "lepta.schema.json"
    assert json.loads(published.read_text()) == json_schema(), "run `make docs`"


def test_the_schema_is_one_and_accepts_the_first_file():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    written = yaml.safe_load(template({"bills": ["a.csv"], "demand": ["d"], "profiles": ["p"]}))
    jsonschema.validate(written, schema)


def test_every_field_is_explained():
    schema = json_schema()
    for section in (schema, *schema["$defs"].values()):
        for name, field in section["properties"].items():
            assert field.get("description"), name
