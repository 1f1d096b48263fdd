// Rows of a timeline as traces and axes of plotly.js, with where each thing lies, so that a click can find it.

import { colour, fill, scale } from "./colours.js";
import { AU_NAMES } from "./lanes.js";
import { clock, percent, whom } from "./words.js";

const LANE_PX = 21, EVENT_PX = 15, UNIT_PX = 12, GAP_PX = 26;
const LETTER_PX = 6.3; // of the bars' words, on average
const FONT = "system-ui, sans-serif", LABEL_PX = 11, UNIT_LABEL_PX = 9;
const LONGEST_LABEL_PX = { wide: 180, narrow: 118 };
const LEVEL_MARK_PX = 4; // the bar that joins the rows of a level
const FIRST_AXIS = 1;
export const CURVE_INKS = ["curve-1", "curve-2", "curve-3", "curve-4", "curve-5"];

/** Words as plotly.js shows them: its own markup in them is not obeyed, long lines are broken. */
function shown(text) {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return safe.replace(/(.{50,70}?)\s/g, "$1<br>");
}

/** `{traces, layout, places, margin, inner}`, `inner` the height in pixels; a place is where a claim or an observation lies, in pixels below the plot's top. */
export function plotOf(rows, wide) {
  const longest = LONGEST_LABEL_PX[wide ? "wide" : "narrow"];
  const parts = [claimRow(rows), wordRow(rows), eventRow(rows), unitRow(rows, wide), ...heartRows(rows), curveRow(rows)].filter(Boolean);
  for (const { axis } of parts) if (axis.ticktext) axis.ticktext = axis.ticktext.map((text) => shortened(text, sizeOf(axis), longest));
  const labels = parts.flatMap(({ axis }) => (axis.ticktext ?? []).map((text) => widthOf(text, sizeOf(axis))));
  const inner = parts.reduce((sum, part) => sum + part.height + (part.title ? GAP_PX : 6), 0);
  const margin = { l: Math.ceil(Math.max(40, ...labels)) + 14, r: wide ? 16 : 8, t: 34, b: 6 };
  const layout = {
    height: inner + margin.t + margin.b, margin, barmode: "overlay", hovermode: "closest", showlegend: false, dragmode: "zoom",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("ink"), size: LABEL_PX, family: FONT },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("edge"), font: { color: colour("ink"), size: 12 }, align: "left" },
    xaxis: { range: [0, rows.duration], gridcolor: colour("line"), zeroline: false, side: "top", anchor: "free", position: 1, ticksuffix: " s", nticks: wide ? 14 : 6, color: colour("soft") },
    annotations: [], shapes: [],
  };
  const traces = [], places = [], titles = [];
  let top = 0;
  parts.forEach((part, n) => {
    const axis = n + FIRST_AXIS, name = `y${axis === 1 ? "" : axis}`;
    top += part.title ? GAP_PX : 6;
    const domain = [1 - (top + part.height) / inner, 1 - top / inner].map((share) => Math.max(0, share));
    layout[`yaxis${axis === 1 ? "" : axis}`] = { domain, fixedrange: true, zeroline: false, gridcolor: colour("line"), color: colour("soft"), ...besides(4), ...part.axis };
    if (part.title) {
      titles.push({ top: top - GAP_PX, bottom: top, width: widthOf(part.title, LABEL_PX, 600) });
      layout.annotations.push({ text: part.title, xref: "paper", yref: "paper", x: 0, y: domain[1], xanchor: "left", yanchor: "bottom", xshift: -margin.l, showarrow: false, font: { size: 11, color: colour("ink"), weight: 600 } });
    }
    for (const trace of part.traces) traces.push({ yaxis: name, ...trace });
    for (const mark of part.marks ?? []) layout.shapes.push(levelMark(mark, 1 - top / inner, part.height / inner));
    for (const place of part.places) places.push({ ...place, axis: name, top: top + place.from * part.height, bottom: top + place.to * part.height });
    top += part.height;
  });
  return { traces, layout, places, titles, margin, inner };
}

const sizeOf = (axis) => axis.tickfont?.size ?? LABEL_PX;

let ruler = null; // in which words are measured

/** Width of words in pixels. */
function widthOf(text, px, weight = 400) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = `${weight} ${px}px ${FONT}`;
  return ruler.measureText(text).width;
}

/** A label, cut so that it is at most so wide. */
function shortened(text, px, most) {
  let kept = text;
  while (widthOf(kept, px) > most) kept = `${kept.replace(/…$/, "").slice(0, -1).trimEnd()}…`;
  return kept;
}

/** A bar at the left of all rows of a level; `from` and `to` are shares of its part, which begins at `top` of the plot. */
function levelMark({ name, from, to }, top, height) {
  return {
    type: "rect", xref: "paper", yref: "paper", xsizemode: "pixel", xanchor: 0, x0: -LEVEL_MARK_PX, x1: 0,
    y0: top - to * height, y1: top - from * height, line: { width: 0 }, fillcolor: colour(name), name: `level ${name}`,
  };
}

/** As much of a text as fits into so many pixels. */
function fitted(text, px) {
  const fits = Math.floor((px - 8) / LETTER_PX);
  return text.length <= fits ? text : fits > 3 ? `${text.slice(0, fits - 1).trimEnd()}…` : "";
}

/** The words in a trace's bars, where a second is so many pixels wide. */
export const barTexts = (trace, pxPerSecond) => trace.meta.texts.map((text, n) => shown(fitted(text, trace.x[n] * pxPerSecond)).replaceAll("<br>", " "));

/** Bars on lanes: `items` are `{id, start_s, end_s, y, text, hover, ink, sure}`. */
function bars(items, lanes, kind) {
  const trace = {
    type: "bar", orientation: "h", textposition: "inside", insidetextanchor: "start", textangle: 0, constraintext: "none", width: 0.78, meta: { texts: items.map((item) => item.text ?? "") },
    base: items.map((item) => item.start_s), x: items.map((item) => Math.max(item.end_s - item.start_s, 0.02)), y: items.map((item) => item.y),
    text: items.map(() => ""), customdata: items.map((item) => shown(item.hover)), hovertemplate: "%{customdata}<extra></extra>",
    marker: { color: items.map((item) => fill(item.ink, item.sure)), line: { width: 1, color: items.map((item) => colour(item.ink)) } },
    textfont: { color: colour("ink"), size: 11 },
  };
  const places = items.map((item) => ({ id: item.id, kind, x: [item.start_s, item.end_s], from: (item.y + 0.06) / lanes, to: (item.y + 0.94) / lanes }));
  return { traces: items.length ? [trace] : [], places };
}

/** Labels so far from the plot: beside what is at its edge, not on it. */
const besides = (px) => ({ ticks: "outside", ticklen: px, tickcolor: "rgba(0,0,0,0)" });

const lanesAxis = (lanes, ticks) => ({ range: [lanes - 0.5, -0.5], tickvals: ticks.map(([at]) => at), ticktext: ticks.map(([, text]) => text), showgrid: false });

function claimRow(rows) {
  const items = [], ticks = [], marks = [];
  let lanes = 0;
  for (const level of rows.levels) {
    const deep = Math.max(1, ...level.items.map(({ row }) => row + 1));
    for (const { item, row } of level.items) {
      const hover = `${whom(item)} · suggests ${item.name ?? item.label} · ${percent(item.confidence)}\n ${item.text}`;
      items.push({ id: item.id, start_s: item.start_s, end_s: item.end_s, y: lanes + row, text: item.name ?? item.label, hover, ink: level.name, sure: item.confidence });
    }
    ticks.push([lanes + (deep - 1) / 2, level.name]);
    marks.push({ name: level.name, from: lanes + 0.08, to: lanes + deep - 0.08 });
    lanes += deep;
  }
  const shares = marks.map(({ name, from, to }) => ({ name, from: from / lanes, to: to / lanes }));
  return { title: "Claims", height: lanes * LANE_PX, axis: { ...lanesAxis(lanes, ticks), ...besides(LEVEL_MARK_PX + 3) }, marks: shares, ...bars(items, lanes, "claim") };
}

function wordRow(rows) {
  if (!rows.words.length) return null;
  const lanes = Math.max(...rows.words.map(({ row }) => row + 1));
  const items = rows.words.map(({ item, row, text }) => ({ id: item.id, start_s: item.start_s, end_s: item.end_s, y: row, text, hover: `“${text}”`, ink: "soft", sure: 0.3 }));
  return { title: "Words", height: lanes * LANE_PX, axis: lanesAxis(lanes, [[(lanes - 1) / 2, "said"]]), ...bars(items, lanes, "evidence") };
}

function eventRow(rows) {
  if (!rows.events.length) return null;
  const lanes = rows.events.length;
  const items = rows.events.flatMap((lane, y) => lane.items.map((one) => ({ id: one.id, start_s: one.start_s, end_s: one.end_s, y, hover: one.text, ink: "soft", sure: one.confidence })));
  return { title: "Gestures and events", height: lanes * EVENT_PX, axis: lanesAxis(lanes, rows.events.map((lane, y) => [y, lane.name])), ...bars(items, lanes, "evidence") };
}

function unitRow(rows, wide) {
  const { names, x, z } = rows.units;
  if (!names.length) return null;
  const number = (name) => Number(name.slice(2));
  const trace = {
    type: "heatmap", x, y: names.map((_, n) => n), z, zmin: 0, zmax: 5, colorscale: scale(), showscale: false, ygap: 1, xgap: 0.001, hoverongaps: false,
    customdata: names.map((name) => x.map(() => `${name} ${AU_NAMES[number(name)] ?? ""}`)), hovertemplate: "%{customdata}: %{z:.1f} at %{x:.1f} s<extra></extra>",
  };
  const ticks = names.map((name, n) => [n, wide ? `${AU_NAMES[number(name)] ?? ""} ${number(name)}` : name]);
  const places = rows.unitEvents.map((one) => {
    const at = names.indexOf(`AU${/^au(\d+)/.exec(one.kind)[1]}`);
    return { id: one.id, kind: "evidence", x: [one.start_s, one.end_s], from: at / names.length, to: (at + 1) / names.length, known: at >= 0 };
  }).filter((place) => place.known);
  return { title: "Action units, intensity 0–5", height: names.length * UNIT_PX, axis: { ...lanesAxis(names.length, ticks), tickfont: { size: UNIT_LABEL_PX } }, traces: [trace], places };
}

function heartRows(rows) {
  if (!rows.heart) return [];
  const { x, y, quality, readings } = rows.heart;
  const real = y.filter((value) => value !== null);
  const middle = (Math.min(...real) + Math.max(...real)) / 2, half = Math.max(10, (Math.max(...real) - Math.min(...real)) * 0.65);
  const line = { type: "scatter", mode: "lines+markers", x, y, line: { color: colour("pulse"), width: 2 }, marker: { size: 4 }, hovertemplate: "%{y:.0f} beats/min at %{x:.1f} s<extra></extra>" };
  const places = readings.map((one) => ({ id: one.id, kind: "evidence", x: [one.start_s, one.end_s], from: 0, to: 1 }));
  const half_s = quality.length > 1 ? (quality[1].time_s - quality[0].time_s) / 2 : rows.duration / 2;
  const strip = {
    type: "bar", orientation: "h", width: 0.9, base: quality.map((one) => Math.max(0, one.time_s - half_s)), x: quality.map(() => 2 * half_s), y: quality.map(() => 0), hovertemplate: "signal quality %{customdata}<extra></extra>",
    customdata: quality.map((one) => one.text), marker: { color: quality.map((one) => fill("pulse", one.share)), line: { width: 0 } },
  };
  return [
    { title: "Heart rate, beats/min", height: 70, axis: { range: [middle - half, middle + half], nticks: 4 }, traces: [line], places },
    { height: 10, axis: lanesAxis(1, [[0, "quality"]]), traces: [strip], places: [] },
  ];
}

function curveRow(rows) {
  if (!rows.curves.length) return null;
  const traces = rows.curves.map((one, n) => ({
    type: "scatter", mode: "lines", x: one.x, y: one.y, name: one.name, line: { color: colour(CURVE_INKS[n % CURVE_INKS.length]), width: 1.4 },
    hovertemplate: `${one.name} %{y:.1f}° at %{x:.1f} s<extra></extra>`,
  }));
  return { title: "Head and gaze, degrees", height: 110, axis: { nticks: 5 }, traces, places: [] };
}

/** Times to the nearest tenth, for a screen reader. */
export const spoken = (item) => `${clock(item.start_s)} to ${clock(item.end_s)}`;
