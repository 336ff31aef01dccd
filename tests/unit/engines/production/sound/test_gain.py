"""The gain from the table against its formula, with scipy's exponential integral."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import exp1

from engines.production.sound.gain import MOST_SNR, gain


@pytest.mark.contract("Ephraim and Malah 1985, equation 20: xi / (1 + xi) * exp(E1(v) / 2), where v = gamma * xi / (1 + xi)")
def test_the_gain_is_that_of_the_formula() -> None:
    priors, posteriors = (np.geomspace(least, MOST_SNR, 301) for least in (10**-2.5, 10**-3.0))
    prior, posterior = (grid.astype(np.float32)[None] for grid in np.meshgrid(priors, posteriors, indexing="ij"))
    wiener = prior.astype(np.float64) / (1 + prior)
    formula = np.minimum(1, wiener * np.exp(exp1(wiener * posterior) / 2))
    assert gain(prior, posterior) == pytest.approx(formula, rel=0.0005)


def test_a_bin_without_any_power_has_a_gain_that_is_a_number() -> None:
    silent = np.zeros((1, 1, 3), np.float32)
    assert np.all(np.isfinite(gain(silent + np.float32(10**-2.5), silent)))
