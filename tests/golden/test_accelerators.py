"""Names of accelerators as clouds, catalogs and drivers spell them."""

import pytest

from lepta.domain.accelerators import matches_accelerator, normal_accelerator

SPELLINGS = {
    "A100-80GB": ["NVIDIA A100-SXM4-80GB", "A100-80G", "nvidia-a100-80gb", "Tesla A100 (80 GB)"],
    "A100-40GB": ["A100-SXM4-40GB", "a100 (40 GB)"],
    "H100": ["h100-80gb", "H100 SXM5", "NVIDIA H100 80GB HBM3", "H100-SXM"],
    "H100-MEGA": ["h100-80gb-mega", "H100-MEGA-80GB"],
    "H100-NVL": ["H100 NVL", "nvidia-h100-nvl"],
    "H200": ["H200", "H200-141GB", "NVIDIA H200"],
    "B200": ["b200", "NVIDIA B200"],
    "L4": ["l4", "nvidia-l4", "NVIDIA L4"],
    "L40S": ["L40S", "nvidia-l40s"],
    "A10G": ["a10g", "NVIDIA A10G"],
    "T4": ["Tesla T4", "t4", "Tesla-T4"],
    "V100": ["V100", "Tesla V100-SXM2-16GB"],
    "V100-32GB": ["V100-32GB", "Tesla V100-SXM2-32GB"],
    "MI300X": ["mi300x", "AMD Instinct MI300X"],
    "RTX-PRO-6000": ["rtx-pro-server-6000", "RTXPRO6000"],
}


@pytest.mark.parametrize(
    ("spelling", "common"), [(s, common) for common, all_ in SPELLINGS.items() for s in all_]
)
def test_one_name_for_all_spellings(spelling, common):
    assert normal_accelerator(spelling) == common


def test_memory_tells_the_two_sizes_of_one_chip_apart():
    assert normal_accelerator("A100", 40) == "A100-40GB"
    assert normal_accelerator("A100", 80) == "A100-80GB"
    assert normal_accelerator("A100") == "A100"
    assert normal_accelerator("V100", 32) == "V100-32GB"


def test_a_family_finds_its_members_and_no_others():
    assert matches_accelerator("H100-NVL", "h100")
    assert matches_accelerator("A100-80GB", "A100")
    assert not matches_accelerator("L40S", "L4")
    assert not matches_accelerator("H100", "H100-NVL")
    assert not matches_accelerator("A10G", "A10")
