"""Files are written in a fresh folder that is also the current one, so that names stay short."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcli.errors import DataError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(here: Path) -> Callable[[str, str | bytes], str]:
    """Writes a file and gives its name."""

    def written(name: str, content: str | bytes) -> str:
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        (here / name).write_bytes(data)
        return name

    return written


@pytest.fixture
def refused() -> Callable[..., str]:
    """The text of the DataError that a call raises."""

    def text(call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            call(*arguments, **options)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return text


@pytest.fixture
def attempt() -> Callable[..., Any]:
    """What a call gives, or the text of the DataError that it raises; others escape."""

    def given(call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except DataError as error:
            return str(error)

    return given
