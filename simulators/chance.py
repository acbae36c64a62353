"""Chance that can be asked for any moment in any order: a hash of (seed, name, channel, index).

A sequential generator would give other numbers when a window is cut otherwise; a counter-based one does not.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def key_of(seed: int, name: str, channel: str) -> int:
    """A 64-bit key for one stream of chance, for example the noise of one logger."""
    digest = hashlib.blake2b(f"{seed}\0{name}\0{channel}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def uniform(key: int, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    """Numbers in (0, 1), one an index, the same for the same (key, index) for ever.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    """
    z = np.uint64(key) + (indices.astype(np.uint64) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / float(2**53)


def normal(key: int, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    """Standard normal numbers, one an index (Box and Muller, 1958)."""
    first = uniform(key, 2 * indices)
    second = uniform(key, 2 * indices + 1)
    drawn: NDArray[np.float64] = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
    return drawn


def one(key: int, index: int) -> float:
    """One number in (0, 1)."""
    return float(uniform(key, np.array([index], dtype=np.int64))[0])
