// The page's colours, for what is drawn and not laid out.

const style = getComputedStyle(document.documentElement);
export const colour = (name) => style.getPropertyValue(`--${name}`).trim();
export const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** A colour between two of `#rrggbb`: at 0 the first, at 1 the second. */
export function mixed(from, to, share) {
  const [a, b] = [parts(from), parts(to)];
  return `rgb(${a.map((value, n) => Math.round(value + (b[n] - value) * share)).join(",")})`;
}

/** The fill of a bar: stronger where it is surer, never so strong that its words can't be read. */
export const fill = (name, sure) => mixed(colour("card"), colour(name), isDark() ? 0.22 + 0.25 * sure : 0.22 + 0.4 * sure);

/** Empty to full, for intensities. */
export const scale = () => [[0, colour("heat-0")], [0.2, colour("heat-1")], [0.6, colour("heat-2")], [1, colour("heat-3")]];
