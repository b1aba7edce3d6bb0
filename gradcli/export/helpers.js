// What JavaScript has no function for, of arrays. A file of code holds those that it calls.

function flat(x, count) {
  // The numbers of nested arrays, row by row.
  const found = Float64Array.from([x].flat(Infinity));
  if (found.length !== count) throw new RangeError(`${found.length} numbers, not ${count}`);
  return found;
}

function nested(x, sizes) {
  // Nested arrays of these sizes.
  let found = Array.from(x);
  for (let axis = sizes.length - 1; axis > 0; axis -= 1) {
    const rows = [];
    for (let i = 0; i < found.length; i += sizes[axis]) rows.push(found.slice(i, i + sizes[axis]));
    found = rows;
  }
  return found;
}

function plain(x) {
  // JSON has no words for what is not finite.
  return typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
}

function place(index, count) {
  // A place on an axis of so many entries; -1 is the last.
  const found = index < 0 ? index + count : index;
  if (!(found >= 0 && found < count)) throw new RangeError(`no entry ${index} among ${count}`);
  return Math.trunc(found);
}

function numbers(seed) {
  // A function that draws between 0 and 1: mulberry32, T. Ettinger 2017.
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffle(order, draw) {
  // A random order, by Fisher and Yates.
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

function picked(x, width, rows) {
  // Some rows of an array whose rows have so many numbers.
  const found = new Float64Array(rows.length * width);
  rows.forEach((row, i) => found.set(x.subarray(row * width, (row + 1) * width), i * width));
  return found;
}

function eliminate(n, m, a, b) {
  // The determinant of a; b becomes the solution of a x = b, both by rows, with pivots.
  let found = 1;
  for (let k = 0; k < n; k += 1) {
    let top = k;
    for (let i = k + 1; i < n; i += 1)
      if (Math.abs(a[i * n + k]) > Math.abs(a[top * n + k])) top = i;
    if (top !== k) {
      found = -found;
      for (let j = 0; j < n; j += 1)
        [a[k * n + j], a[top * n + j]] = [a[top * n + j], a[k * n + j]];
      for (let j = 0; j < m; j += 1)
        [b[k * m + j], b[top * m + j]] = [b[top * m + j], b[k * m + j]];
    }
    const pivot = a[k * n + k];
    found *= pivot;
    if (pivot === 0) return 0 * found;
    for (let i = 0; i < n; i += 1) {
      const factor = a[i * n + k] / pivot;
      if (i === k || factor === 0) continue;
      for (let j = k; j < n; j += 1) a[i * n + j] -= factor * a[k * n + j];
      for (let j = 0; j < m; j += 1) b[i * m + j] -= factor * b[k * m + j];
    }
  }
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < m; j += 1) b[i * m + j] /= a[i * n + i];
  return found;
}

function solve(n, m, a, b, x) {
  x.set(b);
  if (eliminate(n, m, Float64Array.from(a), x) === 0) x.fill(NaN);
}

function inv(n, a, x) {
  const one = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) one[i * n + i] = 1;
  solve(n, n, a, one, x);
}

function det(n, a) {
  return eliminate(n, 0, Float64Array.from(a), []);
}

function logdet(n, a) {
  const work = Float64Array.from(a);
  const found = eliminate(n, 0, work, []);
  let total = 0;
  for (let i = 0; i < n; i += 1) total += Math.log(Math.abs(work[i * n + i]));
  const negative = found < 0 || Object.is(found, -0);
  return negative && total > -Infinity ? NaN : total;
}

function cofactor(n, a, x) {
  // The determinants without one row and one column, which a singular matrix has too.
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      const rest = a.filter((_, k) => Math.floor(k / n) !== i && k % n !== j);
      x[i * n + j] = ((i + j) % 2 ? -1 : 1) * eliminate(n - 1, 0, Float64Array.from(rest), []);
    }
  }
}

function cofactor_slope(n, m, a, h, x) {
  // Each cofactor is linear in every other entry; what that is times is a determinant without two
  // rows and two columns.
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1) {
      x[i * n + j] = 0;
      for (let k = 0; k < n; k += 1) {
        for (let l = 0; l < m; l += 1) {
          if (k === i || l === j) continue;
          const kept = (p) => ![i, k].includes(Math.floor(p / n)) && ![j, l].includes(p % n);
          const rest = Float64Array.from(a.filter((_, p) => kept(p)));
          const odd = (i + j + k - (k > i) + l - (l > j)) % 2;
          x[i * n + j] += (odd ? -1 : 1) * h[k * m + l] * eliminate(n - 2, 0, rest, []);
        }
      }
    }
  }
}
