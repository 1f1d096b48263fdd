// A report's claims, observations and signals as the rows of a timeline. Nothing here draws.

import { LEVELS, plain } from "./words.js";

const MOST_BINS = 700; // of the heat map: more can't be seen
const MOST_POINTS = 1500; // of a curve
const GAP_STEPS = 3; // of a signal's usual step: a longer one is a hole
const NOT_IN_LANES = /^(au\d+|utterance$|heart_rate|hrv|respiration|face_visible$|body_visible$|face_caption$|light$|sharpness$|compression$|frame_rate$|prosody$|encoder_signature$|edited$|coded_twice$|.*_rate$)/;
export const CURVES = ["head_pitch", "head_yaw", "head_roll", "gaze_x", "gaze_y"];
const ACTION_UNIT = /^AU(\d+)$/;

/** What each action unit is (FACS, Ekman, Friesen & Hager 2002). */
export const AU_NAMES = {
  1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser", 6: "cheek raiser", 7: "lid tightener",
  9: "nose wrinkler", 10: "upper lip raiser", 11: "nasolabial deepener", 12: "lip corner puller", 13: "cheek puffer", 14: "dimpler",
  15: "lip corner depressor", 16: "lower lip depressor", 17: "chin raiser", 18: "lip puckerer", 20: "lip stretcher", 22: "lip funneler",
  23: "lip tightener", 24: "lip pressor", 25: "lips part", 26: "jaw drop", 27: "mouth stretch", 28: "lip suck", 43: "eyes closed", 45: "blink",
};

/** Times of a signal's samples in seconds. */
export function timesOf(signal) {
  return signal.times_s ?? signal.values.map((_, n) => signal.start_s + n / signal.rate_hz);
}

/** All rows of one person (of everybody, where none is given). */
export function rowsOf(report, person) {
  const of = (item) => !person || !item.person || item.person === person;
  const signals = report.evidence.signals.filter(of);
  const observations = report.evidence.observations.filter(of);
  const first = person ?? report.people[0]?.id; // curves of several people in one row could not be told apart
  const own = signals.filter((signal) => signal.person === first);
  return {
    duration: report.clip.duration_s,
    person: first,
    levels: LEVELS.map((level) => ({ name: level, items: packed(report.claims.filter((claim) => of(claim) && claim.level === level && !claim.abstained)) })),
    words: wordsOf(report, observations),
    events: eventLanes(observations),
    units: heatMap(own, report.clip.duration_s),
    heart: heartOf(own, observations.filter((one) => one.person === first)),
    curves: CURVES.flatMap((name) => own.filter((signal) => signal.name === name)).map((signal) => ({ name: plain(signal.name), unit: signal.unit, ...curve(signal) })),
  };
}

/** Give each item the first sub-row in which nothing else is at its time. */
function packed(items) {
  const ends = [];
  return [...items].sort((a, b) => a.start_s - b.start_s).map((item) => {
    let row = ends.findIndex((end_s) => end_s <= item.start_s + 0.01);
    if (row < 0) row = ends.length;
    ends[row] = item.end_s;
    return { item, row };
  });
}

function wordsOf(report, observations) {
  const said = observations.filter((one) => one.kind === "utterance");
  if (said.length) return packed(said).map(({ item, row }) => ({ item, row, text: /“(.*)”/.exec(item.text)?.[1] ?? item.text }));
  const lines = report.clip.transcript.map((line, n) => ({ ...line, id: `words-${n}` }));
  return packed(lines).map(({ item, row }) => ({ item, row, text: item.text }));
}

function eventLanes(observations) {
  const lanes = new Map();
  for (const one of observations) {
    if (NOT_IN_LANES.test(one.kind)) continue;
    if (!lanes.has(one.kind)) lanes.set(one.kind, []);
    lanes.get(one.kind).push(one);
  }
  return [...lanes].map(([kind, items]) => ({ name: plain(kind), kind, items }));
}

/** Action units over time: the greatest intensity in each bin, null where none was measured. */
function heatMap(signals, duration) {
  const units = signals.filter((signal) => ACTION_UNIT.test(signal.name));
  const bins = Math.max(1, Math.min(MOST_BINS, ...units.map((signal) => signal.values.length)));
  const width = duration / bins;
  return {
    names: units.map((signal) => signal.name),
    x: Array.from({ length: bins }, (_, n) => (n + 0.5) * width),
    z: units.map((signal) => binned(signal, bins, width)),
  };
}

function binned(signal, bins, width) {
  const row = new Array(bins).fill(null);
  timesOf(signal).forEach((time_s, n) => {
    const at = Math.min(bins - 1, Math.floor(time_s / width));
    row[at] = row[at] === null ? signal.values[n] : Math.max(row[at], signal.values[n]);
  });
  for (let n = 1; n + 1 < bins; n++) row[n] ??= row[n - 1] !== null && row[n + 1] !== null ? row[n - 1] : null; // between two samples
  return row;
}

/** Heart rate, and how good the signal was: its signal-to-noise ratio, or else each reading's quality. */
function heartOf(signals, observations) {
  const rate = signals.find((signal) => signal.name === "heart_rate");
  const noise = signals.find((signal) => signal.name === "pulse_snr");
  const readings = observations.filter((one) => one.kind === "heart_rate");
  if (!rate && !readings.length) return null;
  const line = rate ? curve(rate) : { x: readings.flatMap((one) => [one.start_s, one.end_s]), y: readings.flatMap((one) => [one.value, one.value]) };
  const quality = noise ? timesOf(noise).map((time_s, n) => ({ time_s, share: Math.min(1, Math.max(0, (noise.values[n] + 3) / 13)), text: `${noise.values[n].toFixed(1)} dB` }))
    : readings.map((one) => ({ time_s: (one.start_s + one.end_s) / 2, share: one.quality, text: one.quality.toFixed(2) }));
  return { ...line, quality, readings };
}

/** A curve with at most `MOST_POINTS` points: least and greatest of each stretch are kept, holes stay holes. */
function curve(signal) {
  const times = timesOf(signal), values = signal.values;
  const steps = times.slice(1).map((time_s, n) => time_s - times[n]).sort((a, b) => a - b);
  const hole = GAP_STEPS * (steps[steps.length >> 1] ?? 1);
  const stride = Math.max(1, Math.ceil((2 * values.length) / MOST_POINTS));
  const kept = [];
  for (let from = 0; from < values.length; from += stride) {
    let least = from, most = from;
    for (let n = from; n < Math.min(values.length, from + stride); n++) {
      if (values[n] < values[least]) least = n;
      if (values[n] > values[most]) most = n;
    }
    kept.push(...new Set([Math.min(least, most), Math.max(least, most)]));
  }
  const x = [], y = [];
  kept.forEach((n, k) => {
    if (k && times[n] - times[kept[k - 1]] > hole + stride * (hole / GAP_STEPS)) {
      x.push(times[n]);
      y.push(null);
    }
    x.push(times[n]);
    y.push(values[n]);
  });
  return { x, y };
}
