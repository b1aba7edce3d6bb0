"""What main prints in C: numbers and arrays, as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.export.planning import FilePlan

PRINTING = """static void print_number(double x)
{
    if (isnan(x)) fputs("\\"NaN\\"", stdout);
    else if (isinf(x)) fputs(x > 0.0 ? "\\"Infinity\\"" : "\\"-Infinity\\"", stdout);
    else printf("%.17g", x);
}
"""

PRINTING_ARRAYS = """static void print_array(const double *x, int rank, const int *sizes)
{
    int count = 1;
    for (int axis = 0; axis < rank; axis++) count *= sizes[axis];
    for (int i = 0; i < count; i++) {
        if (i) fputs(", ", stdout);
        for (int axis = 0, part = count; axis < rank; part /= sizes[axis++])
            if (i % part == 0) putchar('[');
        print_number(x[i]);
        for (int axis = rank - 1, part = sizes[axis]; axis >= 0; part *= sizes[--axis]) {
            if ((i + 1) % part == 0) putchar(']');
            if (axis == 0) break;
        }
    }
}
"""


def answer(what: str, names: Mapping[str, str], plan: FilePlan) -> list[str]:
    """The statements that print the value, and something by name."""
    lines = ['fputs("{\\"value\\": ", stdout);', printed("found", ())]
    lines.append(f'fputs(", \\"{what}\\": {{", stdout);')
    shapes = {**plan.arguments, **plan.variables}
    for place, (name, result) in enumerate(names.items()):
        comma = ", " if place else ""
        lines.append(f'fputs("{comma}\\"{name}\\": ", stdout);')
        lines.append(printed(result, shapes[name]))
    return [*lines, 'fputs("}}\\n", stdout);']


def printed(name: str, shape: tuple[int, ...]) -> str:
    if not shape:
        return f"print_number({name});"
    return f"print_array({name}, {len(shape)}, (const int[]){{{', '.join(map(str, shape))}}});"
