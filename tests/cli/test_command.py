"""Commands do what they say, or end with one line and the code 2."""

import csv
import io
import subprocess
import sys

import numpy as np
import pytest

from mlkit.cli import main
from mlkit.datasets import load_breast_cancer, load_diabetes, load_iris
from mlkit.persist import inspect, load, save
from mlkit.preprocessing import StandardScaler


def write_csv(path, names, columns):
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
    return str(path)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def iris(path, step=1):
    data = load_iris()
    labels = data.target_names[data.target]
    columns = [*data.data[::step].T.tolist(), labels[::step].tolist()]
    return write_csv(path, ["sl", "sw", "pl", "pw", "species"], columns)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("iris")
    assert main(["fit", iris(folder / "iris.csv"), "--target", "species"] + out(folder)) == 0
    return folder


def out(folder):
    return ["--out", str(folder / "m.mlkit")]


# ---------------------------------------------------------------------------------- demo
def test_demo(capsys):
    assert main(["demo", "--quick"]) == 0
    printed, errors = capsys.readouterr()
    assert errors == "" and "\r" not in printed
    rows = [line for line in printed.splitlines() if "±" in line]
    assert len(rows) >= 11
    for name in ("iris", "wine", "breast cancer", "digits", "diabetes"):
        assert any(line.startswith(name) for line in rows)
    scores = {line.split("  ")[0]: line for line in rows}
    assert len(scores) == 6  # five data sets, and the rows below them


def test_demo_is_the_same_for_the_same_seed(capsys):
    tables = []
    for _ in range(2):
        main(["demo", "--quick", "--seed", "7"])
        lines = capsys.readouterr().out.splitlines()
        tables.append([line[:80].split()[:-2] for line in lines if "±" in line])
    assert [row[:6] for row in tables[0]] == [row[:6] for row in tables[1]]


def test_as_a_module():
    command = [sys.executable, "-m", "mlkit", "--version"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.startswith("mlkit ")


# ------------------------------------------------------------------------ fit and predict
def test_fit_and_predict(model, capsys):
    path = str(model / "iris.csv")
    target = model / "predictions.csv"
    assert main(["predict", str(model / "m.mlkit"), path, "--out", str(target)]) == 0
    assert "150 predictions" in capsys.readouterr().err
    rows = read_csv(target)
    assert rows[0] == ["species"] and len(rows) == 151
    data = load_iris()
    right = np.array([row[0] for row in rows[1:]]) == data.target_names[data.target]
    assert right.mean() > 0.95


def test_probabilities(model, capsys):
    assert main(["predict", str(model / "m.mlkit"), str(model / "iris.csv"), "--proba"]) == 0
    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == ["species", "P(setosa)", "P(versicolor)", "P(virginica)"]
    shares = np.array([row[1:] for row in rows], dtype=float)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    best = np.array(["setosa", "versicolor", "virginica"])[shares.argmax(axis=1)]
    assert best.tolist() == [row[0] for row in rows]


def test_columns_are_found_by_name(model, tmp_path, capsys):
    data = load_iris()
    path = write_csv(tmp_path / "r.csv", ["pw", "pl", "sw", "sl"], data.data.T[::-1].tolist())
    main(["predict", str(model / "m.mlkit"), path])
    swapped = capsys.readouterr().out
    main(["predict", str(model / "m.mlkit"), str(model / "iris.csv")])
    assert swapped == capsys.readouterr().out


def test_the_model_knows_its_columns(model, capsys):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(load_iris().data, columns=["sl", "sw", "pl", "pw"])
    loaded = load(model / "m.mlkit")
    capsys.readouterr()
    main(["predict", str(model / "m.mlkit"), str(model / "iris.csv")])
    assert loaded.predict(frame).tolist() == capsys.readouterr().out.splitlines()[1:]
    assert loaded[0].get_feature_names_out().tolist() == ["sl", "sw", "pl", "pw"]
    with pytest.raises(ValueError, match="now missing:\n- sl"):
        loaded.predict(frame.rename(columns={"sl": "other"}))


def mixed(path, n=240, seed=0):
    """A number, a category, a date and a number with gaps decide the price."""
    rng = np.random.default_rng(seed)
    size, gaps = rng.uniform(20, 200, n), rng.normal(size=n)
    town = rng.choice(["Bern", "Genf", "Chur"], n)
    day = np.datetime64("2020-01-01") + rng.integers(0, 900, n)
    price = 50 * size + 3000 * (town == "Bern") + 5 * (day - day.min()).astype(int)
    price = price + 400 * gaps + rng.normal(0, 50, n)
    known = np.where(rng.random(n) < 0.1, "", [f"{gap:.3f}" for gap in gaps])
    names = ["id", "size", "town", "day", "gap", "note", "price"]
    columns = [range(n), size, town, day, known, ["same"] * n, price]
    return write_csv(path, names, columns)


def test_mixed_columns(tmp_path, capsys):
    path = mixed(tmp_path / "homes.csv")
    assert main(["fit", path, "--target", "price", *out(tmp_path)]) == 0
    printed = capsys.readouterr().out
    decided = {line.split()[0]: line for line in printed.splitlines() if line.strip()}
    assert "row" in decided["id"] and "left out" in decided["id"]
    assert " number " in decided["size"] and " category " in decided["town"]
    assert " date " in decided["day"] and "constant" in decided["note"]
    assert inspect(tmp_path / "m.mlkit").metadata["held_out"] > 0.98

    new = mixed(tmp_path / "new.csv", n=50, seed=1)
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "m.mlkit"), new]) == 0
    predicted = np.array(capsys.readouterr().out.splitlines()[1:], dtype=float)
    true = np.array([row[-1] for row in read_csv(new)[1:]], dtype=float)
    assert np.corrcoef(predicted, true)[0, 1] > 0.98


def test_entries_of_another_kind_are_told(tmp_path, model, capsys):
    path = write_csv(
        tmp_path / "x.csv", ["sl", "sw", "pl", "pw"], [["5", "x"], [3, 3], [1, 1], [1, 1]]
    )
    assert main(["predict", str(model / "m.mlkit"), path]) == 0
    printed = capsys.readouterr()
    assert "'sl': 1 entry is not of its kind" in printed.err
    assert len(printed.out.splitlines()) == 3


def test_categories_never_seen(tmp_path, capsys):
    path = mixed(tmp_path / "homes.csv")
    main(["fit", path, "--target", "price", *out(tmp_path), "--drop", "id,note"])
    text = (tmp_path / "homes.csv").read_text().replace("Bern", "Basel")
    (tmp_path / "new.csv").write_text(text)
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "m.mlkit"), str(tmp_path / "new.csv")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 241


def test_options(tmp_path, capsys):
    data = load_breast_cancer()
    names = [name.replace(" ", "_") for name in data.feature_names]
    path = write_csv(tmp_path / "b.csv", [*names, "y"], [*data.data.T.tolist(), data.target])
    arguments = ["fit", path, "--target", "y", *out(tmp_path), "--scoring", "roc_auc"]
    arguments += ["--seed", "3", "--test-size", "0.4", "--drop", f"{names[0]},{names[1]}"]
    assert main(arguments) == 0
    metadata = inspect(tmp_path / "m.mlkit").metadata
    assert metadata["scoring"] == "roc_auc" and metadata["cross_validated"] > 0.98
    assert names[0] not in metadata["features"] and len(metadata["features"]) == 28
    assert main(["predict", str(tmp_path / "m.mlkit"), path]) == 0


def test_time_limit(tmp_path, capsys):
    path = iris(tmp_path / "i.csv")
    for limit in ("1e-6", "0.05", "100"):
        arguments = ["fit", path, "--target", "species", *out(tmp_path), "--time-limit", limit]
        assert main(arguments) == 0
        printed = capsys.readouterr().out
        assert ("time limit" in printed) == (limit != "100")
        assert main(["predict", str(tmp_path / "m.mlkit"), path]) == 0


def test_workers(tmp_path):
    path = iris(tmp_path / "i.csv", step=3)
    assert main(["fit", path, "--target", "species", *out(tmp_path), "--jobs", "2"]) == 0
    first = inspect(tmp_path / "m.mlkit").metadata
    assert main(["fit", path, "--target", "species", *out(tmp_path)]) == 0
    assert inspect(tmp_path / "m.mlkit").metadata == first


def test_skewed_targets(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    path = write_csv(tmp_path / "s.csv", ["x", "y"], [x, np.exp(2 * x + rng.normal(0, 0.1, 300))])
    assert main(["fit", path, "--target", "y", *out(tmp_path)]) == 0
    assert "best: ridge of log(1 + y)" in capsys.readouterr().out
    assert inspect(tmp_path / "m.mlkit").functions == {"numpy.expm1": 1, "numpy.log1p": 1}


def test_gzip_and_parquet_give_the_same_model(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    X, y = load_diabetes(return_X_y=True)
    frame = pandas.DataFrame(X, columns=[f"c{i}" for i in range(10)]).assign(y=y)
    frame.to_parquet(tmp_path / "d.parquet")
    frame.to_csv(tmp_path / "d.csv.gz", index=False)
    predictions = []
    for name in ("d.parquet", "d.csv.gz"):
        assert main(["fit", str(tmp_path / name), "--target", "y", *out(tmp_path)]) == 0
        predictions.append(load(tmp_path / "m.mlkit").predict(frame.drop(columns="y")))
    np.testing.assert_array_equal(*predictions)


# --------------------------------------------------------------------------------- errors
def told(capsys, arguments):
    """The one line that a wrong command gives."""
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1 and "Traceback" not in errors
    return errors


FIT_ERRORS = {
    "no file": (None, [], "no such file"),
    "extension": ("data.xls", [], "cannot tell the format"),
    "empty": ("", [], "is empty"),
    "header only": ("a,y\n", [], "no rows"),
    "no target": ("a,b\n1,2\n", [], "no column 'y'"),
    "near target": ("a,Y_\n1,2\n", ["--target", "Y"], "did you mean 'Y_'"),
    "constant": ("a,y\n1,2\n2,2\n", [], "constant"),
    "all missing": ("a,y\n1,\n2,NA\n", [], "missing in all rows"),
    "bad row": ("a,y\n1,2\n2\n", [], "line 3 has 1"),
    "few rows": ("a,y\n1,2.5\n2,3.5\n", [], "at least 10"),
    "nothing to learn from": ("y\n" + "1.5\n2.5\n" * 10, [], "no column is left"),
    "drop": ("a,y\n1,2.5\n", ["--drop", "b"], "--drop b: there is no column"),
    "drop the target": ("a,y\n1,2.5\n", ["--drop", "y"], "no column 'y'"),
    "scoring": ("a,y\n1,2.5\n2,3.5\n", ["--scoring", "accurracy"], "did you mean 'accuracy'"),
    "scoring of another task": (
        "a,y\n" + "1,1.5\n2,2.5\n3,0.5\n" * 9,
        ["--scoring", "roc_auc"],
        "scored by roc_auc failed",
    ),
    "text for numbers": ("a,y\n1,p\n2,q\n", ["--task", "regression"], "no numbers"),
    "out in no folder": ("a,y\n1,2.5\n", ["--out", "/nowhere/m.mlkit"], "no folder"),
    "out is a folder": ("a,y\n1,2.5\n", ["--out", "/"], "is a folder"),
}


@pytest.mark.parametrize(("content", "arguments", "message"), FIT_ERRORS.values(), ids=FIT_ERRORS)
def test_errors_of_fit(tmp_path, capsys, monkeypatch, content, arguments, message):
    monkeypatch.chdir(tmp_path)
    name = content if content and content.startswith("data.") else "d.csv"
    if content is not None:
        (tmp_path / name).write_text(content)
    line = told(capsys, ["fit", name, "--target", "y", *arguments])
    assert line.startswith("mlkit fit: ") and message in line
    assert not list(tmp_path.glob("*.mlkit*"))


def test_errors_of_predict(tmp_path, model, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, data = str(model / "m.mlkit"), str(model / "iris.csv")
    (tmp_path / "few.csv").write_text("sl,sw\n1,2\n")
    (tmp_path / "more.csv").write_text("sl,sw,pl,pw,extra\n1,2,3,4,5\n")
    (tmp_path / "text.mlkit").write_text("no model")
    save(StandardScaler().fit([[1.0], [2.0]]), tmp_path / "scaler.mlkit")
    cut = (model / "m.mlkit").read_bytes()[:-50]
    (tmp_path / "cut.mlkit").write_bytes(cut)
    for arguments, message in [
        (["none.mlkit", data], "no such file"),
        (["text.mlkit", data], "cannot load text.mlkit"),
        (["cut.mlkit", data], "cannot load cut.mlkit"),
        (["scaler.mlkit", data], "not one that mlkit fit"),
        ([str(tmp_path), data], "cannot be read"),
        ([good, "none.csv"], "no such file"),
        ([good, "few.csv"], "columns 'pl', 'pw' missing"),
        ([good, "more.csv"], "column 'extra' unknown"),
        ([good, data, "--out", "/nowhere/p.csv"], "cannot be written"),
        ([good, data, "--out", str(tmp_path)], "cannot be written"),
    ]:
        line = told(capsys, ["predict", *arguments])
        assert line.startswith("mlkit predict: ") and message in line
    assert main(["predict", good, "more.csv", "--ignore-unknown"]) == 0


def test_no_probabilities_of_numbers(tmp_path, capsys):
    path = mixed(tmp_path / "homes.csv", n=60)
    main(["fit", path, "--target", "price", *out(tmp_path)])
    capsys.readouterr()
    assert "no probabilities" in told(
        capsys, ["predict", str(tmp_path / "m.mlkit"), path, "--proba"]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "d.csv"],
        ["fit", "d.csv", "--target", "y", "--test-size", "1"],
        ["fit", "d.csv", "--target", "y", "--time-limit", "-1"],
        ["fit", "d.csv", "--target", "y", "--jobs", "0"],
        ["demo", "--seed", "x"],
        ["learn"],
    ],
    ids=" ".join,
)
def test_wrong_use(arguments, capsys):
    assert main(arguments) == 2
    assert "usage: mlkit" in capsys.readouterr().err


def test_help(capsys):
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(command in printed for command in ("demo", "fit", "predict"))
    assert main(["fit", "--help"]) == 0


def test_interrupted(monkeypatch, capsys):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("mlkit.cli.demo._prepared", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "mlkit demo: interrupted\n"
