"""How kernels are compiled: by Numba, once per machine, and without a word where that fails."""

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["compiled"]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel on its first call and keep the machine code for later runs.

    It is kept beside the source; where that folder cannot be written (a read-only install), in
    the user's cache folder; where neither can, it is compiled anew by each process. A kernel and
    all kernels that it calls belong into one file: a kept one is renewed when its own file
    changes, and no other. With NUMBA_DISABLE_JIT=1 it stays plain Python.
    """
    try:
        kernel = njit(cache=True)(function)
    except RuntimeError:  # no folder for the cache can be written
        kernel = njit(function)
    answer: Callable[..., Any] = kernel
    return answer
