// The claims of the three levels as buttons, with how people reviewed them; what was rejected, if that is wanted.

import { checkbox, el } from "./dom.js";
import { LEVELS, capital, percent, span, whom } from "./words.js";

export function showClaims(place, report, selection, review, tell) {
  const rejected = el("section", { hidden: true, "aria-label": "Rejected claims" }, rejectedList(report.rejected, review));
  const agreed = el("p", { class: "small soft", role: "status" });
  const buttons = new Map();
  const wanted = checkbox(`Show rejected claims (${report.rejected.length})`, false, (checked) => { rejected.hidden = !checked; });
  place.append(
    el("div", { class: "bar" }, el("h2", {}, "Claims"), report.rejected.length ? wanted : el("span", { class: "small soft" }, "None was rejected.")),
    agreed,
    el("div", { class: "levels" }, LEVELS.map((level) => column(level))),
    rejected);
  selection.addEventListener("change", chosen);
  review.addEventListener("change", reviewed);
  reviewed();

  function column(level) {
    const claims = report.claims.filter((one) => one.level === level);
    return el("section", { class: `level ${level}`, "aria-label": capital(level) }, el("h3", {}, capital(level)),
      claims.length ? el("ul", { class: "plain" }, claims.map((one) => el("li", {}, one.abstained ? abstention(one) : claimButton(one)))) : el("p", { class: "soft small" }, "Nothing is claimed."));
  }

  function claimButton(one) {
    const state = el("span", { class: "state" });
    const node = el("button", { type: "button", class: "claim", "data-claim": one.id, "aria-pressed": "false", onclick: (event) => choose(one.id, event) },
      el("span", { class: "line" }, el("span", { class: "label" }, el("span", { class: "soft" }, "suggests "), review.name(one.level, one.label)), state),
      el("span", { class: "line small soft" }, el("span", {}, `${whom(one)} · ${span(one)}`), el("span", { class: "number" }, percent(one.confidence))),
      meter(one.confidence));
    buttons.set(one.id, { node, state });
    return node;
  }

  /** Choose a claim and go to the clip; who goes by keyboard is taken to what is told of the claim, and back by Escape. */
  function choose(id, event) {
    selection.chooseClaim(id);
    if (selection.clip.node.getBoundingClientRect().bottom < 80) selection.clip.node.scrollIntoView({ block: "start" });
    if (!event.detail) tell();
  }

  function chosen() {
    for (const [id, { node }] of buttons) {
      node.setAttribute("aria-pressed", String(id === selection.claim));
      const rests = selection.claims.get(id).evidence.some((one) => selection.evidence.has(one));
      node.classList.toggle("lit", selection.claim === null && rests);
    }
  }

  function reviewed() {
    for (const [id, { node, state }] of buttons) {
      const correction = review.of(id);
      node.dataset.verdict = correction?.verdict ?? "";
      state.textContent = correction ? review.words(correction, selection.claims.get(id)) : "";
    }
    agreed.textContent = review.summary(buttons.size);
  }
}

/** A bar as long as a share; the number is beside it. */
export function meter(share) {
  const full = el("span", { class: "full" });
  full.style.width = `${share * 100}%`;
  return el("span", { class: "meter", "aria-hidden": "true" }, full);
}

function abstention(one) {
  return el("p", { class: "abstained small" }, el("strong", {}, `${whom(one)}: no claim. `), one.text);
}

function rejectedList(rejected, review) {
  return el("ul", { class: "rejected" }, rejected.map((one) => el("li", {},
    el("strong", {}, `${capital(one.level)}, ${whom(one)}: `), one.label ? `${review.name(one.level, one.label)}, ` : "", one.start_s === null ? "" : `${span(one)}: `, el("s", {}, one.text), el("br"), el("span", { class: "small soft" }, `Rejected${one.round ? ` in revision ${one.round}` : ""}: ${one.reason}`))));
}
