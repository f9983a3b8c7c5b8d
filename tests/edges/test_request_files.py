"""Traces of requests as people have them: what is read, what is noted, and what is refused."""

import gzip
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepta.adapters.traces.source import RequestSource
from lepta.errors import InputError
from lepta.wiring.requests import open_requests


def write(folder: Path, text: str | bytes, name: str = "requests.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def column(source: RequestSource, name: str) -> list[float]:
    parts = [getattr(chunk, name) for chunk in source.chunks()]
    return np.concatenate(parts).tolist()  # type: ignore[no-any-return]


def refused(path: Path, *words: str, **options: bool) -> str:
    with pytest.raises(InputError) as caught:
        open_requests(path, **options)  # type: ignore[arg-type]
    said = str(caught.value)
    assert caught.value.remedy
    assert path.name in said
    for word in words:
        assert word in said
    return said


def test_seconds_from_the_start_stay_as_they_are(tmp_path: Path) -> None:
    text = "ts,class,tenant,service_s\n0.5,b,acme,1.25\n2,a,zoo,0.75\n2,a,acme,3\n"
    source = open_requests(write(tmp_path, text))
    assert (source.count, source.span_s) == (3, 2.0)
    assert math.isnan(source.epoch_s)
    assert source.kinds == ("a", "b")
    assert source.tenants == ("acme", "zoo")
    assert source.columns == ("at_s", "kind", "tenant", "service_s")
    assert column(source, "at_s") == [0.5, 2, 2]
    assert column(source, "kind") == [1, 0, 0]
    assert column(source, "tenant") == [0, 1, 0]
    assert column(source, "service_s") == [1.25, 0.75, 3]
    assert column(source, "at_s") == [0.5, 2, 2]  # and once more from the start


def test_instants_of_several_zones_become_seconds(tmp_path: Path) -> None:
    text = (
        "ts,input_tokens,output_tokens\n"
        "2026-11-23T09:00:00+01:00,10,1\n"
        "2026-11-23 08:00:00.250Z,11,2\n"
        "2026-11-23T03:00:01-0500,12,3\n"
    )
    source = open_requests(write(tmp_path, text))
    assert column(source, "at_s") == [0, 0.25, 1]
    assert source.epoch_s == 1_795_420_800
    assert source.notes == ("Times of several zones (+01:00, -0500, Z): all in UTC now.",)


def test_a_time_without_a_zone_is_refused_unless_it_is_said_to_be_utc(tmp_path: Path) -> None:
    text = "ts,service_s\n2026-11-23T08:00:00Z,1\n2026-11-23T08:00:05,1\n"
    path = write(tmp_path, text)
    refused(path, "line 3", "'ts'", "without a zone", "2026-11-23T08:00:05")
    source = open_requests(path, assume_utc=True)
    assert column(source, "at_s") == [0, 5]
    assert any("taken for UTC" in note for note in source.notes)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "text", ["\ufeffts;service_s\r\n\r\n1 ; 2\r\n3;4.5\r\n", "ts\tservice_s\n1\t2\n3\t4.5"]
)
def test_byte_order_marks_line_ends_and_delimiters(tmp_path: Path, text: str, packed: bool) -> None:
    data = text.encode()
    path = write(tmp_path, gzip.compress(data) if packed else data, "any.name")
    source = open_requests(path)
    assert column(source, "at_s") == [1, 3]
    assert column(source, "service_s") == [2, 4.5]


def test_what_is_out_of_order_is_sorted_and_what_is_double_is_kept(tmp_path: Path) -> None:
    text = "ts,service_s\n5,1\n2,2\n2,3\n2,2\n9000,4\n"
    source = open_requests(write(tmp_path, text))
    assert column(source, "at_s") == [2, 2, 2, 5, 9000]
    assert column(source, "service_s") == [2, 3, 2, 1, 4]  # equal times stay as they stood
    notes = " ".join(source.notes)
    assert "1 row out of order: sorted" in notes
    assert "2 requests at the same instant" in notes
    assert "1 duplicate row: kept" in notes


def test_a_wide_gap_is_told_with_its_place(tmp_path: Path) -> None:
    rows = [f"2026-11-23T08:{i // 60:02}:{i % 60:02}Z,1" for i in range(600)]
    rows += [f"2026-11-23T10:{i // 60:02}:{i % 60:02}Z,1" for i in range(600)]
    source = open_requests(write(tmp_path, "\n".join(["ts,service_s", *rows])))
    (note,) = source.notes
    assert note.startswith("A gap of 1.8 h from 2026-11-23T08:09:59Z")


def test_images_and_audio_may_be_blank_but_not_all_work(tmp_path: Path) -> None:
    text = "ts,class,images,audio_s\n0,image,4,\n1,speech,,2.5\n2,,0,\n"
    source = open_requests(write(tmp_path, text))
    assert column(source, "images") == [4, 0, 0]
    assert source.kinds == ("image", "speech", "unnamed")
    notes = " ".join(source.notes)
    assert "1 request without a class" in notes
    assert "1 request with work of length 0" in notes
    assert "2 requests with a blank audio_s" in notes
    refused(write(tmp_path, text + "3,image,,\n"), "line 5", "has no work")


def test_blocks_are_read_from_text_and_from_lists(tmp_path: Path) -> None:
    text = 'ts,input_tokens,output_tokens,prefix_block_ids\n0,9,1,7;8;9\n1,9,1,\n2,9,1,"7"\n'
    lists = pa.table(
        {
            "t_ms": [0, 1000, 2000],
            "input_tokens": [9, 9, 9],
            "output_tokens": [1, 1, 1],
            "prefix_block_ids": [[7, 8, 9], None, [7]],
        }
    )
    pq.write_table(lists, tmp_path / "lists.parquet")
    for path in (write(tmp_path, text), tmp_path / "lists.parquet"):
        (chunk,) = open_requests(path).chunks()
        assert chunk.at_s.tolist() == [0, 1, 2]
        assert chunk.prefix_start is not None
        assert chunk.prefix_block is not None
        assert chunk.prefix_start.tolist() == [0, 3, 3, 4]
        assert chunk.prefix_block.tolist() == [7, 8, 9, 7]
    bad = text.replace("7;8;9", "7;x;9")
    refused(write(tmp_path, bad), "line 2", "prefix_block_ids", "7;x;9")


def test_public_shapes_are_recognized(tmp_path: Path) -> None:
    azure = (
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n"
    )
    source = open_requests(write(tmp_path, azure))
    assert column(source, "at_s") == pytest.approx([0, 0.052], abs=1e-12)
    assert column(source, "input_tokens") == [4808, 3180]
    assert math.isnan(source.epoch_s)
    assert any("no calendar" in note for note in source.notes)
    lines = [
        {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47]},
        {"timestamp": 30535, "input_length": 6472, "output_length": 26, "hash_ids": [46]},
    ]
    source = open_requests(write(tmp_path, "\n".join(map(json.dumps, lines)), "mooncake.jsonl"))
    assert column(source, "at_s") == [27.482, 30.535]
    assert column(source, "prefix_block") == [46, 47, 46]
    own = '{"ts": "2026-11-23T08:00:00Z", "service_s": 1}\n'
    source = open_requests(write(tmp_path, own + own.replace("00Z", "01+00:00"), "own.jsonl"))
    assert column(source, "at_s") == [0, 1]
    refused(write(tmp_path, own + own.replace("Z", ""), "own.jsonl"), "line 2", "without a zone")


def test_typed_columns_of_parquet(tmp_path: Path) -> None:
    at = pa.array([1_795_420_800_000_000, 1_795_420_801_500_000], pa.timestamp("us", "UTC"))
    kinds = pa.array(["a", "b"]).dictionary_encode()
    path = tmp_path / "typed.parquet"
    pq.write_table(pa.table({"ts": at, "class": kinds, "service_s": [1, 2]}), path)
    source = open_requests(path)
    assert column(source, "at_s") == [0, 1.5]
    assert column(source, "kind") == [0, 1]
    naive = pa.table({"ts": at.cast(pa.timestamp("us")), "service_s": [1, 2]})
    pq.write_table(naive, path)
    refused(path, "row 1", "'ts'", "without a zone")
    assert open_requests(path, assume_utc=True).epoch_s == 1_795_420_800


def test_unix_time_is_told_and_milliseconds_are_not_taken_for_seconds(tmp_path: Path) -> None:
    source = open_requests(write(tmp_path, "ts,service_s\n1795420800.5,1\n1795420801,1\n"))
    assert source.epoch_s == 1_795_420_800.5
    assert column(source, "at_s") == [0, 0.5]
    assert "Unix time" in source.notes[0]
    refused(write(tmp_path, "ts,service_s\n1795420800500,1\n"), "line 2", "milliseconds", "t_ms")
    mixed = write(tmp_path, "ts,service_s\n3,1\n1795420800,1\n")
    refused(mixed, "'ts'", "more than 31 years")
    hour = "".join(f"{ms},1\n" for ms in range(0, 3_600_000, 1200))
    source = open_requests(write(tmp_path, "ts,service_s\n" + hour))
    assert any("milliseconds, name the column t_ms" in note for note in source.notes)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("-1,1,1,1", ("'ts'", "negative", "-1")),
        ("nan,1,1,1", ("'ts'", "no time", "nan")),
        (",1,1,1", ("'ts'", "blank")),
        ("soon,1,1,1", ("'ts'", "is no number", "soon")),
        ("2026-11-23T08:00:00Z,1,1,1", ("'ts'", "is no number")),
        ("2,-3,1,1", ("'input_tokens'", "negative", "-3")),
        ("2,1.5,1,1", ("'input_tokens'", "no whole number of tokens", "1.5")),
        ("2,inf,1,1", ("'input_tokens'", "no finite number", "inf")),
        ("2,1,many,1", ("'output_tokens'", "is no number", "many")),
        ("2,1,99999999999999999999999,1", ("'output_tokens'", "beyond 1e+08 tokens", "9999")),
        ("2,1,1,1e9", ("'audio_s'", "beyond 1e+07 s")),
        ("2,1,1,nan", ("'audio_s'", "no finite number", "nan")),
        ("2,1,1", ("has 3 cells where the header has 4",)),
    ],
)
def test_one_bad_cell_is_named_by_its_line(
    tmp_path: Path, row: str, words: tuple[str, ...]
) -> None:
    text = "ts,input_tokens,output_tokens,audio_s\n0,1,1,1\n\n1,1,1,1\n" + row + "\n"
    said = refused(write(tmp_path, text), "line 5", *words)
    assert "Traceback" not in said


def test_iso_times_that_turn_into_numbers_are_refused(tmp_path: Path) -> None:
    text = "ts,service_s\n2026-11-23T08:00:00Z,1\n17,1\n"
    refused(write(tmp_path, text), "line 3", "'ts'", "17")
    text = "ts,service_s\n2026-11-23T08:00:00Z,1\n2026-13-23T08:00:00Z,1\n"
    refused(write(tmp_path, text), "line 3", "'ts'", "is no time", "2026-13")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("is empty",)),
        (b"ts,service_s\n", ("has no rows",)),
        (b"time,service_s\n1,1\n", ("no column 'ts'", "time, service_s", "t_ms")),
        (b"ts,length\n1,1\n", ("no column of work", "service_s", "input_tokens")),
        (b"ts,input_tokens\n1,1\n", ("no output_tokens",)),
        (b"ts,ts,service_s\n1,1,1\n", ("twice",)),
        ("ts,service_s\n1,1\n".encode("utf-16"), ("is not UTF-8",)),
        (b"ts,service_s\n1,\xff\n", ("is not UTF-8",)),
        (b"ts,service_s\n" + b"1,1\n" * 300_000 + b"1,\xff\n", ("line 300002", "is not UTF-8")),
        (b'ts,"service\n_s",service_s\n1,1,1\n', ("line 1", "several lines")),
        (b"\x00\x01\x02\x03binary\x00", ("is neither CSV nor Parquet",)),
        (b"PAR1 and then nothing", ("truncated or damaged Parquet",)),
        (gzip.compress(b"ts,service_s\n" + b"1,1\n" * 9)[:-9], ("truncated",)),
        (b'{"timestamp": 1, "input_length": 2\n', ("JSON by lines",)),
        (b'ts,class,service_s\n1,a,1\n2,"b,1\n3,c,1\n', ("line 3",)),
    ],
)
def test_what_is_no_trace_is_refused(tmp_path: Path, data: bytes, words: tuple[str, ...]) -> None:
    refused(write(tmp_path, data), *words)


def test_a_truncated_parquet_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"ts": [0.0, 1.0], "service_s": [1.0, 1.0]}), whole)
    refused(write(tmp_path, whole.read_bytes()[:-20], "cut.parquet"), "truncated or damaged")
    refused(tmp_path, "folder")
    refused(tmp_path / "none.csv", "no such file")


def test_names_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},request-{i},1\n" for i in range(1200))
    refused(write(tmp_path, "ts,class,service_s\n" + rows), "line 1002", "'class'", "1,000")


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.integers(0, 9)),
        min_size=1,
        max_size=60,
    )
)
def test_memory_and_file_give_the_same_bytes_in_any_order_of_times(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    text = "ts,class,service_s\n" + "".join(f"{a / 4},{k},{s}\n" for a, k, s in rows)
    path = write(folder, text)
    held, filed = open_requests(path), open_requests(path, in_memory_bytes=1)
    assert held.notes == filed.notes
    wanted = sorted(rows, key=lambda row: row[0])
    for source in (held, filed):
        names = source.kinds
        assert column(source, "at_s") == [a / 4 for a, _, _ in wanted]
        assert [names[int(k)] for k in column(source, "kind")] == [k for _, k, _ in wanted]
        assert column(source, "service_s") == [s for _, _, s in wanted]


def test_a_temporary_file_lives_as_long_as_the_source(tmp_path: Path) -> None:
    path = write(tmp_path, "ts,service_s\n2,1\n1,1\n")
    source = open_requests(path, in_memory_bytes=1)
    file = source.kept.path
    assert file is not None
    twin = pickle.loads(pickle.dumps(source))  # noqa: S301 (our own)
    assert column(twin, "at_s") == [1, 2]
    del twin
    assert file.is_file()  # a copy in another process does not take it away
    del source
    assert not file.parent.exists()


def test_a_file_of_many_blocks_is_read_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepta.adapters.traces.rawlog.BLOCK", 256)
    monkeypatch.setattr("lepta.adapters.traces.spool.CHUNK", 32)
    rows = [f"{(i * 37) % 500},class {i % 7},{i}" for i in range(500)]
    text = "ts,class,service_s\n" + "\n".join(rows)
    path = write(tmp_path, text)
    held, filed = open_requests(path), open_requests(path, in_memory_bytes=2000)
    assert held.notes == filed.notes
    assert any("rows out of order: sorted." in note for note in held.notes)
    for source in (held, filed):
        assert [len(chunk) for chunk in source.chunks()][:2] == [32, 32]
        assert column(source, "at_s") == list(range(500))
        assert column(source, "service_s") == [(i * 473) % 500 for i in range(500)]
        assert [source.kinds[int(k)] for k in column(source, "kind")] == [
            f"class {(i * 473) % 500 % 7}" for i in range(500)
        ]
    refused(write(tmp_path, text + "\n3,a,b\n"), "line 502", "'service_s'", "no number")
    refused(write(tmp_path, text + "\n3,a\n"), "line 502", "has 2 cells")


def test_options_of_client_rates_do_not_pass_for_a_log(tmp_path: Path) -> None:
    path = write(tmp_path, "ts,service_s\n2,1\n1,1\n")
    with pytest.raises(InputError, match="no workload"):
        open_requests(path, share=0.5)
