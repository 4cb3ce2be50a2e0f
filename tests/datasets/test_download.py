"""Files from a server of our own: kept, checked, tried again."""

import hashlib
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mlkit.datasets import fetch_file
from mlkit.datasets._download import _place, cached

CONTENT = {"/folder/a.txt": b"first", "/flaky.bin": b"second"}


@pytest.fixture
def server():
    asked, failing = [], {"/flaky.bin": 2}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if failing.get(self.path, 0) > 0:
                failing[self.path] -= 1
                self.send_error(503)
            elif self.path not in CONTENT:
                self.send_error(404)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT[self.path])))
                self.end_headers()
                self.wfile.write(CONTENT[self.path])

        def log_message(self, *args):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    http.asked, http.url = asked, f"http://127.0.0.1:{http.server_port}"
    yield http
    http.shutdown()
    http.server_close()
    thread.join()


def sha(content):
    return hashlib.sha256(content).hexdigest()


def test_a_file_is_asked_for_once(server, tmp_path):
    url = server.url + "/folder/a.txt"
    for _ in range(2):
        path = fetch_file(url, folder=tmp_path, sha256=sha(b"first"))
        assert path == tmp_path / "a.txt"
        assert path.read_bytes() == b"first"
    assert server.asked == ["/folder/a.txt"]
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_that_was_changed_is_fetched_again(server, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"something else")
    url = server.url + "/folder/a.txt"
    assert fetch_file(url, folder=tmp_path).read_bytes() == b"something else"
    with pytest.warns(UserWarning, match="not what its SHA-256 says"):
        path = fetch_file(url, folder=tmp_path, sha256=sha(b"first"))
    assert path.read_bytes() == b"first"


def test_a_file_that_is_not_what_it_should_be(server, tmp_path):
    with pytest.raises(OSError, match="its SHA-256 is"):
        fetch_file(server.url + "/folder/a.txt", folder=tmp_path, sha256=sha(b"other"))


def test_errors_are_tried_again(server, tmp_path):
    with pytest.warns(UserWarning, match="trying again") as told:
        path = fetch_file(server.url + "/flaky.bin", folder=tmp_path, delay=0)
    assert path.read_bytes() == b"second"
    assert len(told) == 2


def test_without_a_server_the_error_says_where_to_put_the_file(server, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(OSError, match="put it here") as caught:
            fetch_file(server.url + "/nothing", folder=tmp_path, n_retries=1, delay=0)
    assert str(tmp_path / "nothing") in str(caught.value)
    assert server.asked == ["/nothing"] * 2
    assert not list(tmp_path.iterdir())


def test_the_folder_by_default_is_named_after_the_url(server, tmp_path, monkeypatch):
    monkeypatch.setenv("MLKIT_DATA", str(tmp_path))
    path = fetch_file(server.url + "/folder/a.txt", local_filename="b.txt")
    assert path == tmp_path / f"127.0.0.1_{server.server_port}" / "folder" / "b.txt"


@pytest.mark.parametrize("name", ["../a", "a/b", "/a", "..", ".", "", "a/", "a\\b"])
def test_names_stay_in_the_folder(name, tmp_path):
    with pytest.raises(ValueError, match="plain file name"):
        fetch_file("http://127.0.0.1:1/a", folder=tmp_path / "in", local_filename=name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["http://h/../../x", "http://h/..%2f..%2fx", "http://h/%2e%2e/x", "http://h/a/..\\x"]
)
def test_urls_do_not_leave_the_folder_either(url):
    place, filename = _place(url)
    assert ".." not in (*place.parts, filename)
    assert "/" not in filename
    assert "\\" not in filename


def test_what_is_no_url():
    with pytest.raises(ValueError, match="no URL"):
        fetch_file("here.txt")


def test_a_set_that_may_not_be_made(tmp_path):
    with pytest.raises(OSError, match="download_if_missing=True"):
        cached("set.npz", tmp_path, False, None)


def test_a_set_half_made_leaves_nothing(tmp_path):
    def make(path):
        path.write_bytes(b"half")
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        cached("set.npz", tmp_path, True, make)
    assert not list(tmp_path.iterdir())
