"""The replace loop as anyone would write it: draw points, fit, repeat. Shares no code with the package."""

import numpy as np


def simulate(rng, sizes, mean, covariance, bias, bias_first, estimator, replicas):
    """Fitted means (T+1, R, d) and covariances (T+1, R, d, d); `sizes` and `bias` (T,) per generation."""
    mu = np.tile(np.asarray(mean, dtype=float), (replicas, 1))
    sigma = np.tile(np.asarray(covariance, dtype=float), (replicas, 1, 1))
    means, covariances = [mu], [sigma]
    for t, (n, factor) in enumerate(zip(sizes, bias, strict=True)):
        scale = factor if t > 0 or bias_first else 1.0
        points = mu[:, None, :] + rng.normal(size=(replicas, n, len(mean))) @ root(scale * sigma).transpose(0, 2, 1)
        mu = points.mean(axis=1)
        centred = points - mu[:, None, :]
        sigma = centred.transpose(0, 2, 1) @ centred / (n - 1 if estimator == "unbiased" else n)
        means.append(mu)
        covariances.append(sigma)
    return np.array(means), np.array(covariances)


def root(sigma):
    """Symmetric square roots (…, d, d), also of singular matrices."""
    values, vectors = np.linalg.eigh(sigma)
    return vectors * np.sqrt(np.maximum(values, 0))[..., None, :] @ np.swapaxes(vectors, -1, -2)


def observe(name, mu, sigma, mean, covariance):
    """An observable of every fit (…,) by its textbook formula."""
    drift, d = mu - mean, len(mean)
    inverse, log_ratio = np.linalg.inv(covariance), np.linalg.slogdet(sigma)[1] - np.linalg.slogdet(covariance)[1]
    trace = np.trace(sigma, axis1=-2, axis2=-1)
    if name == "mean_square_drift":
        return np.sum(drift**2, axis=-1)
    if name == "variance":
        return trace / d
    if name == "log_variance":
        return np.linalg.slogdet(sigma)[1] / d
    if name == "entropy":
        return 0.5 * np.linalg.slogdet(2 * np.pi * np.e * sigma)[1]
    if name == "tail_probability":
        return np.sqrt(trace / d) > 0.1
    if name in ("w2_squared", "frechet"):
        half = root(np.asarray(covariance))
        overlap = np.trace(root(half @ sigma @ half), axis1=-2, axis2=-1)
        return np.sum(drift**2, axis=-1) + trace + np.trace(covariance) - 2 * overlap
    if name == "kl_reverse":
        spread = np.trace(inverse @ sigma, axis1=-2, axis2=-1)
        return (spread + np.einsum("...i,ij,...j", drift, inverse, drift) - d - log_ratio) / 2
    if name == "kl_forward":
        own = np.linalg.inv(sigma)
        spread = np.trace(own @ covariance, axis1=-2, axis2=-1)
        return (spread + np.einsum("...i,...ij,...j", drift, own, drift) - d + log_ratio) / 2
    raise KeyError(name)
