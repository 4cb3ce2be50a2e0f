"""What the OpenMP runtime, if the build has one, would do."""

cdef extern from *:
    """
    #ifdef _OPENMP
    #include <omp.h>
    static inline int mlkit_openmp_threads(void) { return omp_get_max_threads(); }
    #else
    static inline int mlkit_openmp_threads(void) { return 1; }
    #endif
    """
    int mlkit_openmp_threads() noexcept nogil


def openmp_threads():
    """Number of threads that the OpenMP runtime would start now; 1 in a build without it."""
    return mlkit_openmp_threads()
