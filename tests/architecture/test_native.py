"""Rules of compiled code that a compiler does not check."""

import re

import pytest

from .house import CYTHON, NATIVE, PACKAGE, ROOT

SIMD = [file for file in NATIVE if file.name.endswith(".simd.cc")]
# C headers have no inline functions that a level could leak into another; nor do these two.
HARMLESS = {"cmath", "limits", "cstddef", "cstdint", "cstring", "cfloat", "immintrin.h"}
HARMLESS |= {"arm_neon.h", "math.h", "stddef.h", "stdint.h", "string.h", "stdlib.h", "float.h"}


def short(file):
    return str(file.relative_to(PACKAGE))


def system_headers(file, seen):
    """Headers in angle brackets that a file includes, directly or through headers of ours."""
    text = file.read_text(encoding="utf-8")
    headers = set(re.findall(r"#\s*include\s*<([^>]+)>", text))
    for name in re.findall(r'#\s*include\s*"([^"]+)"', text):
        for folder in (file.parent, PACKAGE / "_engine" / "native", ROOT):
            if (folder / name).is_file() and (folder / name) not in seen:
                seen.add(folder / name)
                headers |= system_headers(folder / name, seen)
    return headers


@pytest.mark.parametrize("file", SIMD, ids=short)
def test_a_level_keeps_its_functions_to_itself(file):
    """An inline function compiled once a level could be linked where the processor lacks it."""
    text = file.read_text(encoding="utf-8")
    platform = {"intrin.h", "cpuid.h"}  # of dispatch.hpp: intrinsics alone
    assert system_headers(file, set()) <= HARMLESS | platform
    assert "namespace {" in text
    assert re.search(r"^MLKIT_TABLE\(", text, re.MULTILINE)
    outside = text.split("}  // namespace", 1)[1]
    assert not re.search(r"^(template|inline|static|void|double|float|bool)\b", outside, re.M)


@pytest.mark.parametrize("file", CYTHON, ids=short)
def test_numpy_is_cimported_at_the_door_alone(file):
    """Typed memoryviews do the same, and compile in a third of the time."""
    text = file.read_text(encoding="utf-8")
    assert short(file) == "_core/door.pyx" or not re.search(r"cimport numpy|numpy cimport", text)


def test_simd_sources_are_seen():
    assert PACKAGE / "_engine" / "native" / "scan.simd.cc" in SIMD
