// A clip from the camera: it stays in the browser until it is analysed.

import { button, checkbox, el, trouble } from "./dom.js";
import { clock } from "./words.js";

const LONGEST_S = 300;
const KINDS = [["video/mp4", "mp4"], ["video/webm;codecs=vp9,opus", "webm"], ["video/webm", "webm"]];
const WHY_NOT = {
  NotAllowedError: "The browser was not allowed to use the camera. Allow it in the browser's settings of this page.",
  NotFoundError: "No camera was found.",
  NotReadableError: "The camera is used by another program.",
};

/** A part of the form that records; `take(file)` gets the clip. */
export function recorder(take) {
  const place = el("div", { class: "recorder" });
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    place.append(el("p", { class: "hint" }, "Recording needs a browser with a camera, and an address that is https or this machine."));
    return place;
  }
  let sound = true;
  const wrong = el("div");
  const start = button("Record from the camera", begin);
  const withSound = checkbox("with sound", true, (checked) => { sound = checked; });
  place.append(el("div", { class: "actions start" }, start, withSound), wrong);
  return place;

  async function begin() {
    wrong.replaceChildren();
    start.disabled = true;
    try {
      record(await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, frameRate: { ideal: 30 } }, audio: sound }));
    } catch (error) {
      wrong.replaceChildren(trouble(WHY_NOT[error.name] ?? error.message));
      start.disabled = false;
    }
  }

  function record(stream) {
    const [type, suffix] = KINDS.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? ["", "webm"];
    const parts = [], began = performance.now();
    const preview = el("video", { muted: true, playsinline: true, "aria-label": "What the camera sees" });
    const time = el("span", { class: "number" }, clock(0));
    const machine = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const ticking = setInterval(() => {
      const past_s = (performance.now() - began) / 1000;
      time.textContent = clock(past_s);
      if (past_s >= LONGEST_S || !place.isConnected) machine.stop();
    }, 200);
    const live = el("div", { class: "live" }, preview, el("div", { class: "actions start" }, button("Stop recording", () => machine.stop(), { class: "danger" }), time));
    preview.srcObject = stream;
    preview.play();
    place.append(live);
    machine.addEventListener("dataavailable", (event) => event.data.size && parts.push(event.data));
    machine.addEventListener("stop", () => {
      clearInterval(ticking);
      for (const track of stream.getTracks()) track.stop();
      live.remove();
      start.disabled = false;
      const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-");
      if (place.isConnected) take(new File(parts, `recording-${stamp}.${suffix}`, { type: machine.mimeType }));
    }, { once: true });
    machine.start(1000);
  }
}
