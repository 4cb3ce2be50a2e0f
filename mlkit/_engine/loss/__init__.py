"""One definition of each loss, for linear models, boosting, networks and metrics."""
