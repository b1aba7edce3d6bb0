// What the names in an op's value mean for JavaScript's numbers, as scalars.py says it for Python's
// floats. A function calls only those of Math and others of this file.

function div(a, b) {
  return a / b;
}

function power(a, b) {
  // IEEE 754 makes 1^nan and (±1)^±inf 1, which Math.pow does not.
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b);
}

function exp2(x) {
  return Math.pow(2, x);
}

function log2(x) {
  // Whole powers of 2 come out whole.
  const whole = Math.round(Math.log2(x));
  return Math.pow(2, whole) === x ? whole : Math.log2(x);
}

function round(x) {
  // To the nearest whole number, halves to the even one.
  const down = Math.floor(x);
  const rest = x - down;
  if (!(rest > 0)) return x;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

function mod(a, b) {
  // With the sign of b.
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function square(x) {
  return x * x;
}

function clip(x, low, high) {
  return Math.min(Math.max(x, low), high);
}

function where(condition, a, b) {
  return condition !== 0 ? a : b;
}

function gate(x, mask) {
  return mask !== 0 ? x : 0;
}

function lt(a, b) {
  return a < b ? 1 : 0;
}

function le(a, b) {
  return a <= b ? 1 : 0;
}

function gt(a, b) {
  return a > b ? 1 : 0;
}

function ge(a, b) {
  return a >= b ? 1 : 0;
}

function eq(a, b) {
  return a === b ? 1 : 0;
}

function ne(a, b) {
  return a !== b ? 1 : 0;
}

function relu(x) {
  return x <= 0 ? 0 : x;
}

function huber(r, delta) {
  const size = Math.abs(r);
  return size <= delta ? 0.5 * r * r : delta * (size - 0.5 * delta);
}

function root(x) {
  return power(x, 0.5);
}

function sigmoid(x) {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function log_sigmoid(x) {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function logaddexp(a, b) {
  const top = Math.max(a, b);
  return Number.isFinite(top) ? top + Math.log1p(Math.exp(-Math.abs(a - b))) : top;
}

function xlogy(x, y) {
  return x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y);
}

function xlog1py(x, y) {
  return x === 0 && !Number.isNaN(y) ? 0 : x * Math.log1p(y);
}

function kl(p, q) {
  return p === 0 && !Number.isNaN(q) ? 0 : p * (Math.log(p) - Math.log(q));
}

function squared_exp(x) {
  // exp(-x²): what x·x loses in rounding is made good.
  const head = Math.fround(x);
  return Math.exp(-head * head) * Math.exp((head - x) * (head + x));
}

function erf(x) {
  if (Math.abs(x) >= 2) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  // 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms have one sign.
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 1.1283791670955126 * (squared_exp(x) * sum);
}

function erfc(x) {
  if (x < 2) return 1 - erf(x);
  if (x > 28) return 0;
  // exp(-x²)/√π over the continued fraction x + (1/2)/(x + 1/(x + (3/2)/(x + …))).
  let below = x;
  for (let n = 80; n > 0; n -= 1) below = x + n / 2 / below;
  return (0.5641895835477563 * squared_exp(x)) / below;
}

function log_gamma_near_2(z) {
  // log Γ(2 + z) for |z| ≤ 1/2: (1 - γ)·z + Σ (ζ(k) - 1)·(-z)ᵏ / k.
  const zeta = [
    0.6449340668482264, 0.20205690315959429, 0.08232323371113819, 0.03692775514336993,
    0.017343061984449139, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822144,
    0.000994575127818085, 0.0004941886041194645, 0.00024608655330804829, 0.00012271334757848915,
    6.124813505870483e-05, 3.058823630702049e-05, 1.528225940865187e-05, 7.637197637899762e-06,
    3.81729326499984e-06, 1.9082127165539387e-06, 9.539620338727962e-07, 4.769329867878064e-07,
    2.384505027277329e-07, 1.192199259653111e-07, 5.960818905125948e-08, 2.980350351465228e-08,
    1.4901554828365043e-08, 7.450711789835429e-09,
  ];
  let sum = 0;
  for (let k = zeta.length + 1; k > 1; k -= 1) sum = zeta[k - 2] / k - z * sum;
  return z * (0.42278433509846714 + z * sum);
}

function gamma(x) {
  if (x > 172) return Infinity;
  if (x < -190) return Number.isInteger(x) || x === -Infinity ? NaN : 0;
  if (x === 0) return 1 / x;
  if (Number.isInteger(x) && x < 0) return NaN;
  // From Γ near 2, times or over what lies between.
  const whole = Math.round(x);
  let value = Math.exp(log_gamma_near_2(x - whole));
  for (let k = 2; k < whole; k += 1) value *= k + (x - whole);
  for (let k = 1; k >= whole; k -= 1) value /= k + (x - whole);
  return value;
}

function lgamma(x) {
  if (x === -Infinity || x === Infinity) return x;
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (x < 0) {
    const rest = x - Math.round(x);
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * rest))) - lgamma(1 - x);
  }
  if (x > 1e17) return x * (Math.log(x) - 1);
  if (x >= 10) {
    const square = 1 / (x * x);
    const series =
      1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 -
      square * (691 / 360360 - square * (1 / 156 - square * (3617 / 122400)))))));
    return (x - 0.5) * Math.log(x) - x + 0.9189385332046728 + series / x;
  }
  if (x < 0.5) return lgamma(x + 1) - Math.log(x);
  if (x < 1.5) return log_gamma_near_2(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let y = x;
  for (; y > 2.5; y -= 1) product *= y - 1;
  return log_gamma_near_2(y - 2) + Math.log(product);
}

function digamma(x) {
  if (x === -Infinity) return NaN;
  if (x === 0) return -1 / x;
  if (x < 0) {
    const rest = x - Math.round(x);
    return rest === 0 ? NaN : digamma(1 - x) - Math.PI / Math.tan(Math.PI * rest);
  }
  let sum = 0;
  let y = x;
  for (; y < 10; y += 1) sum -= 1 / y;
  const square = 1 / (y * y);
  const series =
    1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132 -
    square * (691 / 32760 - square / 12)))));
  return sum + (Math.log(y) - 0.5 / y - square * series);
}

function hurwitz(s, x) {
  // ζ(s, x) = Σ 1/(x + k)ˢ for whole s > 1: its first terms, and Euler–Maclaurin.
  let sum = 0;
  let y = x;
  for (; y < 12 + Math.min(s, 200); y += 1) sum += Math.pow(y + 0, -s);
  const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];
  let tail = 1 / (s - 1) + 0.5 / y;
  let factor = s / 2 / y / y;
  for (let k = 0; k < bernoulli.length; k += 1) {
    tail += bernoulli[k] * factor;
    factor *= (((s + 2 * k + 1) / y) * ((s + 2 * k + 2) / y)) / ((2 * k + 3) * (2 * k + 4));
  }
  return sum + Math.pow(y, 1 - s) * tail;
}

function polygamma(n, x) {
  if (!Number.isInteger(n) || n < 0) return NaN;
  if (n === 0) return digamma(x);
  const s = n + 1;
  const sign = s % 2 === 0 ? 1 : -1;
  if (x >= -20 || x === Math.floor(x)) return sign * gamma(s) * hurwitz(s, Math.max(x, -20));
  // Far below 0: the sum over all whole numbers, which has period 1, less what lies beyond x.
  const rest = x - Math.floor(x);
  const beyond = hurwitz(s, 1 - rest) - hurwitz(s, 1 - x);
  return sign * gamma(s) * (hurwitz(s, rest) + sign * beyond);
}
