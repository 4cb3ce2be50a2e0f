"""Import time in fresh processes, beside numpy alone and scikit-learn.

Run: python benchmarks/bench_import.py
"""

import statistics
import subprocess
import sys
import time

from sidebyside import describe

STATEMENTS = {
    "(interpreter)": "pass",
    "mlkit": "import mlkit",
    "numpy": "import numpy",
    "mlkit.linear_model.LogisticRegression": "from mlkit.linear_model import LogisticRegression",
    "mlkit.preprocessing.StandardScaler": "from mlkit.preprocessing import StandardScaler",
    "mlkit.pipeline.Pipeline": "from mlkit.pipeline import Pipeline",
    "sklearn": "import sklearn",
    "sklearn.linear_model.LogisticRegression": (
        "from sklearn.linear_model import LogisticRegression"
    ),
}
ROUNDS = 9


def main():
    describe("mlkit", "scikit-learn", "numpy")
    times = {name: [] for name in STATEMENTS}
    for _ in range(ROUNDS + 1):
        for name, statement in STATEMENTS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times[name].append(time.perf_counter() - began)
    bare = statistics.median(times["(interpreter)"][1:])
    print(f"\nmedian of {ROUNDS} fresh processes, less the bare interpreter's {bare * 1e3:.0f} ms")
    numpy_alone = statistics.median(times["numpy"][1:]) - bare
    for name, each in times.items():
        net = statistics.median(each[1:]) - bare
        print(f"  {name:42s} {net * 1e3:8.1f} ms  {net / numpy_alone:6.2f} x numpy")


if __name__ == "__main__":
    main()
