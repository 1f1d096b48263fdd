// The timeline: all lanes on one axis, a playhead that follows the clip, what is chosen lit up; a click seeks.

import { colour } from "./colours.js";
import { button, el } from "./dom.js";
import { rowsOf } from "./lanes.js";
import { CURVE_INKS, barTexts, plotOf } from "./plot.js";

const WIDE_PX = 720;
const HEAD_PX = 36; // above the playhead, as in the style sheet
const BESIDE_PX = 3; // between a title and the playhead
const MOVED_PX = 4; // farther than that, a click was a drag
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

/** plotly.js, loaded once. It would write its maps' rules into the page, which the policy refuses; no map is drawn here. */
let library = null;
const plotly = () => (library ??= new Promise((resolve, reject) => {
  const script = el("script", { src: "/page/plotly.js" });
  const { head } = document, append = head.appendChild;
  head.appendChild = (node) => (node.localName === "style" ? node : append.call(head, node));
  script.addEventListener("load", () => { delete head.appendChild; resolve(window.Plotly); });
  script.addEventListener("error", () => { delete head.appendChild; library = null; reject(new Error("The plots could not be loaded.")); });
  head.append(script);
}));

export async function makeTimeline(place, report, clip, selection) {
  const Plotly = await plotly();
  const people = report.people.map((one) => one.id);
  let person = people.length > 1 ? "" : people[0], plot = null, rows = null;
  const chart = el("div", { class: "chart" }), head = el("div", { class: "playhead", "aria-hidden": "true" });
  const board = el("div", { class: "board", role: "img", "aria-label": "Claims, words, gestures, action units, heart rate, head and gaze over time. The same is listed below as claims and evidence." }, chart, head);
  const legend = el("ul", { class: "legend", "aria-label": "Colours" });
  const who = el("select", { "aria-label": "Person", onchange: () => { person = who.value; draw(); } },
    el("option", { value: "" }, "Everyone"), people.map((id) => el("option", { value: id }, id)));
  place.append(
    el("div", { class: "bar" }, el("h2", {}, "Timeline"),
      el("div", { class: "actions" }, people.length > 1 ? who : null,
        button("Zoom in", () => zoom(0.5)), button("Zoom out", () => zoom(2)), button("Whole clip", () => show([0, clip.duration])))),
    board, legend,
    el("p", { class: "hint" }, "Click to seek; click a bar to choose it; drag across to zoom."));
  await draw();

  const colours = matchMedia("(prefers-color-scheme: dark)");
  colours.addEventListener("change", draw);
  const watch = new ResizeObserver(() => (isWide() === plot.wide ? name() : draw()));
  watch.observe(board);
  selection.addEventListener("change", light);
  clip.onTime(follow);
  let down = null;
  board.addEventListener("pointerdown", (event) => { down = [event.clientX, event.clientY]; }, true);
  addEventListener("pointerup", lifted, true);
  return () => {
    plot = null; // the clip may still tell of its end
    watch.disconnect();
    colours.removeEventListener("change", draw);
    removeEventListener("pointerup", lifted, true);
    selection.removeEventListener("change", light);
    Plotly.purge(chart);
  };

  function isWide() {
    return board.clientWidth > WIDE_PX;
  }

  async function draw() {
    const before = plot && chart.layout.xaxis.range;
    rows = rowsOf(report, person || null);
    rows.unitEvents = report.evidence.observations.filter((one) => /^au\d+/.test(one.kind) && one.person === rows.person);
    const wide = isWide();
    plot = { ...plotOf(rows, wide), wide };
    if (before) plot.layout.xaxis.range = before;
    plot.marks = plot.layout.shapes;
    plot.layout.shapes = bands();
    await Plotly.react(chart, plot.traces, plot.layout, CONFIG);
    chart.removeAllListeners?.("plotly_relayout");
    chart.on("plotly_relayout", zoomed);
    name();
    legend.replaceChildren(...legendOf(rows, person, people));
    follow(clip.time());
  }

  function zoomed(changed) {
    if (Object.keys(changed).some((key) => key.startsWith("xaxis"))) name();
    follow(clip.time());
  }

  /** Write into the bars what fits at this zoom. */
  function name() {
    const { from, to, width } = across();
    const named = plot.traces.flatMap((trace, n) => (trace.meta?.texts.some(Boolean) ? [n] : []));
    if (named.length) Plotly.restyle(chart, { text: named.map((n) => barTexts(plot.traces[n], width / (to - from))) }, named);
  }

  function light() {
    Plotly.relayout(chart, { shapes: bands() });
  }

  /** A faint band over the chosen claim's time, a frame about each piece of evidence in its lane. */
  function bands() {
    const shapes = [...plot.marks];
    const claim = report.claims.find((one) => one.id === selection.claim);
    if (claim) shapes.push({ type: "rect", layer: "below", xref: "x", yref: "paper", x0: claim.start_s, x1: claim.end_s, y0: 0, y1: 1, line: { width: 0 }, fillcolor: colour("glow"), opacity: 0.75 });
    const inner = plot.inner; // not from the layout: plotly.js takes its height away when the page's size changes
    for (const place of plot.places) {
      const lit = place.id === selection.claim || selection.evidence.has(place.id);
      if (lit) shapes.push({ type: "rect", xref: "x", yref: "paper", x0: place.x[0], x1: Math.max(place.x[1], place.x[0] + 0.03), y0: 1 - place.bottom / inner, y1: 1 - place.top / inner, line: { width: 2, color: colour("lit") } });
    }
    return shapes;
  }

  function across() {
    const [from, to] = chart.layout.xaxis.range;
    return { from, to, width: board.clientWidth - plot.margin.l - plot.margin.r };
  }

  function follow(time_s) {
    if (!plot) return;
    const { from, to, width } = across();
    if (time_s > to && time_s < to + (to - from)) return show([time_s, time_s + to - from]); // it has played out of view
    const share = (time_s - from) / (to - from);
    head.hidden = share < 0 || share > 1;
    const x = plot.margin.l + share * width;
    head.style.transform = `translateX(${x}px)`;
    head.style.maskImage = without(plot.titles.filter((title) => x < title.width + BESIDE_PX), plot.margin.t - HEAD_PX);
  }

  function show([from, to]) {
    const wide = Math.min(clip.duration, to - from);
    const start = Math.min(Math.max(0, from), clip.duration - wide);
    Plotly.relayout(chart, { "xaxis.range": [start, start + wide] });
  }

  function zoom(by) {
    const { from, to } = across();
    const now = clip.time(), middle = now >= from && now <= to ? now : (from + to) / 2;
    const half = Math.max(0.25, ((to - from) * by) / 2);
    show([middle - half, middle + half]);
  }

  function lifted(event) {
    const start = down;
    down = null;
    if (!start || Math.hypot(event.clientX - start[0], event.clientY - start[1]) > MOVED_PX) return;
    const box = board.getBoundingClientRect(), { from, to, width } = across();
    const share = (event.clientX - box.left - plot.margin.l) / width, y = event.clientY - box.top - plot.margin.t;
    if (share < 0 || share > 1) return;
    const time_s = from + share * (to - from), near = ((to - from) / width) * 3;
    const hit = plot.places.find((place) => y >= place.top && y <= place.bottom && time_s >= place.x[0] - near && time_s <= place.x[1] + near);
    if (hit?.kind === "claim") selection.chooseClaim(hit.id);
    else if (hit) selection.chooseEvidence(hit.id);
    else clip.seek(time_s);
  }
}

/** What of the playhead is seen: all but where it would run through a title. */
function without(titles, down_px) {
  if (!titles.length) return "none";
  const stops = titles.flatMap(({ top, bottom }) => [`#000 ${top + down_px}px`, `#0000 ${top + down_px}px ${bottom + down_px}px`, `#000 ${bottom + down_px}px`]);
  return `linear-gradient(to bottom, ${stops.join(", ")})`;
}

function legendOf(rows, person, people) {
  const entries = [];
  if (rows.units.names.length) entries.push(el("li", {}, "AU intensity 0 ", el("span", { class: "ramp" }), " 5"));
  if (rows.heart) entries.push(el("li", {}, "pulse quality low ", el("span", { class: "ramp pulse" }), " high"));
  rows.curves.forEach((one, n) => entries.push(el("li", {}, el("span", { class: `swatch ${CURVE_INKS[n]}` }), ` ${one.name}`)));
  if (people.length > 1 && !person) entries.push(el("li", {}, `curves and action units: ${rows.person}`));
  return entries;
}
