// Numbers, times and labels as people read them.

export const LEVELS = ["behaviour", "cognition", "emotion"];
const ACRONYMS = /^(au)(\d+)/;

export const seconds = (value, digits = 1) => `${value.toFixed(digits)} s`;
export const percent = (share) => `${Math.round(share * 100)} %`;
export const span = (item) => `${item.start_s.toFixed(1)}–${item.end_s.toFixed(1)} s`;
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** `au12_one_sided` -> `AU12 one sided`. */
export const plain = (name) => name.replace(ACRONYMS, (_, au, number) => au.toUpperCase() + number).replaceAll("_", " ");

/** 83.4 -> `1:23.4`. */
export function clock(time_s) {
  const tenths = Math.round(time_s * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
}

/** Seconds since 1970 as a local date with its time. */
export const date = (unix_s) =>
  new Date(unix_s * 1000).toLocaleString(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });

export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** How an analysis was judged; before it is done, how it is to be. */
export const madeWith = ({ made_with: made, options, status }) =>
  made ? `${made.strategy} · ${made.model ?? "no language model"}`
    : options?.strategy ?? (status === "done" ? "strategy not known" : "the usual strategy"); // earlier versions kept none

/** What lies behind a confidence. */
export const CONFIDENCE_FROM = {
  rule: "from a published rule",
  stated: "as the model states it",
  label_probability: "from the probabilities of the label's tokens",
  sample_agreement: "from how many of several samples agree",
};

/** Who a claim is about. */
export const whom = (item) => item.person ?? "Everyone";
