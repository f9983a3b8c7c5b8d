"""What inference servers call their observables: vLLM (old and new names), TGI, Triton.

Names ending in `_ms` are in milliseconds, all others in seconds.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["ENGINES", "NOT_SERVED", "RAY", "Engine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What a server calls its observables; the first name that it exposes is used."""

    name: str
    model_label: str
    requests: tuple[str, ...]
    ttft: tuple[str, ...] = ()
    tpot: tuple[str, ...] = ()
    e2e: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    running: str = ""
    waiting: str = ""


ENGINES: Final = (
    Engine(
        name="vllm",
        model_label="model_name",
        requests=("vllm:request_success_total", "vllm:request_success"),
        ttft=("vllm:time_to_first_token_seconds",),
        tpot=(
            "vllm:request_time_per_output_token_seconds",
            "vllm:inter_token_latency_seconds",
            "vllm:time_per_output_token_seconds",
        ),
        e2e=("vllm:e2e_request_latency_seconds",),
        inputs=("vllm:request_prompt_tokens",),
        outputs=("vllm:request_generation_tokens",),
        running="vllm:num_requests_running",
        waiting="vllm:num_requests_waiting",
    ),
    Engine(
        name="tgi",
        model_label="model",
        requests=("tgi_request_success_total", "tgi_request_success"),
        tpot=("tgi_request_mean_time_per_token_duration",),
        e2e=("tgi_request_duration",),
        inputs=("tgi_request_input_length",),
        outputs=("tgi_request_generated_tokens",),
        running="tgi_batch_current_size",
        waiting="tgi_queue_size",
    ),
    Engine(
        name="triton",
        model_label="model",
        requests=("nv_inference_request_success", "nv_inference_request_success_total"),
        ttft=("nv_inference_first_response_histogram_ms",),
        waiting="nv_inference_pending_request_count",
    ),
)

NOT_SERVED: Final = frozenset({"abort", "error"})
"""Reasons for which a request of vLLM ended without its answer."""

RAY: Final = "ray_vllm_"
"""Under Ray the colon of vLLM's names becomes an underscore, after this prefix."""
