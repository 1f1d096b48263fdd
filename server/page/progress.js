// An analysis that runs: each tool and each agent, live; it can be cancelled.

import { analysis, cancel, follow } from "./api.js";
import { button, el, trouble } from "./dom.js";
import { STATUS } from "./list.js";
import { clock, counted, percent, plain, seconds } from "./words.js";

const SPEAK_EVERY_MS = 6000; // to a screen reader
const AGAIN_MS = 2000; // after the server refused a connection
const STATES = { started: "running", ok: "done", abstained: "abstained", failed: "failed", skipped: "skipped" };

/** Show how far it is until it ends, then call `ended(event)`; returns what stops the watching. */
export function showProgress(place, one, ended) {
  const tools = new Map(), agents = new Map(), checks = { made: 0, failed: 0 };
  const began = one.created_at * 1000;
  const state = el("span", { class: `badge ${one.status}` }, STATUS[one.status]);
  const past = el("span", { class: "soft number" });
  const lost = el("p", { class: "hint", hidden: true }, "The connection was lost; it is being opened again.");
  const spoken = el("p", { class: "unseen", role: "status" });
  const toolRows = el("ul", { class: "steps" }), agentRows = el("ul", { class: "steps" });
  const waiting = el("p", { class: "soft" }, one.status === "queued" ? "Waiting for its turn." : "");
  const agentsWait = el("p", { class: "soft" }, "The agents begin once the clip is measured.");
  const checked = el("p", { class: "small soft" });
  const wrong = el("div");
  const stop = button("Cancel", cancelled, { class: "danger" });
  place.append(
    el("div", { class: "heading" }, el("h1", {}, one.name), el("div", { class: "actions" }, state, past, stop)),
    lost, spoken, wrong,
    el("div", { class: "columns" },
      el("section", { class: "panel" }, el("h2", {}, "Measuring"), waiting, toolRows),
      el("section", { class: "panel" }, el("h2", {}, "Judging"), agentsWait, agentRows, checked)));
  const ticking = setInterval(tick, 1000);
  const speaking = setInterval(speak, SPEAK_EVERY_MS);
  const unfollow = follow(one.id, told, connection);
  tick();
  return leave;

  function leave() {
    clearInterval(ticking);
    clearInterval(speaking);
    unfollow();
  }

  function tick() {
    past.textContent = clock(Math.max(0, (Date.now() - began) / 1000)).slice(0, -2);
  }

  function told(event) {
    waiting.textContent = event.stage === "measuring" ? "The tools are being loaded." : "";
    if (event.kind === "stage_started") phase(event.stage);
    else if (event.kind.startsWith("tool_")) tool(event);
    else if (event.kind.startsWith("agent_")) agent(event);
    else if (event.kind === "check") check(event);
    else {
      leave();
      spoken.textContent = { report: "The analysis is done.", failed: "The analysis failed.", cancelled: "The analysis was cancelled." }[event.kind];
      ended(event);
    }
  }

  function phase(status) {
    state.textContent = STATUS[status];
    state.className = `badge ${status}`;
  }

  function tool(event) {
    if (!tools.has(event.tool)) tools.set(event.tool, toolRow(event.tool, toolRows));
    const row = tools.get(event.tool);
    if (event.kind === "tool_started") row.set("started");
    if (event.kind === "tool_progress") row.share(event.duration_s ? event.time_s / event.duration_s : 0);
    if (event.kind === "tool_finished") row.set(event.status, event.cached ? "known already" : seconds(event.seconds), event.error);
  }

  function agent(event) {
    agentsWait.hidden = true;
    const name = plain(event.agent) + (event.person ? ` · ${event.person}` : "");
    if (!agents.has(name)) agents.set(name, agentRow(name, agentRows));
    if (event.kind === "agent_started") return;
    agents.get(name).finish(event);
    agents.delete(name); // it may be asked once more, which is a row of its own
  }

  function check(event) {
    checks.made += 1;
    checks.failed += event.verdict?.passed === false ? 1 : 0;
    checked.textContent = `${counted(checks.made, "check")} of claims so far, ${checks.failed} not passed.`;
  }

  function speak() {
    const rows = [...tools.values()];
    const running = rows.filter((row) => row.running).map((row) => row.label).join(", ");
    const text = `${counted(rows.filter((row) => row.ended).length, "tool")} done${running && `; running: ${running}`}.`;
    if (rows.length && spoken.textContent !== text) spoken.textContent = text;
  }

  async function connection(now) {
    lost.hidden = now === "open";
    if (now !== "closed") return; // the browser opens it again by itself
    await new Promise((go) => setTimeout(go, AGAIN_MS));
    if (!place.isConnected) return;
    try {
      const found = await analysis(one.id); // asks for the key, if that was why
      leave();
      ended({ kind: "again", status: found.status });
    } catch (error) {
      wrong.replaceChildren(trouble(error.message));
    }
  }

  async function cancelled() {
    stop.disabled = true;
    try {
      await cancel(one.id);
    } catch (error) {
      wrong.replaceChildren(trouble(error.message));
      stop.disabled = false;
    }
  }
}

function agentRow(name, list) {
  const detail = el("span", { class: "soft" });
  const node = el("li", { class: "running" }, el("span", { class: "what" }, name), el("progress", { "aria-label": name }), detail);
  list.append(node);
  return {
    finish({ claims, rejected, seconds: taken, error }) {
      const said = claims === null || claims === undefined ? "" : counted(claims, "claim") + (rejected ? `, ${rejected} rejected` : "");
      node.className = error ? "failed" : "done";
      node.querySelector("progress").remove();
      detail.textContent = error ?? [said, seconds(taken ?? 0)].filter(Boolean).join(" · ");
    },
  };
}

function toolRow(name, list) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": `${plain(name)}: share of the clip` });
  const detail = el("span", { class: "soft" });
  const node = el("li", { class: "running" }, el("span", { class: "what" }, plain(name)), bar, detail);
  list.append(node);
  const row = {
    label: plain(name), running: true, ended: false,
    share(value) {
      if (row.ended) return;
      bar.value = value;
      detail.textContent = percent(value);
    },
    set(status, text = "", error = null) {
      row.running = status === "started";
      row.ended = !row.running;
      node.className = STATES[status] ?? status;
      if (row.ended) bar.remove();
      detail.textContent = [status === "ok" || row.running ? "" : STATES[status], error ?? text].filter(Boolean).join(" · ");
    },
  };
  return row;
}
