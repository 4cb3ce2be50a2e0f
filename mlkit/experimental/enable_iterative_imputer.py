"""Nothing to enable: `IterativeImputer` is in `mlkit.impute`."""
