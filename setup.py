"""Build of the compiled parts: every ``mlkit/**/*.pyx`` is one extension.

Three things are decided here and nowhere else: the compiler's options, how OpenMP is had,
and which sources are compiled once for each level of the processor (``NAME.simd.cc`` beside
``NAME.pyx``, see ``mlkit/_engine/native/dispatch.hpp``). Metadata is in ``pyproject.toml``.

``MLKIT_NO_OPENMP=1`` builds without OpenMP.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from setuptools.errors import CompileError, LinkError
except ImportError:
    from distutils.errors import CompileError, LinkError

ROOT = Path(__file__).resolve().parent
NATIVE = "mlkit/_engine/native"
SHARED = "mlkit._cyutility"  # Cython's memoryviews and helpers, once for all extensions

# SIMD sources that an extension uses besides its own NAME.simd.cc. Floor 0 may not import
# floor 1, so the one door of X compiles the finite scan for itself.
BORROWED_SIMD = {"mlkit._core.door": [f"{NATIVE}/scan.simd.cc"]}

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
    "freethreading_compatible": True,
}

# What cythonize() and the "# distutils:" lines of a .pyx may change in an extension.
CYTHONIZED = ["sources", "depends", "include_dirs", "define_macros", "libraries"]
CYTHONIZED += ["extra_compile_args", "extra_link_args", "language"]

# No -march=native: wheels travel. No -ffast-math: it removes the search for NaN. Contraction
# is off so that sums agree between processors with and without fused multiply-add.
UNIX_OPTIONS = [
    "-O2",
    "-g0",
    "-std=c++17",
    "-fvisibility=hidden",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",
]
MSVC_OPTIONS = ["/O2", "/std:c++17", "/EHsc", "/fp:precise"]

# Lists of features rather than -march=x86-64-v3, which older compilers do not know.
_AVX2 = ["-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mlzcnt", "-mf16c", "-mmovbe", "-mpopcnt"]
_AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"]
SIMD_LEVELS = {
    "unix": {"avx2": _AVX2, "avx512": [*_AVX2, *_AVX512, "-mprefer-vector-width=512"]},
    "msvc": {"avx2": ["/arch:AVX2"], "avx512": ["/arch:AVX512"]},
}


def included_headers(file, seen=None):
    """Headers of ours that `file` includes, directly or not."""
    seen = set() if seen is None else seen
    text = Path(file).read_text(encoding="utf-8")
    for name in re.findall(r'(?:#\s*include|cdef\s+extern\s+from)\s+"([^"]+)"', text):
        for folder in (Path(file).parent, Path(NATIVE), Path(".")):
            header = Path(os.path.normpath(folder / name))
            if header.is_file() and header not in seen:
                seen.add(header)
                included_headers(header, seen)
    return seen


class Module(Extension):
    """An extension that can be put in a set, as Cython does with those that it cannot translate."""

    __hash__ = object.__hash__


def extensions():
    """One extension for each .pyx, and the module that they share."""
    found = [Module(SHARED, [SHARED.replace(".", "/") + ".c"])]
    for path in sorted(Path("mlkit").rglob("*.pyx")):
        name = ".".join(path.with_suffix("").parts)
        simd = [str(s) for s in [path.with_suffix(".simd.cc")] if s.exists()]
        simd += BORROWED_SIMD.get(name, [])
        companions = [p for p in (path, path.with_suffix(".pxd"), *map(Path, simd)) if p.exists()]
        headers = set().union(*map(included_headers, companions))
        extension = Module(
            name,
            [str(path)],
            language="c++",
            include_dirs=[str(path.parent), NATIVE, "."],
            depends=sorted({*map(str, headers), *simd, "setup.py"}),
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        )
        extension.simd_sources = simd
        found.append(extension)
    return found


class Build(build_ext):
    """Cythonise what changed, find OpenMP, compile SIMD sources for each level."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        in_place = self.inplace
        failed = self.translate()
        try:
            super().run()
        except BaseException:
            if in_place:  # what did build is of use to whoever works on something else
                self.extensions[:] = [e for e in self.extensions if self.is_current(e)]
                self.copy_extensions_to_source()
            raise
        if failed:
            raise CompileError(f"Cython could not translate {', '.join(failed)}")

    def translate(self):
        """Cythonise what changed; return the names of the extensions that failed."""
        from Cython.Build import cythonize

        translated = cythonize(
            self.extensions,
            build_dir="build/cython",
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
            nthreads=self.parallel,
            quiet=self.verbose < 1,
            exclude_failures=True,
        )
        by_name = {ext.name: ext for ext in translated}
        failed = [ext.name for ext in self.extensions if ext.name not in by_name]
        self.extensions[:] = [ext for ext in self.extensions if ext.name in by_name]
        for ext in self.extensions:  # setuptools has marked these objects: they must stay
            for field in CYTHONIZED:
                setattr(ext, field, getattr(by_name[ext.name], field))
        return failed

    def build_extensions(self):
        import numpy

        if all(self.is_current(ext) for ext in self.extensions):
            return  # the probes of the compiler take a second
        self.msvc = self.compiler.compiler_type == "msvc"
        openmp_compile, openmp_link = self.find_openmp()
        self.simd_levels = self.find_simd_levels()
        levels = [(f"MLKIT_HAS_{name.upper()}", "1") for name in self.simd_levels]
        options = MSVC_OPTIONS if self.msvc else UNIX_OPTIONS
        for ext in self.extensions:
            own = list(ext.extra_compile_args)  # from "# distutils:" lines, so they come last
            plain_c = ext.name == SHARED
            ext.extra_compile_args = [o for o in options if not (plain_c and "c++" in o)]
            ext.extra_compile_args += [] if plain_c else [*openmp_compile, *own]
            ext.extra_link_args = [*ext.extra_link_args, *([] if plain_c else openmp_link)]
            ext.include_dirs = [*ext.include_dirs, numpy.get_include()]
            ext.define_macros = [*ext.define_macros, *levels]
        super().build_extensions()

    def build_extension(self, ext):
        if getattr(ext, "simd_sources", None) and not self.is_current(ext):
            ext.extra_objects = [*ext.extra_objects, *self.compile_simd(ext)]
        super().build_extension(ext)

    def is_current(self, ext):
        """Whether the built extension is newer than all that it is made of."""
        target = Path(self.get_ext_fullpath(ext.name))
        if self.force or not target.exists():
            return False
        built = target.stat().st_mtime
        return all(Path(p).stat().st_mtime < built for p in [*ext.sources, *ext.depends])

    def compile_simd(self, ext):
        """Objects of each SIMD source at each level; ``MLKIT_LEVEL`` names their symbols."""
        objects = []
        for level, flags in {"baseline": [], **self.simd_levels}.items():
            objects += self.compiler.compile(
                ext.simd_sources,
                output_dir=os.path.join(self.build_temp, "simd", ext.name, level),
                macros=[*ext.define_macros, ("MLKIT_LEVEL", level)],
                include_dirs=ext.include_dirs,
                extra_postargs=[*ext.extra_compile_args, *([] if self.msvc else ["-O3"]), *flags],
                depends=ext.depends,
            )
        return objects

    def find_simd_levels(self):
        """Levels above the baseline that the compiler can build for the target."""
        levels = SIMD_LEVELS["msvc" if self.msvc else "unix"]
        code = "#include <immintrin.h>\nint main() { return 0; }"
        return {name: flags for name, flags in levels.items() if self.compiles(code, flags)}

    def find_openmp(self):
        """Options that compile and link OpenMP; two empty lists, and a message, without it."""
        code = (
            "#include <omp.h>\n"
            "int main() { int n = 0;\n"
            "#pragma omp parallel for reduction(+:n)\n"
            "for (int i = 0; i < 8; i++) n += 1;\n"
            "return n == 8 && omp_get_max_threads() > 0 ? 0 : 1; }"
        )
        if os.environ.get("MLKIT_NO_OPENMP", "") in ("", "0"):
            for compile_args, link_args in openmp_candidates(self.msvc):
                if self.compiles(code, compile_args, link_args, run=True):
                    return compile_args, link_args
            why = "the compiler cannot build a small OpenMP program"
            if sys.platform == "darwin":
                why += " (try: brew install libomp)"
        else:
            why = "MLKIT_NO_OPENMP is set"
        print(f"mlkit: building WITHOUT OpenMP, kernels run on one thread: {why}", file=sys.stderr)
        return [], []

    def compiles(self, code, compile_args, link_args=None, run=False):
        """Whether `code` compiles and, where `link_args` are given, links and runs."""
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "probe.cpp")
            Path(source).write_text(code, encoding="utf-8")
            try:
                objects = self.compiler.compile(
                    [source], output_dir=folder, extra_postargs=quiet(compile_args, self.msvc)
                )
                if link_args is None:
                    return True
                program = os.path.join(folder, "probe")
                self.compiler.link_executable(
                    objects, program, extra_postargs=link_args, target_lang="c++"
                )
            except (CompileError, LinkError):
                return False
            if not run or "_PYTHON_HOST_PLATFORM" in os.environ:  # what is cross-built cannot run
                return True
            program += ".exe" if sys.platform == "win32" else ""
            return subprocess.run([program], check=False, timeout=60).returncode == 0


def quiet(options, msvc):
    """`options` of a probe, whose refusals are answers and not warnings."""
    return list(options) if msvc else [*options, "-w"]


def openmp_candidates(msvc):
    """(compile options, link options) to try, best first."""
    if msvc:
        return [(["/openmp"], [])]
    plain = (["-fopenmp"], ["-fopenmp"])
    if sys.platform != "darwin":
        return [plain]
    prefixes = [os.environ.get("CONDA_PREFIX"), sys.prefix, "/opt/homebrew/opt/libomp"]
    prefixes += ["/usr/local/opt/libomp", "/opt/local/libomp"]
    apple = ["-Xpreprocessor", "-fopenmp"]
    found = [
        ([*apple, f"-I{p}/include"], [f"-L{p}/lib", f"-Wl,-rpath,{p}/lib", "-lomp"])
        for p in prefixes
        if p and os.path.exists(os.path.join(p, "include", "omp.h"))
    ]
    return [*found, (apple, ["-lomp"]), plain]


if __name__ == "__main__":
    os.chdir(ROOT)
    if sys.platform != "win32":  # without symbols an extension is a third of its size
        os.environ.setdefault("LDFLAGS", "-Wl,-S" if sys.platform == "darwin" else "-Wl,-s")
    setup(ext_modules=extensions(), cmdclass={"build_ext": Build})
