"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { nodes, edges, forward, backward } = data;
  // A cell is a number, or the text of an array.
  const start = data.cells.map((cell) => (Array.isArray(cell) ? cell[0] : Number(cell)));
  const cells = start.slice();
  const output = nodes.length - 1;
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

  const $ = (id) => document.getElementById(id);
  const isNumber = (value) => typeof value === "number";
  const partial = (of) => `∂${nodes[output].name}/∂${nodes[of].name}`;

  // To six significant digits, as in gradcli's tables.
  function shown(value) {
    if (!isNumber(value)) return value;
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    const [digits, exponent] = value.toExponential(5).split("e");
    if (value === 0) return "0";
    if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${size}`;
  }

  const factor = (value) => (isNumber(value) && value < 0 ? `(${shown(value)})` : shown(value));

  function element(tag, text, ...names) {
    const made = document.createElement(tag);
    made.textContent = text;
    made.classList.add(...names);
    return made;
  }

  // --- The picture: which texts of it show which cell. In a folded one a box may stand for many
  // nodes, and shows the numbers of one at the most.

  const said = ({ name, expression }) => (expression && expression !== name ? `${name} = ${expression}` : name);

  function textsOf(group, role, room) {
    const found = group.querySelector(`text.${role}`);
    if (!found) return null;
    const text = found.textContent;
    const equals = text.lastIndexOf("= ");
    const head = role === "value" ? "" : role === "flow" ? "← " : text.slice(0, equals + 2);
    return { found, head, whole: text, room };
  }

  const boxes = data.faces.map((face, place) => {
    const group = $(`n${place}`);
    if (!group) return null;
    const title = group.querySelector("title");
    const shows = nodes[face] || { name: group.querySelector("text.name").textContent, kind: "several nodes" };
    if (title) title.textContent = said(shows);
    if (face >= 0) {
      group.setAttribute("role", "button");
      group.setAttribute("tabindex", "0");
      const open = (event) => {
        event.preventDefault();
        event.stopPropagation();
        explain(face);
      };
      group.addEventListener("click", open);
      group.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") open(event);
      });
    }
    const outline = group.querySelector(".outline").getBBox();
    const room = outline.x + outline.width - 8;
    return { group, shows, face, value: textsOf(group, "value", room), grad: textsOf(group, "grad", room) };
  });
  const boxOf = (node) => boxes[data.boxes[node]];
  const arrows = new Map();
  edges.forEach(([source, target], edge) => {
    const group = $(`e${data.arrows[edge]}`);
    if (!group) return;
    const title = group.querySelector("title");
    if (title) title.textContent = `${nodes[source].name} → ${nodes[target].name}`;
    const alone = data.arrows.indexOf(data.arrows[edge]) === data.arrows.lastIndexOf(data.arrows[edge]);
    const texts = alone ? ["local", "flow"].map((role) => textsOf(group, role)) : [];
    if (!alone) group.querySelectorAll("text").forEach((text) => text.replaceChildren());
    arrows.set(edge, { group, local: texts[0], flow: texts[1] });
  });
  const picture = $("picture");
  const drawing = picture.querySelector("svg");
  drawing.setAttribute("role", "group");
  // A picture that is a little too wide is made smaller; one that is far too wide scrolls.
  $("fit").addEventListener("change", () => picture.classList.toggle("fit", $("fit").checked));
  const wide = drawing.width.baseVal.value / picture.clientWidth;
  $("fit").checked = wide > 1 && wide < 1.5;
  picture.classList.toggle("fit", $("fit").checked);

  // Writes a text of the picture: a number is squeezed where its box is too narrow for it.
  function write(texts, value) {
    if (!texts) return;
    const { found, head, whole } = texts;
    const text = value === undefined ? "" : isNumber(value) ? head + shown(value) : whole;
    if (found.textContent === text) return;
    found.textContent = text;
    found.removeAttribute("textLength");
    if (!text) return;
    const room = texts.room ? texts.room - found.x.baseVal[0].value : widthOf(whole, found) + 4;
    if (widthOf(text, found) > room) {
      found.setAttribute("textLength", String(room));
      found.setAttribute("lengthAdjust", "spacingAndGlyphs");
    }
  }

  const widthOf = (text, found) => text.length * 0.61 * Number(found.getAttribute("font-size"));

  // --- Where the walk is.

  let at = 0;
  let quiz = false;
  let answered = stops.length; // stops before this one are known, in a quiz
  let misses = 0;
  const score = { right: 0, asked: 0 };
  let opened = -1;
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
      if (target !== at) misses = 0;
    }
    const turned = target !== at;
    at = target;
    if (turned) $("verdict").textContent = "";
    if (at === stops.length || asking()) pause();
    draw();
    if (turned) $("answer").value = "";
    if (asking()) $("answer").focus();
  }

  // --- Drawing all that depends on where the walk is.

  function draw() {
    const seen = known();
    const values = new Set();
    const grads = new Map();
    const flowed = new Set();
    stops.slice(0, seen).forEach(({ node, seed, step, source }) => {
      if (seed) grads.set(output, 1);
      else if (step) {
        grads.set(source, cells[step.total]);
        flowed.add(step);
      } else values.add(node);
    });
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
      if (has) label.push(`value ${shown(value)}`);
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
    if (opened >= 0) explain(opened, false);
    $("slider").value = String(at);
    $("slider").setAttribute("aria-valuetext", `${at} of ${stops.length}`);
    $("first").disabled = $("back").disabled = at === 0;
    $("next").disabled = $("last").disabled = at === stops.length || asking();
    $("ask").hidden = !asking();
    $("score").hidden = !quiz;
    $("score").textContent = `Score: ${score.right} of ${score.asked} right`;
  }

  const stepped = new Set(forward);
  const localOf = (step) => (isNumber(step.local) ? cells[step.local] : step.local);

  function light({ node, seed, step, source, target }) {
    const mark = (place, name) => boxOf(place) && boxOf(place).group.classList.add(name);
    const markEdge = (edge, ...names) => arrows.has(edge) && arrows.get(edge).group.classList.add(...names);
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

  // Brings a node into view, in the picture's own frame alone.
  function reveal(box) {
    if (!box || picture.scrollWidth + picture.scrollHeight <= picture.clientWidth + picture.clientHeight) return;
    const inner = box.group.getBoundingClientRect();
    const frame = picture.getBoundingClientRect();
    const out = inner.left < frame.left + 20 || inner.right > frame.right - 20
      || inner.top < frame.top + 20 || inner.bottom > frame.bottom - 20;
    if (!out) return;
    picture.scrollBy({
      left: inner.left + inner.width / 2 - frame.left - frame.width / 2,
      top: inner.top + inner.height / 2 - frame.top - frame.height / 2,
      behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth",
    });
  }

  function inNumbers(formula) {
    const inputs = formula.filter((part) => isNumber(part)).map((place) => cells[nodes[place].value]);
    if (!inputs.length || !inputs.every(isNumber)) return "";
    return formula.map((part) => (isNumber(part) ? factor(cells[nodes[part].value]) : part)).join("");
  }

  // The sum so far of a receiver, before this stop.
  function before(index) {
    const { source } = stops[index];
    for (let i = index - 1; i >= 0 && stops[i].step; i -= 1) {
      if (stops[i].source === source) return stops[i].step.total;
    }
    return -1;
  }

  function describe() {
    const hidden = asking();
    const numbers = $("numbers");
    numbers.replaceChildren();
    $("sum").textContent = "";
    if (!at) {
      $("where").textContent = `Start: ${stops.length} steps ahead`;
      $("symbols").textContent = "";
      say($("where").textContent);
      return;
    }
    const stop = stops[at - 1];
    const { node, seed, step, source, target } = stop;
    const phase = seed || step ? "backward" : "forward";
    $("where").textContent = `Step ${at} of ${stops.length}, ${phase}`;
    const result = hidden ? "?" : shown(resultOf(stop));
    let told = "";
    if (seed) {
      $("symbols").textContent = `${partial(output)} = 1`;
      told = $("symbols").textContent;
    } else if (step) {
      const earlier = before(at - 1);
      $("symbols").textContent = step.symbols;
      const slope = `∂${nodes[target].name}/∂${nodes[source].name}`;
      const whole = isNumber(step.local);
      const local = shown(localOf(step));
      numbers.append(
        part("upstream", partial(target), shown(cells[step.upstream])),
        element("span", whole ? "×" : "→", "sign"),
        part("local", slope, local),
        element("span", "=", "sign"),
        part("downstream", `to ${partial(source)}`, result),
      );
      const parts = earlier < 0 ? "" : `${shown(cells[earlier])} + ${factor(cells[step.downstream])} = `;
      if (!hidden && parts) $("sum").textContent = `${partial(source)} so far: ${parts}${shown(cells[step.total])}`;
      told = `${nodes[target].name} to ${nodes[source].name}: upstream ${shown(cells[step.upstream])}`
        + ` ${whole ? "times" : "through"} local ${local} is downstream ${hidden ? "asked" : result}. ${$("sum").textContent}`;
    } else {
      const { name, kind, formula, expression } = nodes[node];
      if (formula.length) {
        const values = inNumbers(formula);
        $("symbols").textContent = `${name} = ${expression}`;
        numbers.append(element("span", `${values && `= ${values} `}= ${result}`, "plain"));
        told = `${name} = ${expression}${values && ` = ${values}`} = ${hidden ? "asked" : result}`;
      } else {
        $("symbols").textContent = `${name} = ${result}`;
        numbers.append(element("span", kind, "plain"));
        told = `${kind} ${name} = ${result}`;
      }
    }
    if (hidden) $("asked").textContent = step ? `${partial(source)} ${before(at - 1) < 0 ? "=" : "+="} ?` : `${nodes[node].name} = ?`;
    say(`${$("where").textContent}: ${told}`);
  }

  function part(role, symbols, value) {
    const made = element("span", "", "part", role);
    made.append(element("small", role), element("b", value), element("i", symbols));
    return made;
  }

  function say(text) {
    if ($("said").textContent !== text) $("said").textContent = text;
  }

  // --- The table of all steps.

  const columns = backward.length
    ? ["step", "expression", "value", "upstream", "local", "downstream", "gradient"]
    : ["step", "expression", "value"];
  $("columns").append(...columns.map((name) => {
    const made = element("th", name);
    made.scope = "col";
    return made;
  }));
  const lines = [];

  function lineOf({ node, seed, step }, index) {
    const row = document.createElement("tr");
    const button = element("button", String(index + 1));
    button.type = "button";
    button.setAttribute("aria-label", `Go to step ${index + 1}`);
    button.addEventListener("click", () => move(index + 1));
    const first = document.createElement("td");
    first.append(button);
    let text = "";
    if (seed) text = `${partial(output)} = 1`;
    else if (step) text = step.symbols;
    else text = said(nodes[node]);
    const rest = columns.slice(2).map(() => element("td", "", "number"));
    row.append(first, element("td", text, "expression"), ...rest);
    $("rows").append(row);
    return { row, rest };
  }

  // Made when it is first opened, and kept up to date while it is open.
  function tabulate() {
    if (!$("all").open) return;
    if (!lines.length) lines.push(...stops.map(lineOf));
    const hiddenFrom = quiz ? Math.min(known(), answered) : stops.length;
    lines.forEach(({ row, rest }, index) => {
      if (index === at - 1) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      const { node, seed, step } = stops[index];
      let texts = [shown(cells[(nodes[node] || nodes[output]).value])];
      if (seed) texts = ["", "", "", "", "1"];
      else if (step) {
        texts = ["", shown(cells[step.upstream]), shown(localOf(step)), shown(cells[step.downstream]), shown(cells[step.total])];
      }
      rest.forEach((cell, place) => {
        const text = texts[place] || "";
        const wanted = text && index >= hiddenFrom ? "?" : text;
        if (cell.textContent !== wanted) cell.textContent = wanted;
      });
    });
  }

  // --- Every path from the output to a node.

  const into = nodes.map(() => []);
  for (const step of backward) into[edges[step.edge][1]].push(step);

  // The first paths to a node, each a list of steps, and how many there are.
  function paths(place) {
    const ways = new Array(nodes.length).fill(0);
    ways[place] = 1;
    for (const step of [...backward].reverse()) {
      const [source, target] = edges[step.edge];
      ways[target] += ways[source];
    }
    const found = [];
    if (place === output) return { found, count: 0 };
    const taken = [];
    const branches = [0];
    const nodeAt = [output];
    while (branches.length && found.length < MOST_PATHS) {
      const depth = branches.length - 1;
      const options = into[nodeAt[depth]];
      const next = branches[depth];
      if (next >= options.length) {
        branches.pop();
        nodeAt.pop();
        taken.pop();
        continue;
      }
      branches[depth] += 1;
      const step = options[next];
      const source = edges[step.edge][0];
      if (!ways[source]) continue;
      if (source === place) found.push([...taken, step]);
      else {
        taken.push(step);
        branches.push(0);
        nodeAt.push(source);
      }
    }
    return { found, count: ways[output] };
  }

  // What one path brings: its locals multiplied, and 0 from where nothing passes; of arrays what
  // the cell says that gradcli made.
  function product(path, cell) {
    if (cell !== undefined) return cells[cell];
    let value = 1;
    let open = true;
    for (const step of path) {
      const local = localOf(step);
      if (!isNumber(local) || !isNumber(value)) return undefined;
      if (step.mask >= 0 && cells[step.mask] === 0) open = false;
      value = open ? value * local : 0;
    }
    return value;
  }

  function shortened(parts, between) {
    const kept = parts.length > 8 ? [...parts.slice(0, 4), "…", ...parts.slice(-3)] : parts;
    return kept.join(between);
  }

  function explain(place, turn = true) {
    opened = place;
    const { name, kind, expression, formula, value, grad } = nodes[place];
    const valueKnown = !quiz || !forward.includes(place) || forward.indexOf(place) < known();
    const last = stops.reduce((found, stop, index) => (stop.source === place ? index : found), -1);
    const gradKnown = !quiz || (last < 0 ? known() > forward.length : last < known());
    $("node-name").textContent = name;
    const text = formula.length ? `${name} = ${expression}` : `${kind} ${name}`;
    $("node-value").textContent = `${text} = ${valueKnown ? shown(cells[value]) : "?"}`;
    $("paths").replaceChildren();
    $("rest").textContent = "";
    if (!backward.length || grad < 0) {
      $("node-grad").textContent = backward.length ? "It has no gradient: nothing flows back to it." : "";
    } else if (!gradKnown) {
      $("node-grad").textContent = `${partial(place)} = ?`;
    } else {
      const { found, count } = paths(place);
      const total = cells[grad];
      $("node-grad").textContent = place === output ? `${partial(place)} = 1`
        : `${partial(place)} = ${shown(total)}, ${count === 1 ? "by one path" : `the sum over ${count.toLocaleString("en")} paths`}:`;
      let sum = 0;
      found.forEach((path, index) => {
        const links = path.map((step) => {
          const [source, target] = edges[step.edge];
          return `∂${nodes[target].name}/∂${nodes[source].name}`;
        });
        const brings = product(path, (data.products[place] || [])[index]);
        const line = element("li", "");
        line.append(element("span", shortened(links, " · "), "links"));
        if (!isNumber(brings)) sum = undefined;
        else if (sum !== undefined) sum += brings;
        const factors = path.map(localOf);
        const many = path.length > 1 && factors.every(isNumber) ? ` = ${shortened(factors.map(factor), " × ")}` : "";
        if (brings !== undefined) line.append(element("span", `${many} = ${shown(brings)}`, "product"));
        $("paths").append(line);
      });
      const more = count - found.length;
      if (more > 0) {
        const others = sum === undefined ? "" : `, together ${shown(total - sum)}`;
        $("rest").textContent = `… and ${more.toLocaleString("en")} more paths${others}`;
      } else if (found.length > 1 && sum !== undefined) {
        const terms = found.map((path, index) => factor(product(path, (data.products[place] || [])[index])));
        $("rest").textContent = `Sum: ${shortened(terms, " + ")} = ${shown(total)}`;
      }
    }
    $("node").hidden = false;
    if (turn) {
      $("node-name").focus({ preventScroll: true });
      $("node").scrollIntoView({ block: "nearest" });
    }
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
    const plain = text.trim().replace(/[−–]/g, "-").replace(/^([^.]*),([^.,]*)$/, "$1.$2").toLowerCase();
    if (/^[-+]?(inf|infinity|∞)$/.test(plain)) return plain[0] === "-" ? -Infinity : Infinity;
    if (plain === "nan") return NaN;
    const parts = plain.split("/");
    const numeral = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/;
    if (parts.length > 2 || !parts.every((part) => numeral.test(part.trim()))) return undefined;
    return parts.length === 2 ? Number(parts[0]) / Number(parts[1]) : Number(parts[0]);
  }

  // Within 1%, or equal to the digits shown; a whole number is to be hit.
  function isRight(answer, wanted) {
    if (Number.isNaN(wanted)) return Number.isNaN(answer);
    if (shown(answer) === shown(wanted)) return true;
    if (!Number.isFinite(wanted) || !Number.isFinite(answer)) return false;
    const whole = Number.isInteger(wanted) ? 0.4 : Infinity;
    return Math.abs(answer - wanted) <= Math.min(whole, Math.max(0.01 * Math.abs(wanted), 1e-12));
  }

  function settle(right) {
    score.asked += 1;
    if (right) score.right += 1;
    answered = at;
    misses = 0;
    const text = shown(resultOf(stops[at - 1]));
    const said = right ? `✓ Right: ${text}` : `The number is ${text}`;
    draw();
    $("verdict").textContent = said;
    if (at < stops.length) $("next").focus();
  }

  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = parsed($("answer").value);
    const wanted = resultOf(stops[at - 1]);
    if (answer === undefined) $("verdict").textContent = "Type a number, such as -0.25, 1e-3 or 2/3";
    else if (isRight(answer, wanted)) settle(true);
    else {
      misses += 1;
      if (misses > 1) {
        settle(false);
        $("verdict").textContent = `✗ Wrong. ${$("verdict").textContent}`;
      } else {
        $("verdict").textContent = "✗ Wrong: try once more";
        $("answer").select();
      }
    }
  });
  $("show").addEventListener("click", () => settle(false));
  $("quiz").addEventListener("change", () => {
    quiz = $("quiz").checked;
    $("verdict").textContent = "";
    score.right = score.asked = misses = 0;
    if (quiz && at === stops.length) at = 0;
    answered = at;
    pause();
    draw();
    if (quiz) $("verdict").textContent = "Step on: each number is asked before it is shown";
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
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") edit(field, value);
    });
    label.append(element("span", name), element("small", kind), field);
    $("leaves").append(label);
    return { field, value };
  });
  $("reset").hidden = !fields.length;
  $("fixed").textContent = data.fixed ? `They cannot be edited here: ${data.fixed}.` : "";
  $("values").hidden = !fields.length && !data.fixed;

  function edit(field, value) {
    const typed = parsed(field.value);
    const valid = typed !== undefined;
    field.setAttribute("aria-invalid", String(!valid));
    if (!valid) {
      $("fixed").textContent = "Type a number, such as -0.25, 1e-3 or 2/3";
      return;
    }
    $("fixed").textContent = "";
    cells[value] = typed;
    recompute(cells);
    draw();
    const end = nodes[output];
    if (!quiz) $("fixed").textContent = `${end.name} = ${shown(cells[end.value])}`;
  }

  $("reset").addEventListener("click", () => {
    start.forEach((value, place) => { cells[place] = value; });
    for (const { field, value } of fields) {
      field.value = String(cells[value]);
      field.setAttribute("aria-invalid", "false");
    }
    $("fixed").textContent = "";
    draw();
  });

  // --- Buttons, keys, the clock, paper.

  function pause() {
    clearInterval(timer);
    timer = 0;
    press("▶", "Play");
  }

  function press(sign, word) {
    $("play").firstElementChild.textContent = sign;
    $("play").lastElementChild.textContent = word;
    $("play").title = `${word} (Space)`;
  }

  function play() {
    if (timer) {
      pause();
      return;
    }
    if (at === stops.length && !quiz) move(0);
    timer = setInterval(() => move(at + 1), PAUSE);
    press("‖", "Pause");
    move(at + 1);
  }

  $("first").addEventListener("click", () => move(0));
  $("back").addEventListener("click", () => move(at - 1));
  $("next").addEventListener("click", () => move(at + 1));
  $("last").addEventListener("click", () => move(stops.length));
  $("play").addEventListener("click", play);
  $("close").addEventListener("click", close);
  $("slider").max = String(stops.length);
  $("slider").addEventListener("input", () => move(Number($("slider").value)));

  const jumps = {
    ArrowRight: () => move(at + 1),
    ArrowLeft: () => move(at - 1),
    Home: () => move(0),
    End: () => move(stops.length),
    " ": play,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && opened >= 0) close();
    const typing = event.target.matches("input");
    const pressing = event.key === " " && event.target.closest("button, summary, input");
    if (!jumps[event.key] || typing || pressing) return;
    event.preventDefault();
    jumps[event.key]();
  });

  $("all").addEventListener("toggle", tabulate);

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
