// What is chosen on the analysis page: a claim, or some evidence. Whoever shows it listens to "change".

export class Selection extends EventTarget {
  claim = null; // id
  evidence = new Set(); // ids that are lit up

  constructor(report, clip) {
    super();
    this.claims = new Map(report.claims.map((one) => [one.id, one]));
    this.observations = new Map(report.evidence.observations.map((one) => [one.id, one]));
    this.clip = clip;
  }

  /** Choose a claim: the clip goes to it, its evidence lights up. */
  chooseClaim(id) {
    const claim = this.claims.get(id);
    if (claim) this.#set(id, claim.evidence, claim.start_s);
  }

  /** Choose evidence by its id (an observation's, or `frame@seconds`); the claim that is chosen stays if it rests on it. */
  chooseEvidence(id) {
    const frame = /^frame@(\d+(?:\.\d+)?)$/.exec(id);
    const at = frame ? Number(frame[1]) : this.observations.get(id)?.start_s;
    const kept = this.claims.get(this.claim)?.evidence.includes(id) ? this.claim : null;
    if (at !== undefined) this.#set(kept, [id], at);
  }

  /** Choose whatever an id names; `item` has its time where the report does not know it. */
  choose(id, item) {
    if (this.claims.has(id)) this.chooseClaim(id);
    else if (this.observations.has(id) || id.startsWith("frame@")) this.chooseEvidence(id);
    else if (item) this.#set(null, [id], item.start_s);
  }

  /** Choose the claim that begins after the one that is chosen, or before it. */
  step(by) {
    const order = [...this.claims.values()].filter((one) => !one.abstained).sort((a, b) => a.start_s - b.start_s);
    if (!order.length) return;
    const now = order.findIndex((one) => one.id === this.claim);
    const first = by > 0 ? 0 : order.length - 1;
    this.chooseClaim(order[now < 0 ? first : (now + by + order.length) % order.length].id);
  }

  #set(claim, evidence, at_s) {
    this.claim = claim;
    this.evidence = new Set(evidence);
    this.clip.seek(at_s);
    this.dispatchEvent(new Event("change"));
  }
}
