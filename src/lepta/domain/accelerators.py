"""One name per accelerator, however a cloud, a catalog or a driver spells it.

    NVIDIA A100-SXM4-80GB, A100-80G, nvidia-a100-80gb, Tesla A100 (80 GB)   ->  A100-80GB
    h100-80gb, H100 SXM5, NVIDIA H100 80GB HBM3                             ->  H100
    rtx-pro-server-6000, RTXPRO6000                                         ->  RTX-PRO-6000

The memory is part of the name only where one chip is sold with two sizes (A100, V100) and is taken
from the name or from the memory column; "A100" alone means that the source does not say which.
"""

import re

__all__ = ["matches_accelerator", "normal_accelerator"]

VENDORS = re.compile(r"\b(nvidia|tesla|amd|instinct|geforce|quadro|radeon|google|aws|cloud)\b")
TWO_SIZES = {"A100": ((30.0, 50.0, "A100-40GB"), (70.0, 90.0, "A100-80GB"))}
FORM_FACTORS = ("PCIE", "NVL", "MEGA")
"""Forms that change speed or price; SXM is the usual one and goes without saying."""

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^rtx-?pro-?(?:server-?)?(\d{4}).*"), r"RTX-PRO-\1"),
    (re.compile(r"^rtx-?a(\d{4})$"), r"A\1"),
    (re.compile(r"^rtx-?(\d{4})-?ada.*"), r"RTX\1-ADA"),
    (re.compile(r"^rtx-?(\d{4})-?(ti|super|s)?$"), r"RTX\1\2"),
    (re.compile(r"^tpu-?(.*)$"), r"TPU-\1"),
    (re.compile(r"^(mi\d+)-?(x?).*$"), r"\1\2"),
)
CHIP = re.compile(r"^(gb|gh|h|b|a|l|t|v|p|k|m)(\d{1,3})(s|g)?(?=$|-)(.*)$")


def normal_accelerator(name: str, memory_gib: float | None = None) -> str:
    """Return the common name; a name that nobody knows comes back in capitals, otherwise as is."""
    text = VENDORS.sub(" ", re.sub(r"[_()/]+", " ", name.strip().lower()))
    text = re.sub(r"-+", "-", re.sub(r"[\s-]+", "-", text.strip(" -"))).strip("-")
    text = re.sub(r"(\d)-gb\b", r"\1gb", text)
    for pattern, common in PATTERNS:
        if pattern.match(text):
            return pattern.sub(common, text).upper()
    chip = CHIP.match(text)
    if not chip:
        return text.upper()
    base = f"{chip[1]}{chip[2]}{chip[3] or ''}".upper()
    rest = chip[4].upper()
    said = re.search(r"(\d+)GB?\b", rest)
    memory = float(said[1]) if said else memory_gib
    if base in TWO_SIZES:
        known = next((n for low, high, n in TWO_SIZES[base] if memory and low < memory < high), "")
        return known or base
    if base == "V100":
        return "V100-32GB" if memory and memory > 24 else "V100"
    form = next((form for form in FORM_FACTORS if form in rest), "")
    return f"{base}-{form}" if form else base


def matches_accelerator(name: str, wanted: str) -> bool:
    """Tell whether `wanted` names the accelerator or its family: H100 finds H100-NVL as well."""
    common, asked = name.upper(), normal_accelerator(wanted)
    return common == asked or common.startswith(asked + "-")
