"""Non-negative least squares, and its robust relative form for positive targets."""

import numpy as np
import numpy.typing as npt

from lepta.numerics.program import Array

__all__ = ["fit_relative", "nnls"]

ROUNDS = 10
SMALLEST = 0.02
"""Residuals below this share weigh alike: without it one exact row would rule the fit."""


def nnls(matrix: npt.ArrayLike, target: npt.ArrayLike) -> Array:
    """Minimize |matrix @ x - target|² over x >= 0.

    matrix (m, n), target (m,), answer (n,). The active-set method of Lawson and Hanson (1974,
    chapter 23), which ends after finitely many steps; the answer satisfies the optimality
    conditions to rounding.
    """
    a, b = np.asarray(matrix, float), np.asarray(target, float)
    n = a.shape[1]
    x, passive = np.zeros(n), np.zeros(n, bool)
    tolerance = 10 * np.finfo(float).eps * max(a.shape) * max(1.0, float(np.abs(a.T @ b).max()))
    for _ in range(30 * n):
        gradient = a.T @ (b - a @ x)
        gradient[passive] = -np.inf
        enter = int(np.argmax(gradient))
        if passive.all() or gradient[enter] <= tolerance:
            break
        passive[enter] = True
        trial = _solve(a, b, passive)
        while passive.any() and trial[passive].min() <= 0:
            leaving = passive & (trial <= 0)
            step = float(np.min(x[leaving] / (x[leaving] - trial[leaving])))
            x = x + step * (trial - x)
            passive &= ~(leaving & (x <= 1e-12 * float(x.max(initial=0.0))))
            x[~passive] = 0.0
            trial = _solve(a, b, passive)
        x = trial
    return x


def fit_relative(
    features: npt.ArrayLike, target: npt.ArrayLike, weights: npt.ArrayLike = 1.0
) -> Array:
    """Fit target ≈ features @ x with x >= 0, so that mean |prediction / target - 1| is small.

    features (m, n) >= 0, target (m,) > 0. Iteratively reweighted least squares on relative
    residuals: overloaded rows, whose time says more about the queue than about the replica, pull
    less than they would in a square. A column of zeros gets 0. `weights` (m,) multiply the errors.
    """
    f, y = np.asarray(features, float), np.asarray(target, float)
    a = f / y[:, None]
    size = np.linalg.norm(a, axis=0)
    a = a / np.where(size > 0, size, 1.0)
    own = np.broadcast_to(np.sqrt(np.asarray(weights, float)), y.shape)
    weight = own
    x = np.zeros(f.shape[1])
    for _ in range(ROUNDS):
        x = nnls(a * weight[:, None], weight)
        weight = own / np.sqrt(np.maximum(np.abs(a @ x - 1), SMALLEST))
    scaled: Array = np.where(size > 0, x / np.where(size > 0, size, 1.0), 0.0)
    return scaled


def _solve(a: Array, b: Array, passive: npt.NDArray[np.bool_]) -> Array:
    x = np.zeros(a.shape[1])
    x[passive] = np.linalg.lstsq(a[:, passive], b, rcond=None)[0]
    return x
