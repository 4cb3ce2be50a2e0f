"""Decision trees: grown by exact or binned search, kept as flat arrays, walked by one kernel."""
