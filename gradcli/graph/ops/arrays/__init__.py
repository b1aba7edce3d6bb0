"""What the names in an op's value mean for NumPy arrays.

Every function takes arrays and floats mixed; those of one array follow the same formula as the
scalar namespace, so that the two agree to a few units in the last place.
"""

from __future__ import annotations

import sys

import numpy as np

from gradcli.graph.ops.arrays import making, matrices, places, pointwise, sums

# Where numbers broke down is said in a report; NumPy's warnings would say it twice. The command
# line has the process for itself; the library leaves the settings of its caller as they are.
if "gradcli.cli" in sys.modules:
    np.seterr(all="ignore")

NAMESPACE: dict[str, object] = {
    name: value
    for module in (pointwise, sums, places, making, matrices)
    for name, value in vars(module).items()
    if callable(value) and not name.startswith("_")
}
"""The functions by name, for the code that is made from op values."""
