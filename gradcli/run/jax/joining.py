"""The processes of a run on several hosts find each other, and exchange what each knows alone."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, TextIO

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from gradcli.errors import GradError, UsageError
from gradcli.hosts import Hosts
from gradcli.run.jax import COORDINATOR, WAIT, process, processes, seconds
from gradcli.run.jax.devices import mesh, translated

_HEAD, _TAG = 64, 8
"""Bytes of what is exchanged first: a digest, a length, and the message where there is room."""

_LAST = 1.0
"""Seconds that the first process waits before it leaves others alone, which JAX ends then."""


class JaxHosts(Hosts):
    """The processes of `jax.distributed`; `errors` is where this one may tell of an error."""

    def __init__(self, errors: TextIO | None) -> None:
        self.count, self.place = processes(), process()
        self._errors = errors

    def own(self, rows: int) -> slice:
        """See Hosts."""
        devices = mesh().devices.ravel()
        mine = [at for at, device in enumerate(devices) if device.process_index == self.place]
        each = math.ceil(rows / len(devices))
        return slice(min(mine[0] * each, rows), min((mine[-1] + 1) * each, rows))

    def exchanged(self, what: str, mine: bytes) -> list[bytes]:
        """See Hosts."""
        room = _HEAD - 2 * _TAG
        tag = hashlib.blake2b(what.encode(), digest_size=_TAG).digest()
        head = tag + len(mine).to_bytes(_TAG, "little") + mine[:room]
        heads = self._gathered(head, _HEAD)
        if any(each[:_TAG] != tag for each in heads):
            raise GradError(
                "the processes of this run do not do the same",
                hint="run the same command on the same data on each host",
            )
        sizes = [int.from_bytes(each[_TAG : 2 * _TAG], "little") for each in heads]
        if max(sizes) <= room:
            return [each[2 * _TAG :][:size] for each, size in zip(heads, sizes)]
        longest = 1 << (max(sizes) - 1).bit_length()  # few lengths are compiled
        return [each[:size] for each, size in zip(self._gathered(mine, longest), sizes)]

    def speak(self) -> None:
        """See Hosts."""
        sys.stderr = self._errors or sys.stderr

    def leave(self, code: int) -> None:
        """See Hosts: whoever waits for this process is told by the connections that close."""
        if not self.place:
            time.sleep(_LAST)
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.flush()
        os._exit(code)

    def _gathered(self, mine: bytes, length: int) -> list[bytes]:
        """As many bytes of every process."""
        devices = mesh().devices.ravel()
        row = np.frombuffer(mine.ljust(length, b"\0"), np.uint8)[None]
        split = NamedSharding(mesh(), PartitionSpec("rows"))
        with translated():
            whole = jax.make_array_from_callback((len(devices), length), split, lambda _: row)
            found = np.asarray(self._everywhere(whole).addressable_data(0))
        first: dict[int, bytes] = {}
        for device, each in zip(devices, found):
            first.setdefault(device.process_index, each.tobytes())
        return [first[place] for place in range(self.count)]

    @cached_property
    def _everywhere(self) -> Any:
        return jax.jit(lambda x: x, out_shardings=NamedSharding(mesh(), PartitionSpec()))


def join(complain: Callable[[GradError], None], errors: TextIO | None) -> Hosts:
    """The processes of this run, once all of them are there.

    Where one of them does not come, JAX ends this process in its own way; so that somebody hears
    why, this one ends itself before, with exit code 2, and `complain` is told. Raises UsageError
    for an address, a number or a place that makes no sense.
    """
    address, count, place = os.environ[COORDINATOR], processes(), process()
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        what = f"{COORDINATOR} is {address!r}, no address and port"
        raise UsageError(what, hint=f"write {COORDINATOR}=10.0.0.1:1234")
    if place >= count:
        what = f"JAX_PROCESS_ID is {place}, of {count} processes"
        raise UsageError(what, hint=f"they are numbered from 0 to {count - 1}")
    if not place:
        _refuse_taken(int(port))
    limit = seconds()
    others = f"the {count} processes of this run"
    if place:
        others = f"the first of {others}"

    def give_up() -> None:
        what = f"{others} cannot be reached at {address}" if place else (
            f"{others} did not all come to {address}"
        )  # fmt: skip
        complain(
            GradError(
                f"{what} within {limit:g} s",
                hint=f"start the same command on each host, or wait longer: {WAIT}=600",
            )
        )
        os._exit(2)

    watch = threading.Timer(limit, give_up)
    watch.daemon = True
    watch.start()
    try:
        with translated():
            jax.distributed.initialize(
                address, count, place, initialization_timeout=math.ceil(limit) + 60
            )
        found = JaxHosts(errors)
        found.exchanged("here", b"")  # from here on each notices where another one ends
    finally:
        watch.cancel()
    return found


def _refuse_taken(port: int) -> None:
    """GradError where the first process cannot listen on a port, for which JAX has no words."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("::", port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise  # such an address there is not here: JAX knows others
            why = "is in use" if error.errno == errno.EADDRINUSE else "may not be listened on"
            raise GradError(
                f"{COORDINATOR}: port {port} {why}", hint="give every process another port"
            ) from None
