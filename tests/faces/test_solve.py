"""`lepta solve` as people and programs meet it: output, exit codes, and every kind of bad input."""

import gzip
import json
import math

import jsonschema
import numpy as np
import pytest

import lepta
from lepta.cli.main import main
from lepta.errors import InputError
from lepta.report.schema.solve import SCHEMA

NODES = "node,price,compute,memory,hours\na,1,2,8,60\nb,2,1,9,\nc,3,0,0,5\n"


@pytest.fixture
def run(tmp_path, capsys):
    """Run `lepta solve` on a text; returns exit code, standard output and standard error."""

    def go(text, *arguments, name="nodes.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = 0
        try:
            main(["solve", str(path), *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


PRICED = ("--price", "price")
BOTH = (*PRICED, "--need", "compute=100", "--need", "memory=8")


def document(out):
    payload = json.loads(out)
    jsonschema.validate(payload, SCHEMA)
    return payload


def test_json_is_the_published_document(run):
    code, out, err = run(NODES, *BOTH, "--json")
    payload = document(out)
    assert (code, err) == (0, "")
    assert payload["status"] == "optimal" and payload["cost"] == pytest.approx(50)
    assert payload["bound"] == pytest.approx(50) and payload["gap"] == pytest.approx(0)
    assert [node["name"] for node in payload["nodes"]] == ["a", "b", "c"]
    assert [node["time"] for node in payload["nodes"]] == pytest.approx([50, 0, 0])
    assert payload["resources"][0]["binding"] and not payload["resources"][1]["binding"]
    assert payload["resources"][0]["holds_to"] is None  # without end
    assert all(check["ok"] for check in payload["checks"])
    assert "c supplies nothing that is needed: time 0" in payload["explanation"]


def test_people_get_tables_and_sentences(run):
    code, out, err = run(NODES, *BOTH)
    assert (code, err) == (0, "")
    assert "Cost 50" in out and "one more unit costs 0.5" in out and "2 more do not run" in out


def test_limits_from_a_column_or_one_number(run):
    column = document(run(NODES, *PRICED, "--need", "compute=130", "--limit", "hours", "--json")[1])
    assert [node["time"] for node in column["nodes"]] == pytest.approx([60, 10, 0])
    number = document(run(NODES, *PRICED, "--need", "compute=12", "--limit", "4.5", "--json")[1])
    assert [node["time"] for node in number["nodes"]] == pytest.approx([4.5, 3, 0])


def test_no_balance(run):
    twins = "node,price,compute\na,1,2\nb,1,2\n"
    level = document(run(twins, *PRICED, "--need", "compute=8", "--json")[1])
    assert [node["time"] for node in level["nodes"]] == pytest.approx([2, 2])
    plain = document(run(twins, *PRICED, "--need", "compute=8", "--no-balance", "--json")[1])
    assert plain["cost"] == pytest.approx(level["cost"])


def test_infeasible_is_an_answer_with_exit_code_3(run):
    code, out, err = run(NODES, *BOTH, "--limit", "1", "--json")
    payload = document(out)
    assert (code, err) == (3, "")
    assert payload["status"] == "infeasible" and payload["nodes"] == []
    assert payload["cost"] is payload["bound"] is payload["gap"] is None
    assert [line["short_by"] for line in payload["resources"]] == pytest.approx([97, 0])
    assert payload["explanation"][0].startswith("compute falls short by 97")
    code, out, err = run(NODES, *BOTH, "--limit", "1")
    assert (code, err) == (3, "") and "No times are enough" in out and "97" in out
    code, out, _ = run("node,price,gpu\na,1,0\n", *PRICED, "--need", "gpu=1", "--json")
    assert code == 3
    assert "no node supplies it" in document(out)["explanation"][0]


STARTS = "node,price,compute,hours,start\na,1,2,60,5\nb,2,1,,1\nc,1,2,60,\nd,1,2,10,0\n"


def test_a_column_of_start_costs(run):
    given = (*PRICED, "--need", "compute=130", "--limit", "hours", "--fixed", "start")
    payload = document(run(STARTS, *given, "--json")[1])
    assert payload["status"] == "optimal" and payload["cost"] == pytest.approx(70)
    assert [node["name"] for node in payload["nodes"]] == ["a", "b", "d"]
    assert [node["start_cost"] for node in payload["nodes"]] == [5, 0, 0]
    assert sum(node["time"] for node in payload["nodes"]) == pytest.approx(65)
    assert payload["binding"] == ["compute"]
    assert payload["nodes"][0]["price_from"] is None  # starts: not known
    assert "c was left out: its start is not known (line 4)" in payload["unknown"]
    code, out, err = run(STARTS, *given)
    assert (code, err) == (0, "") and "2 of 3 nodes are started, for 5" in out
    assert "without another start" in out and "Best while" not in out


def test_prices_say_how_far_they_hold(run):
    payload = document(run(NODES, *BOTH, "--json")[1])
    ranges = [(node["price_from"], node["price_to"]) for node in payload["nodes"]]
    assert ranges == [(0, pytest.approx(4)), (pytest.approx(0.5), None), (0, None)]
    assert "Best while its price is" in run(NODES, *BOTH)[1]


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (
            NODES,
            ("--price", "prise", "--need", "compute=1"),
            ["'prise' is missing", "'price' meant", "line 1"],
        ),
        (NODES, (*PRICED, "--need", "computes=1"), ["'computes' is missing", "'compute' meant"]),
        (NODES, (*PRICED, "--need", "node=1"), ["first column"]),
        (
            NODES,
            (*PRICED, "--need", "memory=8GB"),
            ["'8GB' is not a plain number", "unit of the column"],
        ),
        (NODES, (*PRICED, "--need", "memory"), ["is not NAME=AMOUNT"]),
        (NODES, (*PRICED, "--need", "memory=-8"), ["at least 0"]),
        (NODES, (*PRICED, "--need", "memory=nan"), ["finite"]),
        (NODES, (*PRICED, "--need", "memory=inf"), ["finite"]),
        (NODES, (*PRICED, "--need", "memory=1", "--need", "memory=2"), ["needed twice"]),
        (NODES, (*PRICED, "--need", "memory=1", "--limit", "hour"), ["'hours' meant"]),
        (NODES, (*PRICED, "--need", "memory=1", "--limit", "-2"), ["at least 0"]),
        (NODES, (*BOTH, "--fixed", "hour"), ["'hour' is missing", "'hours' meant"]),
        (
            STARTS.replace(",5", ",-5"),
            (*PRICED, "--need", "compute=1", "--fixed", "start"),
            ["line 2", "'start'", "at least 0", "'-5'"],
        ),
        (NODES, (*BOTH, "--gap", "2"), ["gap is 2.0", "below 1"]),
        (NODES, (*BOTH, "--time-limit", "0"), ["above 0"]),
        (NODES.replace("b,2", "b,-2"), BOTH, ["line 3", "'price'", "at least 0", "'-2'"]),
        (NODES.replace("b,2", "b,NaN"), BOTH, ["line 3", "'price'", "not a number"]),
        (NODES.replace("b,2", "b,inf"), BOTH, ["line 3", "'price'", "finite"]),
        (NODES.replace("b,2", "b,two"), BOTH, ["line 3", "'price'", "not a number", "'two'"]),
        (NODES.replace("2,1,9", "2,1,-9"), BOTH, ["line 3", "'memory'", "at least 0"]),
        (NODES.replace("b,2", "a,2"), BOTH, ["line 3", "a stands twice", "line 2"]),
        (NODES.replace("b,2", ",2"), BOTH, ["line 3", "'node'", "blank"]),
        (NODES.replace("b,2", "b,2,7"), BOTH, ["line 3", "6 cells"]),
        (NODES.replace("hours", "price"), BOTH, ["twice in the header"]),
        ("", BOTH, ["is empty"]),
        ("node,price,compute,memory\n", BOTH, ["no rows"]),
        ("node,price,compute,memory\na,,1,1\n", BOTH, ["no node has all its numbers"]),
        (gzip.compress(NODES.encode() * 50, mtime=0)[:-20], BOTH, ["truncated"]),
        (b"node,price\n\xff\xfe,1\n", BOTH, ["UTF-8"]),
    ],
)
def test_bad_input_is_one_clear_message(run, text, arguments, words):
    code, out, err = run(text, *arguments)
    assert (code, out) == (5, "")
    for word in words:
        assert word in err
    assert "remedy: " in err and "Traceback" not in err


def test_a_file_that_is_not_there(capsys):
    with pytest.raises(SystemExit) as end:
        main(["solve", "/nowhere/nodes.csv", *BOTH])
    assert end.value.code == 5
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + NODES,
        NODES.replace(",", ";"),
        "\ufeff" + NODES.replace(",", ";").replace("\n", "\r\n"),
        gzip.compress(NODES.encode(), mtime=0),
        NODES.replace("\n", "\n\n"),
    ],
)
def test_files_as_people_keep_them(run, text):
    code, out, _ = run(text, *BOTH, "--json")
    assert code == 0 and document(out)["cost"] == pytest.approx(50)


def test_what_is_not_known_is_left_out_and_said(run):
    text = "node,price,compute\na,,9\nb,1,\nc,0,1\nd,2,4\n"
    code, out, _ = run(text, *PRICED, "--need", "compute=4", "--limit", "2", "--json")
    payload = document(out)
    assert code == 0
    assert [node["name"] for node in payload["nodes"]] == ["c", "d"]
    assert [node["time"] for node in payload["nodes"]] == pytest.approx([2, 0.5])
    assert payload["unknown"] == [
        "a was left out: its price is not known (line 2)",
        "b was left out: its compute is not known (line 3)",
        "c has price 0: counted as free",
    ]


def test_names_cannot_steer_the_terminal_or_the_markup(run):
    text = 'node,price,compute\n"=HYPERLINK(""http://x"")",1,2\n[red]b[/red],1,2\n"\x1b[31mz",1,2\n'
    code, out, _ = run(text, *PRICED, "--need", "compute=6")
    assert code == 0
    assert '=HYPERLINK("http://x")' in out and "[red]b[/red]" in out and "\x1b[31mz" not in out
    payload = document(run(text, *PRICED, "--need", "compute=6", "--json")[1])
    assert payload["nodes"][1]["name"] == "[red]b[/red]"


def test_arrays_need_no_file():
    answer = lepta.solve(
        price=[1, 2], supply=[[2, 1]], need={"compute": 10}, limit=4, names=["x", "y"]
    )
    assert answer.time.tolist() == pytest.approx([4, 2])
    assert [node.name for node in answer.nodes] == ["x", "y"]
    assert answer.resources[0].name == "compute"
    with pytest.raises(ValueError, match="read-only"):
        answer.time[0] = 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": [1, math.nan]}, r"price\[1\] is nan"),
        ({"price": [1, -2]}, r"price\[1\] is -2"),
        ({"supply": [[2, math.inf]]}, r"supply\[0, 1\] is inf"),
        ({"supply": [2, 1]}, r"supply has shape \(2,\)"),
        ({"supply": [[2, 1], [1]]}, "not an array of numbers"),
        ({"need": [10, 5]}, r"need has shape \(2,\)"),
        ({"need": [-1]}, r"need\[0\] is -1"),
        ({"need": ["compute=3"]}, "need is not an array of numbers"),
        ({"limit": [1, 2, 3]}, r"limit has shape \(3,\)"),
        ({"limit": [1, -1]}, "limit is negative"),
        ({"limit": [1, math.nan]}, r"limit\[1\] is nan"),
        ({"price": [1, None]}, r"price\[1\] is nan"),
        ({"fixed": [1, -1]}, r"fixed\[1\] is -1"),
        ({"fixed": [1, math.inf]}, r"fixed\[1\] is inf"),
        ({"fixed": [1, 2, 3]}, r"fixed has shape \(3,\)"),
        ({"gap": math.nan}, "gap is nan"),
        ({"names": ["a", "a"]}, "'a' stands twice"),
        ({"names": ["a"]}, "1 node names for 2 nodes"),
        ({"price": [], "supply": np.zeros((1, 0))}, "0 nodes"),
        ({"price": "price"}, "without a file"),
        ({"nodes": "nodes.csv"}, "name of a column"),
    ],
)
def test_bad_arrays_are_named(change, words):
    good = {"price": [1, 2], "supply": [[2, 1]], "need": [10]}
    with pytest.raises(InputError, match=words):
        lepta.solve(**{**good, **change})


def test_balance_and_starts_exclude_each_other():
    with pytest.raises(InputError, match="each start costs"):
        lepta.cover([1.0], [[1.0]], [1.0], fixed=1.0, balance=True)


def test_nothing_needed_costs_nothing():
    answer = lepta.solve(price=[1, 0], supply=[[2, 1]], need=[0])
    assert (answer.status, answer.cost, answer.gap) == ("optimal", 0.0, 0.0)
    assert answer.time.tolist() == [0, 0]
