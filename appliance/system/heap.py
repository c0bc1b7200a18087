# SPDX-License-Identifier: AGPL-3.0-or-later
"""Heap: what malloc(3) keeps for later goes back to the kernel, as a small board has other use for it."""

import ctypes


def give_back() -> None:
    """Takes a millisecond or two, and nothing else runs meanwhile: for a quiet moment. Nothing without glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
