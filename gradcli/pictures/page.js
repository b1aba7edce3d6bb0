"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { nodes, edges, forward, backward } = data;
  // A cell is a number, or the text of an array.
  const start = data.cells.map((cell) => (Array.isArray(cell) ? cell[0] : Number(cell)));
  const cells = start.slice();
  const output = nodes.length - 1;
  const stepped = new Set(forward);
  // The stops of the walk: nodes forward, ∂output/∂output = 1, then edges backward.
  const stops = forward.map((node) => ({ node }));
  if (backward.length) {
    stops.push({ seed: true });
    for (const step of backward) {
      const [source, target] = edges[step.edge];
      stops.push({ step, source, target });
    }
  }
  const MOST_PATHS = 50;
  const PAUSE = 1200;
  const NO_NUMBER = "Type a number, such as -0.25, 1e-3 or 2/3";

  const $ = (id) => document.getElementById(id);
  const put = (id, text) => {
    $(id).textContent = text;
  };
  const isNumber = (value) => typeof value === "number";
  const slope = (of, by) => `∂${nodes[of].name}/∂${nodes[by].name}`;
  const partial = (by) => slope(output, by);
  const localOf = (step) => (isNumber(step.local) ? cells[step.local] : step.local);

  // To six significant digits, as in gradcli's tables.
  function shown(value) {
    if (!isNumber(value)) return value;
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    if (value === 0) return "0";
    const [digits, exponent] = value.toExponential(5).split("e");
    if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${size}`;
  }

  // As a factor or a later term of a sum.
  const factor = (value) => (isNumber(value) && value < 0 ? `(${shown(value)})` : shown(value));

  const equation = ({ name, expression }) =>
    expression && expression !== name ? `${name} = ${expression}` : name;

  function element(tag, text, ...names) {
    const made = document.createElement(tag);
    made.textContent = text;
    made.classList.add(...names);
    return made;
  }

  // --- The picture: which texts of it show which cell. In a folded one a box may stand for many
  // nodes, and shows the numbers of one at the most.

  const picture = $("picture");
  const drawing = picture.querySelector("svg");
  const widthOf = (text, found) => text.length * 0.61 * Number(found.getAttribute("font-size"));

  // A text of a group, what stands before its number, and how wide it may become.
  function textOf(group, role, end) {
    const found = group.querySelector(`text.${role}`);
    if (!found) return null;
    const whole = found.textContent;
    const equals = whole.lastIndexOf("= ");
    const head = role === "value" ? "" : role === "flow" ? "← " : whole.slice(0, equals + 2);
    const room = end ? end - found.x.baseVal[0].value : widthOf(whole, found) + 4;
    return { found, head, whole, room };
  }

  // A number is squeezed where there is little room for it.
  function write(text, value) {
    if (!text) return;
    const { found, head, whole, room } = text;
    const wanted = value === undefined ? "" : isNumber(value) ? head + shown(value) : whole;
    if (found.textContent === wanted) return;
    found.textContent = wanted;
    found.removeAttribute("textLength");
    if (widthOf(wanted, found) > room) {
      found.setAttribute("textLength", String(room));
      found.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  function retitle(group, text) {
    const title = group.querySelector("title");
    if (title) title.textContent = text;
  }

  const boxes = data.faces.map((face, place) => {
    const group = $(`n${place}`);
    if (!group) return null;
    const outline = group.querySelector(".outline").getBBox();
    const end = outline.x + outline.width - 8;
    const value = textOf(group, "value", end);
    const grad = textOf(group, "grad", end);
    const name = group.querySelector("text.name").textContent;
    const shows = nodes[face] || { name, kind: "several nodes" };
    retitle(group, equation(shows));
    if (face >= 0) {
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "0");
      group.addEventListener("click", () => explain(face));
      group.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        explain(face);
      });
    }
    return { group, shows, face, value, grad };
  });
  const boxOf = (node) => boxes[data.boxes[node]];

  const sharing = new Map();
  for (const arrow of data.arrows) sharing.set(arrow, (sharing.get(arrow) || 0) + 1);
  const arrows = new Map();
  edges.forEach(([source, target], edge) => {
    const group = $(`e${data.arrows[edge]}`);
    if (!group) return;
    const alone = sharing.get(data.arrows[edge]) === 1;
    const [local, flow] = alone ? ["local", "flow"].map((role) => textOf(group, role)) : [];
    if (!alone) group.querySelectorAll("text").forEach((text) => text.replaceChildren());
    const named = (node) => (alone ? nodes[node] : boxOf(node).shows).name;
    retitle(group, `${named(source)} → ${named(target)}`);
    arrows.set(edge, { group, local, flow });
  });

  drawing.setAttribute("role", "group");
  // A picture that is a little too wide is made smaller; one that is far too wide scrolls.
  const fit = () => picture.classList.toggle("fit", $("fit").checked);
  const wide = drawing.width.baseVal.value / picture.clientWidth;
  $("fit").checked = wide > 1 && wide < 1.5;
  $("fit").addEventListener("change", fit);
  fit();

  // --- Where the walk is.

  let at = 0;
  let opened = -1; // the node that is explained
  let quiz = false;
  let answered = 0; // in a quiz, the stops before this one are known
  let misses = 0;
  const score = { right: 0, asked: 0 };
  let timer = 0;

  const asking = () => quiz && at > answered;
  // How many stops show their numbers.
  const known = () => (asking() ? at - 1 : at);

  function resultOf({ node, seed, step }) {
    if (seed) return 1;
    return cells[step ? step.downstream : nodes[node].value];
  }

  function askable(stop) {
    if (stop.seed || !isNumber(resultOf(stop))) return false;
    return stop.step !== undefined || nodes[stop.node].formula.length > 0;
  }

  function move(to) {
    let target = Math.max(0, Math.min(stops.length, to));
    if (quiz) {
      while (answered < target && !askable(stops[answered])) answered += 1;
      target = Math.min(target, answered + 1);
    }
    if (target !== at) {
      misses = 0;
      put("verdict", "");
      $("answer").value = "";
    }
    at = target;
    if (at === stops.length || asking()) pause();
    draw();
    if (asking()) $("answer").focus();
  }

  // --- Drawing all that depends on where the walk is.

  function draw() {
    const values = new Set();
    const grads = new Map();
    const flowed = new Set();
    for (const { node, seed, step, source } of stops.slice(0, known())) {
      if (seed) grads.set(output, 1);
      else if (step) {
        grads.set(source, cells[step.total]);
        flowed.add(step);
      } else values.add(node);
    }
    for (const box of boxes) {
      if (!box) continue;
      const { group, shows, face } = box;
      const has = values.has(face) || (face >= 0 && !stepped.has(face));
      const value = has ? cells[shows.value] : undefined;
      const grad = grads.get(face);
      write(box.value, value);
      write(box.grad, grad);
      group.classList.remove("now", "source");
      const label = [shows.name, shows.kind];
      if (value !== undefined) label.push(`value ${shown(value)}`);
      if (grad !== undefined) label.push(`gradient ${shown(grad)}`);
      group.setAttribute("aria-label", label.join(", "));
    }
    for (const step of backward) {
      const arrow = arrows.get(step.edge);
      if (!arrow) continue;
      const has = flowed.has(step);
      write(arrow.local, has ? localOf(step) : undefined);
      write(arrow.flow, has ? cells[step.downstream] : undefined);
    }
    for (const { group } of arrows.values()) group.classList.remove("now", "back");
    if (at) light(stops[at - 1]);
    describe();
    tabulate();
    if (opened >= 0) fill(opened);
    $("slider").value = String(at);
    $("slider").setAttribute("aria-valuetext", `${at} of ${stops.length}`);
    $("first").disabled = $("back").disabled = at === 0;
    $("next").disabled = $("last").disabled = at === stops.length || asking();
    $("ask").hidden = !asking();
    $("score").hidden = !quiz;
    put("score", `Score: ${score.right} of ${score.asked} right`);
  }

  function light({ node, seed, step, source, target }) {
    const mark = (place, name) => boxOf(place) && boxOf(place).group.classList.add(name);
    const markEdge = (edge, ...names) => {
      if (arrows.has(edge)) arrows.get(edge).group.classList.add(...names);
    };
    const here = seed ? output : step ? source : node;
    mark(here, "now");
    if (step) {
      mark(target, "source");
      markEdge(step.edge, "now", "back");
    } else if (!seed) {
      edges.forEach(([from, to], edge) => {
        if (to !== node) return;
        if (boxOf(from) !== boxOf(node)) mark(from, "source");
        markEdge(edge, "now");
      });
    }
    reveal(boxOf(here));
  }

  // Brings a box into view, in the picture's own frame alone.
  function reveal(box) {
    if (!box) return;
    const inner = box.group.getBoundingClientRect();
    const frame = picture.getBoundingClientRect();
    const left = inner.left + inner.width / 2 - frame.left - frame.width / 2;
    const top = inner.top + inner.height / 2 - frame.top - frame.height / 2;
    const across = Math.abs(left) > (frame.width - inner.width) / 2 - 20;
    const along = Math.abs(top) > (frame.height - inner.height) / 2 - 20;
    if (!across && !along) return;
    const far = Math.abs(left) + Math.abs(top) > 2 * (frame.width + frame.height);
    const still = far || matchMedia("(prefers-reduced-motion: reduce)").matches;
    picture.scrollBy({ left, top, behavior: still ? "auto" : "smooth" });
  }

  // A node's formula with the numbers of its inputs; "" where one is an array.
  function inNumbers({ formula }) {
    const parts = formula.map((part) => (isNumber(part) ? cells[nodes[part].value] : part));
    const inputs = parts.filter((_, index) => isNumber(formula[index]));
    if (!inputs.length || !inputs.every(isNumber)) return "";
    return parts.map((part) => (isNumber(part) ? factor(part) : part)).join("");
  }

  // The cell of a receiver's sum before a stop of the backward pass, or -1.
  function before(index) {
    const earlier = stops[index - 1];
    return earlier.step && earlier.source === stops[index].source ? earlier.step.total : -1;
  }

  function part(role, value, symbols) {
    const made = element("span", "", "part", role);
    made.append(element("small", role), element("b", value), element("i", symbols));
    return made;
  }

  function describe() {
    $("numbers").replaceChildren();
    put("sum", "");
    put("symbols", "");
    if (!at) {
      put("where", `Start: ${stops.length} steps ahead`);
      say($("where").textContent);
      return;
    }
    const stop = stops[at - 1];
    const phase = stop.seed || stop.step ? "backward" : "forward";
    put("where", `Step ${at} of ${stops.length}, ${phase}`);
    const result = asking() ? "?" : shown(resultOf(stop));
    const tell = stop.seed ? describeSeed : stop.step ? describeStep : describeNode;
    const told = tell(stop, result);
    say(`${$("where").textContent}: ${told}`);
  }

  function describeSeed() {
    put("symbols", `${partial(output)} = 1`);
    return $("symbols").textContent;
  }

  function describeNode({ node }, result) {
    const { kind, name, formula } = nodes[node];
    put("asked", `${name} = ?`);
    if (!formula.length) {
      put("symbols", `${name} = ${result}`);
      $("numbers").append(element("span", kind, "plain"));
      return `${kind} ${name} = ${result}`;
    }
    const values = inNumbers(nodes[node]);
    const equals = values ? `= ${values} = ${result}` : `= ${result}`;
    put("symbols", equation(nodes[node]));
    $("numbers").append(element("span", equals, "plain"));
    return `${equation(nodes[node])} ${equals}`;
  }

  function describeStep({ step, source, target }, result) {
    const earlier = before(at - 1);
    const upstream = shown(cells[step.upstream]);
    const local = shown(localOf(step));
    const times = isNumber(step.local);
    put("asked", `${partial(source)} ${earlier < 0 ? "=" : "+="} ?`);
    put("symbols", step.symbols);
    $("numbers").append(
      part("upstream", upstream, partial(target)),
      element("span", times ? "×" : "→", "sign"),
      part("local", local, slope(target, source)),
      element("span", "=", "sign"),
      part("downstream", result, `to ${partial(source)}`),
    );
    if (earlier >= 0 && !asking()) {
      const terms = `${shown(cells[earlier])} + ${factor(cells[step.downstream])}`;
      put("sum", `${partial(source)} so far: ${terms} = ${shown(cells[step.total])}`);
    }
    const means = `upstream ${upstream} ${times ? "times" : "through"} local ${local}`;
    const gives = `${means} is downstream ${result}`;
    return `${nodes[target].name} to ${nodes[source].name}: ${gives}. ${$("sum").textContent}`;
  }

  // For those who listen.
  function say(text) {
    if ($("said").textContent !== text) put("said", text);
  }

  // --- The table of all steps.

  const columns = ["step", "expression", "value"];
  if (backward.length) columns.push("upstream", "local", "downstream", "gradient");
  for (const name of columns) {
    const made = element("th", name);
    made.scope = "col";
    $("columns").append(made);
  }
  const lines = [];

  function lineOf({ node, seed, step }, index) {
    const row = document.createElement("tr");
    const first = document.createElement("td");
    const button = element("button", String(index + 1));
    button.type = "button";
    button.setAttribute("aria-label", `Go to step ${index + 1}`);
    button.addEventListener("click", () => move(index + 1));
    first.append(button);
    const text = seed ? `${partial(output)} = 1` : step ? step.symbols : equation(nodes[node]);
    const rest = columns.slice(2).map(() => element("td", "", "number"));
    row.append(first, element("td", text, "expression"), ...rest);
    $("rows").append(row);
    return { row, rest };
  }

  function numbersOf({ node, seed, step }) {
    if (seed) return ["", "", "", "", "1"];
    if (!step) return [shown(cells[nodes[node].value])];
    const { upstream, downstream, total } = step;
    return ["", cells[upstream], localOf(step), cells[downstream], cells[total]].map(shown);
  }

  // Made when it is first opened, and kept up to date while it is open.
  function tabulate() {
    if (!$("all").open) return;
    if (!lines.length) lines.push(...stops.map(lineOf));
    const secret = quiz ? Math.min(known(), answered) : stops.length;
    lines.forEach(({ row, rest }, index) => {
      if (index === at - 1) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      const texts = numbersOf(stops[index]);
      rest.forEach((cell, place) => {
        const text = texts[place] || "";
        const wanted = text && index >= secret ? "?" : text;
        if (cell.textContent !== wanted) cell.textContent = wanted;
      });
    });
  }

  // --- Every path from the output to a node.

  const into = nodes.map(() => []);
  for (const step of backward) into[edges[step.edge][1]].push(step);

  // The first paths to a node, each a list of steps, depth first, and how many there are.
  function paths(place) {
    const found = [];
    if (place === output) return { found, count: 0 };
    const ways = new Array(nodes.length).fill(0);
    ways[place] = 1;
    for (const step of [...backward].reverse()) {
      const [source, target] = edges[step.edge];
      ways[target] += ways[source];
    }
    const taken = [];
    const branches = [{ node: output, next: 0 }];
    while (branches.length && found.length < MOST_PATHS) {
      const branch = branches[branches.length - 1];
      const step = into[branch.node][branch.next];
      branch.next += 1;
      if (!step) {
        branches.pop();
        taken.pop();
        continue;
      }
      const [source] = edges[step.edge];
      if (source === place) found.push([...taken, step]);
      else if (ways[source]) {
        taken.push(step);
        branches.push({ node: source, next: 0 });
      }
    }
    return { found, count: ways[output] };
  }

  // What a path brings: its locals multiplied, and 0 from where nothing passes; undefined where
  // one is an array.
  function product(path) {
    let value = 1;
    let open = true;
    for (const step of path) {
      const local = localOf(step);
      if (!isNumber(local)) return undefined;
      if (step.mask >= 0 && cells[step.mask] === 0) open = false;
      value = open ? value * local : 0;
    }
    return value;
  }

  function shortened(parts, between) {
    const kept = parts.length > 8 ? [...parts.slice(0, 4), "…", ...parts.slice(-3)] : parts;
    return kept.join(between);
  }

  function pathLine(path, brings) {
    const line = element("li", "");
    const links = path.map((step) => slope(edges[step.edge][1], edges[step.edge][0]));
    const locals = path.map(localOf);
    line.append(element("span", shortened(links, " · "), "links"));
    if (brings === undefined) return line;
    const many = locals.length > 1 && locals.every(isNumber);
    const factors = many ? ` = ${shortened(locals.map(factor), " × ")}` : "";
    line.append(element("span", `${factors} = ${shown(brings)}`, "product"));
    return line;
  }

  // Writes what there is to say about a node into its section.
  function fill(place) {
    const { name, kind, formula, value, grad } = nodes[place];
    const stop = forward.indexOf(place);
    const last = stops.reduce((found, { source }, index) => (source === place ? index : found), -1);
    const valueKnown = !quiz || stop < known();
    const gradKnown = !quiz || (last < 0 ? forward.length : last) < known();
    const text = formula.length ? equation(nodes[place]) : `${kind} ${name}`;
    put("node-name", name);
    put("node-value", `${text} = ${valueKnown ? shown(cells[value]) : "?"}`);
    put("node-grad", "");
    put("rest", "");
    $("paths").replaceChildren();
    if (!backward.length) return;
    if (grad < 0) put("node-grad", "It has no gradient: nothing flows back to it.");
    else if (!gradKnown) put("node-grad", `${partial(place)} = ?`);
    else if (place === output) put("node-grad", `${partial(place)} = 1`);
    else fillPaths(place, cells[grad]);
  }

  function fillPaths(place, total) {
    const { found, count } = paths(place);
    const made = data.products[place] || []; // of arrays, gradcli has multiplied
    const brings = found.map((path, index) => (index in made ? cells[made[index]] : product(path)));
    const many = `the sum over ${count.toLocaleString("en")} paths`;
    put("node-grad", `${partial(place)} = ${shown(total)}, ${count === 1 ? "by one path" : many}:`);
    $("paths").append(...found.map((path, index) => pathLine(path, brings[index])));
    const sum = brings.every(isNumber) ? brings.reduce((a, b) => a + b, 0) : undefined;
    const more = count - found.length;
    if (more > 0) {
      const others = sum === undefined ? "" : `, together ${shown(total - sum)}`;
      put("rest", `… and ${more.toLocaleString("en")} more paths${others}`);
    } else if (found.length > 1 && sum !== undefined) {
      put("rest", `Sum: ${shortened(brings.map(factor), " + ")} = ${shown(total)}`);
    }
  }

  function explain(place) {
    opened = place;
    fill(place);
    $("node").hidden = false;
    $("node-name").focus({ preventScroll: true });
    $("node").scrollIntoView({ block: "nearest" });
  }

  function close() {
    const box = boxOf(opened);
    opened = -1;
    $("node").hidden = true;
    if (box) box.group.focus();
  }

  // --- The quiz.

  // A number, also 2/3, 1e-3, −1 and 0,5; undefined for what is none.
  function parsed(text) {
    const signed = text.trim().toLowerCase().replace(/[−–]/g, "-");
    const plain = signed.replace(/^([^.]*),([^.,]*)$/, "$1.$2");
    if (/^[-+]?(inf|infinity|∞)$/.test(plain)) return plain[0] === "-" ? -Infinity : Infinity;
    if (plain === "nan") return NaN;
    const parts = plain.split("/").map((piece) => piece.trim());
    const numeral = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/;
    if (parts.length > 2 || !parts.every((piece) => numeral.test(piece))) return undefined;
    return Number(parts[0]) / (parts.length > 1 ? Number(parts[1]) : 1);
  }

  // Right to 3 digits, or equal to the digits shown; a whole number below 1,000 is to be hit. The
  // quiz at a terminal has the same rule.
  function isRight(answer, wanted) {
    if (shown(answer) === shown(wanted)) return true;
    if (!Number.isFinite(wanted)) return false;
    const slack = Math.max(1e-9 * Math.abs(wanted), 1e-12); // for rounding
    const whole = Math.abs(wanted - Math.round(wanted)) <= slack && Math.abs(wanted) < 1000;
    const third = Number(wanted.toExponential(16).split("e")[1]) - 2;
    return Math.abs(answer - wanted) <= (whole ? 0 : 0.5 * 10 ** third) + slack;
  }

  // Shows what was asked, and says how it went.
  function settle(right, verdict) {
    score.asked += 1;
    score.right += right ? 1 : 0;
    answered = at;
    misses = 0;
    draw();
    put("verdict", `${verdict} ${shown(resultOf(stops[at - 1]))}`);
    if (at < stops.length) $("next").focus();
  }

  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = parsed($("answer").value);
    if (answer === undefined) put("verdict", NO_NUMBER);
    else if (isRight(answer, resultOf(stops[at - 1]))) settle(true, "✓ Right:");
    else if (misses) settle(false, "✗ Wrong. The number is");
    else {
      misses = 1;
      put("verdict", "✗ Wrong: try once more");
      $("answer").select();
    }
  });
  $("show").addEventListener("click", () => settle(false, "The number is"));
  $("quiz").addEventListener("change", () => {
    quiz = $("quiz").checked;
    score.right = score.asked = misses = 0;
    if (quiz && at === stops.length) at = 0;
    answered = at;
    pause();
    draw();
    put("verdict", quiz ? "Step on: each number is asked before it is shown" : "");
  });

  // --- Values that can be edited.

  const fields = data.leaves.map((place) => {
    const { name, kind, value } = nodes[place];
    const label = element("label", "");
    const field = document.createElement("input");
    field.type = "text";
    field.spellcheck = false;
    field.autocomplete = "off";
    field.value = String(cells[value]);
    field.addEventListener("change", () => edit(field, value));
    label.append(element("span", name), element("small", kind), field);
    $("leaves").append(label);
    return { field, value };
  });
  $("reset").hidden = !fields.length;
  $("values").hidden = !fields.length && !data.fixed;
  put("fixed", data.fixed ? `They cannot be edited here: ${data.fixed}.` : "");

  function edit(field, value) {
    const typed = parsed(field.value);
    field.setAttribute("aria-invalid", String(typed === undefined));
    if (typed === undefined) {
      put("fixed", NO_NUMBER);
      return;
    }
    cells[value] = typed;
    recompute(cells);
    draw();
    put("fixed", quiz ? "" : `${nodes[output].name} = ${shown(cells[nodes[output].value])}`);
  }

  $("reset").addEventListener("click", () => {
    start.forEach((value, place) => {
      cells[place] = value;
    });
    for (const { field, value } of fields) {
      field.value = String(cells[value]);
      field.setAttribute("aria-invalid", "false");
    }
    put("fixed", "");
    draw();
  });

  // --- Buttons, keys, the clock, paper.

  function press(sign, word) {
    $("play").firstElementChild.textContent = sign;
    $("play").lastElementChild.textContent = word;
    $("play").title = `${word} (Space)`;
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    press("▶", "Play");
  }

  function play() {
    if (timer) {
      pause();
      return;
    }
    timer = setInterval(() => move(at + 1), PAUSE);
    press("‖", "Pause");
    move(at === stops.length && !quiz ? 0 : at + 1);
  }

  $("first").addEventListener("click", () => move(0));
  $("back").addEventListener("click", () => move(at - 1));
  $("next").addEventListener("click", () => move(at + 1));
  $("last").addEventListener("click", () => move(stops.length));
  $("play").addEventListener("click", play);
  $("close").addEventListener("click", close);
  $("all").addEventListener("toggle", tabulate);
  $("slider").max = String(stops.length);
  $("slider").addEventListener("input", () => move(Number($("slider").value)));

  const keys = {
    ArrowRight: () => move(at + 1),
    ArrowLeft: () => move(at - 1),
    Home: () => move(0),
    End: () => move(stops.length),
    " ": play,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && opened >= 0) close();
    // A field and the slider have these keys for themselves, what can be pressed the space bar.
    if (!keys[event.key] || event.target.matches("input")) return;
    if (event.key === " " && event.target.closest("button, summary, a")) return;
    event.preventDefault();
    keys[event.key]();
  });

  let left = null;
  addEventListener("beforeprint", () => {
    left = { at, open: $("all").open };
    pause();
    if (!quiz) at = stops.length;
    $("all").open = true;
    draw();
  });
  addEventListener("afterprint", () => {
    if (!left) return;
    at = left.at;
    $("all").open = left.open;
    left = null;
    draw();
  });

  draw();
})();
