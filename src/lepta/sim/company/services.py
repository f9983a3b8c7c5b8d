"""The six services: what they answer, how often they are asked, and what a machine serves of it.

Rates per machine come from measurements on one H100 (`figures.py`). Other accelerators are derived:
work bound by arithmetic scales with dense FLOP/s, work bound by memory with bandwidth, and a
request that spends half its time in each with the harmonic mean of the two. A pair that is left
out misses the latency objective or does not fit into memory; the reason stands beside it.
"""

from dataclasses import dataclass
from types import MappingProxyType

from lepta.sim.company.figures import figure

__all__ = ["SERVICES", "Service"]

_H100, _A100, _L40S, _L4 = range(4)

CODE_TOKENS_IN = 2040
WHISPER_TOKENS_PER_AUDIO_S = 3.3
"""Assumed: 150 English words a minute at 1.3 tokens a word."""
CLIP_S = 60.0
"""Assumed mean length of an audio clip."""
INSIDE_OBJECTIVE = 0.6
"""Assumed share of the offline rate that keeps a latency objective."""
PREFILL_EFFICIENCY = 0.45
"""Assumed share of the dense 8-bit rate that a prefill reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An inference service, which is also a demand class."""

    name: str
    team: str
    model: str
    modality: str
    """text, images or audio."""
    mean_rate: float
    """Requests per second over the month, before noise. The company's size: our choice."""
    day_shape: str
    """Name of the figure with the 24 hourly factors."""
    weekend: float
    """Rate of a weekend day over that of a working day: our choice."""
    home: str
    """The machine shape it runs on today, on demand."""
    per_machine: MappingProxyType[str, float]
    """Accelerator -> largest rate inside the latency objective, one accelerator."""
    objective: str
    input_tokens: float = 0.0
    output_tokens: float = 0.0
    images: float = 0.0
    audio_s: float = 0.0
    response_mb: float = 0.0
    """Megabytes sent back per request."""
    request_mb: float = 0.0


def _share(name: str, accelerator: int) -> float:
    values = figure(name).values
    return values[accelerator] / values[_H100]


def _half_and_half(accelerator: int) -> float:
    bandwidth = _share("memory_bandwidth", accelerator)
    arithmetic = _share("eight_bit_rate", accelerator)
    return 2.0 / (1.0 / bandwidth + 1.0 / arithmetic)


def _code_h100() -> float:
    prefill_s = (
        2
        * 8e9
        * CODE_TOKENS_IN
        / (PREFILL_EFFICIENCY * figure("eight_bit_rate").values[_H100] * 1e12)
    )
    decode_s = figure("code_output_tokens").value / figure("code_h100_tokens").value
    return INSIDE_OBJECTIVE / (prefill_s + decode_s)


def _rates(**rates: float) -> MappingProxyType[str, float]:
    named = {name.replace("A100_80GB", "A100-80GB"): round(rate, 4) for name, rate in rates.items()}
    return MappingProxyType(named)


def _whisper(index: int) -> float:
    tokens_per_s = figure("whisper_l4_l40s_h100").values[index]
    return INSIDE_OBJECTIVE * tokens_per_s / (CLIP_S * WHISPER_TOKENS_PER_AUDIO_S)


def _services() -> tuple[Service, ...]:
    chat, answers = figure("chat_h100_rate").value, figure("answers_h100_rate").value
    posters, previews = figure("posters_h100_rate").value, figure("previews_h100_rate").value
    code = _code_h100()
    return (
        Service(
            name="chat",
            team="assistant",
            model="Qwen3-32B fp8",
            modality="text",
            mean_rate=100.0,
            day_shape="day_shape_text",
            weekend=0.85,
            home="p5.4xlarge@us-east-1",
            # L40S: 21 sequences fit beside the weights, and TPOT would be 77 ms. L4: does not fit.
            per_machine=_rates(H100=chat, A100_80GB=chat * _half_and_half(_A100)),
            objective="TTFT 1 s, TPOT 50 ms",
            input_tokens=figure("chat_input_tokens").value,
            output_tokens=figure("chat_output_tokens").value,
            response_mb=0.001,
        ),
        Service(
            name="answers",
            team="assistant",
            model="Qwen3-32B fp8",
            modality="text",
            mean_rate=14.0,
            day_shape="day_shape_text",
            weekend=0.75,
            home="a2-ultragpu-1g@us-central1",
            per_machine=_rates(H100=answers, A100_80GB=answers * _half_and_half(_A100)),
            objective="TTFT 2 s, TPOT 50 ms",
            input_tokens=2048.0,
            output_tokens=256.0,
            response_mb=0.0015,
        ),
        Service(
            name="code",
            team="developer",
            model="Llama 3.1 8B fp8",
            modality="text",
            mean_rate=110.0,
            day_shape="day_shape_text",
            weekend=0.6,
            home="g6e.xlarge@us-east-1",
            # Prompts of 2,040 tokens, answers of 28: bound by arithmetic.
            per_machine=_rates(
                H100=code,
                A100_80GB=code * _share("eight_bit_rate", _A100),
                L40S=code * _share("eight_bit_rate", _L40S),
                L4=code * _share("eight_bit_rate", _L4),
            ),
            objective="TTFT 1 s",
            input_tokens=figure("code_input_tokens").value,
            output_tokens=figure("code_output_tokens").value,
            response_mb=0.0002,
        ),
        Service(
            name="posters",
            team="creative",
            model="Stable Diffusion 3.5 medium",
            modality="images",
            mean_rate=2.4,
            day_shape="day_shape_image",
            weekend=0.8,
            home="p5.4xlarge@us-east-1",
            # L4: one image takes 29 s.
            per_machine=_rates(
                H100=posters,
                A100_80GB=posters * _share("sixteen_bit_rate", _A100),
                L40S=posters * _share("sixteen_bit_rate", _L40S),
            ),
            objective="image in 15 s",
            images=1.0,
            response_mb=1.5,
        ),
        Service(
            name="previews",
            team="creative",
            model="SANA 1.5 1.6B",
            modality="images",
            mean_rate=8.0,
            day_shape="day_shape_image",
            weekend=0.8,
            home="g6e.xlarge@us-east-1",
            per_machine=_rates(
                H100=previews,
                A100_80GB=previews * _share("sixteen_bit_rate", _A100),
                L40S=previews * _share("sixteen_bit_rate", _L40S),
                L4=previews * _share("sixteen_bit_rate", _L4),
            ),
            objective="image in 8 s",
            images=1.0,
            response_mb=0.2,
        ),
        Service(
            name="transcribe",
            team="speech",
            model="Whisper large v3",
            modality="audio",
            mean_rate=30.0,
            day_shape="day_shape_text",
            weekend=0.7,
            home="g6.xlarge@us-east-1",
            per_machine=_rates(L4=_whisper(0), L40S=_whisper(1), H100=_whisper(2)),
            objective="one minute of audio in 6 s",
            audio_s=CLIP_S,
            request_mb=0.96,
            response_mb=0.001,
        ),
    )


SERVICES = _services()
