// A second analysis is chosen to compare with: those that are done, each with what tells it from the others.

import { analyses } from "./api.js";
import { button, dialog, el, field, trouble } from "./dom.js";
import { date, madeWith } from "./words.js";

const PAGE = 20;
const QUIET_MS = 250; // after the last key, before it is searched

/** Open a dialog with the analyses that `one` can be compared with. */
export function chooseOther(one) {
  let wait = null, asked = null, last = null;
  const found = el("ul", { class: "plain choices" }), said = el("p", { class: "soft small", role: "status" }, "Loading …");
  const more = button("Show older ones", () => load(last), { class: "quiet", hidden: true });
  const search = el("input", { type: "search", placeholder: "Name of a clip", autocomplete: "off", oninput: () => {
    clearTimeout(wait);
    wait = setTimeout(() => load(null), QUIET_MS);
  } });
  const box = dialog("Compare with", field("Search", search), said, found, more, el("div", { class: "actions" }, button("Close", () => box.close())));
  box.addEventListener("close", () => { clearTimeout(wait); asked?.abort(); });
  load(null);

  async function load(after) {
    asked?.abort();
    asked = new AbortController();
    const words = search.value.trim();
    try {
      const page = await analyses({ limit: PAGE, status: "done", ...(after && { after }), ...(words && { search: words }) }, asked.signal);
      const others = page.data.filter((other) => other.id !== one.id).map((other) => el("li", {}, link(other)));
      if (after) found.append(...others);
      else found.replaceChildren(...others);
      last = page.last_id;
      more.hidden = !page.has_more;
      said.textContent = found.children.length || page.has_more ? "" : words ? `No other analysis that is done has “${words}” in its name.` : "No other analysis is done yet.";
      said.hidden = !said.textContent;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!after) found.replaceChildren(); // of another search
      said.hidden = false;
      said.replaceChildren(trouble(error.message));
    }
  }

  function link(other) {
    const facts = [madeWith(other), `codebook ${other.made_with?.codebook ?? "not known"}`, date(other.created_at)];
    if (other.file === one.file) facts.unshift("the same clip");
    return el("a", { href: `#/compare/${one.id}/${other.id}`, onclick: () => box.close() }, el("span", { class: "named" }, other.name), el("span", { class: "small soft" }, facts.join(" · ")));
  }
}
