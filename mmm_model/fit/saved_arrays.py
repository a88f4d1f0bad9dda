"""The format of saved fits: named groups of arrays and what describes them, as safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

Arrays = Mapping[str, NDArray]

FORMAT_VERSION = 3
"""Of what `pack` writes. Version 2 had two more arrays in the group ``graph``."""

_READABLE = (2, 3)


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
        # Safetensors holds none without cells.
        "empty": {key: value.shape for key, value in arrays.items() if value.size == 0},
    }
    filled = {key: np.ascontiguousarray(value) for key, value in arrays.items() if value.size}
    return save(filled, {"mmm": json.dumps(about, sort_keys=True)})


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, dict[str, NDArray]]]:
    """Return what `pack` was given; a group without arrays is missing.

    Raises
    ------
    ValueError
        If the bytes are not a saved model, or of a format that this version cannot read.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        meta = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["mmm"])
        arrays: dict[str, NDArray] = load(data)
    except Exception as error:
        raise ValueError(f"these bytes are not a saved model: {error}") from error
    if meta.get("format_version") not in _READABLE:
        raise ValueError(
            f"the model was saved in format {meta.get('format_version')}, this version reads "
            f"formats {' and '.join(map(str, _READABLE))}; fit it again"
        )
    arrays |= {key: np.zeros(shape) for key, shape in meta["empty"].items()}
    groups: dict[str, dict[str, NDArray]] = {}
    for key, value in arrays.items():
        group, name = key.split(".", 1)
        groups.setdefault(group, {})[name] = value
    return meta, groups
