"use strict";
// The samples of each benchmark: searched, filtered, and opened for a closer look. Words of data are only ever text.
const PAGE = 100; // samples shown at a time

function el(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function said(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) {
    const parts = value.map((part) => (Array.isArray(part) ? `[${said(part)}]` : said(part)));
    return parts.join(", ") || "(none of them)";
  }
  if (typeof value === "object") return Object.entries(value).map(([name, part]) => `${name}: ${said(part)}`).join("; ");
  return typeof value === "number" ? String(Number(value.toFixed(3))) : String(value);
}

function answer(prediction) {
  const words = prediction.value === null ? (prediction.withheld ? "withheld" : prediction.abstained ? "abstained" : "no answer") : said(prediction.value);
  const sure = prediction.confidence === null ? "" : ` (${prediction.confidence.toFixed(2)})`;
  return el("span", { className: { true: "yes", false: "no" }[prediction.right] || "", textContent: words + sure });
}

function summary(run) {
  if (run === null) return el("span", { className: "small", textContent: "not scored" });
  if (run.predictions.length === 1) return answer(run.predictions[0]);
  const judged = run.predictions.filter((p) => p.right !== null);
  if (!judged.length) return el("span", { textContent: `${run.predictions.length} answers` });
  const right = judged.filter((p) => p.right).length;
  return el("span", { className: right === judged.length ? "yes" : "no", textContent: `${right} of ${judged.length} right` });
}

const wrong = (sample) => sample.runs.some((run) => run && run.predictions.some((p) => p.right === false));
const failed = (sample) => sample.runs.some((run) => run && run.failures.length);
const values = (run) => JSON.stringify(run && run.predictions.map((p) => p.value));
const disagree = (sample) => new Set(sample.runs.filter(Boolean).map(values)).size > 1;

function answers(sample, names) {
  const head = el("tr", {}, el("th", { textContent: "#" }), el("th", { textContent: "gold" }), ...names.map((n) => el("th", { textContent: n })));
  const rows = sample.gold.map((gold, n) =>
    el("tr", {}, el("td", { textContent: n + 1 }), el("td", { textContent: said(gold) }), ...sample.runs.map((run) => el("td", {}, run ? answer(run.predictions[n]) : "–"))));
  return el("div", { className: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

function spent(run) {
  const t = run.tokens;
  const seconds = run.seconds === null ? "" : ` · ${run.seconds.toFixed(2)} s`;
  return `model calls: ${t.calls}, from cache: ${t.calls_from_cache} · tokens: ${t.prompt_tokens} prompt (${t.cached_prompt_tokens} cached), ${t.completion_tokens} completion${seconds}`;
}

function readable(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json; // text that is no JSON is shown as it is
  }
}

function closer(run, name) {
  const parts = [el("h4", { textContent: name }), el("div", { className: "small", textContent: spent(run) })];
  const from = [...new Set(run.predictions.map((p) => p.confidence_from).filter(Boolean))];
  if (from.length) parts.push(el("div", { className: "small", textContent: `confidence from ${from.join(", ").replaceAll("_", " ")}` }));
  if (run.failures.length) parts.push(el("ul", {}, ...run.failures.map((f) => el("li", { className: "no", textContent: f }))));
  if (run.page) parts.push(el("a", { href: run.page, target: "_blank", rel: "noopener", textContent: "the clip's report" }));
  if (run.report) {
    const details = el("details", {}, el("summary", { textContent: "what it was read from" }));
    details.addEventListener("toggle", () => details.querySelector("pre") || details.append(el("pre", { textContent: readable(run.report) })), { once: true });
    parts.push(details);
  }
  return parts;
}

function detail(sample, names) {
  const strata = Object.entries(sample.strata).map(([name, value]) => `${name} ${value}`).join(" · ");
  const inside = el("div", { className: "inside" }, el("p", { className: "asked", textContent: sample.asked }), el("p", { className: "small", textContent: strata }));
  if (sample.gold.length > 1) inside.append(answers(sample, names));
  sample.runs.forEach((run, n) => run && inside.append(...closer(run, names[n])));
  return el("tr", { className: "detail" }, el("td", { colSpan: 2 + names.length }, inside));
}

function row(sample, names) {
  const gold = sample.gold.length === 1 ? said(sample.gold[0]) : `${sample.gold.length} values`;
  const made = el("tr", { className: "sample", tabIndex: 0 }, el("th", { textContent: sample.id }), el("td", { textContent: gold }), ...sample.runs.map((run) => el("td", {}, summary(run))));
  const open = () => {
    const next = made.nextElementSibling;
    if (next && next.classList.contains("detail")) next.remove();
    else made.after(detail(sample, names));
    made.setAttribute("aria-expanded", String(made.nextElementSibling?.classList.contains("detail") ?? false));
  };
  made.addEventListener("click", open);
  made.addEventListener("keydown", (event) => event.key === "Enter" && open());
  return made;
}

for (const section of document.querySelectorAll(".samples")) {
  const { runs, samples } = JSON.parse(section.querySelector("script").textContent);
  const find = (selector) => section.querySelector(selector);
  const texts = samples.map((s) => [s.id, s.asked, said(s.gold), said(s.strata), ...s.runs.map((run) => run && said(run.predictions.map((p) => p.value)))].join(" ").toLowerCase());
  const on = (name) => find(`.${name}`)?.checked;
  let shown = PAGE;
  const show = () => {
    const wanted = find("[type=search]").value.toLowerCase().trim();
    const found = samples.filter((s, n) =>
      texts[n].includes(wanted) && (!on("wrong") || wrong(s)) && (!on("failed") || failed(s)) && (!on("disagree") || disagree(s)));
    find("tbody").replaceChildren(...found.slice(0, shown).map((s) => row(s, runs)));
    find("output").textContent = `${found.length} of ${samples.length}`;
    find(".more").hidden = found.length <= shown;
  };
  find("form").addEventListener("input", () => { shown = PAGE; show(); });
  find("form").addEventListener("submit", (event) => event.preventDefault());
  find(".more").addEventListener("click", () => { shown += PAGE; show(); });
  show();
}
