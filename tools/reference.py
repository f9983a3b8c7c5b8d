"""Write the pages of docs/reference that the program itself knows.

    python tools/reference.py           write them
    python tools/reference.py --check   end with 1 and say which are stale

cli.md comes from the help pages, files.md from the table schemas, schema/ from the published JSON
Schemas. tests/house/test_reference.py keeps them fresh.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lepta.cli.main import app
from lepta.config import json_schema
from lepta.domain.schemas import TABLES
from lepta.domain.tables import Column, TableSchema

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Made by tools/reference.py: change the program, then run `make docs`. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: path below docs/reference -> text."""
    return {
        "cli.md": cli_page(),
        "files.md": files_page(),
        "lepta.schema.json": dumped(json_schema()),
        "schema/index.md": schema_page(),
        **{f"schema/{verb}.json": dumped(schema) for verb, schema in schemas().items()},
    }


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the commands in the order of the loop, each before those inside it."""
    yield from inside(get_command(app))


def inside(group: object, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands of a group, by the words that call them."""
    if isinstance(group, TyperGroup):
        for name in group.list_commands(typer.Context(group)):
            yield (*names, name)
            yield from inside(group.commands[name], *names, name)


def help_page(*command: str) -> str:
    """Return a help page as an 80-column terminal shows it."""
    env = {
        **os.environ,
        "COLUMNS": "80",
        "TERMINAL_WIDTH": "80",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
    arguments = [sys.executable, "-m", "lepta", *command, "--help"]
    done = subprocess.run(arguments, env=env, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def cli_page() -> str:
    """Make cli.md: the help page of lepta and of every command."""
    parts = [f"{MADE}\n# Command line\n\n```text\n{help_page()}\n```\n"]
    for words in commands():
        title = f"{'#' * (len(words) + 1)} lepta {' '.join(words)}"
        parts.append(f"\n{title}\n\n```text\n{help_page(*words)}\n```\n")
    return "".join(parts)


def files_page() -> str:
    """Make files.md: the columns of every table that people hand over."""
    head = (
        f"{MADE}\n# Tables\n\n"
        "CSV with a header; comma, semicolon or tab; UTF-8 with or without BOM; gzip too. A\n"
        "blank cell is unknown, never zero, unless the column says otherwise. Columns that are\n"
        "not listed are passed over. Times say their zone.\n"
    )
    return head + "".join("\n" + "".join(table_part(table)) for table in TABLES)


def table_part(table: TableSchema) -> Iterator[str]:
    """Yield the section of one table."""
    yield f"## {table.name}\n\n{table.about}\n"
    if table.key:
        names = ", ".join(f"`{name}`" for name in table.key)
        yield f"One row per {names}; a second one is refused.\n"
    yield "\n| column | kind | unit | needed | allowed | meaning |\n" + "| --- " * 6 + "|\n"
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            column.kind.value,
            column.unit,
            "yes" if column.required else "",
            allowed(column),
            column.about,
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def allowed(column: Column) -> str:
    """Say in words what may stand in a column."""
    if column.choices:
        return ", ".join(column.choices)
    if column.low > -math.inf and column.high < math.inf:
        return f"{column.low:g} to {column.high:g}"
    return f"at least {column.low:g}" if column.low > -math.inf else ""


def schemas() -> dict[str, dict[str, object]]:
    """Return the JSON Schemas that lepta publishes, by name."""
    from lepta.report.schema import published

    return dict(sorted(published().items()))


def schema_page() -> str:
    """Make schema/index.md: what each JSON document is."""
    head = (
        f"{MADE}\n# JSON documents\n\n"
        'Every command has `--json`; the document names its schema in `"schema"`, such as\n'
        "`lepta.plan/2`. Fields may be added under the same number; a field that goes or changes\n"
        "its meaning raises it.\n\n| schema | meaning |\n| --- | --- |\n"
    )
    rows = [
        f"| [{verb}]({verb}.json) | {schema.get('description') or schema.get('title') or ''} |\n"
        for verb, schema in schemas().items()
    ]
    return head + "".join(rows)


def dumped(value: object) -> str:
    """Render JSON as it is committed."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write or check the pages; return the exit code."""
    stale = []
    for name, text in pages().items():
        path = REFERENCE / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print("stale, run `make docs`:", ", ".join(stale), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
