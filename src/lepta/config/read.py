"""From the text of lepta.yaml to values: every complaint names line, column, field and remedy."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lepta.config.model import Config
from lepta.errors import ConfigError, listing, shorten

__all__ = ["DEFAULT_NAME", "parse_config"]

DEFAULT_NAME = "lepta.yaml"
LONGEST = 256 * 1024
"""Characters of a configuration; a file beyond it is a mistake."""
DEEPEST = 16

Path = tuple[str | int, ...]
Places = dict[Path, tuple[int, int]]


def parse_config(text: str, source: str = DEFAULT_NAME) -> Config:
    """Read a configuration.

    Raises
    ------
    ConfigError
        It is no YAML, has unknown or repeated keys, or a value is missing or wrong.
    """
    if len(text) > LONGEST:
        raise ConfigError(
            f"has {len(text):,} characters; {LONGEST:,} are allowed",
            where=source,
            remedy="keep data in files of their own, and name the files here",
        )
    data, places = _load(text.removeprefix("\ufeff"), source)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise _complaint(error, data, places, source) from None


def _load(text: str, source: str) -> tuple[dict[str, Any], Places]:
    loader = yaml.SafeLoader("")
    try:
        _refuse_tricks(text, source)
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not isinstance(node, MappingNode):
            raise ConfigError(
                "is empty" if node is None else "holds no fields",
                where=source,
                remedy="run `lepta init --stdout` to see a whole file",
            )
        places = dict(_walk(node, (), source))
        return loader.construct_document(node), places
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            f"is not YAML: {error.problem or error.context}",
            where=_where(source, (mark.line, mark.column) if mark else None),
            remedy="indent with blanks, put a blank after each colon, and quote special texts",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"is not YAML: {shorten(str(error))}",
            where=source,
            remedy="save it as plain UTF-8 text",
        ) from None
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"holds a value that cannot be read: {shorten(str(error))}",
            where=source,
            remedy="quote texts that look like dates or numbers",
        ) from None
    finally:
        loader.dispose()


def _refuse_tricks(text: str, source: str) -> None:
    """Refuse aliases (a few lines could unfold to gigabytes) and bottomless nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = event.start_mark
        place = (mark.line, mark.column) if mark else None
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(
                f"uses the alias *{event.anchor}",
                where=_where(source, place),
                remedy="write the value out",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise ConfigError(
                "is nested too deeply",
                where=_where(source, place),
                remedy="compare with `lepta init --stdout`",
            )


def _walk(node: Node, path: Path, source: str) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Give the place of each value by its path; refuse keys that stand twice or are no text."""
    yield path, (node.start_mark.line, node.start_mark.column)
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk(item, (*path, index), source)
    if not isinstance(node, MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        place = (key.start_mark.line, key.start_mark.column)
        if not isinstance(key, ScalarNode) or not key.tag.endswith(":str"):
            raise ConfigError(
                f"has a key that is no text: {shorten(getattr(key, 'value', '...'))}",
                where=_where(source, place, path),
                remedy="quote it: YAML reads on, off, yes, no and numbers as something else"
                if isinstance(key, ScalarNode)
                else "give a plain name",
            )
        if key.value in seen:
            raise ConfigError(
                f"stands twice, first in line {seen[key.value]}",
                where=_where(source, place, (*path, key.value)),
                remedy="keep one of the two",
            )
        seen[key.value] = place[0] + 1
        yield (*path, key.value, ""), place
        yield from _walk(value, (*path, key.value), source)


def _where(source: str, place: tuple[int, int] | None, path: Path = ()) -> str:
    parts = [source]
    if place is not None:
        parts.append(f"line {place[0] + 1}, column {place[1] + 1}")
    if path:
        parts.append(f"field {_dotted(path)}")
    return ", ".join(parts)


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _complaint(
    error: ValidationError, data: Mapping[str, Any], places: Places, source: str
) -> ConfigError:
    first, *others = error.errors(include_url=False)
    path: Path = tuple(part for part in first["loc"] if part != "[key]")
    kind, value = first["type"], first.get("input")
    place = places.get(path, places.get(path[:-1]))
    said = first["msg"].removeprefix("Input ").removeprefix("String ")
    what, remedy = f"{said}, but is {shorten(value)}", _about(path)
    if kind == "extra_forbidden":
        place = places.get((*path, ""), place)
        known = _fields(path[:-1])
        near = get_close_matches(str(path[-1]), known, n=1)
        what = "is not a field" + (f" of {_dotted(path[:-1])}" if path[:-1] else "")
        remedy = f"did you mean {near[0]}?" if near else f"use {listing(known, 12)}"
    elif kind == "missing":
        what = "is missing"
    elif kind == "string_pattern_mismatch":
        what = f"cannot be {shorten(value)}"
        if path[-1] == "currency" or first["loc"][-1] == "[key]":
            remedy = "write three capitals of ISO 4217, such as EUR"
    elif kind == "model_type":
        what = f"is {shorten(value)}, but holds fields: {listing(_fields(path), 12)}"
    elif kind == "value_error":
        what, remedy = str(first["ctx"]["error"]), "keep one of the two"
    elif isinstance(value, bool) and kind == "string_type":
        what = f"YAML reads this as {str(value).lower()}, not as a text"
        remedy = 'put it in quotes, as in "no"'
    elif isinstance(value, str) and kind in ("float_type", "int_type", "bool_type"):
        what = f"is the text {shorten(value)}, not a {'yes or no' if kind[0] == 'b' else 'number'}"
        remedy = _as_number(value, remedy)
    elif kind == "tuple_type":
        what = f"is {shorten(value)}, not a list"
        remedy = f"write [one, two]. {remedy}".strip()
    more = f" (and {len(others)} more complaints)" if others else ""
    return ConfigError(what + more, where=_where(source, place, path), remedy=remedy)


def _as_number(value: str, remedy: str) -> str:
    if value.strip().endswith("%"):
        try:
            share = float(value.strip()[:-1]) / 100
        except ValueError:
            return remedy
        return f"write {share:g}. {remedy}".strip()
    return remedy


def _section(path: Sequence[str | int]) -> type[BaseModel] | None:
    section: type[BaseModel] | None = Config
    for part in path:
        field = section.model_fields.get(str(part)) if section else None
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ())) if field else ()
        section = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
    return section


def _fields(path: Sequence[str | int]) -> list[str]:
    section = _section(path)
    return list(section.model_fields) if section else []


def _about(path: Path) -> str:
    names = [part for part in path if isinstance(part, str)]
    while names:
        section = _section(names[:-1])
        if section and names[-1] in section.model_fields:
            return f"{names[-1]}: {section.model_fields[names[-1]].description or ''}".strip()
        names.pop()
    return "compare with `lepta init --stdout`"
