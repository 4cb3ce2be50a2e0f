"""The check of a large X at the door: at the memory's bandwidth.

Run: python benchmarks/bench_validate.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import numpy as np
import sklearn.utils

from mlkit.utils import check_array


def main():
    describe("mlkit", "scikit-learn", "numpy")
    print("1,000,000 rows x 50 columns; threads: as many as cores; ratio: peer's time / mlkit's")
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        for order in ("C", "F"):
            X = np.asarray(rng.standard_normal((1_000_000, 50), dtype=dtype), order=order)
            calls = {
                "mlkit": lambda X=X: check_array(X, dtype=[np.float64, np.float32]),
                "scikit-learn": lambda X=X: sklearn.utils.check_array(
                    X, dtype=[np.float64, np.float32]
                ),
                "numpy sum": lambda X=X: X.sum(),
            }
            work = f"check_array, {np.dtype(dtype)}, order {order}, {X.nbytes / 1e6:.0f} MB"
            ratios = compare(work, calls, rounds=5, seconds=0.2)
            assert set(ratios) == set(calls)


if __name__ == "__main__":
    main()
