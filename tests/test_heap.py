"""One heap for all threads, and caches that are emptied after a large document."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import pytest

from monitor.heap import LARGE_CACHE, clear_large_caches
from monitor.runtime import release_memory
from monitor.store.connect import open_store
from monitor.text import split
from monitor.text.analysis import analyze
from monitor.text.facts.tokens import build_word
from monitor.text.split import split_claims

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


def test_only_large_caches_of_a_package_are_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = [lru_cache(maxsize)(abs) for maxsize in (LARGE_CACHE, 16, None, LARGE_CACHE)]
    for number, cached in enumerate(caches):
        module = ModuleType(f"{'harbour' if number < 3 else 'quay'}.part{number}")
        module.cached = cached  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        cached(-1)

    clear_large_caches("harbour.")

    assert [cached.cache_info().currsize for cached in caches] == [0, 1, 1, 1]


def test_released_memory_holds_no_texts_and_no_words() -> None:
    store = open_store("sqlite:///:memory:")
    *_, claim = split_claims("Report", "<p>The harbour of Halvik reopened on Monday.</p>")
    analyze(claim.text)
    release_memory(store)
    store.close()

    assert build_word.cache_info().currsize == split._block_claims.cache_info().currsize == 0
