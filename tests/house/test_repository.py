"""What may be in the repository, and what the package ships."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

LARGEST = 200_000
JUSTIFIED: dict[str, str] = {}
"""path -> why it may be larger."""

PLACES = re.compile(r"/root/|/home/[a-z]+/|/Users/[a-z]+/")


@pytest.fixture(scope="module")
def tracked(checkout: Path) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    files = [checkout / name for name in done.stdout.split("\0") if name]
    return [path for path in files if path.is_file()]


def test_only_text_and_nothing_large(tracked: list[Path], checkout: Path) -> None:
    for path in tracked:
        name = str(path.relative_to(checkout))
        data = path.read_bytes()
        assert len(data) <= LARGEST or name in JUSTIFIED, f"{name} has {len(data)} bytes"
        data.decode("utf-8")
        assert b"\0" not in data, name


def test_no_place_of_one_machine(tracked: list[Path], checkout: Path) -> None:
    for path in tracked:
        if path == Path(__file__):
            continue
        found = PLACES.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(checkout)} names {found.group()!r}"


def test_pins_name_versions_and_no_index(checkout: Path) -> None:
    assert not (checkout / "uv.lock").exists()
    for path in (checkout / "requirements").glob("*.txt"):
        for line in path.read_text().splitlines():
            assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+( ; .*)?", line), f"{path.name}: {line}"


def test_every_import_of_the_package_is_a_declared_dependency(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]

    def named(items: list[str]) -> set[str]:
        return {re.split(r"[\[<>=~! ]", item)[0].lower() for item in items}

    names = named(project["dependencies"])
    extras = named([item for extra in project["optional-dependencies"].values() for item in extra])
    modules = {
        "pyyaml": "yaml",
        "ibis-framework": "ibis",
        "prometheus-client": "prometheus_client",
    }
    allowed = {modules.get(name, name) for name in names} | sys.stdlib_module_names | {"lepta"}
    for path in (checkout / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found = [node.module or ""]
            for name in found:
                root = name.split(".")[0]
                late = node not in tree.body  # an extra is imported where it is used
                known = root in allowed or (late and root in extras)
                assert known, f"{path.relative_to(checkout)} imports {root}"


def test_the_wheel_carries_all_that_the_package_reads(checkout: Path, tmp_path: Path) -> None:
    build = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=checkout, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        shipped = {name for name in packed.namelist() if name.startswith("lepta/")}
    source = checkout / "src"
    wanted = {
        str(path.relative_to(source))
        for path in (source / "lepta").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == wanted
    assert "lepta/py.typed" in shipped
