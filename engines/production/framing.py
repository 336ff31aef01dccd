"""Where a window that is narrower than the picture should be at each moment, to show much of what matters and yet move calmly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engines.production.interest import COLUMNS, Numbers

_POSITIONS = 64
# In seconds of seeing all that matters: what a pan over the picture's whole width costs, however slow, and more if it is fast.
_PAN_COST = 0.5
_HASTE_COST = 2.0
_OFF_CENTRE_COST = 0.02
_SMOOTHING = 0.4  # seconds


def window_path(times: Sequence[float], interest: Numbers, width: float) -> Numbers:
    """The left edge at each time, 0 to 1 - width, of a window of a share of the picture's width.

    The best path of all by dynamic programming, so that the window is where something is about to happen before it does.
    `interest` holds a row for each time: how much there is to see in each column.
    """
    lefts = np.linspace(0.0, 1.0 - width, _POSITIONS)
    gained = interest @ _columns_within(lefts, width)
    steps = np.diff(times, prepend=times[0] - _usual_step(times))
    busy = interest.sum(axis=1)
    gained = gained / max(1e-9, float(busy[busy > 0].mean()) if busy.any() else 0.0)
    gained = (gained - _OFF_CENTRE_COST * np.abs(lefts - (1 - width) / 2)) * steps[:, None]
    return _smoothed(lefts[_best(gained, lefts, steps)], _SMOOTHING / _usual_step(times))


def _columns_within(lefts: Numbers, width: float) -> Numbers:
    """The share of each column (a row) that lies in the window at each position."""
    edges = np.arange(COLUMNS + 1) / COLUMNS
    covered = np.minimum(edges[1:, None], lefts + width) - np.maximum(edges[:-1, None], lefts)
    shares: Numbers = np.maximum(covered, 0) * COLUMNS
    return shares


def _usual_step(times: Sequence[float]) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 1.0


def _best(gained: Numbers, lefts: Numbers, steps: Numbers) -> list[int]:
    """Viterbi's algorithm: the positions whose gains, less the costs of the ways between them, add up to most."""
    way = np.abs(lefts[:, None] - lefts[None, :])
    total, came_from = gained[0], []
    for gain, seconds in zip(gained[1:], steps[1:], strict=True):
        reached = total[None, :] - _PAN_COST * way - _HASTE_COST * way**2 / max(seconds, 1e-3)
        before = np.argmax(reached, axis=1)
        came_from.append(before)
        total = gain + reached[np.arange(len(lefts)), before]
    path = [int(np.argmax(total))]
    for before in reversed(came_from):
        path.append(int(before[path[-1]]))
    return path[::-1]


def _smoothed(path: Numbers, deviation: float) -> Numbers:
    """By a Gaussian whose standard deviation is told in steps; beyond its ends the path stays where it is."""
    reach = max(1, round(3 * deviation))
    weights = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / deviation))
    smooth: Numbers = np.convolve(np.pad(path, reach, mode="edge"), weights / weights.sum(), mode="valid")
    return smooth
