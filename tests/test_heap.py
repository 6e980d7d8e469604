"""One heap for all threads, so that less memory is kept."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

has_glibc = hasattr(ctypes.CDLL(None), "malloc_info")
COUNT_HEAPS = """
import ctypes, sys, threading
from monitor.heap import use_one_heap

if sys.argv[1] == "one":
    use_one_heap()
barrier = threading.Barrier(5)

def allocate():
    strings = [str(number) * 1000 for number in range(1000)]
    barrier.wait()
    return strings

threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads:
    thread.start()
barrier.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = ctypes.c_int, ctypes.c_void_p
libc.fclose.argtypes = (ctypes.c_void_p,)
report = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, report)
libc.fclose(report)
"""


@pytest.mark.skipif(not has_glibc, reason="describes the allocator of glibc")
@pytest.mark.parametrize(("option", "is_one"), [("one", True), ("default", False)])
def test_all_threads_share_one_heap(tmp_path: Path, option: str, is_one: bool) -> None:
    subprocess.run([sys.executable, "-c", COUNT_HEAPS, option, str(tmp_path / "report")], check=True)

    assert ((tmp_path / "report").read_text().count("<heap nr") == 1) is is_one
