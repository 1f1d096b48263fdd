// What stands behind a report: all evidence, what was not measured, caveats, how it was made.

import { button, el } from "./dom.js";
import { capital, percent, plain, seconds } from "./words.js";

export function showFacts(place, one, report, selection) {
  const { evidence, provenance } = report;
  place.append(
    caveats(report),
    fold(`Evidence (${evidence.observations.length} observations)`, evidenceTable(evidence.observations, selection)),
    fold(`Tools, and what was not measured (${evidence.abstentions.length})`, toolTable(evidence.tools), list(evidence.abstentions.map((item) => `${plain(item.tool)}${item.person ? `, ${item.person}` : ""}: ${item.reason}`))),
    report.failures.length ? fold(`What failed (${report.failures.length})`, list(report.failures.map((item) => `${item.stage}: ${item.what}`))) : "",
    fold("How it was made", terms(madeWith(one, report)), provenance.calibrations.length ? list(provenance.calibrations.map((item) => JSON.stringify(item))) : null),
    fold("Conventions", terms(Object.entries(report.conventions).map(([name, text]) => [capital(plain(name)), text]))));
}

function caveats(report) {
  return el("section", { class: "caveats", "aria-labelledby": "caveats" }, el("h2", { id: "caveats" }, "Read this with the claims"), list(report.caveats));
}

const fold = (title, ...content) => el("details", { class: "fold" }, el("summary", {}, title), content.filter(Boolean));
const list = (lines) => el("ul", {}, lines.map((text) => el("li", {}, text)));
const terms = (pairs) => el("dl", {}, pairs.map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
const heads = (...names) => el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, name))));

function scrolling(label, table) {
  return el("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, table);
}

function evidenceTable(observations, selection) {
  const rows = observations.map((item) => el("tr", { "data-row": item.id },
    el("td", {}, button(item.id, () => selection.chooseEvidence(item.id), { class: "link code" })), el("td", {}, item.text), el("td", { class: "number" }, percent(item.confidence)), el("td", { class: "number" }, percent(item.quality))));
  selection.addEventListener("change", () => rows.forEach((row) => row.classList.toggle("lit", selection.evidence.has(row.dataset.row))));
  return scrolling("Evidence", el("table", {}, heads("Id", "What was seen", "Confidence", "Quality"), el("tbody", {}, rows)));
}

function toolTable(tools) {
  const note = (tool) => tool.error ?? Object.entries(tool.notes).map(([name, text]) => `${plain(name)}: ${text}`).join("; ");
  return scrolling("Tools", el("table", {}, heads("Tool", "Status", "Time", "Notes"), el("tbody", {}, tools.map((tool) =>
    el("tr", {}, el("td", {}, plain(tool.tool)), el("td", {}, tool.status), el("td", { class: "number" }, seconds(tool.seconds)), el("td", { class: "soft" }, note(tool)))))));
}

function madeWith(one, report) {
  const made = report.provenance, tokens = made.tokens;
  const pairs = [
    ["Mentalis", made.mentalis_version],
    ["Strategy", made.strategy],
    ["Judged by", made.model ? `the model ${made.model}` : "published rules; no language model"],
    ["Codebook", `${made.codebook} (sha256 ${made.codebook_sha256.slice(0, 16)}…)`],
    ["Seed", String(made.seed)],
    ["Clip", `sha256 ${report.clip.sha256}`],
    ["Time", Object.entries(made.seconds).map(([stage, time_s]) => `${plain(stage)} ${seconds(time_s)}`).join(", ")],
    ["Prompts", `sha256 ${made.prompts_sha256.slice(0, 16)}…`],
    ["Knowledge", `sha256 ${made.knowledge_sha256.slice(0, 16)}…`],
  ];
  if (tokens.calls) pairs.push(["Model calls", `${tokens.calls} (${tokens.calls_from_cache} from the cache), ${tokens.prompt_tokens} tokens read, ${tokens.completion_tokens} written`]);
  if (one.purpose) pairs.push(["Purpose", one.purpose]);
  if (one.consent) pairs.push(["Consent", one.consent]);
  return pairs.filter(([, text]) => text);
}
