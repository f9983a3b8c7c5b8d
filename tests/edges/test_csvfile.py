"""CSV files as people keep them, and as disks damage them."""

import gzip
import os
from pathlib import Path

import pytest

from lepta.adapters import csvfile
from lepta.adapters.csvfile import read_csv
from lepta.errors import InputError

PLAIN = "offer,limit\na,1\nb,2\n"


def save(folder: Path, data: bytes | str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip(),
        "\n\n" + PLAIN.replace("\nb", "\n\n,\nb"),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        gzip.compress(PLAIN.encode(), mtime=0),
        gzip.compress(b"\xef\xbb\xbf" + PLAIN.encode(), mtime=0),
    ],
)
def test_the_same_table_in_many_clothes(tmp_path: Path, data: bytes | str) -> None:
    table = read_csv(save(tmp_path, data))
    assert table.header == ("offer", "limit")
    assert table.rows == (("a", "1"), ("b", "2"))


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = read_csv(save(tmp_path, 'offer,limit\n"two\nlines",1\n\nb,2\n'))
    assert table.lines == (2, 5)


def test_delimiters_inside_quotes_do_not_count(tmp_path: Path) -> None:
    assert read_csv(save(tmp_path, '"a,b,c";d\n1;2\n')).header == ("a,b,c", "d")


WRONG = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "cut gzip": (gzip.compress(PLAIN.encode() * 99, mtime=0)[:-12], "truncated or damaged gzip"),
    "torn gzip": (b"\x1f\x8b\x08\x00garbage", "truncated or damaged gzip"),
    "latin-1": ("offer\ncaf\u00e9\n".encode("latin-1"), "is not UTF-8"),
    "open quote": (b'offer,limit\n"a,1\n', "is not CSV"),
}


@pytest.mark.parametrize(("data", "words"), WRONG.values(), ids=WRONG.keys())
def test_damaged_files_are_named(tmp_path: Path, data: bytes, words: str) -> None:
    path = save(tmp_path, data)
    with pytest.raises(InputError, match=words) as caught:
        read_csv(path)
    assert str(path) in caught.value.where
    assert caught.value.remedy


def test_missing_and_folder_and_odd_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_csv(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_csv("a\0b")
    with pytest.raises(InputError, match="cannot be read"):
        read_csv(save(tmp_path, PLAIN) / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_not_permitted(tmp_path: Path) -> None:
    path = save(tmp_path, PLAIN)
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        read_csv(path)


def test_too_large_packed_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfile, "LARGEST_BYTES", 2**20)
    bomb = gzip.compress(b"a\n" * 2**20, mtime=0)
    with pytest.raises(InputError, match="unpacks to more than 1 MiB"):
        read_csv(save(tmp_path, bomb))
    with pytest.raises(InputError, match="has 2 MiB"):
        read_csv(save(tmp_path, b"a\n" * 2**20))
