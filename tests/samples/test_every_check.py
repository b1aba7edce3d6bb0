"""`check` passes on every sample, at both orders."""

from __future__ import annotations

import pytest

from gradcli.language.sources import sample_names


@pytest.mark.parametrize("order", ["1", "2"])
@pytest.mark.parametrize("name", sample_names())
def test_every_sample_passes(command, name, order):
    command("check", name, "--order", order, "--json")
