// Elements from data: what comes from a report or a user becomes text, never markup.

/** An element; `on…` properties are listeners, `class`, `data-…`, `aria-…` and the rest are attributes. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (["value", "checked", "disabled", "selected", "muted", "hidden"].includes(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that does something on this page. */
export const button = (text, onclick, properties = {}) => el("button", { type: "button", onclick, ...properties }, text);

/** A labelled field: the label's text, its control, and a line of help below. */
export function field(label, control, help) {
  control.id ||= `field-${(field.count = (field.count ?? 0) + 1)}`;
  const hint = help && el("p", { class: "hint", id: `${control.id}-help` }, help);
  if (hint) control.setAttribute("aria-describedby", hint.id);
  return el("div", { class: "field" }, el("label", { for: control.id }, label), control, hint);
}

/** A checkbox with its words beside it. */
export function checkbox(text, checked, onchange, properties = {}) {
  const box = el("input", { type: "checkbox", checked, onchange: () => onchange?.(box.checked), ...properties });
  return el("label", { class: "check" }, box, el("span", {}, text));
}

const SHAPES = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  back: "M15 6l-6 6 6 6",
  forward: "M9 6l6 6-6 6",
};

/** A small drawing for a button that has its name in aria-label. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[name]);
  drawing.append(path);
  return drawing;
}

/** A modal dialog with a heading; it leaves the page when it is closed. */
export function dialog(title, ...children) {
  const heading = el("h2", { id: "dialog-title" }, title);
  const node = el("dialog", { "aria-labelledby": "dialog-title" }, heading, children);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  return node;
}

/** A line that says what went wrong, read out at once. */
export const trouble = (message) => el("p", { class: "trouble", role: "alert" }, message);
