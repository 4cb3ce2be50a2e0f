"""How many principal components the data speak for: Laplace's approximation of the evidence."""

import numpy as np


def evidence(spectrum, n_rows):
    """Log evidence of k components, for k from 1 to d − 1 (Minka, 2000).

    With eigenvalues ``λ₁ ≥ … ≥ λ_d`` of the covariance of n rows, noise
    ``v = mean(λ_{k+1} … λ_d)`` and ``m = dk − k(k + 1)/2``::

        log p(X | k) ≈ log p(U) − n/2 Σ_{i≤k} log λᵢ − n(d − k)/2 log v
                       + (m + k)/2 log 2π − ½ log|A| − k/2 log n

    where ``p(U) = 2⁻ᵏ Π_{i≤k} Γ((d − i + 1)/2) π^{−(d − i + 1)/2}`` and
    ``|A| = Π_{i≤k} Π_{j>i} (1/λ̂ⱼ − 1/λᵢ)(λᵢ − λⱼ) n`` with ``λ̂ⱼ = λⱼ`` up to k and v beyond.

    Parameters
    ----------
    spectrum : ndarray of shape (d,)
        Eigenvalues in decreasing order.
    n_rows : int

    Returns
    -------
    ndarray of shape (d − 1,)
        −∞ where the k-th eigenvalue is none but rounding.

    References
    ----------
    T. P. Minka, "Automatic choice of dimensionality for PCA", NIPS 13 (2000).
    """
    from scipy.special import gammaln

    spectrum = np.maximum(np.asarray(spectrum, dtype=np.float64), 0)
    d = len(spectrum)
    k = np.arange(1, d)
    size = (d - k + 1) / 2
    prior = np.cumsum(gammaln(size) - size * np.log(np.pi) - np.log(2))
    # Below it an eigenvalue is rounding: its logarithm would decide everything.
    least = 1e-15
    with np.errstate(all="ignore"):
        noise = np.maximum(np.cumsum(spectrum[::-1])[::-1][1:] / (d - k), least)
        fit = -n_rows / 2 * (np.cumsum(np.log(spectrum))[:-1] + (d - k) * np.log(noise))
        volume = _log_volume(spectrum, noise, k, n_rows)
    free = d * k - k * (k + 1) / 2
    found = prior + fit + (free + k) / 2 * np.log(2 * np.pi) - volume / 2 - k / 2 * np.log(n_rows)
    return np.where((spectrum[:-1] < least) | np.isnan(found), -np.inf, found)


def _log_volume(spectrum, noise, k, n_rows):
    """``log|A|`` for each k; sums over pairs of eigenvalues are cumulated, not taken anew."""
    d = len(spectrum)
    later = np.arange(d)[:, None] < np.arange(d)
    # Equal eigenvalues leave a direction undetermined; a gap of rounding keeps it finite.
    gaps = np.maximum(spectrum[:, None] - spectrum, np.finfo(float).eps * spectrum[:, None])
    gap = np.where(later, np.log(gaps), 0)
    within = np.where(later, np.log(gaps / (spectrum[:, None] * spectrum)), 0)
    pairs = np.cumsum(gap.sum(axis=1))[:-1] + np.cumsum(within.sum(axis=0))[:-1]
    for index, v in enumerate(noise):
        kept = spectrum[: index + 1]
        pairs[index] += (d - index - 1) * np.log(np.maximum(1 / v - 1 / kept, 0)).sum()
    return pairs + (d * k - k * (k + 1) / 2) * np.log(n_rows)
