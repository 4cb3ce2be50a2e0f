"""Statistics of samples: mergeable counts and moments, mixtures fitted by EM."""
