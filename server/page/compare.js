// Two analyses beside each other: which claims both have, which differ, which only one has.

import { analysis, corrections } from "./api.js";
import { checkbox, el, trouble } from "./dom.js";
import { LEVELS, capital, counted, date, percent, plain, span, whom } from "./words.js";

const MARKS = { same: "same label", differs: "other label", left: "only in A", right: "only in B" };

export async function showCompare(place, server, first, second) {
  const [a, b] = await Promise.all([analysis(first), analysis(second)]);
  document.title = `${a.name} and ${b.name} - Mentalis`;
  if (!a.report || !b.report) {
    place.append(trouble(`${(a.report ? b : a).name} has no report to compare.`));
    return;
  }
  const names = await named(a, b);
  const pairs = LEVELS.map((level) => [level, paired(a.report, b.report, level)]);
  const count = Object.fromEntries(Object.keys(MARKS).map((mark) => [mark, pairs.flatMap(([, rows]) => rows).filter((row) => row.mark === mark).length]));
  const rows = el("div", { class: "compared" });
  place.append(
    el("div", { class: "heading" }, el("h1", {}, "Comparison")),
    el("div", { class: "sides" }, head("A", a), head("B", b)),
    el("div", { class: "bar" }, el("p", { class: "small" }, Object.entries(MARKS).map(([mark, words]) => `${count[mark]} ${words}`).join(" · ")),
      checkbox("Differences only", false, (checked) => rows.classList.toggle("differences", checked))),
    a.report.clip.sha256 === b.report.clip.sha256 ? "" : el("p", { class: "hint" }, "These are two different clips: times and people are matched as they are numbered, which may mean nothing."),
    rows);
  for (const [level, found] of pairs) {
    rows.append(el("section", { class: `level ${level}`, "aria-label": capital(level) }, el("h2", {}, capital(level)),
      found.length ? el("ul", { class: "plain" }, found.map((row) => line(row, names))) : el("p", { class: "soft small" }, "Neither claims anything.")));
  }
}

/** What labels are called in the codebooks of both; by its id where that is gone. */
async function named(...both) {
  const known = new Map();
  for (const { labels } of await Promise.all(both.map((one) => corrections(one.id)))) {
    for (const level of LEVELS) for (const label of labels[level]) known.set(`${level}/${label.id}`, label.name);
  }
  return (claim) => (known.get(`${claim.level}/${claim.label}`) ?? plain(claim.label)).toLowerCase();
}

function head(letter, one) {
  const { provenance, claims, narrative } = one.report;
  const facts = [provenance.strategy, provenance.model ?? "no language model", `codebook ${provenance.codebook}`, `seed ${provenance.seed}`, counted(claims.filter((claim) => !claim.abstained).length, "claim"), date(one.created_at)];
  return el("section", { class: "panel", "aria-label": letter }, el("h2", {}, el("span", { class: "letter" }, letter), " ", el("a", { href: `#/analyses/${one.id}` }, one.name)), el("p", { class: "small soft" }, facts.join(" · ")), el("p", { class: "small" }, narrative));
}

const overlap = (a, b) => Math.min(a.end_s, b.end_s) - Math.max(a.start_s, b.start_s);

/** Whether two claims are about the same moment: half of the shorter one at least; a claim of an instant is within the other. */
const together = (a, b) => overlap(a, b) >= 0.5 * Math.min(a.end_s - a.start_s, b.end_s - b.start_s);

/** Claims of a level in pairs: of the same label at the same time, of other labels (not of behaviour: people do several things at once), those left over. */
function paired(a, b, level) {
  const of = (report) => report.claims.filter((claim) => claim.level === level && !claim.abstained);
  const left = of(a), right = of(b), rows = [];
  const kinds = [["same", (x, y) => x.label === y.label && (overlap(x, y) > 0 || together(x, y))], ["differs", (x, y) => level !== "behaviour" && together(x, y)]];
  for (const [mark, fits] of kinds) {
    for (const claim of [...left]) {
      const near = right.filter((other) => other.person === claim.person && fits(claim, other)).sort((x, y) => overlap(claim, y) - overlap(claim, x))[0];
      if (!near) continue;
      rows.push({ mark, left: claim, right: near });
      left.splice(left.indexOf(claim), 1);
      right.splice(right.indexOf(near), 1);
    }
  }
  rows.push(...left.map((claim) => ({ mark: "left", left: claim })), ...right.map((claim) => ({ mark: "right", right: claim })));
  return rows.sort((x, y) => (x.left ?? x.right).start_s - (y.left ?? y.right).start_s);
}

function line({ mark, left, right }, names) {
  return el("li", { class: `pair ${mark}` }, cell(left, "A", names), cell(right, "B", names), el("span", { class: "mark small" }, el("span", {}, MARKS[mark])));
}

function cell(claim, letter, names) {
  if (!claim) return el("div", { class: "cell missing small soft" }, `${letter}: no such claim`);
  return el("div", { class: "cell" }, el("span", { class: "unseen" }, `${letter}: `), el("span", { class: "label" }, el("span", { class: "soft" }, "suggests "), names(claim)), el("span", { class: "small soft" }, `${whom(claim)} · ${span(claim)} · ${percent(claim.confidence)}`));
}
