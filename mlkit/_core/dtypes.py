"""Kinds of numbers."""

import numpy as np

# Dtypes that a check may keep as they are, the first being what others become.
FLOAT_DTYPES = (np.float64, np.float32, np.float16)
