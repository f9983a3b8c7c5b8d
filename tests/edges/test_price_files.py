"""Rate cards and SkyPilot catalogs as people keep them: good, bad and odd."""

from pathlib import Path

import pytest

import lepta
from lepta.domain.offer import Term
from lepta.errors import InputError

CARD = "offer,provider,region,accelerator,accelerator_count,term,price_per_hour,currency\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def card(folder: Path, *rows: str) -> Path:
    return write(folder, "rates.csv", CARD + "".join(row + "\n" for row in rows))


def own(path: Path, **options):
    return lepta.prices(rate_card=path, builtin=False, **options)


def test_a_rate_card_is_read(tmp_path):
    found = own(card(tmp_path, "rack-1,us,berlin,NVIDIA H100 80GB HBM3,8,,16,eur"))
    (entry,) = found.entries
    assert entry.offer.accelerator == "H100"
    assert entry.offer.term is Term.ON_DEMAND
    assert entry.currency == "EUR"
    assert entry.source.endswith("rates.csv")


def test_zero_and_blank_are_unknown_and_never_free(tmp_path):
    path = card(
        tmp_path, "a,x,r,H100,8,spot,0,USD", "b,x,r,H100,8,spot,,USD", "c,x,r,H100,8,spot,24,USD"
    )
    found = own(path, max_price=None)
    assert [entry.offer.id for entry in found.entries] == ["c"]
    assert [entry.offer.id for entry in found.unknown] == ["a", "b"]
    assert all(entry.offer.price_per_hour is None for entry in found.unknown)
    assert own(path, max_price=1).unknown == ()


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("a,x,r,H100,8,spot,-1,USD", "price_per_hour", "-1"),
        ("a,x,r,H100,8,spot,nan,USD", "price_per_hour", "nan"),
        ("a,x,r,H100,8,spot,inf,USD", "price_per_hour", "inf"),
        ("a,x,r,H100,8,spot,cheap,USD", "price_per_hour", "cheap"),
        ("a,x,r,H100,-8,spot,1,USD", "accelerator_count", "-8"),
        ("a,x,r,H100,8,spt,1,USD", "term", "spt"),
        ("a,x,r,H100,8,spot,1,dollar", "currency", "dollar"),
    ],
)
def test_a_wrong_cell_is_named_with_line_column_and_value(tmp_path, row, column, value):
    path = card(tmp_path, "ok,x,r,H100,8,spot,1,USD", row)
    with pytest.raises(InputError) as caught:
        own(path)
    said = str(caught.value)
    assert str(path) in said
    assert "line 3" in said
    assert repr(column) in said
    assert value in said
    assert "remedy" in said


def test_a_name_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 3.*stands twice, first in line 2"):
        own(card(tmp_path, "a,x,r,H100,8,spot,1,USD", "a,x,r,L4,1,spot,1,USD"))


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(InputError, match="column 'offer' is missing"):
        own(write(tmp_path, "rates.csv", "name,price_per_hour\na,1\n"))


@pytest.mark.parametrize("text", ["", "\n\n", CARD])
def test_an_empty_card_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="remedy"):
        own(write(tmp_path, "rates.csv", text))


def test_bom_and_semicolons_are_read(tmp_path):
    text = "\ufeff" + (CARD + "a,x,r,H100,8,spot,2.5,USD\n").replace(",", ";")
    assert own(write(tmp_path, "rates.csv", text)).entries[0].offer.price_per_hour == 2.5


def test_names_of_your_own_replace_built_in_ones_and_it_is_said(tmp_path):
    name = "aws/us-east-1/p5.48xlarge/on-demand"
    found = lepta.prices("H100", rate_card=card(tmp_path, f"{name},aws,r,H100,8,on-demand,30,USD"))
    (entry,) = [e for e in found.entries if e.offer.id == name]
    assert entry.offer.price_per_hour == 30
    assert any("replaces 1 offers" in note for note in found.notes)


def test_mixed_currencies_are_not_compared(tmp_path):
    found = own(card(tmp_path, "a,x,r,L4,1,spot,9,USD", "b,x,r,L4,1,spot,1,EUR"))
    assert [entry.offer.id for entry in found.entries] == ["b", "a"]
    assert any("not across them" in note for note in found.notes)


# SkyPilot: columns as in skypilot-org/skypilot-catalog, catalogs/v8
MACHINE = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo"
AWS = MACHINE + ",Price,SpotPrice,Region,AvailabilityZone,Arch\n"
GCP = (
    "InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,"
    "Region,AvailabilityZone,Price,SpotPrice\n"
)


def info(name: str, count: float, mib: int) -> str:
    return (
        f"\"{{'Gpus': [{{'Name': '{name}', 'Manufacturer': 'NVIDIA', 'Count': {count}, "
        f"'MemoryInfo': {{'SizeInMiB': {mib}}}}}], 'TotalGpuMemoryInMiB': {mib}}}\""
    )


def sky(folder: Path, cloud: str, header: str, *rows: str):
    write(folder, f"{cloud}/vms.csv", header + "".join(row + "\n" for row in rows))
    return lepta.prices(skypilot=folder, builtin=False)


def test_a_row_gives_on_demand_and_spot(tmp_path):
    found = sky(
        tmp_path,
        "aws",
        AWS,
        "p4d.24xlarge,A100,8.0,96.0,1152.0,"
        + info("A100", 8, 40960)
        + ",21.96,9.8,us-east-1,use1-az1,x86_64",
        "m7i.large,,,2,8,,0.1,,us-east-1,,x86_64",
    )
    prices = {entry.offer.id: entry for entry in found.entries}
    assert set(prices) == {
        "aws/us-east-1/use1-az1/p4d.24xlarge/on-demand",
        "aws/us-east-1/use1-az1/p4d.24xlarge/spot",
        "aws/us-east-1/m7i.large/on-demand",
    }
    spot = prices["aws/us-east-1/use1-az1/p4d.24xlarge/spot"]
    assert spot.offer.accelerator == "A100-40GB"
    assert spot.accelerator_memory == 40
    assert spot.as_of


def test_spot_zero_is_unknown(tmp_path):
    found = sky(
        tmp_path,
        "vast",
        MACHINE + ",Price,SpotPrice,Region\n",
        "2x-H200,H200,2,32,64.0," + info("H200", 2, 287542) + ',5.18,0.00,"France, FR, EU"',
    )
    assert [entry.offer.term for entry in found.entries] == [Term.ON_DEMAND]
    assert [entry.offer.term for entry in found.unknown] == [Term.SPOT]
    # This cloud writes the sum over all accelerators.
    assert found.entries[0].accelerator_memory == pytest.approx(143771 / 1024, abs=0.01)


def test_gcp_machines_get_the_price_of_their_accelerator(tmp_path):
    place = "us-central1,us-central1-a"
    found = sky(
        tmp_path,
        "gcp",
        GCP,
        f"a2-highgpu-1g,12.0,85.0,,,,{place},0.74,0.30",
        f"a3-highgpu-8g,208.0,1872.0,,,,{place},9.46,2.18",
        f"g2-standard-48,48,192,,,,{place},1.8,0.7",
        f"n2-standard-8,8,32,,,,{place},0.39,0.18",
        f",,,A100,1.0,{info('A100', 1, 40960)},{place},2.93,1.17",
        f",,,L4,4.0,{info('L4', 4, 24576)},{place},2.24,",
        f",,,T4,1.0,{info('T4', 1, 16384)},{place},0.35,0.11",
        f",,,tpu-v6e-32,1,tpu-v6e-32,{place},86.4,700.0",
    )
    known = {entry.offer.id: entry for entry in found.entries}
    prefix = "gcp/us-central1/us-central1-a"
    assert known[f"{prefix}/a2-highgpu-1g/on-demand"].offer.price_per_hour == pytest.approx(3.67)
    assert known[f"{prefix}/a2-highgpu-1g/spot"].offer.price_per_hour == pytest.approx(1.47)
    assert known[f"{prefix}/a2-highgpu-1g/spot"].offer.accelerator == "A100-40GB"
    assert known[f"{prefix}/g2-standard-48/on-demand"].offer.price_per_hour == pytest.approx(4.04)
    assert known[f"{prefix}/n2-standard-8/spot"].offer.accelerator == ""
    assert known[f"{prefix}/tpu-v6e-32/on-demand"].offer.price_per_hour == 86.4
    unknown = {entry.offer.id: entry.note for entry in found.unknown}
    # Half a price is no price: the H100 row is missing, and so is the spot price of the L4.
    assert f"{prefix}/a3-highgpu-8g/on-demand" in unknown
    assert f"{prefix}/g2-standard-48/spot" in unknown
    assert "placeholder" in unknown[f"{prefix}/tpu-v6e-32/spot"]
    assert any("passed over 3 rows" in note and "T4" in note for note in found.notes)


def test_a_key_with_two_prices_keeps_the_higher_and_says_so(tmp_path):
    row = "Standard_B16als_v2,,,16,32,,{},,centralus,,x86_64"
    found = sky(tmp_path, "azure", AWS, row.format(0.602), row.format(0.676))
    (entry,) = found.entries
    assert entry.offer.price_per_hour == 0.676
    assert any("two prices" in note for note in found.notes)


def test_a_negative_price_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"vms\.csv, line 2, column 'SpotPrice'"):
        sky(tmp_path, "aws", AWS, "m7i.large,,,2,8,,0.1,-0.1,us-east-1,,x86_64")


@pytest.mark.parametrize(
    "text", ["{'Gpus': 1}", "{" * 300, "{}", "{'Gpus': [{'MemoryInfo': None}]}"]
)
def test_odd_gpu_info_is_unknown_memory(tmp_path, text):
    found = sky(tmp_path, "aws", AWS, f'x,L4,1,4,16,"{text}",0.8,,us-east-1,,x86_64')
    assert found.entries[0].accelerator_memory is None


def test_one_file_and_one_folder_are_enough(tmp_path):
    sky(tmp_path, "aws", AWS, "m7i.large,,,2,8,,0.1,,us-east-1,,x86_64")
    for place in (tmp_path / "aws", tmp_path / "aws" / "vms.csv"):
        found = lepta.prices(skypilot=place, builtin=False)
        assert found.entries[0].offer.provider == "aws"


def test_a_folder_without_a_catalog_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no vms\.csv"):
        lepta.prices(skypilot=tmp_path, builtin=False)
    with pytest.raises(InputError, match="does not exist"):
        lepta.prices(skypilot=tmp_path / "nope", builtin=False)


def test_a_foreign_table_is_no_catalog(tmp_path):
    with pytest.raises(InputError, match="column 'InstanceType' is missing"):
        sky(tmp_path, "aws", "a,b\n", "1,2")


def test_terms_orders_and_limits_are_checked():
    with pytest.raises(InputError, match="did you mean spot"):
        lepta.prices(term="spott")
    with pytest.raises(InputError, match="is no order"):
        lepta.prices(sort="color")
    with pytest.raises(InputError, match="at least 0"):
        lepta.prices(limit=-1)
    with pytest.raises(InputError, match="at least 0"):
        lepta.prices(max_price=float("nan"))
    with pytest.raises(InputError, match="no source of prices"):
        lepta.prices(builtin=False)


def test_what_may_have_been_meant():
    found = lepta.prices("H1000")
    assert found.entries == ()
    assert "did you mean H100" in found.notes[0]
    assert "none meets all" in lepta.prices("H100", provider="exoscale").notes[0]


@pytest.mark.data
def test_a_whole_catalog_of_many_clouds_is_read(tmp_path, shared_data):
    """The multi-cloud table of 2024 in the layout of SkyPilot, with all the faults it has."""
    import duckdb

    file = shared_data / "prices" / "multicloud_2024_05.parquet"
    for cloud in ("gcp", "azure", "lambda"):
        (tmp_path / cloud).mkdir()
        duckdb.execute(
            f"""copy (select instance_type as InstanceType, accelerator_name as AcceleratorName,
            accelerator_count as AcceleratorCount, vcpu as vCPUs, memory_gib as MemoryGiB,
            null as GpuInfo, on_demand_usd_per_hour as Price, spot_usd_per_hour as SpotPrice,
            region as Region, zone as AvailabilityZone from '{file}' where cloud = '{cloud}')
            to '{tmp_path / cloud / "vms.csv"}' (header)"""  # noqa: S608
        )
    found = lepta.prices(skypilot=tmp_path, builtin=False)
    by_name = {entry.offer.id: entry for entry in found.entries}
    a100 = by_name["gcp/us-central1/us-central1-a/a2-highgpu-1g/on-demand"]
    assert a100.offer.price_per_hour == pytest.approx(0.739 + 2.934, abs=0.002)
    # Every built-in GPU found its price, and the H100 for 0.0 is not the cheapest.
    assert not [e for e in found.unknown if e.offer.provider == "gcp"]
    zero = {e.offer.instance_type for e in found.unknown if "0 in the source" in e.note}
    assert zero == {f"Standard_{n}_H100_v5" for n in ("NC40ads", "NC80adis", "ND48s")}
    assert found.entries[0].offer.price_per_hour > 0
    assert any("two prices" in note and "azure" in note for note in found.notes)
