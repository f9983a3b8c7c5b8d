"""The published figures that the demo company is calibrated to: value, unit, and where it stands.

No data file is read or copied: these are single statistics of public traces and price lists, each
with its source. `tests/golden/test_demo_calibration.py` computes them again from the public data.
"""

from dataclasses import dataclass

__all__ = ["FIGURES", "Figure", "Source", "figure"]


@dataclass(frozen=True, slots=True)
class Source:
    """A public data set, and under which license or with which citation."""

    title: str
    cite: str


AZURE = Source("Azure LLM inference trace 2023", "Patel et al., ISCA 2024; CC-BY-4.0")
SERVEGEN = Source("ServeGen client rates (alibaba/ServeGen)", "Apache-2.0")
PHILLY = Source("Philly jobs (msr-fiddle/philly-traces)", "Jeon et al., ATC 2019; CC-BY-4.0")
HELIOS = Source("Helios Earth virtual clusters, May 2020", "Hu et al., SC 2021; CC-BY-4.0")
ACME = Source("Acme GPU power, cluster Seren", "Hu et al., NSDI 2024; CC-BY-4.0")
SILICON = Source("Measured TTFT and TPOT (ai-dynamo/aiconfigurator)", "Apache-2.0")
MLENERGY = Source("ML.ENERGY leaderboard", "Chung et al., NeurIPS D&B 2025; Apache-2.0")
MLPERF = Source("Inference results 5.1 (mlcommons), closed division", "MLCommons")
SPECS = Source("GPU specifications (ai-dynamo/aiconfigurator)", "Apache-2.0")


# fmt: off
_DAY_TEXT = (
    0.986, 0.994, 1.009, 0.940, 0.879, 0.875, 0.832, 0.774, 0.770, 0.884, 1.010, 1.090,
    1.013, 1.010, 1.052, 1.068, 1.090, 1.046, 1.053, 1.184, 1.140, 1.094, 1.111, 1.096,
)
_DAY_IMAGE = (
    0.596, 0.875, 1.136, 1.036, 1.142, 1.123, 0.990, 1.019, 0.910, 1.078, 1.230, 1.194,
    0.989, 1.032, 1.123, 1.201, 1.206, 0.977, 0.905, 0.901, 1.006, 0.888, 0.826, 0.618,
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number, or a row of them. `name` is what code, test and manual call it."""

    name: str
    values: tuple[float, ...]
    unit: str
    about: str
    source: Source

    @property
    def value(self) -> float:
        """The number of a figure that has only one."""
        (number,) = self.values
        return number


FIGURES = (
    Figure("chat_input_tokens", (1195.0,), "tokens", "mean prompt, service conv", AZURE),
    Figure("chat_output_tokens", (201.0,), "tokens", "mean answer, service conv", AZURE),
    Figure("chat_source_rate", (5.9,), "requests/s", "mean rate, service conv", AZURE),
    Figure("code_input_tokens", (2040.0,), "tokens", "mean prompt, service code", AZURE),
    Figure("code_output_tokens", (27.6,), "tokens", "mean completion, service code", AZURE),
    Figure("code_source_rate", (3.13,), "requests/s", "mean rate, service code", AZURE),
    Figure(
        "day_shape_text",
        _DAY_TEXT,
        "of the mean",
        "rate per hour of the day, workload m-large, ten days",
        SERVEGEN,
    ),
    Figure(
        "day_shape_image",
        _DAY_IMAGE,
        "of the mean",
        "rate per hour of the day, workload mm-image, one day",
        SERVEGEN,
    ),
    Figure("day_to_day", (0.14,), "1", "deviation of daily means, workload m-large", SERVEGEN),
    Figure(
        "job_gpus_share",
        (0.939, 0.019, 0.023, 0.020),
        "of jobs",
        "jobs on 1, 2, 4, and 8 or more GPUs",
        PHILLY,
    ),
    Figure(
        "job_seconds_1",
        (37.2, 52.0, 63.0, 185.0, 1258.0, 2651.0, 6850.0, 15566.0, 119341.0),
        "s",
        "duration of jobs on 1 GPU: quantiles .01 .05 .1 .25 .5 .75 .9 .95 .99",
        PHILLY,
    ),
    Figure(
        "job_seconds_2",
        (4.0, 8.0, 10.0, 14.0, 19.0, 103.0, 130328.0, 254041.0, 682040.0),
        "s",
        "the same on 2 GPUs",
        PHILLY,
    ),
    Figure(
        "job_seconds_4",
        (37.0, 84.0, 143.0, 666.0, 17388.0, 89581.0, 188593.0, 386982.0, 1085407.0),
        "s",
        "the same on 4 GPUs",
        PHILLY,
    ),
    Figure(
        "job_seconds_8",
        (33.8, 80.0, 179.0, 713.0, 31330.0, 184258.0, 400883.0, 600360.0, 1431214.0),
        "s",
        "the same on 8 GPUs or more",
        PHILLY,
    ),
    Figure(
        "allocated_share",
        (0.0085, 0.557, 0.872),
        "of GPUs",
        "running GPUs: emptiest virtual cluster, mean of the cluster, fullest",
        HELIOS,
    ),
    Figure(
        "gpu_power_w",
        (63.0, 64.9, 69.8, 90.7, 96.5, 118.4, 213.3, 337.5, 395.3, 408.0),
        "W",
        "power of a GPU: quantiles .1 .2 .3 .4 .5 .6 .7 .8 .9 .95",
        ACME,
    ),
    Figure(
        "chat_h100_rate",
        (6.20,),
        "requests/s",
        "Qwen3-32B fp8, one H100, 1,024 in, 256 out, 64 at once: TTFT 457 ms, TPOT 39 ms",
        SILICON,
    ),
    Figure(
        "answers_h100_rate",
        (3.08,),
        "requests/s",
        "Qwen3-32B fp8, one H100, 2,048 in, 256 out, 32 at once: TTFT 652 ms, TPOT 38 ms",
        SILICON,
    ),
    Figure(
        "posters_h100_rate",
        (0.302,),
        "images/s",
        "Stable Diffusion 3.5 medium, 1,024 px, one H100, batch of 2 in 6.6 s",
        MLENERGY,
    ),
    Figure(
        "previews_h100_rate",
        (1.503,),
        "images/s",
        "SANA 1.5 1.6B, 1,024 px, one H100, batch of 4 in 2.7 s",
        MLENERGY,
    ),
    Figure(
        "code_h100_tokens",
        (7036.0,),
        "tokens/s",
        "Llama 3.1 8B, one H100, 128 at once: ITL 16 ms (median)",
        MLENERGY,
    ),
    Figure(
        "whisper_l4_l40s_h100",
        (349.0, 1159.0, 2767.0),
        "tokens/s",
        "Whisper offline per GPU: L4, L40S, H100 NVL",
        MLPERF,
    ),
    Figure(
        "memory_bandwidth",
        (3350.0, 2039.0, 864.0, 300.0),
        "GB/s",
        "H100, A100 80 GB, L40S, L4",
        SPECS,
    ),
    Figure(
        "eight_bit_rate",
        (1978.0, 624.0, 733.0, 242.0),
        "TFLOP/s",
        "dense 8-bit: H100, A100 80 GB, L40S, L4",
        SPECS,
    ),
    Figure(
        "sixteen_bit_rate",
        (989.0, 312.0, 362.05, 121.0),
        "TFLOP/s",
        "dense bf16: H100, A100 80 GB, L40S, L4",
        SPECS,
    ),
)

_BY_NAME = {each.name: each for each in FIGURES}


def figure(name: str) -> Figure:
    """Give the figure of that name."""
    return _BY_NAME[name]
