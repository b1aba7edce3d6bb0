"""Numbers and arrays as JSON spells them, bit for bit, both ways.

Arrays are nested lists; numbers that are not finite are the words "NaN", "Infinity", "-Infinity".
An array without entries whose shape lists cannot tell is `{"shape": [0, 3]}`. Where a word could be
a text, beside text, such a number is `{"$number": "NaN"}`.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gradcli.data.files import read_text, repeated
from gradcli.errors import DataError
from gradcli.words import quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Value = float | npt.NDArray[np.float64]

WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TAG = "$number"
MOST_AXES = 32
"""As many as every NumPy that gradcli runs with can hold."""


def read_json(path: str) -> Any:
    """What a JSON file holds."""
    return parse_json(path, read_text(path))


def parse_json(path: str, text: str) -> Any:
    """What JSON text spells, tagged numbers too; a key twice in one object is an error."""
    hint = "descend --json writes some" if path == "-" else ""
    path = "standard input" if path == "-" else path
    if not text.strip():
        raise DataError(f"{path} is empty")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | float:
        twice = repeated(key for key, _ in pairs)
        if twice is not None:
            raise DataError(f"{path} has the key {quoted(twice)} twice in one object")
        found = dict(pairs)
        return WORDS.get(str(found[_TAG]), found) if found.keys() == {_TAG} else found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
            raise DataError(f"{path} is cut off: it ends in the middle of its JSON") from None
        where = f"line {error.lineno}, column {error.colno}"
        what = f"{path} is not JSON: {where}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise DataError(what, hint=hint) from None
    except ValueError:
        raise DataError(f"{path} is not JSON: it has an integer of too many digits") from None
    except RecursionError:
        raise DataError(f"{path} is nested too deeply") from None


def word(value: float) -> float | str:
    """A finite number as it is, another as its word."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def tagged(value: Any) -> Any:
    """Mappings, lists, texts and numbers as JSON spells them, the not finite among them tagged."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return {_TAG: word(value)}
    if isinstance(value, dict):
        return {str(key): tagged(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [tagged(entry) for entry in value]
    return value


def to_plain(value: Any) -> Any:
    """A number or an array as JSON spells it."""
    if not hasattr(value, "tolist"):
        return word(float(value))
    import numpy as np

    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        return word(float(array))
    if array.size == 0 and array.ndim > 1:
        return {"shape": list(array.shape)}
    if np.isfinite(array).all():
        return array.tolist()
    words = np.empty(array.size, dtype=object)
    words[:] = [word(entry) for entry in array.ravel().tolist()]
    return words.reshape(array.shape).tolist()


def from_plain(value: Any, label: str) -> Value:
    """The number or the array that JSON spells; `label` begins the error where it spells none.

    The lists are walked level by level, so that their depth is bounded by no stack.
    """
    if isinstance(value, dict) and value.keys() == {"shape"}:
        return _empty(value["shape"], label)
    if not isinstance(value, list):
        return _entry(value, label, 0, [])
    shape: list[int] = []
    level: list[Any] = [value]
    while level and isinstance(level[0], list):
        length = len(level[0])
        for index, entry in enumerate(level):
            if not isinstance(entry, list):
                where = label + _place(index, shape)
                raise DataError(f"{where} is no list, and its neighbours are lists")
            if len(entry) != length:
                where = label + _place(index, shape)
                raise DataError(f"{where} has length {len(entry)}, the first beside it {length}")
        shape.append(length)
        if len(shape) > MOST_AXES:
            raise DataError(f"{label} is nested more than {MOST_AXES} lists deep")
        level = [entry for row in level for entry in row]
    import numpy as np

    if set(map(type, level)) != {float}:
        level = [_entry(entry, label, index, shape) for index, entry in enumerate(level)]
    return np.array(level, dtype=np.float64).reshape(shape)


def _empty(shape: Any, label: str) -> Value:
    import numpy as np

    if isinstance(shape, list) and all(type(length) is int for length in shape) and 0 in shape:
        with suppress(ValueError, OverflowError):
            return np.zeros(shape)
    raise DataError(f"{label} has a shape that no array without entries has")


def _entry(value: Any, label: str, index: int, shape: list[int]) -> float:
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataError(f"{label}{_place(index, shape)} is {_described(value)}, not a number")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _described(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else json.dumps(value)


def _place(index: int, shape: list[int]) -> str:
    """`[1][2]` for entry 5 of a level of shape (2, 3)."""
    steps: list[int] = []
    for length in reversed(shape):
        index, step = divmod(index, length)
        steps.append(step)
    return "".join(f"[{step}]" for step in reversed(steps))
