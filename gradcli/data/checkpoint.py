"""A trained state in a file, JSON for people or NPZ for size, read back to the same bits.

Both formats hold a mark and a schema number, `params` (name to number or array), `state` (groups
of the same, such as an optimizer's moments) and `meta` (whatever else JSON can hold: the program's
text, classes, standardisation, schedule, counters, random state).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import prod
from typing import IO, TYPE_CHECKING, Any

from gradcli.data.atomic import atomic_write, check_writable, is_regular
from gradcli.data.files import MOST, suffix
from gradcli.data.numpy_files import Npz
from gradcli.data.plain import from_plain, parse_json, read_json, tagged, to_plain
from gradcli.errors import DataError
from gradcli.words import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradcli.data.plain import Value

FORMAT, SCHEMA = "gradcli checkpoint", 1
_MARK = "checkpoint"


@dataclass
class Checkpoint:
    """Parameters, and what it takes to go on from them.

    `meta` comes back as JSON keeps it: keys are strings, tuples are lists, integers of any size and
    numbers that are not finite stay what they are, NumPy's scalars and arrays are plain.
    """

    params: dict[str, Value] = field(default_factory=dict)
    state: dict[str, dict[str, Value]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


def check_checkpoint(path: str) -> None:
    """Returns where `write_checkpoint` will be able to write, before a long run."""
    _is_npz(path)
    check_writable(path)


def write_checkpoint(path: str, checkpoint: Checkpoint) -> None:
    """Replaces `path` by the checkpoint: NPZ where it ends so, JSON where it ends in `.json`."""
    as_npz = _is_npz(path)
    with atomic_write(path) as handle:
        if as_npz:
            _write_npz(handle, checkpoint)
        else:
            handle.write(_json_text(checkpoint).encode("utf-8"))


def read_checkpoint(path: str) -> Checkpoint:
    """A checkpoint in either format; a file that is none, or not a whole one, is a DataError."""
    as_npz = suffix(path) == ".npz"
    found = _read_npz(path) if as_npz else _checkpoint_of(path, read_json(path))
    if found is None:
        raise DataError(f"{path} is not a checkpoint", hint="descend --save writes one")
    return found


def read_params(path: str) -> Checkpoint:
    """Parameters from a checkpoint, a report of descend in JSON, or a plain `{"x": 1}`.

    `state` and `meta` are empty where the file is no checkpoint. The arrays of a plain `.npz` are
    parameters too.
    """
    if suffix(path) == ".npz":
        found = _read_npz(path)
        archive = Npz(path)
        return found or Checkpoint({key: _loaded(archive, key) for key in archive.keys})
    content = read_json(path)
    found = _checkpoint_of(path, content)
    if found is not None:
        return found
    if not isinstance(content, dict):
        raise DataError(f'{path} is no object of parameters such as {{"x": 1}}')
    meta: dict[str, Any] = {}
    if "summary" in content and "command" in content:
        summary = content["summary"]
        if not isinstance(summary, dict) or not isinstance(summary.get("params"), dict):
            command = quoted(str(content["command"]))
            hint = "the reports of descend hold parameters"
            raise DataError(f"{path} is a report of {command} without parameters", hint=hint)
        content = summary["params"]
        if "covariance" in summary:
            meta["fit"] = {name: summary.get(name) for name in ("covariance", "dof")}
    return Checkpoint(_numbers(path, content), meta=meta)


def _is_npz(path: str) -> bool:
    ending = suffix(path)
    if ending not in (".json", ".npz") and is_regular(path):
        raise DataError(f"{path}: the name of a checkpoint ends in .json or .npz")
    return ending == ".npz"


def _json_text(checkpoint: Checkpoint) -> str:
    """A line a parameter, so that people can read and compare them."""
    state = {name: _plain_numbers(group) for name, group in checkpoint.state.items()}
    lines = [f'"format": "{FORMAT}"', f'"schema": {SCHEMA}']
    for key, section in (
        ("params", _plain_numbers(checkpoint.params)),
        ("meta", tagged(checkpoint.meta)),
        ("state", state),
    ):
        entries = [f"\n  {_dumps(name)}: {_dumps(value)}" for name, value in section.items()]
        lines.append(f'"{key}": {{{",".join(entries)}}}')
    return "{" + ",\n".join(lines) + "}\n"


def _write_npz(handle: IO[bytes], checkpoint: Checkpoint) -> None:
    import numpy as np

    mark = {
        "format": FORMAT,
        "schema": SCHEMA,
        "state": list(checkpoint.state),
        "meta": tagged(checkpoint.meta),
    }
    arrays: dict[str, Any] = {_MARK: np.frombuffer(_dumps(mark).encode("utf-8"), dtype=np.uint8)}
    for name, value in checkpoint.params.items():
        arrays[f"params/{name}"] = np.asarray(value, dtype=np.float64)
    for number, group in enumerate(checkpoint.state.values()):
        for name, value in group.items():
            arrays[f"state/{number}/{name}"] = np.asarray(value, dtype=np.float64)
    np.savez(handle, **arrays)


def _read_npz(path: str) -> Checkpoint | None:
    """The checkpoint that an archive holds, None where it holds arrays of another kind."""
    archive = Npz(path)
    if _MARK not in archive.keys or archive.header(_MARK).dtype != "uint8":
        return None
    if prod(archive.header(_MARK).shape) > MOST:
        raise _damaged(path)
    mark = parse_json(path, archive.load(_MARK).tobytes().decode("utf-8", "replace"))
    if not _is_marked(path, mark):
        return None
    groups, meta = mark.get("state"), mark.get("meta")
    if not isinstance(groups, list) or not isinstance(meta, dict):
        raise _damaged(path)
    places = {str(place): str(name) for place, name in enumerate(groups)}
    found = Checkpoint(meta=meta, state={name: {} for name in places.values()})
    for key in archive.keys:
        section, _, name = key.partition("/")
        if section == "params":
            found.params[name] = _loaded(archive, key)
        elif section == "state":
            number, _, name = name.partition("/")
            if number not in places:
                raise _damaged(path)
            found.state[places[number]][name] = _loaded(archive, key)
    return found


def _checkpoint_of(path: str, content: Any) -> Checkpoint | None:
    """The checkpoint that JSON holds, None where it is something else."""
    if not _is_marked(path, content):
        return None
    params, state, meta = (content.get(key) for key in ("params", "state", "meta"))
    groups = list(state.values()) if isinstance(state, dict) else [None]
    if not all(isinstance(part, dict) for part in (params, meta, *groups)):
        raise _damaged(path)
    states = {name: _numbers(f"{path}: {name}", group) for name, group in state.items()}
    return Checkpoint(_numbers(path, params), states, meta)


def _is_marked(path: str, content: Any) -> bool:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return False
    schema = content.get("schema")
    if type(schema) is not int or schema < 1:
        raise _damaged(path)
    if schema > SCHEMA:
        what = f"{path} was written by a newer gradcli: its schema is {schema}, not {SCHEMA}"
        raise DataError(what, hint="update gradcli")
    return True


def _damaged(path: str) -> DataError:
    return DataError(f"{path} is a damaged checkpoint")


def _numbers(label: str, content: Mapping[str, Any]) -> dict[str, Value]:
    return {name: from_plain(value, f"{label}: {name}") for name, value in content.items()}


def _plain_numbers(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: to_plain(value) for name, value in values.items()}


def _loaded(archive: Npz, key: str) -> Value:
    import numpy as np

    # In C order, as JSON gives it: a resumed run sums in the order of the one that wrote.
    array = np.asarray(archive.load(key), dtype=np.float64, order="C")
    return array if array.ndim else float(array)


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # A program's text may hold bytes that were no UTF-8, as lone surrogates.
        return json.dumps(value, allow_nan=False)
    return text
