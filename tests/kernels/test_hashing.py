import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.utils import murmurhash3_32 as reference

from mlkit._engine.native.hashing import murmurhash3_32

SEEDS = st.integers(0, 2**32 - 1)


@given(st.one_of(st.binary(max_size=40), st.text(max_size=20)), SEEDS, st.booleans())
def test_bytes_and_text_hash_as_in_scikit_learn(key, seed, positive):
    assert murmurhash3_32(key, seed, positive) == reference(key, seed, positive)


@given(st.integers(-(2**31), 2**31 - 1), SEEDS, st.booleans())
def test_integers_hash_as_their_four_bytes(key, seed, positive):
    hashed = murmurhash3_32(key, seed, positive)
    assert hashed == reference(key, seed, positive)
    assert hashed == murmurhash3_32(np.int32(key).astype("<i4").tobytes(), seed, positive)


@pytest.mark.parametrize("positive", [False, True])
def test_arrays_hash_entry_by_entry(positive):
    keys = np.arange(-6, 6, dtype=np.int32).reshape(3, 4)
    for array in (keys, keys[::-1, ::2], keys.T):
        hashed = murmurhash3_32(array, seed=7, positive=positive)
        assert hashed.dtype == (np.uint32 if positive else np.int32)
        wanted = [[murmurhash3_32(int(k), 7, positive) for k in row] for row in array]
        assert_array_equal(hashed, wanted)


def test_hashes_spread_evenly():
    """A bit of the hash is set for half of the keys: within 5 standard deviations."""
    hashed = murmurhash3_32(np.arange(20_000, dtype=np.int32), positive=True)
    share = np.unpackbits(hashed.view(np.uint8)).reshape(-1, 8).mean(axis=0)
    assert (abs(share - 0.5) < 5 * 0.5 / np.sqrt(4 * len(hashed))).all()


@pytest.mark.parametrize("key", [1.5, None, [1, 2], np.arange(3.0)])
def test_other_keys_are_refused(key):
    with pytest.raises(TypeError, match="int32"):
        murmurhash3_32(key)
