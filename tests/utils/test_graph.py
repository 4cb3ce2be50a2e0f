"""Path lengths against SciPy's."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import shortest_path

from mlkit._core.errors import InvalidParameterError
from mlkit.utils.graph import single_source_shortest_path_length


@pytest.mark.parametrize("container", [np.asarray, sp.csr_matrix, sp.lil_array])
@pytest.mark.parametrize("density", [0.01, 0.05])
def test_lengths_are_numbers_of_edges(container, density):
    G = sp.random(80, 80, density, random_state=0).toarray()
    want = shortest_path(G, unweighted=True)
    for source in (0, 17):
        found = single_source_shortest_path_length(container(G), source)
        assert found == {i: d for i, d in enumerate(want[source]) if np.isfinite(d)}
        assert list(found.values()) == sorted(found.values())
        near = single_source_shortest_path_length(container(G), source, cutoff=2)
        assert near == {i: d for i, d in found.items() if d <= 2}


def test_stored_zeros_are_no_edges_and_stay_stored():
    G = sp.csr_matrix(([0.0, 1.0], ([0, 0], [1, 2])), shape=(3, 3))
    assert single_source_shortest_path_length(G, 0) == {0: 0, 2: 1}
    assert G.nnz == 2


def test_a_source_outside_the_graph_is_refused():
    with pytest.raises(ValueError, match="3 nodes"):
        single_source_shortest_path_length(np.eye(3), 3)
    with pytest.raises(InvalidParameterError, match="source"):
        single_source_shortest_path_length(np.eye(3), -1)
