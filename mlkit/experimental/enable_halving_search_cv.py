"""Nothing to enable: the halving searches are in `mlkit.model_selection`."""
