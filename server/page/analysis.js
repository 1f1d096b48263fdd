// One analysis: its progress while it runs, then the clip, the timeline, the claims, the chat.

import { FORMATS, analysis, exportUrl, tracks } from "./api.js";
import { showChat } from "./chat.js";
import { chooseOther } from "./choosing.js";
import { showClaims } from "./claims.js";
import { makeClip } from "./clip.js";
import { button, el, trouble } from "./dom.js";
import { showFacts } from "./facts.js";
import { showInspector } from "./inspector.js";
import { STATUS, badge, confirmDeletion } from "./list.js";
import { showProgress } from "./progress.js";
import { Review } from "./review.js";
import { Selection } from "./selection.js";
import { makeTimeline } from "./timeline.js";
import { counted, date, seconds } from "./words.js";

const FORMAT_NAMES = { json: "JSON: everything", csv: "CSV: observations", openface: "OpenFace CSV", elan: "ELAN (.eaf)", srt: "Subtitles (.srt)", vtt: "Subtitles (.vtt)", html: "Web page, self-contained", parquet: "Parquet: signals" };
const KEYS = [["Space, K", "play or pause"], ["← →", "one second back or on"], [", .", "one frame back or on"], ["Home, End", "to the beginning or end"], ["N, P", "next or previous claim"], ["Enter", "on a claim: to what is told of it"], ["Escape", "from there: back to the claim"]];

export async function showAnalysis(place, server, id) {
  const one = await analysis(id);
  document.title = `${one.name} - Mentalis`;
  if (one.report) return showReport(place, one);
  if (["failed", "cancelled"].includes(one.status)) return showEnd(place, one);
  let stop = null, left = false;
  stop = showProgress(place, one, async () => {
    if (left) return;
    place.replaceChildren();
    try {
      stop = await showAnalysis(place, server, id);
    } catch (error) {
      place.replaceChildren(trouble(error.message));
    }
    if (left) stop?.();
  });
  return () => { left = true; stop?.(); };
}

function showEnd(place, one) {
  place.append(el("div", { class: "heading" }, el("h1", {}, one.name), badge(one.status)),
    one.error ? trouble(one.error) : el("p", {}, `${STATUS[one.status]}. There is no report.`),
    el("div", { class: "actions start" }, el("a", { class: "button", href: "#/new" }, "New analysis"), button("Delete", () => confirmDeletion(one, () => { location.hash = "#/"; }), { class: "quiet" })));
}

async function showReport(place, one) {
  const report = one.report;
  const review = new Review(one.id, report);
  const [found] = await Promise.all([tracks(one.id).catch(() => ({ people: [] })), review.load()]);
  const clip = makeClip(one, report, found);
  const selection = new Selection(report, clip);
  const named = { ...report, claims: report.claims.map((claim) => ({ ...claim, name: review.name(claim.level, claim.label) })) };
  const inspector = el("div", { class: "inspector", "aria-live": "polite", tabindex: "-1" }), chat = el("div", { class: "chat" });
  const timeline = el("section", { class: "timeline", "aria-label": "Timeline" });
  const claims = el("section", { class: "claims", "aria-label": "Claims" }), facts = el("div", { class: "facts" });
  place.append(heading(one, report), el("p", { class: "narrative" }, report.narrative),
    el("div", { class: "above" }, el("div", {}, clip.node, keysHelp()), tabs([["Claim", inspector], ["Ask", chat]], selection)),
    timeline, claims, facts);
  showInspector(inspector, report, selection, review);
  showChat(chat, one.id, selection);
  showClaims(claims, report, selection, review, () => inspector.focus({ preventScroll: true }));
  inspector.addEventListener("keydown", (event) => {
    if (event.key === "Escape") claims.querySelector(`[data-claim="${selection.claim}"]`)?.focus();
  });
  showFacts(facts, one, report, selection);
  document.addEventListener("keydown", pressed);
  let stop = null, left = false;
  makeTimeline(timeline, named, clip, selection).then((stopper) => { stop = stopper; if (left) stop(); }, (error) => timeline.append(trouble(error.message)));
  return () => {
    left = true;
    document.removeEventListener("keydown", pressed);
    clip.close();
    stop?.();
  };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === " " && event.target.closest("button, a, summary")) return;
    const acts = {
      " ": clip.toggle, k: clip.toggle, ArrowLeft: () => clip.seek(clip.time() - 1), ArrowRight: () => clip.seek(clip.time() + 1),
      ",": () => clip.step(-1 / report.clip.fps), ".": () => clip.step(1 / report.clip.fps), Home: () => clip.seek(0), End: () => clip.seek(clip.duration),
      n: () => selection.step(1), p: () => selection.step(-1),
    };
    if (event.target.closest("[role=tablist], [role=region], [role=log]") && event.key.startsWith("Arrow")) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

function heading(one, report) {
  const facts = [seconds(report.clip.duration_s), `${report.clip.width} × ${report.clip.height}`, `${report.clip.fps.toFixed(1)} frames/s`, counted(report.people.length, "person", "people"),
    report.provenance.model ? `model ${report.provenance.model}` : "no language model", date(one.created_at)];
  const exports = el("details", { class: "menu" }, el("summary", { class: "button" }, "Export"),
    el("ul", {}, FORMATS.map((format) => el("li", {}, el("a", { href: exportUrl(one.id, format), download: "" }, FORMAT_NAMES[format])))));
  document.addEventListener("click", function outside(event) {
    if (!exports.isConnected) document.removeEventListener("click", outside);
    else if (!exports.contains(event.target)) exports.open = false;
  });
  exports.addEventListener("keydown", (event) => { if (event.key === "Escape") { exports.open = false; exports.firstChild.focus(); } });
  return el("div", { class: "heading" }, el("div", {}, el("h1", {}, one.name), el("p", { class: "small soft" }, facts.join(" · "))),
    el("div", { class: "actions" }, exports, button("Compare", () => chooseOther(one)), button("Delete", () => confirmDeletion(one, () => { location.hash = "#/"; }), { class: "quiet" })));
}

function keysHelp() {
  return el("details", { class: "keys small soft" }, el("summary", {}, "Keyboard"), el("dl", {}, KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])));
}

/** Panels that share a place. A claim that is chosen elsewhere than in the chat brings its own panel forward. */
function tabs(panels, selection) {
  const names = panels.map(([name], n) => el("button", { type: "button", role: "tab", id: `tab-${n}`, "aria-controls": `panel-${n}`, onclick: () => open(n), onkeydown: (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const next = (n + 1) % panels.length;
    open(next);
    names[next].focus();
  } }, name));
  const places = panels.map(([, panel], n) => el("div", { role: "tabpanel", id: `panel-${n}`, "aria-labelledby": `tab-${n}` }, panel));
  const open = (chosen) => names.forEach((name, n) => {
    name.setAttribute("aria-selected", String(n === chosen));
    name.tabIndex = n === chosen ? 0 : -1;
    places[n].hidden = n !== chosen;
  });
  selection.addEventListener("change", () => { if (!places[1].contains(document.activeElement)) open(0); });
  open(0);
  return el("section", { class: "side panel", "aria-label": "Claim and questions" }, el("div", { role: "tablist", "aria-label": "Claim and questions" }, names), places);
}
