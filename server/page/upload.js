// A new analysis: which clip (dropped, picked, named, recorded), how it is analysed, what is noted with it.

import { analyse, codebooks, models, sendFile, sendPath } from "./api.js";
import { button, checkbox, el, field, trouble } from "./dom.js";
import { recorder } from "./record.js";
import { megabytes, percent } from "./words.js";

export async function showUpload(place, server) {
  const [strategies, books] = await Promise.all([listed(models), listed(codebooks)]);
  let clip = null, sending = null; // the file that was chosen; what stops its upload
  const chosen = el("p", { class: "chosen", "aria-live": "polite" }, "No clip is chosen yet.");
  const wrong = el("div");
  const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": "Upload" });
  const send = el("button", { type: "submit", class: "primary" }, "Analyse");
  const stop = button("Stop the upload", () => sending?.abort(), { hidden: true });
  const options = {
    strategy: choice(strategies.map((one) => one.id.split("/")[1]).filter(Boolean).map((id) => [id, id]), server.settings?.strategy),
    codebook: choice(books.map((one) => [one.id, one.name || one.id]), server.settings?.codebook),
  };
  const path = el("input", { type: "text", spellcheck: "false", autocomplete: "off", placeholder: "/home/me/clip.mp4", oninput: () => say() });
  const purpose = el("textarea", { rows: 2 }), consent = el("textarea", { rows: 2 });
  const words = el("textarea", { rows: 3, spellcheck: "false" });
  let derivedOnly = false, checkGestures = false;

  const form = el("form", { class: "columns", onsubmit: submit },
    el("section", { class: "panel", "aria-labelledby": "clip-title" },
      el("h2", { id: "clip-title" }, "Clip"), dropZone(take),
      server.local_paths === true && field("Or a path on this machine", path, "The server reads the file itself; nothing is uploaded."),
      recorder(take), chosen,
      field("What is said, if it is known", words, "SRT, WebVTT, JSON or plain text.")),
    el("section", { class: "panel", "aria-labelledby": "how-title" },
      el("h2", { id: "how-title" }, "How"),
      field("Strategy", options.strategy, "In which order the agents judge, and whether a critic checks them."),
      field("Codebook", options.codebook, "The labels that claims may use."),
      field("Purpose", purpose, "Why the clip is analysed. Kept with the analysis."),
      field("Consent", consent, "Who agreed to it, and how. Kept with the analysis."),
      server.settings?.model && checkbox("Show the model each gesture that was measured, to confirm or reject it", false, (checked) => { checkGestures = checked; }),
      checkbox("Keep measurements only: delete the clip once it is measured", false, (checked) => { derivedOnly = checked; }),
      wrong, bar, el("div", { class: "actions" }, stop, send)));
  place.append(el("div", { class: "heading" }, el("h1", {}, "New analysis")), form);
  const leave = dropped(form.querySelector(".drop"), take);
  return () => {
    leave();
    sending?.abort();
  };

  function take(file) {
    clip = file;
    path.value = "";
    say();
  }

  function say() {
    const named = path.value.trim();
    chosen.textContent = named ? `The server will read ${named}.` : clip ? `${clip.name} (${megabytes(clip.size)})` : "No clip is chosen yet.";
    chosen.classList.toggle("ready", Boolean(named || clip));
  }

  async function submit(event) {
    event.preventDefault();
    wrong.replaceChildren();
    if (!clip && !path.value.trim()) return wrong.replaceChildren(trouble("Choose a clip first."));
    busy(true);
    try {
      sending = new AbortController();
      const file = path.value.trim() ? await sendPath(path.value.trim()) : await sendFile(clip, clip.name, told, sending.signal);
      const wanted = { file: file.id, options: {}, derived_only: derivedOnly };
      for (const [name, list] of Object.entries(options)) if (list.value) wanted.options[name] = list.value;
      if (checkGestures) wanted.options.check_gestures = true;
      if (words.value.trim()) wanted.transcript = words.value;
      if (purpose.value.trim()) wanted.purpose = purpose.value.trim();
      if (consent.value.trim()) wanted.consent = consent.value.trim();
      location.hash = `#/analyses/${(await analyse(wanted)).id}`;
    } catch (error) {
      wrong.replaceChildren(trouble(error.message));
    } finally {
      busy(false);
    }
  }

  function busy(now) {
    send.disabled = now;
    stop.hidden = bar.hidden = !now || Boolean(path.value.trim());
    send.textContent = now ? "Sending …" : "Analyse";
    if (!now) sending = null;
  }

  function told(share) {
    bar.value = share;
    send.textContent = share < 1 ? `Sending … ${percent(share)}` : "Sent; starting …";
  }
}

/** What a list has; a server that does not tell leaves only its usual choice. */
async function listed(get) {
  try {
    return (await get()).data;
  } catch {
    return [];
  }
}

function choice(pairs, usual) {
  const list = el("select", {}, el("option", { value: "" }, usual ? `The server's usual one (${usual})` : "The server's usual one"));
  for (const [value, text] of pairs) list.append(el("option", { value }, text));
  return list;
}

function dropZone(take) {
  const picker = el("input", { type: "file", accept: "video/*,.mkv,.avi,.mov,.webm", class: "unseen", id: "picker", onchange: () => picker.files[0] && take(picker.files[0]) });
  return el("div", { class: "drop" }, el("p", {}, "Drop a video here, or"), picker, el("label", { class: "button", for: "picker" }, "Choose a file"));
}

/** Take a file that is dropped anywhere on the page, which lights up the zone; returns what ends that. */
function dropped(zone, take) {
  const ends = new AbortController();
  const on = (kind, act) => document.addEventListener(kind, (event) => event.dataTransfer?.types.includes("Files") && act(event), { signal: ends.signal });
  let inside = 0; // enter and leave are told for every part of the page
  const light = (now) => { inside = now; zone.classList.toggle("over", inside > 0); };
  on("dragenter", () => light(inside + 1));
  on("dragleave", () => light(inside - 1));
  on("dragover", (event) => event.preventDefault());
  on("drop", (event) => {
    event.preventDefault();
    light(0);
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  return () => ends.abort();
}
