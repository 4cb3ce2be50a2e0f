# distutils: language = c++
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, freethreading_compatible=True
"""One step of Weiszfeld's iteration for the spatial median."""

from libc.math cimport sqrt


def weiszfeld_step(const double[:, ::1] points, const double[::1] centre, double[::1] out,
                   double near):
    """The step of Vardi and Zhang (2000), which does not stop at a point; written to `out`.

    The mean of the points weighted by 1 / distance; where the centre is one of them (closer than
    `near`) that point holds it back.
    """
    cdef Py_ssize_t n = points.shape[0], p = points.shape[1], i, j
    cdef double total = 0.0, square, weight, difference, pull = 0.0, stay, direction
    cdef bint on_point = False
    if centre.shape[0] != p or out.shape[0] != p:
        raise ValueError(f"a centre of length {centre.shape[0]} among points of length {p}")
    with nogil:
        for j in range(p):
            out[j] = 0.0
        for i in range(n):
            square = 0.0
            for j in range(p):
                difference = points[i, j] - centre[j]
                square += difference * difference
            if sqrt(square) < near:
                on_point = True
                continue
            weight = 1.0 / sqrt(square)
            total += weight
            for j in range(p):
                out[j] += weight * points[i, j]
        for j in range(p):
            # Σ (x − centre) / ‖x − centre‖
            difference = out[j] - total * centre[j]
            pull += difference * difference
        pull = sqrt(pull)
        stay = 0.0
        if on_point:
            stay = 1.0 if pull <= 1.0 else 1.0 / pull
        for j in range(p):
            direction = out[j] / total if total > 0.0 and pull > near else centre[j]
            out[j] = (1.0 - stay) * direction + stay * centre[j]
