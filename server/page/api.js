// The server's REST interface: every answer is JSON, every error has one line that says what is wrong.

const BASE = "/v1";

export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let unlock = null; // asks for the key; resolves once the server has taken it
export const onLocked = (ask) => { unlock = ask; };

/** The error that an answer tells, in the API's shape or in no shape at all. */
function errorOf(status, text) {
  try {
    const { message, code } = JSON.parse(text).error;
    return new ApiError(status, message, code);
  } catch {
    return new ApiError(status, status ? `The server answered ${status}.` : "The server can't be reached. Is it running?", "http");
  }
}

/** Fetch and read JSON (nothing where the answer is empty); a missing key is asked for, then it is tried again. */
export async function call(path, { method = "GET", json, headers = {}, signal } = {}) {
  const body = json === undefined ? undefined : JSON.stringify(json);
  const sent = body === undefined ? headers : { "Content-Type": "application/json", ...headers };
  for (;;) {
    let answer;
    try {
      answer = await fetch(BASE + path, { method, body, headers: sent, signal, credentials: "same-origin", cache: "no-store" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw errorOf(0, "");
    }
    if (answer.status === 401 && unlock && path !== "/session") {
      await unlock();
      continue;
    }
    const text = await answer.text();
    if (!answer.ok) throw errorOf(answer.status, text);
    return text ? JSON.parse(text) : null;
  }
}

/** Send a file's bytes and return the file's record; `told` hears the share that was sent. */
export function sendFile(file, name, told, signal) {
  const url = `${BASE}/files?${new URLSearchParams({ name, purpose: "user_data" })}`;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && told(event.loaded / event.total);
    request.onerror = () => reject(errorOf(0, ""));
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    request.onload = async () => {
      if (request.status === 401 && unlock) await unlock().then(() => resolve(sendFile(file, name, told, signal)));
      else if (request.status >= 400) reject(errorOf(request.status, request.responseText));
      else resolve(JSON.parse(request.responseText));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Something that no other request has: sent again with it, a request is carried out once. */
function onceKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const at = (id) => `/analyses/${encodeURIComponent(id)}`;
export const about = () => call("/about");
export const models = () => call("/models");
export const codebooks = () => call("/codebooks");
export const openSession = (key) => call("/session", { method: "POST", json: { key } });
export const sendPath = (path) => call("/files", { method: "POST", json: { path } });
export const deleteFile = (id) => call(`/files/${encodeURIComponent(id)}`, { method: "DELETE" });
export const analyse = (wanted) => call("/analyses", { method: "POST", json: wanted, headers: { "Idempotency-Key": onceKey() } });
export const analyses = (query, signal) => call(`/analyses?${new URLSearchParams(query)}`, { signal });
export const analysis = (id) => call(at(id));
export const cancel = (id) => call(`${at(id)}/cancel`, { method: "POST" });
export const deleteAnalysis = (id) => call(at(id), { method: "DELETE" });
export const tracks = (id) => call(`${at(id)}/tracks`);
export const corrections = (id) => call(`${at(id)}/corrections`);
export const correct = (id, correction) => call(`${at(id)}/corrections`, { method: "POST", json: correction });
export const uncorrect = (id, claim) => call(`${at(id)}/corrections/${encodeURIComponent(claim)}`, { method: "DELETE" });
export const ask = (id, question, history) => call(`${at(id)}/chat`, { method: "POST", json: { question, history } });
export const exportUrl = (id, format) => `${BASE}${at(id)}/export?format=${format}`;
export const contentUrl = (file) => `${BASE}/files/${encodeURIComponent(file)}/content`;
export const FORMATS = ["json", "csv", "openface", "elan", "srt", "vtt", "html", "parquet"];

const KINDS = ["stage_started", "tool_started", "tool_progress", "tool_finished", "agent_started", "agent_finished", "check", "report", "failed", "cancelled"];

/** Follow an analysis: `told(event)` for each, `state("open" | "lost")` for the connection; returns what stops it. */
export function follow(id, told, state) {
  const source = new EventSource(`${BASE}${at(id)}/events`);
  for (const kind of KINDS) {
    source.addEventListener(kind, (message) => {
      const event = JSON.parse(message.data);
      if (["report", "failed", "cancelled"].includes(kind)) source.close();
      told({ ...event, kind });
    });
  }
  source.addEventListener("open", () => state("open"));
  source.addEventListener("error", () => state(source.readyState === EventSource.CLOSED ? "closed" : "lost"));
  return () => source.close();
}
