"""The estimator protocol: parameters, roles, validation, randomness, threads. Knows no algorithm."""
