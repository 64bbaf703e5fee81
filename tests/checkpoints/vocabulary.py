"""Vocabularies that need no training."""

from __future__ import annotations


def byte_vocabulary() -> dict[str, int]:
    """The printable stand-ins of the 256 bytes in GPT-2's byte-level BPE, numbered as GPT-2 does."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    signs = [*map(chr, plain), *(chr(256 + number) for number in range(len(rest)))]
    return {sign: number for number, sign in enumerate(signs)}
