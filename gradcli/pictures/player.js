"use strict";
(() => {
  const { moments, tracks } = JSON.parse(document.getElementById("data").textContent);
  if (!moments.length) return;
  const byId = (id) => document.getElementById(id);
  const svg = document.querySelector("#picture svg");
  const last = moments.length - 1;
  const slower = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = Math.min(600, Math.max(slower ? 500 : 30, 10000 / moments.length));
  let now = last;
  let timer = null;

  function element(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  // What moves lies over the drawing, cut off at the edges of its panel.
  tracks.forEach((track, number) => {
    const [left, top, right, bottom] = track.box;
    const clip = element("clipPath", { id: `clip-${number}` });
    clip.append(element("rect", { x: left, y: top, width: right - left, height: bottom - top }));
    const group = element("g", { "clip-path": `url(#clip-${number})` });
    track.path = element("path", { class: "track" });
    track.dot = element("circle", { class: "now", r: 5 });
    group.append(track.path, track.dot);
    svg.append(clip, group);
    track.drawn = byId(track.line);
    track.drawn.classList.add("faded");
  });

  function colour(track) {
    const line = track.drawn.querySelector("path, use");
    const { stroke, fill } = getComputedStyle(line);
    return stroke === "none" ? fill : stroke;
  }

  function draw(track) {
    const end = Math.min(now, track.points.length - 1);
    let text = "";
    let pen = "M";
    for (const point of track.points.slice(0, end + 1)) {
      text += point ? `${pen}${point[0]} ${point[1]}` : "";
      pen = point ? "L" : "M";
    }
    const shade = colour(track);
    const point = track.points[end];
    track.path.setAttribute("d", text);
    track.path.setAttribute("stroke", shade);
    track.dot.setAttribute("fill", shade);
    track.dot.toggleAttribute("hidden", !point);
    track.dot.setAttribute("cx", point ? point[0] : -99);
    track.dot.setAttribute("cy", point ? point[1] : -99);
  }

  const cells = {};
  for (const name of new Set(moments.flatMap((row) => Object.keys(row)))) {
    const box = document.createElement("div");
    const term = document.createElement("dt");
    cells[name] = document.createElement("dd");
    term.textContent = name;
    box.append(term, cells[name]);
    byId("numbers").append(box);
  }

  function show(moment) {
    now = Math.max(0, Math.min(last, moment));
    tracks.forEach(draw);
    for (const [name, cell] of Object.entries(cells)) cell.textContent = moments[now][name] ?? "–";
    const said = Object.entries(moments[now]).map(([name, value]) => `${name} ${value}`).join(", ");
    byId("slider").value = now;
    byId("slider").setAttribute("aria-valuetext", said);
    byId("first").disabled = byId("back").disabled = now === 0;
    byId("last").disabled = byId("forward").disabled = now === last;
    if (timer === null) byId("said").textContent = said;
    if (now === last) stop();
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    byId("play").textContent = "▶ play";
    byId("play").setAttribute("aria-pressed", "false");
  }

  function play() {
    if (timer !== null) return stop();
    if (now === last) show(0);
    timer = setInterval(() => show(now + 1), pause);
    byId("play").textContent = "❚❚ pause";
    byId("play").setAttribute("aria-pressed", "true");
  }

  const go = (moment) => () => {
    stop();
    show(moment());
  };
  const moves = {
    first: go(() => 0),
    back: go(() => now - 1),
    forward: go(() => now + 1),
    last: go(() => last),
  };
  for (const [id, move] of Object.entries(moves)) byId(id).addEventListener("click", move);
  byId("play").addEventListener("click", play);
  byId("slider").max = last;
  byId("slider").addEventListener("input", go(() => Number(byId("slider").value)));

  const keys = {
    Home: moves.first, ArrowLeft: moves.back, ArrowRight: moves.forward, End: moves.last, " ": play,
  };
  document.addEventListener("keydown", (event) => {
    const inside = event.target.closest("button, summary, input");
    const own = inside && (event.key === " " || inside.id === "slider");
    if (own || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(now));

  byId("controls").hidden = byId("numbers").hidden = false;
  show(last);
})();
