"""The estimator protocol: parameters, roles, validation, randomness, threads; no algorithm."""
