// All analyses: searched, paged, opened, compared from, deleted.

import { analyse, analyses, deleteAnalysis, deleteFile } from "./api.js";
import { button, checkbox, dialog, el, trouble } from "./dom.js";
import { counted, date, madeWith } from "./words.js";

const PAGE = 20;
const AGAIN_MS = 4000; // while something runs
const QUIET_MS = 250; // after the last key, before it is searched
export const STATUS = { queued: "Queued", measuring: "Measuring", reasoning: "Reasoning", done: "Done", failed: "Failed", cancelled: "Cancelled" };

export function showList(place) {
  const before = []; // the last ids of the pages before this one
  let search = "", wait = null, again = null, asked = null, drawn = "";
  const box = el("input", { type: "search", id: "search", placeholder: "Name of a clip", autocomplete: "off", oninput: typed });
  const rows = el("div"), found = el("p", { class: "unseen", role: "status" });
  place.append(
    el("div", { class: "heading" }, el("h1", {}, "Analyses"), el("a", { class: "button primary", href: "#/new" }, "New analysis")),
    el("div", { class: "field search" }, el("label", { for: "search" }, "Search"), box),
    found, rows,
  );
  load();
  return () => { clearTimeout(wait); clearTimeout(again); asked?.abort(); };

  function typed() {
    clearTimeout(wait);
    wait = setTimeout(() => {
      search = box.value.trim();
      before.length = 0;
      load();
    }, QUIET_MS);
  }

  async function load() {
    asked?.abort();
    clearTimeout(again);
    asked = new AbortController();
    const query = { limit: PAGE, ...(before.length && { after: before.at(-1) }), ...(search && { search }) };
    try {
      const page = await analyses(query, asked.signal);
      if (!page.data.length && before.length) return step(() => before.pop()); // the last of a page was deleted
      if (page.data.some((one) => !["done", "failed", "cancelled"].includes(one.status))) again = setTimeout(load, AGAIN_MS);
      if (drawn === JSON.stringify([page, search])) return;
      drawn = JSON.stringify([page, search]);
      found.textContent = counted(page.data.length, "analysis", "analyses");
      const empty = !page.data.length && (search ? el("p", { class: "soft" }, `No analysis has “${search}” in its name.`) : nothingYet());
      rows.replaceChildren(empty || table(page.data, load), pager(page));
    } catch (error) {
      if (error.name === "AbortError") return;
      drawn = "";
      rows.replaceChildren(trouble(error.message));
    }
  }

  function step(change) {
    change();
    return load();
  }

  function pager(page) {
    if (!page.has_more && !before.length) return "";
    return el("nav", { class: "pager", "aria-label": "Pages" },
      button("Newer", () => step(() => before.pop()), { disabled: !before.length }),
      el("span", { class: "small soft" }, `Page ${before.length + 1}`),
      button("Older", () => step(() => before.push(page.last_id)), { disabled: !page.has_more }));
  }
}

function table(data, changed) {
  const head = ["Clip", "Status", "Made", "Judged by", ""].map((text) => el("th", { scope: "col" }, text || el("span", { class: "unseen" }, "Actions")));
  return el("table", { class: "list" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, data.map((one) => row(one, changed))));
}

function row(one, changed) {
  return el("tr", {},
    el("td", { class: "name" }, el("a", { href: `#/analyses/${one.id}` }, one.name)),
    el("td", {}, badge(one.status)),
    el("td", { class: "soft number" }, date(one.created_at)),
    el("td", { class: "soft how" }, madeWith(one)),
    el("td", { class: "end" }, button("Delete", () => confirmDeletion(one, changed), { class: "quiet", "aria-label": `Delete ${one.name}` })));
}

export const badge = (status) => el("span", { class: `badge ${status}` }, STATUS[status] ?? status);

/** Ask before an analysis is deleted, with its clip if that is wanted. */
export function confirmDeletion(one, deleted) {
  let clip = false;
  const wrong = el("div");
  const box = dialog(`Delete ${one.name}?`,
    el("p", {}, "Evidence, report, events and corrections are deleted from the server. This can't be undone."),
    checkbox("Also delete the clip and everything measured on it", false, (checked) => { clip = checked; }),
    wrong,
    el("div", { class: "actions" },
      button("Keep", () => box.close()),
      button("Delete", async () => {
        try {
          await deleteAnalysis(one.id);
          if (clip) await deleteFile(one.file);
          box.close();
          deleted();
        } catch (error) {
          wrong.replaceChildren(trouble(error.message));
        }
      }, { class: "danger" })));
}

function nothingYet() {
  const wrong = el("div"), state = el("p", { class: "soft", role: "status" });
  const start = button("Analyse the demo clip", async () => {
    start.disabled = true;
    start.textContent = "Making the demo clip …";
    state.textContent = "The clip is drawn frame by frame. The first time that takes about half a minute; then its analysis begins.";
    wrong.replaceChildren();
    try {
      location.hash = `#/analyses/${(await analyse({ demo: true })).id}`;
    } catch (error) {
      wrong.replaceChildren(trouble(error.message));
      state.textContent = "";
      start.textContent = "Analyse the demo clip";
      start.disabled = false;
    }
  }, { class: "primary" });
  return el("section", { class: "empty" },
    el("h2", {}, "Nothing has been analysed yet"),
    el("p", {}, "Send a clip of people, and you get what they do, how they may be thinking and what they may feel, each statement with the evidence it rests on."),
    el("p", { class: "soft" }, "The demo clip is made from a photograph, so that its true movements and pulse are known. It needs about a minute."),
    el("div", { class: "actions start" }, start, el("a", { class: "button", href: "#/new" }, "Choose a clip")), state, wrong);
}
