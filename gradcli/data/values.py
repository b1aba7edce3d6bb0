"""`NAME=@file`: a number, vector, matrix or larger array from one file.

- `.csv .tsv`: numbers without a header. One cell is a scalar, one row or one column a vector, the
  rest a matrix; a matrix of one row or column takes one of the other formats.
- `.json`: a number, or nested lists of one shape; "NaN", "Infinity", "-Infinity" are numbers.
- `.npy`, and `.npz` with a key: the array, its numbers as float64.
- standard input: JSON where it begins with a bracket, else cells.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from gradcli.data.columns import is_absent, number, numbers
from gradcli.data.delimited import DELIMITERS, Delimited
from gradcli.data.files import STANDARD_INPUT, called, read_bytes, read_text, suffix
from gradcli.data.misspelt import no_number
from gradcli.data.numpy_files import Npz, check_kind, load_npy, npy_header
from gradcli.data.plain import from_plain, parse_json, read_json
from gradcli.errors import DataError
from gradcli.words import listed, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gradcli.data.plain import Value

KNOWN = (*DELIMITERS, ".json", ".npy", ".npz")


def read_value(path: str, key: str = "") -> Value:
    """The value that a file holds: a float where it is a single number, else a float64 array.

    `key` names the array of a `.npz` file; it may be left out where the file has one array only.
    """
    if path == STANDARD_INPUT:
        return _from_text(read_text(path))
    kind = suffix(path)
    if kind not in KNOWN:
        what = f"{path}: a value is read from {', '.join(KNOWN[:-1])} or {KNOWN[-1]}"
        raise DataError(what, hint="give the file the suffix that says what it holds")
    if key and kind != ".npz":
        raise DataError(f"{path} has no keys, only .npz files have", hint=f"write @{path}")
    if kind in DELIMITERS:
        return _from_cells(path, read_bytes(path))
    if kind == ".json":
        return from_plain(read_json(path), path)
    return _from_array(path, key)


def _from_text(text: str) -> Value:
    name = called(STANDARD_INPUT)
    if text.lstrip().startswith("["):
        return from_plain(parse_json(name, text), name)
    return _from_cells(name, text.encode(), "\t" if "\t" in text else ",")


def _from_array(path: str, key: str) -> Value:
    import numpy as np

    if suffix(path) == ".npy":
        check_kind(npy_header(path), path)
        found = load_npy(path)
    else:
        archive = Npz(path)
        if not key and len(archive.keys) != 1:
            hint = f"it has {listed(map(quoted, archive.keys))}" if archive.keys else ""
            what = f"{path} has {len(archive.keys)} arrays: name one as @{path}:KEY"
            raise DataError(what, hint=hint)
        found = archive.load(key or archive.keys[0])
    array = np.asarray(found, dtype=np.float64)
    return array if array.ndim else float(array)


def _from_cells(path: str, data: bytes, separator: str = "") -> Value:
    import numpy as np

    table = Delimited(path, lambda: io.BufferedReader(io.BytesIO(data)), "line 1", separator)
    parts: list[npt.NDArray[np.float64]] = []
    width = 1
    for rows in table.chunks():
        width = len(rows.cells[0])
        cells = [cell for row in rows.cells for cell in row]
        values = numbers(cells)
        if values is None:
            wrong = next(index for index, cell in enumerate(cells) if number(cell) is None)
            line, text = rows.line(wrong // width), cells[wrong].strip()
            what, hint = no_number(text)
            if is_absent(text):
                hint = "leave such rows out"
            if line == 1 and text and not hint:
                hint = "a file of values has no header"
            raise DataError(f"{path}: line {line}, cell {wrong % width + 1}: {what}", hint=hint)
        parts.append(values)
    if not parts:
        raise DataError(f"{path} is empty")
    array = np.concatenate(parts)
    if array.size == 1:
        return float(array[0])
    return array if width in (1, array.size) else array.reshape(-1, width)
