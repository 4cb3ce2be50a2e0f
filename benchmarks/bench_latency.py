"""One row through a fitted model: public predict and transform, numpy row and pandas row.

Run: python benchmarks/bench_latency.py
"""

from sidebyside import compare, describe  # isort: skip  (it sets up BLAS before numpy loads)

import warnings

import lightgbm
import numpy as np
import onnxruntime
import pandas as pd
import sklearn.impute
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
from onnx import TensorProto, helper

from mlkit.datasets import load_breast_cancer
from mlkit.impute import SimpleImputer
from mlkit.linear_model import LogisticRegression
from mlkit.pipeline import make_pipeline
from mlkit.preprocessing import StandardScaler


def onnx_logistic(model):
    """An onnxruntime session of one thread that runs a fitted binary logistic regression."""
    weights = model.coef_.T.astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["X", "W"], ["XW"]),
        helper.make_node("Add", ["XW", "b"], ["score"]),
        helper.make_node("Greater", ["score", "zero"], ["label"]),
    ]
    tensor = helper.make_tensor
    constants = [
        tensor("W", TensorProto.FLOAT, weights.shape, weights.ravel()),
        tensor("b", TensorProto.FLOAT, [1], model.intercept_.astype(np.float32)),
        tensor("zero", TensorProto.FLOAT, [1], [0.0]),
    ]
    columns = weights.shape[0]
    graph = helper.make_graph(
        nodes,
        "logistic",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("label", TensorProto.BOOL, [None, 1])],
        constants,
    )
    opset = [helper.make_opsetid("", 17)]
    proto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(proto.SerializeToString(), options)


def main():
    describe("mlkit", "scikit-learn", "lightgbm", "onnxruntime", "numpy", "pandas")
    print("1 thread; one row of 30 float64 columns (breast cancer); ratio: peer's time / mlkit's")
    warnings.simplefilter("ignore")
    X, y = load_breast_cancer(return_X_y=True)
    table = pd.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])])
    logistic, peer = sklearn.linear_model, sklearn.preprocessing
    pairs = {
        "LogisticRegression.predict": (
            LogisticRegression(max_iter=5000),
            logistic.LogisticRegression(max_iter=5000),
        ),
        "StandardScaler.transform": (StandardScaler(), peer.StandardScaler()),
        "impute, scale, logistic: predict": (
            make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
            sklearn.pipeline.make_pipeline(
                sklearn.impute.SimpleImputer(),
                peer.StandardScaler(),
                logistic.LogisticRegression(),
            ),
        ),
    }
    for data, kind in ((X, "numpy row"), (table, "pandas row")):
        row = data[:1].copy()
        for work, (ours, theirs) in pairs.items():
            method = work.split(".")[-1].split(": ")[-1]
            ours.fit(data, y), theirs.fit(data, y)
            results = getattr(ours, method)(row), getattr(theirs, method)(row)
            difference = np.abs(np.asarray(results[0]) - np.asarray(results[1])).max()
            calls = {
                "mlkit": lambda m=ours, f=method, x=row: getattr(m, f)(x),
                "scikit-learn": lambda m=theirs, f=method, x=row: getattr(m, f)(x),
            }
            if work.startswith("LogisticRegression"):
                boosted = lightgbm.LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1)
                boosted.fit(data, y)
                calls["lightgbm 100"] = lambda m=boosted, x=row: m.predict(x)
                if kind == "numpy row":
                    session = onnx_logistic(ours)
                    cell = row.astype(np.float32)
                    calls["onnxruntime"] = lambda s=session, x=cell: s.run(None, {"X": x})
            quality = {"mlkit": f"largest difference to scikit-learn {difference:.0e}"}
            compare(f"{work}, {kind}", calls, quality=quality)


if __name__ == "__main__":
    main()
