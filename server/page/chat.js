// Questions about the clip; every id in an answer is a button that goes there.

import { ask } from "./api.js";
import { button, el, trouble } from "./dom.js";
import { plain, seconds, span } from "./words.js";

const OFFERED = ["What does the face suggest, and why?", "When does the person smile?", "What could not be measured?"];
const METHODS = { model: "answered by the model", bm25: "found by matching words; no language model is set up", embedding: "found by meaning; no language model is set up" };

export function showChat(place, id, selection) {
  let history = null;
  const log = el("div", { class: "log", role: "log", "aria-label": "Questions and answers", tabindex: 0 });
  const question = el("textarea", { rows: 2, "aria-label": "Your question", placeholder: "Ask about this clip", onkeydown: (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  } });
  const send = el("button", { type: "submit", class: "primary" }, "Ask");
  const offers = el("div", { class: "offers" }, OFFERED.map((text) => button(text, () => put(text), { class: "quiet" })));
  const form = el("form", { class: "ask", onsubmit: (event) => {
    event.preventDefault();
    if (question.value.trim() && !send.disabled) put(question.value.trim());
  } }, question, send);
  place.append(log, offers, form);

  async function put(text) {
    offers.remove();
    question.value = "";
    send.disabled = true;
    const waiting = el("p", { class: "soft" }, "Looking it up …");
    log.append(el("p", { class: "asked" }, text), waiting);
    down();
    try {
      const answer = await ask(id, text, history);
      history = answer.history ?? history;
      waiting.replaceWith(answered(answer));
    } catch (error) {
      waiting.replaceWith(trouble(error.message));
    }
    send.disabled = false;
    down();
  }

  function down() {
    log.scrollTop = log.scrollHeight;
  }

  function answered(answer) {
    const steps = (answer.steps ?? []).map((one) => el("li", {}, `${plain(one.do)}: ${one.outcome} (${seconds(one.seconds)})`));
    const notes = (answer.notes ?? []).map((text) => el("li", {}, text));
    return el("div", { class: "answer" }, el("p", {}, linked(answer.text, answer.citations)),
      el("details", { class: "small soft" }, el("summary", {}, METHODS[answer.method] ?? plain(answer.method ?? "answer")), el("ul", {}, steps, notes, answer.citations.map((one) => el("li", {}, `${one.id}: ${one.text}`)))));
  }

  /** An answer's text with each `[id, id]` as buttons. Brackets without a known id stay text. */
  function linked(text, citations) {
    const known = new Map(citations.map((one) => [one.id, one]));
    return text.split(/(\[[^\]]+\])/).flatMap((part) => {
      const ids = part.startsWith("[") ? part.slice(1, -1).split(/,\s*/) : [];
      if (!ids.length || !ids.every((one) => known.has(one) || selection.claims.has(one) || selection.observations.has(one))) return [part];
      return ids.map((one) => {
        const item = known.get(one) ?? selection.claims.get(one) ?? selection.observations.get(one);
        return button(one, () => selection.choose(one, item), { class: "cite", title: `${span(item)}: ${item.text}` });
      });
    });
  }
}
