"""Formulas as text that is simplified as it is made: 2*(x*3) is 6 * x, -(-x) is x.

Two formulas are equal when their texts are. Nothing is assumed that fails for some real number:
x/x stays, since it has no value at 0. A formula may stand for an array that repeats its entries,
without the word `expand`, until `spread` asks for the whole shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gradcli.graph.formulas.show import ATOM, bracketed, number_text, write
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON, PRODUCT, SIGN, SUM
from gradcli.graph.ops.op import Attr, Shape, elementwise_shape

_UNIT = Fraction(1)
_LARGEST_POWER = 64
_LARGEST_PART = 10**6
_LARGEST_DIVISOR = 10**4
_SHORT_DECIMAL = 4
_SMALL = 12

Powers = dict[str, tuple["Form", int]]
"""Factors by their text, each with an exponent from 1 on."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A formula: its text, how tightly that binds, and what simplification looks into.

    `total` says that it is finite wherever its names are, `positive` that it is above 0 there.
    `opposite` is the text of the negated comparison, where that is the same for nan.
    """

    text: str
    level: int = ATOM
    shape: Shape = ()
    total: bool = True
    product: Product | None = None
    terms: tuple[Form, ...] = ()
    opposite: str = ""
    positive: bool = False

    @property
    def number(self) -> Fraction | None:
        """The value of a number, None for another formula."""
        p = self.product
        return None if p is None or p.above or p.below or p.masks else p.number

    @property
    def parts(self) -> Product:
        """The formula as a product, of itself alone where it is none."""
        return self.product or Product(above={self.text: (self, 1)})


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """number · above / below, and 0 wherever a mask is 0.

    Of a mask that is `implied`, the factors have the zeros already.
    """

    number: Fraction = _UNIT
    above: Powers = field(default_factory=dict)
    below: Powers = field(default_factory=dict)
    masks: dict[str, tuple[Form, bool]] = field(default_factory=dict)

    @property
    def total(self) -> bool:
        above, below = self.above.values(), self.below.values()
        return all(b.total for b, _ in above) and all(b.total and b.positive for b, _ in below)


def number(value: Fraction | float) -> Form:
    """A finite number."""
    if isinstance(value, float):
        value = _fraction(value)
    above, below = _spelled(value)
    text = f"{above} / {below}" if below else above
    level = PRODUCT if below else SIGN if value < 0 else ATOM
    return Form(text, level, product=Product(value))


def _fraction(value: float) -> Fraction:
    """The decimal that a float is written as, or a quotient such as 2/3 that rounds to it."""
    exact = Fraction(repr(value))
    near = exact.limit_denominator(_LARGEST_DIVISOR)
    return near if near.numerator / near.denominator == value else exact


def _spelled(value: Fraction) -> tuple[str, str]:
    """A number as a decimal, as a quotient of small numbers, or else as the nearest float."""
    try:
        near = value.numerator / value.denominator
    except OverflowError:
        return ("inf" if value > 0 else "-inf"), ""
    text = number_text(near)
    if Fraction(text) == value and (
        len(text) <= _SHORT_DECIMAL
        or abs(value.numerator) > _SMALL
        or str(value.denominator).strip("0") == "1"
    ):
        return text, ""
    if max(abs(value.numerator), value.denominator) < _LARGEST_PART:
        return str(value.numerator), str(value.denominator)
    return text, ""


ZERO, ONE = number(Fraction(0)), number(Fraction(1))


def multiply(*forms: Form) -> Form:
    """The elementwise product: numbers first, equal factors as powers.

    >>> multiply(Form("x"), number(2.0), divide(Form("x"), Form("y"))).text
    '2 * x^2 / y'
    """
    value = Fraction(1)
    above: Powers = {}
    below: Powers = {}
    masks: dict[str, tuple[Form, bool]] = {}
    for form in forms:
        p = form.parts
        value *= p.number
        _collect(above, p.above)
        _collect(below, p.below)
        for text, (mask, implied) in p.masks.items():
            masks[text] = mask, implied or masks.get(text, (mask, False))[1]
    for text in above.keys() & below.keys():
        # x/x^2 is 1/x, but x/x stays: it has no value at 0.
        (base, n), (_, m) = above[text], below[text]
        left = min(n, m - 1)
        above[text], below[text] = (base, n - left), (base, m - left)
        if n == left:
            del above[text]
    return made(Product(value, above, below, masks))


def divide(a: Form, b: Form) -> Form:
    """a / b."""
    p = b.parts
    if p.masks or not p.number:
        return written("div", a, b)
    return multiply(a, Form("", product=Product(1 / p.number, p.below, p.above)))


def power(a: Form, b: Form) -> Form:
    """a ^ b; a whole exponent goes to the factors.

    >>> power(divide(Form("x"), Form("y")), number(-2.0)).text
    'y^2 / x^2'
    """
    n, p = b.number, a.parts
    if n is None or not n or n.denominator != 1 or abs(n) > _LARGEST_POWER:
        return written("pow", a, b)
    if p.masks or (n < 0 and not p.number):
        return written("pow", a, b)
    times = int(n)
    above = {text: (base, k * abs(times)) for text, (base, k) in p.above.items()}
    below = {text: (base, k * abs(times)) for text, (base, k) in p.below.items()}
    if times < 0:
        above, below = below, above
    return made(Product(p.number**times, above, below))


def scaled(form: Form, value: Fraction | int) -> Form:
    """`form` times a number."""
    p = form.parts
    return made(replace(p, number=p.number * value))


def gated(form: Form, mask: Form, implied: bool = False) -> Form:
    """`form` where the mask is not 0, else 0; see Product on `implied`.

    >>> mask = written("gt", Form("y"), ZERO)
    >>> gated(Form("x"), mask).text, gated(Form("x"), mask, implied=True).text
    ('x * (y > 0)', 'x')
    >>> gated(Form("log(x)", total=False), mask).text  # 0 times inf would be nan
    'where(y > 0, log(x), 0)'
    """
    if form.number == 0 or mask.number == 0:
        return ZERO
    if mask.number is not None:
        return form
    p, both = form.parts, mask.parts
    parts = [mask]
    if both.number == 1 and not both.below and not both.masks:
        parts = [base for base, _ in both.above.values()]
    masks = dict(p.masks)
    for part in parts:
        masks[part.text] = part, implied or masks.get(part.text, (part, False))[1]
    return made(replace(p, masks=masks))


def add(forms: Sequence[Form]) -> Form:
    """The sum, equal terms collected, a positive one first.

    >>> add([scaled(Form("y"), -1), Form("x"), Form("x")]).text
    '2 * x - y'
    """
    if len(forms) == 1:
        return forms[0]
    units: dict[str, Form] = {}
    numbers: dict[str, Fraction] = {}
    for form in forms:
        for term in _terms(form):
            value = term.product.number if term.product else _UNIT
            unit = term if value == 1 else scaled(term, 1 / value) if value else ONE
            if unit.text in units:
                numbers[unit.text] += value
            else:
                units[unit.text], numbers[unit.text] = unit, value
    found = [
        (unit, numbers[text]) if numbers[text] else (written("mul", ZERO, unit), _UNIT)
        for text, unit in units.items()
        if numbers[text] or not unit.total  # log(x) - log(x) has no value at -1
    ]
    terms = [unit if value == 1 else scaled(unit, value) for unit, value in found]
    if len(terms) < 2:
        return terms[0] if terms else ZERO
    if all(term.product and term.product.masks for term in terms):
        shared = set.intersection(*(set(term.parts.masks) for term in terms))
        if shared:
            return _gated_together(terms, shared)
    sizes = {abs(value) for _, value in found}
    if len(sizes) == 1 and min(sizes).denominator > 1 and all(t.number is None for t in terms):
        size = sizes.pop()  # x/150 - y/150
        return scaled(add([scaled(term, 1 / size) for term in terms]), size)
    pieces: list[str] = []
    first = next((i for i, (_, value) in enumerate(found) if value > 0), 0)
    for place in (first, *range(first), *range(first + 1, len(found))):
        unit, value = found[place]
        if pieces:
            pieces.append(" - " if value < 0 else " + ")
            shown = terms[place] if value > 0 else scaled(unit, -value)
        else:
            shown = terms[place]
        pieces.append(bracketed((shown.text, shown.level), PRODUCT if pieces else SUM))
    total = all(term.total for term in terms)
    return Form("".join(pieces), SUM, common(terms), total, terms=tuple(terms))


def _terms(form: Form) -> Sequence[Form]:
    """The terms of a sum, or of one that is subtracted; anything else is one term."""
    inner = _negated_sum(form.product)
    return form.terms or ([scaled(term, -1) for term in inner.terms] if inner else [form])


def _negated_sum(p: Product | None) -> Form | None:
    """The sum s of a product that is -s."""
    if p and p.number == -1 and len(p.above) == 1 and not p.below and not p.masks:
        ((base, n),) = p.above.values()
        if n == 1 and base.terms:
            return base
    return None


def _gated_together(terms: Iterable[Form], shared: set[str]) -> Form:
    """The sum of terms that are 0 in the same places."""
    bare = []
    implied = dict.fromkeys(shared, True)
    found: dict[str, Form] = {}
    for term in terms:
        p = term.parts
        for text in shared:
            found[text] = p.masks[text][0]
            implied[text] &= p.masks[text][1]
        left = {text: mask for text, mask in p.masks.items() if text not in shared}
        bare.append(made(replace(p, masks=left)))
    form = add(bare)
    for text in sorted(shared):
        form = gated(form, found[text], implied[text])
    return form


def written(name: str, *args: Form, attr: Attr | None = None, shape: Shape | None = None) -> Form:
    """The call or operator as it stands."""
    op = TABLE[name]
    parts = [(arg.text, arg.level) for arg in args]
    text, level = write(op, parts, attr)
    opposite = ""
    if name in ("eq", "ne"):
        opposite = write(TABLE["ne" if name == "eq" else "eq"], parts, attr)[0]
    total = op.truth or (not op.partial and all(arg.total for arg in args))
    return Form(text, level, common(args) if shape is None else shape, total, opposite=opposite)


def _collect(found: Powers, more: Powers) -> None:
    for text, (base, n) in more.items():
        found[text] = base, n + (found[text][1] if text in found else 0)


def common(forms: Sequence[Form]) -> Shape:
    """The shape that the formulas have together, entry by entry."""
    return elementwise_shape([form.shape for form in forms], ())


def made(p: Product) -> Form:
    """The formula of a product, in the shape that what it shows has."""
    if not p.number:
        return ZERO if p.total else written("mul", ZERO, made(replace(p, number=_UNIT)))
    if not (p.above or p.below or p.masks):
        return number(p.number)
    if p.number == 1 and len(p.above) == 1 and not p.below and not p.masks:
        ((base, n),) = p.above.values()
        if n == 1:
            return base
    inner = _negated_sum(p)
    if inner and any(term.parts.number < 0 for term in inner.terms):
        turned = add([scaled(term, -1) for term in inner.terms])  # -(y - o) is o - y
        return replace(turned, total=p.total, product=p, terms=())
    text, level, shown = _product_text(p)
    shape = common([base for base, _ in (*p.above.values(), *p.below.values())] + shown)
    return Form(text, level, shape, p.total, p)


def _product_text(p: Product) -> tuple[str, int, list[Form]]:
    """A product's text, its level, and the masks that it shows."""
    shown = [mask for mask, implied in p.masks.values() if not implied]
    if p.masks and not (p.total and all(map(_indicates, shown))):
        shown = [mask for mask, _ in p.masks.values()]
        return (*_where_text(p), shown)
    above = dict(p.above)
    _collect(above, {mask.text: (mask, 1) for mask in shown if mask.text not in above})
    upper, lower = _spelled(p.number)
    parts = [_power_part(base, n) for base, n in above.values()]
    if parts and upper in ("1", "-1"):
        if upper == "-1":
            parts[0] = write(TABLE["neg"], parts[:1], None)
    else:
        parts.insert(0, (upper, SIGN if upper[0] == "-" else ATOM))
    under = [_power_part(base, n) for base, n in p.below.values()]
    if lower:
        under.insert(0, (lower, ATOM))
    if not under:
        return (*_times(parts), shown)
    return (*write(TABLE["div"], (_times(parts), _times(under)), None), shown)


def _where_text(p: Product) -> tuple[str, int]:
    above = {text: power for text, power in p.above.items() if text not in p.masks}
    inner = made(replace(p, above=above, masks={}))
    mask = multiply(*(mask for mask, _ in p.masks.values()))
    return f"where({mask.text}, {inner.text}, 0)", ATOM


def _indicates(mask: Form) -> bool:
    """Whether the mask is always 0 or 1."""
    p = mask.parts
    return p.number == 1 and not p.below and all(b.level == COMPARISON for b, _ in p.above.values())


def _power_part(base: Form, n: int) -> tuple[str, int]:
    part = base.text, base.level
    return part if n == 1 else write(TABLE["pow"], (part, (str(n), ATOM)), None)


def _times(parts: Sequence[tuple[str, int]]) -> tuple[str, int]:
    text = parts[0]
    for part in parts[1:]:
        text = write(TABLE["mul"], (text, part), None)
    return text
