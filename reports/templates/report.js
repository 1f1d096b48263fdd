// Draws the timeline and lights up what belongs together.
const data = JSON.parse(document.getElementById("data").textContent);
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue("--" + name).trim();
const plots = [...new Set(data.curves.map((c) => c.plot))];
const lanes = [...new Set(data.spans.map((s) => s.lane))].reverse();
const levels = ["emotion", "cognition", "behaviour"];
const laneOf = (lane) => lane.replaceAll("_", " ");

const rows = [
  { height: 0.9, kind: "claims" },
  { height: Math.max(1.2, lanes.length * 0.16), kind: "spans" },
  ...plots.map((title) => ({ height: title.startsWith("Action") ? 1.5 : 0.9, kind: "curves", title })),
];
const total = rows.reduce((sum, row) => sum + row.height, 0) + 0.25 * (rows.length - 1);
let top_ = 1;
for (const row of rows) {
  row.domain = [Math.max(0, top_ - row.height / total), top_];
  top_ = row.domain[0] - 0.25 / total;
}
const traces = [];
const bar = (item, lane, axis, fill) => ({
  type: "scatter", mode: "lines", x: item.x, y: [lane, lane], yaxis: axis, hoverinfo: "text", text: [item.text, item.text],
  line: { color: fill, width: 9 }, opacity: item.sure === undefined ? 0.95 : 0.35 + 0.65 * item.sure, meta: item.id, showlegend: false,
});
for (const claim of data.claims) traces.push(bar(claim, claim.lane, "y", colour(claim.lane)));
for (const span of data.spans) traces.push(bar(span, laneOf(span.lane), "y2", colour("soft")));
for (const curve of data.curves) {
  const axis = "y" + (3 + plots.indexOf(curve.plot));
  traces.push({ type: "scatter", mode: "lines", x: curve.x, y: curve.y, name: curve.name, yaxis: axis, line: { width: 1.3 } });
}
const wide = window.innerWidth > 700; // on a phone the legend would take half of the plot; a tap names a curve
const layout = {
  height: 130 * total, margin: { l: wide ? 120 : 80, r: 10, t: 10, b: 40 }, hovermode: "closest", showlegend: wide && data.curves.length > 0,
  legend: { font: { size: 10 }, y: 0, yanchor: "bottom" },
  paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: colour("ink"), size: 11 },
  xaxis: { range: [0, data.duration], title: { text: "time in the clip (s)" }, gridcolor: colour("line"), anchor: "free", position: 0 },
};
rows.forEach((row, n) => {
  const axis = { domain: row.domain, gridcolor: colour("line"), zeroline: false, fixedrange: true };
  if (row.kind === "claims") Object.assign(axis, { type: "category", categoryarray: levels, categoryorder: "array", range: [-0.6, 2.6] });
  if (row.kind === "spans") Object.assign(axis, { type: "category", categoryarray: lanes.map(laneOf), categoryorder: "array" });
  if (row.kind === "curves") axis.title = { text: row.title, font: { size: 10 } };
  layout["yaxis" + (n ? n + 1 : "")] = axis;
});
const timeline = document.getElementById("timeline");
Plotly.newPlot(timeline, traces, layout, { responsive: true, displaylogo: false });

function light(claimIds, evidenceIds) {
  document.querySelectorAll(".lit").forEach((node) => node.classList.remove("lit"));
  document.querySelectorAll("[data-id]").forEach((node) => node.classList.toggle("lit", claimIds.has(node.dataset.id)));
  document.querySelectorAll("[data-evidence]").forEach((node) => node.classList.toggle("lit", evidenceIds.has(node.dataset.evidence)));
  const lit = [...data.claims.filter((c) => claimIds.has(c.id)), ...data.spans.filter((s) => evidenceIds.has(s.id))];
  const bands = lit.map((item) => ({
    type: "rect", xref: "x", yref: "paper", x0: item.x[0], x1: item.x[1], y0: 0, y1: 1, line: { width: 0 }, fillcolor: "#e8b84a", opacity: 0.15,
  }));
  Plotly.relayout(timeline, { shapes: bands });
}
const lightClaim = (id) => {
  const claim = data.claims.find((c) => c.id === id);
  if (claim) light(new Set([id]), new Set(claim.evidence));
};
const lightEvidence = (id) => light(new Set(data.claims.filter((c) => c.evidence.includes(id)).map((c) => c.id)), new Set([id]));

document.querySelectorAll(".claim").forEach((node) => {
  node.addEventListener("click", () => lightClaim(node.dataset.id));
  node.addEventListener("keydown", (event) => event.key === "Enter" && lightClaim(node.dataset.id));
});
document.querySelectorAll("[data-evidence]").forEach((node) =>
  node.addEventListener("click", (event) => { event.stopPropagation(); lightEvidence(node.dataset.evidence); }));
timeline.on("plotly_click", (event) => {
  const id = event.points[0].data.meta;
  if (data.claims.some((c) => c.id === id)) lightClaim(id);
  else if (id) lightEvidence(id);
});
