/* What C has no function for, of arrays. A file of code holds those that it calls. */

static int place(double index, int count)
{
    /* A place on an axis of so many entries; -1 is the last. */
    const int found = (int)index + (index < 0.0 ? count : 0);
    assert(found >= 0 && found < count);
    return found;
}

static double random_number(unsigned long long *state)
{
    /* Between 0 and 1: splitmix64, Steele, Lea and Flood 2014. */
    unsigned long long z = (*state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static void shuffle(int count, int *order, unsigned long long *state)
{
    /* A random order, by Fisher and Yates. */
    for (int i = count - 1; i > 0; i--) {
        const int j = (int)(random_number(state) * (i + 1));
        const int held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}

static double eliminate(int n, int m, double *a, double *b)
{
    /* The determinant of a; b becomes the solution of a x = b, both by rows, with pivots. */
    double found = 1.0;
    for (int k = 0; k < n; k++) {
        int top = k;
        for (int i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[top * n + k])) top = i;
        if (top != k) {
            found = -found;
            for (int j = 0; j < n; j++) {
                const double held = a[k * n + j];
                a[k * n + j] = a[top * n + j];
                a[top * n + j] = held;
            }
            for (int j = 0; j < m; j++) {
                const double held = b[k * m + j];
                b[k * m + j] = b[top * m + j];
                b[top * m + j] = held;
            }
        }
        const double pivot = a[k * n + k];
        found *= pivot;
        if (pivot == 0.0) return 0.0 * found;
        for (int i = 0; i < n; i++) {
            const double factor = a[i * n + k] / pivot;
            if (i == k || factor == 0.0) continue;
            for (int j = k; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
            for (int j = 0; j < m; j++) b[i * m + j] -= factor * b[k * m + j];
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) b[i * m + j] /= a[i * n + i];
    return found;
}

static void solve(int n, int m, const double *a, const double *b, double *x)
{
    double work[n * n];
    for (int i = 0; i < n * n; i++) work[i] = a[i];
    for (int i = 0; i < n * m; i++) x[i] = b[i];
    if (eliminate(n, m, work, x) == 0.0)
        for (int i = 0; i < n * m; i++) x[i] = NAN;
}

static void inv(int n, const double *a, double *x)
{
    double one[n * n];
    for (int i = 0; i < n * n; i++) one[i] = i % (n + 1) ? 0.0 : 1.0;
    solve(n, n, a, one, x);
}

static double det(int n, const double *a)
{
    double work[n * n];
    for (int i = 0; i < n * n; i++) work[i] = a[i];
    return eliminate(n, 0, work, work);
}

static double logdet(int n, const double *a)
{
    double work[n * n], total = 0.0;
    for (int i = 0; i < n * n; i++) work[i] = a[i];
    const double found = eliminate(n, 0, work, work);
    for (int i = 0; i < n; i++) total += log(fabs(work[i * n + i]));
    return signbit(found) && total > -INFINITY ? NAN : total;
}

static void cofactor(int n, const double *a, double *x)
{
    /* The determinants without one row and one column, which a singular matrix has too. */
    double rest[n * n];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int at = 0;
            for (int k = 0; k < n * n; k++)
                if (k / n != i && k % n != j) rest[at++] = a[k];
            x[i * n + j] = ((i + j) % 2 ? -1.0 : 1.0) * eliminate(n - 1, 0, rest, rest);
        }
}

static void cofactor_slope(int n, int m, const double *a, const double *h, double *x)
{
    /* Each cofactor is linear in every other entry; what that is times is a determinant without
       two rows and two columns. */
    double rest[n * n];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double s = 0.0;
            for (int k = 0; k < n; k++)
                for (int l = 0; l < m; l++) {
                    if (k == i || l == j) continue;
                    int at = 0;
                    for (int p = 0; p < n * n; p++)
                        if (p / n != i && p / n != k && p % n != j && p % n != l) rest[at++] = a[p];
                    const int odd = (i + j + k - (k > i) + l - (l > j)) % 2;
                    s += (odd ? -1.0 : 1.0) * h[k * m + l] * eliminate(n - 2, 0, rest, rest);
                }
            x[i * n + j] = s;
        }
}
