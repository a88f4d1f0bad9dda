"""The format of saved fits: named groups of arrays and what describes them, as safetensors.

Each array lies in the file deflated, its bytes sorted by their place in a number: sign and
exponent hardly differ between neighbours, and make long runs there.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

Arrays = Mapping[str, NDArray]

FORMAT_VERSION = 4
"""Of what `pack` writes. Up to version 3 arrays lay there as they are; version 2 had two more in
the group ``graph``."""

_READABLE = (2, 3, 4)

_DEFLATE_LEVEL = 1
"""More effort takes twice the time and saves a hundredth: but for exponents, draws are noise."""


def pack(meta: Mapping[str, Any], groups: Mapping[str, Arrays]) -> bytes:
    """Save arrays as ``group.name``.

    Parameters
    ----------
    meta
        What JSON can hold.
    groups
        Arrays by group and name, of any shape, empty ones too.
    """
    arrays = {
        f"{group}.{name}": value for group, own in groups.items() for name, value in own.items()
    }
    about = {
        **meta,
        "format_version": FORMAT_VERSION,
        "arrays": {key: (value.dtype.str, value.shape) for key, value in arrays.items()},
    }
    deflated = {key: _deflate(value) for key, value in arrays.items()}
    return save(deflated, {"mmm": json.dumps(about, sort_keys=True)})


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, dict[str, NDArray]]]:
    """Return what `pack` was given; a group without arrays is missing.

    Raises
    ------
    ValueError
        If the bytes are not a saved model, or of a format that this version cannot read.
    """
    with _readable():
        length = int.from_bytes(data[:8], "little")
        meta = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["mmm"])
    if meta.get("format_version") not in _READABLE:
        raise ValueError(
            f"the model was saved in format {meta.get('format_version')}, this version reads "
            f"formats {', '.join(map(str, _READABLE))}; fit it again"
        )
    groups: dict[str, dict[str, NDArray]] = {}
    with _readable():
        for key, value in _arrays(meta, load(data)).items():
            group, name = key.split(".", 1)
            groups.setdefault(group, {})[name] = value
    return meta, groups


@contextmanager
def _readable() -> Iterator[None]:
    """Call what cannot be read no saved model, whatever the error."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"these bytes are not a saved model: {error}") from error


def _arrays(meta: Mapping[str, Any], saved: Arrays) -> Arrays:
    """The arrays as they were before they were saved."""
    if "arrays" in meta:
        return {key: _inflate(saved[key], *form) for key, form in meta["arrays"].items()}
    # Up to version 3: safetensors holds none without cells.
    return {**saved, **{key: np.zeros(shape) for key, shape in meta["empty"].items()}}


def _deflate(value: NDArray) -> NDArray[np.uint8]:
    """Deflate the bytes of an array, the first of every number, then the second of each."""
    cells = np.frombuffer(value.tobytes(), np.uint8).reshape(-1, value.itemsize)
    return np.frombuffer(zlib.compress(cells.T.tobytes(), _DEFLATE_LEVEL), np.uint8)


def _inflate(deflated: NDArray[np.uint8], dtype: str, shape: Sequence[int]) -> NDArray:
    """Undo `_deflate`."""
    form = np.dtype(dtype)
    places = np.frombuffer(zlib.decompress(deflated.tobytes()), np.uint8)
    cells = np.ascontiguousarray(places.reshape(form.itemsize, -1).T)
    return np.frombuffer(cells.tobytes(), form).reshape(shape).copy()
