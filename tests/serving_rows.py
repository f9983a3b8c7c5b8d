"""Rows of pretend replicas for the tests of profiles."""

import numpy as np

from lepta.domain.serving import ServingRow, Setting

SETTING = Setting(model="m", gpu="h100_sxm", gpus=1, backend="vllm", precision="fp8")
STEP = (6e-3, 35e-6, 0.04e-6, 12e-6)
FIRST = (9e-3, 15e-6, 0.8e-6)


def tpot(i: float, o: float, load: float) -> float:
    return STEP[0] + load * (STEP[1] + STEP[2] * (i + o / 2) + STEP[3] * i / o)


def ttft(i: float, load: float) -> float:
    return FIRST[0] + FIRST[1] * i + FIRST[2] * i * load


def rows(
    *,
    noise: float = 0.0,
    seed: int = 0,
    setting: Setting = SETTING,
    inputs=(256, 1024, 4096),
    outputs=(64, 256, 1024),
    loads=(1, 4, 16, 64, 128),
) -> list[ServingRow]:
    chance = np.random.default_rng(seed)
    return [
        ServingRow(
            setting=setting,
            input_tokens=i,
            output_tokens=o,
            concurrency=load,
            ttft=ttft(i, load) * chance.uniform(1 - noise, 1 + noise),
            tpot=tpot(i, o, load) * chance.uniform(1 - noise, 1 + noise),
        )
        for i in inputs
        for o in outputs
        for load in loads
    ]
