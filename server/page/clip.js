// The clip: picture, overlay and controls. Without media, a clock runs in its place, so that overlay and plots still play.

import { contentUrl } from "./api.js";
import { checkbox, el, icon } from "./dom.js";
import { drawOverlay, layersOf } from "./overlay.js";
import { clock } from "./words.js";

const SPEEDS = [0.25, 0.5, 1, 2];
const NAMES = { boxes: "Boxes", landmarks: "Landmarks", regions: "Skin regions" };

/** A clip that plays: `{node, time, duration, seek(s), step(s), toggle(), onTime(tell), close()}`. */
export function makeClip(one, report, tracks) {
  const size = report.clip, duration = size.duration_s;
  const shown = { boxes: true, landmarks: true, regions: false };
  const hearers = [];
  let machine, frame = 0;

  const canvas = el("canvas", { class: "overlay", "aria-hidden": "true" });
  const note = el("p", { class: "no-picture" });
  const stage = el("div", { class: "stage" }, canvas, note);
  stage.style.aspectRatio = `${size.width} / ${size.height}`;
  stage.style.width = `min(100%, calc(52vh * ${size.width / size.height}))`;
  const start = el("button", { type: "button", class: "round", onclick: toggle, "aria-label": "Play" }, icon("play"), icon("pause"));
  const bar = el("input", { type: "range", min: 0, max: duration, step: 0.01, value: 0, "aria-label": "Time in the clip", oninput: () => seek(Number(bar.value)) });
  const told = el("span", { class: "number time" });
  const speed = el("select", { "aria-label": "Speed", onchange: () => { machine.playbackRate = Number(speed.value); } },
    SPEEDS.map((rate) => el("option", { value: rate, selected: rate === 1 }, `${rate}×`)));
  const layers = layersOf(tracks);
  const toggles = Object.keys(NAMES).filter((name) => layers[name]).map((name) =>
    checkbox(NAMES[name], shown[name], (checked) => { shown[name] = checked; draw(); }));
  const node = el("figure", { class: "clip", "aria-label": "The clip" }, stage,
    el("div", { class: "controls" },
      start, el("button", { type: "button", class: "round", "aria-label": "One frame back", onclick: () => step(-1 / size.fps) }, icon("back")),
      el("button", { type: "button", class: "round", "aria-label": "One frame on", onclick: () => step(1 / size.fps) }, icon("forward")),
      bar, told, speed),
    toggles.length ? el("div", { class: "toggles", role: "group", "aria-label": "Overlay" }, toggles) : null);

  use(one.has_media ? video() : still("The clip was deleted once it was measured; what was measured plays on."));
  const watch = new ResizeObserver(draw);
  watch.observe(stage);
  return { node, duration, seek, step, toggle, time: () => machine.currentTime, onTime: (tell) => hearers.push(tell), close };

  function video() {
    const made = el("video", { preload: "auto", playsinline: true, src: contentUrl(one.file), tabindex: -1 });
    made.addEventListener("error", () => {
      const at = machine.currentTime;
      made.remove();
      use(still("This browser can't show the clip's format; what was measured plays on."));
      seek(at);
    }, { once: true });
    stage.prepend(made);
    return made;
  }

  function still(why) {
    note.textContent = why;
    return new Clock(duration);
  }

  function use(next) {
    machine = next;
    for (const kind of ["play", "pause", "ended", "seeked", "timeupdate", "loadeddata"]) next.addEventListener(kind, changed);
    changed();
  }

  function toggle() {
    if (!machine.paused) return machine.pause();
    if (machine.currentTime >= duration - 0.05) machine.currentTime = 0;
    machine.play()?.catch(() => {}); // a format that can't be shown is told by its error event
  }

  function seek(time_s) {
    machine.currentTime = Math.min(Math.max(0, time_s), duration);
    changed();
  }

  function step(by_s) {
    machine.pause();
    seek(machine.currentTime + by_s);
  }

  function changed() {
    cancelAnimationFrame(frame);
    start.classList.toggle("playing", !machine.paused);
    start.setAttribute("aria-label", machine.paused ? "Play" : "Pause");
    show();
  }

  function show() {
    const time_s = machine.currentTime;
    bar.value = time_s;
    bar.setAttribute("aria-valuetext", clock(time_s));
    told.textContent = `${clock(time_s)} / ${clock(duration)}`;
    draw();
    for (const tell of hearers) tell(time_s);
    if (!machine.paused) frame = requestAnimationFrame(show);
  }

  function draw() {
    drawOverlay(canvas, tracks, machine.currentTime, shown, size);
  }

  function close() {
    hearers.length = 0;
    cancelAnimationFrame(frame);
    watch.disconnect();
    machine.pause();
    if (machine instanceof HTMLVideoElement) {
      machine.removeAttribute("src"); // ends its requests
      machine.load();
    }
  }
}

/** Goes on like a video that has no picture. */
class Clock extends EventTarget {
  paused = true;
  #rate = 1;
  #from_s = 0;
  #since = 0;

  constructor(duration) {
    super();
    this.duration = duration;
  }

  get currentTime() {
    if (this.paused) return this.#from_s;
    const time_s = this.#from_s + ((performance.now() - this.#since) / 1000) * this.#rate;
    if (time_s < this.duration) return time_s;
    this.#from_s = this.duration;
    this.paused = true;
    queueMicrotask(() => this.dispatchEvent(new Event("ended")));
    return this.duration;
  }

  set currentTime(time_s) {
    this.#from_s = time_s;
    this.#since = performance.now();
  }

  set playbackRate(rate) {
    this.currentTime = this.currentTime; // what has passed, passed at the old speed
    this.#rate = rate;
  }

  play() {
    this.#since = performance.now();
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.#from_s = this.currentTime;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}
