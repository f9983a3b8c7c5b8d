"""Files that lepta writes: whole or not at all, and safe to open in a spreadsheet."""

import csv
import io
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.adapters.outfile import FORMULA_STARTS, csv_text, write_text
from lepta.errors import Permanent


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_makes_folders_and_leaves_no_rest(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a" / "b.txt", "caf\u00e9\r\n")
    assert path.read_bytes() == "caf\u00e9\r\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]


def test_old_or_new_never_half(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(Permanent, match="surrogates not allowed"):
        write_text(path, "new" * 99_999 + "\ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        path = write_text(tmp_path / "bill.txt", "private")
    finally:
        os.umask(before)
    assert mode(path) == 0o600


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")
    path.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink()
    assert (path.read_text(), mode(path)) == ("new", 0o640)


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_text("/dev/null", "gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "below.txt", tmp_path, "a\0b", tmp_path / ("x" * 999)):
        with pytest.raises(Permanent, match="cannot be written"):
            write_text(path, "text")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_name_runs_as_a_formula(start: str) -> None:
    text = csv_text(["name", start + "head"], [[start + "HYPERLINK(1)", 1]])
    for cell in [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]:
        assert not cell.startswith(FORMULA_STARTS)


def test_numbers_stay_numbers_and_unknown_is_blank() -> None:
    assert csv_text(["a", "b", "c"], [[-1.5, None, 0]]) == "a,b,c\n-1.5,,0\n"


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=5))
def test_cells_come_back(cells) -> None:
    (back,) = csv.reader(io.StringIO(csv_text(cells, []), newline=""))
    assert [b.removeprefix("'") for b in back] == [c.removeprefix("'") for c in cells]
