// What people think of the claims: read from the server, changed there, told to whoever shows it ("change").

import { correct, corrections, uncorrect } from "./api.js";
import { LEVELS, counted, percent, plain } from "./words.js";

export class Review extends EventTarget {
  #known = { data: [], agreement: null, by_level: {}, labels: {} };
  #names = new Map(); // "level/id" -> name

  constructor(id, report) {
    super();
    this.id = id;
    this.report = report;
  }

  /** Read the corrections and the labels that there are. Where the codebook is gone, labels go by their ids. */
  async load() {
    const known = await corrections(this.id);
    for (const level of LEVELS) for (const label of known.labels[level]) this.#names.set(`${level}/${label.id}`, label.name);
    this.#take(known);
  }

  /** A label's name. */
  name(level, label) {
    return (this.#names.get(`${level}/${label}`) ?? plain(label)).toLowerCase();
  }

  /** Labels that a claim of this level can have, each with id and name. */
  labels(level) {
    return this.#known.labels[level] ?? [];
  }

  of(claim) {
    return this.#known.data.find((one) => one.claim === claim);
  }

  async set(claim, verdict, label, note) {
    this.#take(await correct(this.id, { claim, verdict, ...(label && { label }), ...(note && { note }) }));
  }

  async takeBack(claim) {
    const known = await uncorrect(this.id, claim);
    this.#take(known ?? (await corrections(this.id)));
  }

  /** A correction in a word or two. */
  words(correction, claim) {
    if (correction.verdict === "relabel") return `→ ${this.name(claim.level, correction.label)}`;
    return { accept: "accepted", reject: "rejected" }[correction.verdict];
  }

  /** How many claims were reviewed, and how far people and report agree, level by level. */
  summary(claims) {
    const { data, agreement, by_level } = this.#known;
    if (!data.length) return "No claim has been reviewed. Choose one to accept, reject or relabel it.";
    const levels = LEVELS.filter((level) => by_level[level]?.n).map((level) => `${level} ${this.#agreed(by_level[level])}`);
    return `${data.length} of ${counted(claims, "claim")} reviewed, ${percent(agreement)} with the report's label: ${levels.join("; ")}.`;
  }

  #agreed({ n, agreement, kappa }) {
    return `${percent(agreement)} of ${n}, Cohen's kappa ${kappa === null ? "not defined yet" : kappa.toFixed(2)}`;
  }

  #take(known) {
    this.#known = known;
    this.dispatchEvent(new Event("change"));
  }
}
