/* What the names in an op's value mean for C's doubles, as scalars.js says it for JavaScript's
   numbers. A function calls only those of math.h and others of this file. */

static double sign(double x)
{
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x * 0.0;
}

static double maximum(double a, double b)
{
    /* A nan wins, unlike in fmax. */
    return a > b || isnan(a) ? a : b;
}

static double minimum(double a, double b)
{
    return a < b || isnan(a) ? a : b;
}

static double clip(double x, double low, double high)
{
    return minimum(maximum(x, low), high);
}

static double mod(double a, double b)
{
    /* With the sign of b. */
    const double rest = fmod(a, b);
    return rest != 0.0 && (rest < 0.0) != (b < 0.0) ? rest + b : rest;
}

static double relu(double x)
{
    return x <= 0.0 ? 0.0 : x;
}

static double sigmoid(double x)
{
    /* Without overflow. */
    const double e = exp(-fabs(x));
    return (x >= 0.0 ? 1.0 : e) / (1.0 + e);
}

static double log_sigmoid(double x)
{
    return (x < 0.0 ? x : 0.0) - log1p(exp(-fabs(x)));
}

static double softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
}

static double logaddexp(double a, double b)
{
    const double top = maximum(a, b);
    return isfinite(top) ? top + log1p(exp(-fabs(a - b))) : top;
}

static double xlogy(double x, double y)
{
    return x == 0.0 && !isnan(y) ? 0.0 : x * log(y);
}

static double digamma(double x)
{
    /* Reflection, recurrence and the asymptotic series: DLMF 5.5.4, 5.5.2, 5.11.2. */
    const double y = x < 0.0 ? 1.0 - x : x;
    double total = 0.0, z = y;
    for (; z < 10.0; z += 1.0) total -= 1.0 / z;
    const double q = 1.0 / (z * z);
    const double tail = 1.0 / 240 - q * (1.0 / 132 - q * (691.0 / 32760 - q / 12));
    const double series = 1.0 / 12 - q * (1.0 / 120 - q * (1.0 / 252 - q * tail));
    const double found = total + (log(z) - 0.5 / z - q * series);
    const double pi = 3.141592653589793, rest = x - rint(x);
    return x < 0.0 ? (rest == 0.0 ? NAN : found - pi / tan(pi * rest)) : found;
}

static double hurwitz(double s, double x)
{
    /* The sum of 1/(x + k)^s: its first terms, then Euler and Maclaurin: DLMF 25.11.5. */
    static const double bernoulli[8] = {
        1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510,
    };
    double total = 0.0, y = x;
    for (; y < 12.0 + fmin(s, 200.0); y += 1.0) total += pow(y, -s);
    double tail = 1.0 / (s - 1.0) + 0.5 / y, factor = s / 2.0 / y / y;
    for (int k = 0; k < 8; k++) {
        tail += bernoulli[k] * factor;
        factor *= (s + 2 * k + 1) / y * ((s + 2 * k + 2) / y) / ((2 * k + 3) * (2 * k + 4));
    }
    return total + pow(y, 1.0 - s) * tail;
}

static double polygamma(double n, double x)
{
    /* (-1)^(n+1) n! zeta(n + 1, x), for whole n; far below 0 by the sum over all whole numbers. */
    if (!(n >= 0.0) || n != floor(n) || isinf(n)) return NAN;
    if (n == 0.0) return digamma(x);
    const double s = n + 1.0, factor = (fmod(s, 2.0) == 0.0 ? 1.0 : -1.0) * tgamma(s);
    if (!(x < -20.0) || x == floor(x)) return factor * hurwitz(s, fmax(x, -20.0));
    const double rest = x - floor(x), turn = fmod(s, 2.0) == 0.0 ? 1.0 : -1.0;
    return factor * (hurwitz(s, rest) + turn * (hurwitz(s, 1.0 - rest) - hurwitz(s, 1.0 - x)));
}
