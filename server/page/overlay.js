// Boxes, landmarks and regions of the faces, drawn over the picture.

const HOLE_S = 0.2; // without a sample for longer, the face was not found: nothing is drawn
const INKS = ["#5db7d6", "#eda35f", "#c096dd", "#8fd694", "#f08ca0"]; // by person; on dark edges, so that they show on any picture
const EDGE = "rgba(10, 14, 18, .65)";

/** What of the overlay there is to draw, of `boxes`, `landmarks`, `regions`. */
export function layersOf(tracks) {
  const has = (...names) => tracks.people.some((one) => names.some((name) => one[name] && Object.keys(one[name]).length));
  return { boxes: has("boxes"), landmarks: has("landmarks", "contours"), regions: has("regions") };
}

/** The last sample at or before a time, or -1 where there is none near. */
function sampleAt(one, time_s) {
  let low = 0, high = one.times_s.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (one.times_s[middle] <= time_s + 0.001) low = middle + 1;
    else high = middle;
  }
  return low && time_s - one.times_s[low - 1] <= (one.gap_s || HOLE_S) ? low - 1 : -1;
}

/** Draw what belongs to a time. `size` is that of the displayed picture, in which tracks are measured. */
export function drawOverlay(canvas, tracks, time_s, shown, size) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (!width || !size.width) return;
  const scale = width / size.width;
  const to = ([x, y]) => [x * scale, y * scale];
  tracks.people.forEach((one, number) => {
    const at = sampleAt(one, time_s);
    if (at < 0) return;
    const ink = INKS[number % INKS.length];
    if (shown.regions) for (const outline of Object.values(one.regions ?? {})) area(pen, outline[at].map(to), ink);
    if (shown.landmarks) marks(pen, one, at, to, ink, ratio);
    if (shown.boxes && one.boxes) box(pen, one.boxes[at].map((length) => length * scale), one.person, ink, ratio);
  });
}

function trace(pen, points, closed) {
  pen.beginPath();
  points.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (closed) pen.closePath();
}

function twice(pen, ink, width) {
  for (const [colour, wide] of [[EDGE, width * 2.2], [ink, width]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.stroke();
  }
}

function area(pen, points, ink) {
  trace(pen, points, true);
  pen.globalAlpha = 0.22;
  pen.fillStyle = ink;
  pen.fill();
  pen.globalAlpha = 1;
}

function marks(pen, one, at, to, ink, ratio) {
  for (const line of Object.values(one.contours ?? {})) {
    trace(pen, line[at].map(to), false);
    twice(pen, ink, 1.2 * ratio);
  }
  pen.fillStyle = ink;
  for (const point of one.landmarks?.[at] ?? []) {
    const [x, y] = to(point);
    pen.fillRect(x - ratio / 2, y - ratio / 2, ratio, ratio);
  }
}

function box(pen, [x, y, width, height], name, ink, ratio) {
  pen.beginPath();
  pen.rect(x, y, width, height);
  twice(pen, ink, 1.6 * ratio);
  pen.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  const wide = pen.measureText(name).width + 10 * ratio;
  pen.fillStyle = ink;
  pen.fillRect(x, y - 18 * ratio, wide, 18 * ratio);
  pen.fillStyle = "#10151a";
  pen.fillText(name, x + 5 * ratio, y - 5 * ratio);
}
