"""What a descent was asked to do, checked as a whole before the first step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from gradcli.errors import UsageError
from gradcli.learn.optimizers import SCIPY_METHODS
from gradcli.learn.spec import Choice
from gradcli.words import nearest

SGD = Choice("sgd")
CONSTANT = Choice("constant")
LEARNING_RATE = 0.001
STEPS = 100_000
EPOCHS = 100
TOLERANCE = 1e-6
ENGINES = ("numpy", "jax")
"""What works out the loss and takes the steps."""


@dataclass(frozen=True)
class Settings:
    """The options of one descent; None stands for an option that was not given.

    `rows` is the number of rows of the data, 0 where there is none. To `resample` is to draw what
    is random in the loss anew at each step. `named` is how a message calls
    the setting of a name: as it is, or on a command line as an option. Raises UsageError for a
    setting that is out of range or does not go with another.
    """

    optimizer: Choice = SGD
    schedule: Choice = CONSTANT
    lr: float | None = None
    steps: int | None = None
    tolerance: float | None = None
    every: int | None = None
    clip: float | None = None
    line_search: bool = False
    rows: int = 0
    batch_size: int | None = None
    epochs: int | None = None
    patience: int | None = None
    batches: bool = False
    """Whether records say which rows a mini-batch held."""
    seed: int = 0
    resample: bool = False
    engine: str = "numpy"
    named: Callable[[str], str] = field(default=str, compare=False)

    def __post_init__(self) -> None:
        named = self.named
        for name, number, usual in (("lr", self.lr, "0.01"), ("clip", self.clip, "1")):
            if number is not None and not 0 < number < math.inf:
                what = f"{named(name)} must be a positive number, not {number:g}"
                raise UsageError(what, hint=f"write {named(name)} {usual}")
        if self.tolerance is not None and not 0 <= self.tolerance < math.inf:
            what = f"{named('tol')} must be a number of at least 0, not {self.tolerance:g}"
            raise UsageError(what, hint=f"write {named('tol')} 1e-6")
        for name, count, least in (
            ("steps", self.steps, 0),
            ("epochs", self.epochs, 0),
            ("every", self.every, 1),
            ("batch_size", self.batch_size, 1),
            ("patience", self.patience, 1),
            ("seed", self.seed, 0),
        ):
            if count is not None and count < least:
                what = f"{named(name)} must be at least {least}, not {count}"
                raise UsageError(what, hint=f"write {named(name)} {max(least, 1)} or more")
        self._check_data()
        self._check_method()
        self._check_engine()

    def _check_engine(self) -> None:
        refuse_engine(self.engine)
        if self.engine == "jax":
            from gradcli.run.jax.devices import mesh

            mesh()
        if self.engine == "jax" and self.resample:
            what = f"{self.named('engine')} jax does not go with {self.named('resample')}"
            raise UsageError(what, hint="its numbers are drawn once a run: leave one of them out")
        if self.batches and not self.mini_batches:
            what = f"{self.named('batches')} needs mini-batches"
            raise UsageError(what, hint=f"add {self.named('batch_size')} with fewer rows than all")

    def _check_data(self) -> None:
        for name, count in (
            ("epochs", self.epochs),
            ("batch_size", self.batch_size),
            ("patience", self.patience),
        ):
            if count is not None and not self.rows:
                raise UsageError(f"{self.named(name)} needs data", hint=f"add {self.named('data')}")
        if self.batch_size is not None and self.batch_size > self.rows:
            size = f"{self.named('batch_size')} {self.batch_size}"
            raise UsageError(
                f"{size} is more than the {self.rows} rows of the data",
                hint="leave it out to take them all at once",
            )

    def _check_method(self) -> None:
        given = {
            "optimizer": self.optimizer != SGD,
            "line_search": self.line_search,
            "lr": self.lr is not None,
            "schedule": self.schedule != CONSTANT,
            "clip": self.clip is not None,
            "batch_size": self.batch_size is not None,
            "batches": self.batches,
            "patience": self.patience is not None,
            "resample": self.resample,
        }
        if self.by_scipy:
            # A rate is left unused, so that one command line can try every method.
            method = f"{self.named('optimizer')} {self.optimizer.name}"
            allowed = {"optimizer", "lr"}
            hint = "SciPy chooses the steps and when to stop"
        elif self.line_search:
            # A rate, where one is given, is the first that the search tries.
            method, allowed = self.named("line_search"), {"line_search", "lr", "patience"}
            hint = "it goes along the whole gradient, as far as pays"
        else:
            return
        for name, is_given in given.items():
            if is_given and name not in allowed:
                other = self.named(name)
                raise UsageError(
                    f"{other} does not go with {method}", hint=f"{hint}: leave out {other}"
                )

    @property
    def by_scipy(self) -> bool:
        """Whether SciPy runs the method."""
        return self.optimizer.name in SCIPY_METHODS

    @property
    def mini_batches(self) -> bool:
        """Whether a step sees a part of the rows only."""
        return self.batch_size is not None and self.batch_size < self.rows

    @property
    def epoch(self) -> int:
        """The steps of one pass over the rows."""
        return -(-self.rows // self.batch_size) if self.batch_size else 1

    @property
    def total(self) -> int:
        """The most steps, counted from the first start."""
        if not self.rows or (self.by_scipy and self.epochs is None):
            return STEPS if self.steps is None else self.steps
        if self.epochs is None and self.steps is not None:
            return self.steps
        whole = (EPOCHS if self.epochs is None else self.epochs) * self.epoch
        return whole if self.steps is None else min(whole, self.steps)

    @property
    def tol(self) -> float:
        """The largest gradient entry has to be below this; 0 tests nothing."""
        if self.tolerance is not None:
            return self.tolerance
        return 0.0 if self.mini_batches or self.resample else TOLERANCE


def refuse_engine(engine: str, given: str = "") -> None:
    """UsageError for an engine that does not exist, is not installed, or finds no device; where it
    was `given` in another way than by its option, that is said."""
    before = f"{given}: " if given else ""
    if engine not in ENGINES:
        there = f"pick one of {', '.join(ENGINES)}"
        what = f"{before}there is no engine '{engine}'"
        raise UsageError(what, hint=nearest(engine, ENGINES) or there)
    if engine == "jax":
        from gradcli.run.jax import is_there

        if not is_there():
            what = f"{before}the engine jax needs JAX, which is not installed"
            raise UsageError(what, hint='pip install "gradcli[jax]"')
