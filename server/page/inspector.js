// The claim that is chosen: its words, how sure it is and what else it could be, its evidence, the checks, the review.

import { meter } from "./claims.js";
import { button, el, trouble } from "./dom.js";
import { CONFIDENCE_FROM, capital, clock, counted, percent, plain, span, whom } from "./words.js";

export function showInspector(place, report, selection, review) {
  selection.addEventListener("change", show);
  review.addEventListener("change", () => selection.claim && show());
  show();

  function show() {
    const claim = selection.claims.get(selection.claim);
    if (claim) place.replaceChildren(...about(claim));
    else if (selection.evidence.size) place.replaceChildren(el("h3", {}, "Evidence"), evidenceList([...selection.evidence], selection), resting([...selection.evidence][0]));
    else place.replaceChildren(el("p", { class: "soft" }, "Choose a claim, here below or in the timeline: the clip goes to it, and what it rests on is shown here."));
  }

  function resting(id) {
    const claims = report.claims.filter((one) => one.evidence.includes(id));
    if (!claims.length) return el("p", { class: "small soft" }, "No claim rests on it.");
    return el("div", {}, el("h4", {}, "Claims that rest on it"), el("ul", { class: "plain" }, claims.map((one) => el("li", {}, claimLink(one)))));
  }

  function claimLink(one) {
    return button(`${capital(one.level)}: ${review.name(one.level, one.label) || "no claim"}, ${span(one)}`, () => selection.chooseClaim(one.id), { class: "link" });
  }

  function about(claim) {
    const builds = claim.depends_on.map((id) => selection.claims.get(id)).filter(Boolean);
    const seen = claim.evidence.every((id) => id.startsWith("frame@"));
    return [
      el("p", { class: `kicker ${claim.level}` }, `${capital(claim.level)} · ${whom(claim)} · ${span(claim)}`),
      el("h3", { class: "claim-title" }, el("span", { class: "soft" }, "suggests "), review.name(claim.level, claim.label)),
      el("p", {}, claim.text),
      seen && el("p", { class: "seen small" }, "Only seen by the model, not measured."),
      el("div", { class: `sure ${claim.level}` }, meter(claim.confidence), el("p", { class: "small soft" }, `Confidence ${percent(claim.confidence)}, ${CONFIDENCE_FROM[claim.confidence_from] ?? plain(claim.confidence_from)}`)),
      claim.alternatives.length ? el("p", { class: "small" }, "It could also be ", claim.alternatives.map((one) => `${review.name(claim.level, one.label)} (${percent(one.probability)})`).join(", "), ".") : null,
      el("h4", {}, "Evidence"), evidenceList(claim.evidence, selection),
      builds.length ? el("details", {}, el("summary", {}, `Builds on ${counted(builds.length, "claim")}`), el("ul", { class: "plain" }, builds.map((one) => el("li", {}, claimLink(one))))) : null,
      verdicts(report.verdicts.filter((one) => one.claim === claim.id)),
      reviewForm(claim, review),
    ].filter(Boolean);
  }
}

function evidenceList(ids, selection) {
  return el("ul", { class: "plain evidence" }, ids.map((id) => {
    const one = selection.observations.get(id);
    const frame = id.startsWith("frame@");
    const text = one?.text ?? (frame ? `A frame shown to the model, at ${clock(Number(id.slice(6)))}` : "Measured for an answer");
    const quality = one && `confidence ${percent(one.confidence)} · quality ${percent(one.quality)}`;
    return el("li", {}, el("button", { type: "button", class: "row", "data-evidence": id, onclick: () => selection.chooseEvidence(id), disabled: !one && !frame },
      el("span", {}, text), el("span", { class: "line small soft" }, el("code", {}, id), el("span", {}, quality))));
  }));
}

/** What the checks said: those that failed in full, the others counted, all of them on demand. */
function verdicts(all) {
  if (!all.length) return null;
  const failed = all.filter((one) => !one.passed);
  const row = (one) => el("li", { class: one.passed ? "passed" : "not-passed" }, `${plain(one.check)}: ${one.passed ? "passed" : "not passed"}${one.round ? ` (revision ${one.round})` : ""}`, one.detail && el("span", { class: "soft" }, ` – ${one.detail}`));
  return el("div", {}, el("h4", {}, "Critic"),
    failed.length ? el("ul", { class: "small" }, failed.map(row)) : null,
    el("details", {}, el("summary", {}, failed.length ? `${counted(all.length, "check")}, ${failed.length} not passed` : `${counted(all.length, "check")}, all passed`), el("ul", { class: "small" }, all.map(row))));
}

function reviewForm(claim, review) {
  const now = review.of(claim.id);
  const wrong = el("div");
  const note = el("input", { type: "text", maxlength: 2000, value: now?.note ?? "", "aria-label": "Note, saved with your verdict", placeholder: "Note" });
  const labels = review.labels(claim.level).filter(({ id }) => id !== claim.label);
  const other = el("select", { "aria-label": "The right label" }, labels.map(({ id, name }) => el("option", { value: id, selected: id === now?.label }, name)));
  const act = (text, verdict, label) => button(text, () => save(() => review.set(claim.id, verdict, label?.(), note.value.trim())), { "aria-pressed": String(now?.verdict === verdict), "data-verdict": verdict });
  return el("section", { class: "review", "aria-label": "Your review" },
    el("div", { class: "line" }, el("h4", {}, "Your review"), el("span", { class: "status small soft", role: "status" }, now ? review.words(now, claim) : "not reviewed"), note),
    el("div", { class: "verdicts" }, act("Accept", "accept"), act("Reject", "reject"), labels.length ? [act("Relabel as", "relabel", () => other.value), other] : null, now && button("Take back", () => save(() => review.takeBack(claim.id)), { class: "quiet" })), wrong);

  async function save(change) {
    const place = document.activeElement?.dataset.verdict;
    try {
      await change(); // which draws this form again
      document.querySelector(`.review button[data-verdict="${place}"]`)?.focus();
    } catch (error) {
      wrong.replaceChildren(trouble(error.message));
    }
  }
}
