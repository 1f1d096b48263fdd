// What people think of the claims: read from the server, changed there, told to whoever shows it ("change").

import { codebook, correct, corrections, uncorrect } from "./api.js";
import { counted, percent, plain } from "./words.js";

export class Review extends EventTarget {
  #known = { data: [], agreement: null, kappa: null };
  #labels = new Map(); // "level/id" -> name

  constructor(id, report) {
    super();
    this.id = id;
    this.report = report;
  }

  /** Read the corrections and the names of the codebook's labels. A codebook that is gone leaves the ids. */
  async load() {
    const [book, known] = await Promise.all([codebook(this.report.provenance.codebook).catch(() => null), corrections(this.id)]);
    for (const level of ["behaviour", "cognition", "emotion"]) {
      for (const label of book?.[level] ?? []) this.#labels.set(`${level}/${label.id}`, label.name);
      for (const claim of this.report.claims) {
        for (const label of [claim.label, ...claim.alternatives.map((one) => one.label)]) {
          if (claim.level === level && label && !this.#labels.has(`${level}/${label}`)) this.#labels.set(`${level}/${label}`, plain(label));
        }
      }
    }
    this.#take(known);
  }

  /** A label's name. */
  name(level, label) {
    return (this.#labels.get(`${level}/${label}`) ?? plain(label)).toLowerCase();
  }

  /** Pairs of id and name of all labels of a level. */
  labels(level) {
    return [...this.#labels].filter(([key]) => key.startsWith(`${level}/`)).map(([key, name]) => [key.slice(level.length + 1), name]);
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

  /** How many claims were reviewed, and how far people and report agree. */
  summary(claims) {
    const { data, agreement, kappa } = this.#known;
    if (!data.length) return "No claim has been reviewed. Choose one to accept, reject or relabel it.";
    const agree = agreement === null || agreement === undefined ? "" : ` · agreement ${percent(agreement)}`;
    const beyond = kappa === null || kappa === undefined ? " · Cohen's kappa is not defined yet" : ` · Cohen's kappa ${kappa.toFixed(2)}`;
    return `${data.length} of ${counted(claims, "claim")} reviewed${agree}${beyond}`;
  }

  #take(known) {
    this.#known = known;
    this.dispatchEvent(new Event("change"));
  }
}
