// Which view the address asks for, and what is the same on all of them.

import { about, onLocked } from "./api.js";
import { showAnalysis } from "./analysis.js";
import { showCompare } from "./compare.js";
import { el, trouble } from "./dom.js";
import { showList } from "./list.js";
import { askForKey, showNotice } from "./session.js";
import { showUpload } from "./upload.js";

const ROUTES = [
  [/^$/, "list", showList],
  [/^new$/, "new", showUpload],
  [/^analyses\/([\w-]+)$/, "analysis", showAnalysis],
  [/^compare\/([\w-]+)\/([\w-]+)$/, "compare", showCompare],
];
const main = document.getElementById("main");
let leave = null; // what stops the view that is shown
let turn = 0;

/** Show the view of the address. A view gets its place, what is known of the server, and the address' parts. */
async function show() {
  const path = location.hash.replace(/^#\/?/, "");
  const mine = ++turn;
  if (mine > 1) main.focus({ preventScroll: true }); // a new view is read from its beginning
  scrollTo(0, 0);
  for (const open of document.querySelectorAll("dialog:not(.stays)")) open.close(); // it was about the view before
  leave?.();
  leave = null;
  const found = ROUTES.find(([pattern]) => pattern.test(path));
  const place = el("div", { class: "view" });
  main.replaceChildren(place);
  for (const link of document.querySelectorAll("[data-route]")) {
    if (link.dataset.route === found?.[1]) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = "Mentalis";
  try {
    if (!found) throw new Error("There is no such page here.");
    const server = await known;
    const stop = mine === turn ? await found[2](place, server, ...path.match(found[0]).slice(1)) : null;
    if (mine === turn) leave = stop ?? null;
    else stop?.();
  } catch (error) {
    if (mine === turn) place.replaceChildren(trouble(error.message), el("p", {}, el("a", { href: "#/" }, "All analyses")));
  }
}

/** What the server tells of itself; a page without it still shows what there is. */
async function meet() {
  try {
    const server = await about();
    document.getElementById("version").textContent = `Mentalis ${server.version ?? ""}`;
    const notice = [server.notice ?? ""].flat().join("\n\n");
    const again = document.getElementById("notice-button");
    again.addEventListener("click", () => showNotice(notice, true));
    again.hidden = !notice;
    showNotice(notice);
    return server;
  } catch {
    return {};
  }
}

/** Where no view takes a file that is dropped, the browser must not open it in place of the page. */
function refuseFiles(event) {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the view
  main.focus();
});
for (const kind of ["dragover", "drop"]) addEventListener(kind, refuseFiles);
onLocked(askForKey);
const known = meet();
addEventListener("hashchange", show);
show();
