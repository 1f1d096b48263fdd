// The API key: given to the server, which answers with a cookie; nothing of it stays on the page.

import { openSession } from "./api.js";
import { button, dialog, el, field, trouble } from "./dom.js";

let asking = null;
let read = Promise.resolve(); // once the notice is closed: one dialog at a time

/** Ask for the key until the server takes it. Whoever waits meanwhile waits for the same form. */
export function askForKey() {
  asking ??= read.then(() => new Promise(show)).finally(() => { asking = null; });
  return asking;
}

function show(resolve) {
  const key = el("input", { type: "password", autocomplete: "current-password", required: true, spellcheck: "false" });
  const wrong = el("div");
  const send = el("button", { type: "submit", class: "primary" }, "Continue");
  const form = el("form", { class: "stack", onsubmit: submit }, field("API key", key, "It is sent to this server once and kept in a cookie that scripts can't read."), wrong, el("div", { class: "actions" }, send));
  const box = dialog("This server asks for a key", form);
  box.classList.add("stays");
  box.addEventListener("cancel", (event) => event.preventDefault()); // without a key there is nothing to go back to

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    try {
      await openSession(key.value);
      box.close();
      resolve();
    } catch (error) {
      wrong.replaceChildren(trouble(error.status === 401 ? "The server does not know this key." : error.message));
      key.select();
    } finally {
      send.disabled = false;
    }
  }
}

const SEEN = "mentalis.notice";

/** Show what the server must not be used for, once for each wording of it, and whenever it is asked for. */
export function showNotice(notice, again = false) {
  if (!notice || (!again && localStorage.getItem(SEEN) === notice)) return;
  const paragraphs = notice.trim().split(/\n\s*\n/).map((text) => el("p", {}, text.replace(/\s+/g, " ")));
  const box = dialog("Permitted use", paragraphs, el("div", { class: "actions" }, button("I have read this", () => {
    localStorage.setItem(SEEN, notice);
    box.close();
  }, { class: "primary" })));
  box.classList.add("stays");
  read = new Promise((resolve) => box.addEventListener("close", resolve, { once: true }));
}
