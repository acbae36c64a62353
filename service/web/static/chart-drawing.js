// One drawing of a stretch of time, as the service told it.

const LEFT_PX = 62;
const DAY_MS = 86_400_000;

/** A line keeps its colour, whatever part of the time is shown. @param {any} line @param {Map<string, number>} numbers */
function numberOf(line, numbers) {
  const name = `${line.container_id} ${line.logger_id} ${line.probe}`;
  if (!numbers.has(name)) numbers.set(name, numbers.size);
  return /** @type {number} */ (numbers.get(name));
}

/**
 * @param {any} uPlot
 * @param {any} told
 * @param {[number, number]} view
 * @param {{plot: HTMLElement, key: HTMLElement, at: HTMLElement, numbers: Map<string, number>, chosen: (from: number, until: number) => void, all: () => void}} page
 */
export function drawn(uPlot, told, view, page) {
  const style = getComputedStyle(page.plot);
  /** @param {string} name */
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const scale = reach(told);
  const lines = told.lines.filter((/** @type {any} */ line) => line.at_ms.length);
  const colours = lines.map((/** @type {any} */ line) => colour(`chart-${(numberOf(line, page.numbers) % 6) + 1}`));
  const { tables, series, bands } = columns(lines, colours, scale);
  const zone = told.time_zone;
  const font = `12px ${style.fontFamily}`;
  const axis = { stroke: colour("quiet"), font, grid: { stroke: colour("chart-grid"), width: 1 }, ticks: { show: false } };

  const times = (/** @type {any} */ _, /** @type {number[]} */ splits, /** @type {any} */ __, /** @type {any} */ ___, /** @type {number} */ step) =>
    splits.map((at, i) => tick(at, splits[i - 1], step, zone));
  const temperatures = (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((c) => `${c} °C`.replace("-", "−"));
  const u = new uPlot(
    {
      width: page.plot.clientWidth,
      height: page.plot.clientHeight,
      ms: 1,
      tzDate: (/** @type {number} */ at) => uPlot.tzDate(new Date(at), zone),
      legend: { show: false },
      scales: { x: { min: view[0], max: view[1], auto: false, range: (/** @type {any} */ _, /** @type {number} */ min, /** @type {number} */ max) => [min ?? view[0], max ?? view[1]] }, y: { range: [scale.low, scale.high] } },
      axes: [
        { ...axis, size: 40, space: 90, values: times },
        { ...axis, size: LEFT_PX, values: temperatures },
      ],
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      series: [{}, ...series],
      bands,
      hooks: {
        drawClear: [(/** @type {any} */ its) => shade(its, told, colour)],
        draw: [(/** @type {any} */ its) => limits(its, told, colour, font)],
        setSelect: [
          (/** @type {any} */ its) => {
            if (its.select.width < 4) return;
            const from = its.posToVal(its.select.left, "x");
            const until = its.posToVal(its.select.left + its.select.width, "x");
            its.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            page.chosen(from, until);
          },
        ],
        setCursor: [(/** @type {any} */ its) => (page.at.textContent = readout(its, lines, zone))],
      },
    },
    tables.length ? uPlot.join(tables) : [[view[0], view[1]]],
    page.plot,
  );
  u.over.addEventListener("dblclick", page.all);
  page.key.replaceChildren(...keys(told, lines, colours, colour));
  return u;
}

/** From which temperature to which the chart reaches: all that was measured, and the nearest limit on each side of it. */
function reach(/** @type {any} */ told) {
  let low = Infinity;
  let high = -Infinity;
  for (const line of told.lines) {
    for (const column of [line.coldest_c, line.warmest_c]) {
      for (const c of column) {
        if (typeof c !== "number") continue;
        if (c < low) low = c;
        if (c > high) high = c;
      }
    }
  }
  const thresholds = told.limits.map((/** @type {any} */ limit) => limit.threshold_c);
  if (low > high) {
    low = Math.min(...thresholds, 0);
    high = Math.max(...thresholds, low + 10);
  }
  const near = Math.max(6, 1.5 * (high - low));
  const seen = thresholds.filter((/** @type {number} */ c) => c > low - near && c < high + near);
  const above = thresholds.filter((/** @type {number} */ c) => c >= high);
  const below = thresholds.filter((/** @type {number} */ c) => c <= low);
  low = Math.min(low, ...seen, ...(below.length ? [Math.max(...below)] : []));
  high = Math.max(high, ...seen, ...(above.length ? [Math.min(...above)] : []));
  // Above the highest limit there is room for its name, and over that for the names of places.
  const room = Math.max(1, high - low);
  return { low: low - room * 0.08, high: high + room * 0.14 };
}

/** Lines as uPlot wants them; what is beyond the logger's range lies on the edge. */
function columns(/** @type {any[]} */ lines, /** @type {string[]} */ colours, /** @type {{low: number, high: number}} */ scale) {
  /** @type {any[]} */ const tables = [];
  /** @type {any[]} */ const series = [];
  /** @type {any[]} */ const bands = [];
  const onEdge = (/** @type {any} */ c) => (c === "HI" ? scale.high : c === "LO" ? scale.low : c);
  lines.forEach((line, i) => {
    const few = line.at_ms.length < 80;
    const plain = { stroke: colours[i], width: 1.5, points: { show: few, size: 4, fill: colours[i] }, spanGaps: false };
    const warmest = line.warmest_c.map(onEdge);
    if (!line.mean_c.length) {
      line.column = series.push(plain);
      tables.push([line.at_ms, warmest]);
      return;
    }
    // The coldest and the warmest of each stretch as a band, and the mean within it.
    const edge = { ...plain, stroke: faint(colours[i], 0.55), width: 1, points: { show: false } };
    const first = series.push(edge, edge, plain) - 2;
    bands.push({ series: [first + 1, first], fill: faint(colours[i], 0.25) });
    line.column = first + 2;
    tables.push([line.at_ms, line.coldest_c.map(onEdge), warmest, line.mean_c]);
  });
  return { tables, series, bands };
}

/** A colour, written with six digits, that lets through what is behind it. */
function faint(/** @type {string} */ colour, /** @type {number} */ share) {
  return colour + Math.round(share * 255).toString(16).padStart(2, "0");
}

/** What lies behind the lines: where the lot was, and when it was beyond a limit, disputed, or not measured. */
function shade(/** @type {any} */ u, /** @type {any} */ told, /** @type {(name: string) => string} */ colour) {
  const { ctx, bbox } = u;
  const x = (/** @type {number} */ at) => Math.min(Math.max(u.valToPos(at, "x", true), bbox.left), bbox.left + bbox.width);
  const fill = (/** @type {number} */ from, /** @type {number} */ until, /** @type {any} */ style) => {
    const left = x(from);
    const right = x(until);
    if (until < u.scales.x.min || from > u.scales.x.max) return;
    ctx.fillStyle = style;
    // Even a second in ten years is seen.
    ctx.fillRect(left, bbox.top, Math.max(right - left, devicePixelRatio), bbox.height);
  };
  ctx.save();
  told.places.forEach((/** @type {any} */ place, /** @type {number} */ i) => {
    if (i % 2) fill(place.from_ms, place.until_ms, faint(colour("quiet"), 0.09));
    if (i) fill(place.from_ms, place.from_ms, colour("quiet"));
    const left = x(place.from_ms);
    const room = x(place.until_ms) - left;
    ctx.fillStyle = colour("quiet");
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(u.root).fontFamily}`;
    ctx.textBaseline = "top";
    const name = fitting(ctx, place.container_name, room - 10 * devicePixelRatio);
    if (name) ctx.fillText(name, left + 5 * devicePixelRatio, bbox.top + 4 * devicePixelRatio);
  });
  for (const [from, until] of told.gaps_ms) fill(from, until, hatched(ctx, colour("chart-gap"), 1));
  for (const [from, until] of told.disputed_ms) fill(from, until, hatched(ctx, colour("chart-disputed"), -1));
  for (const limit of told.limits) for (const [from, until] of limit.beyond_ms) fill(from, until, colour("chart-beyond"));
  ctx.restore();
}

/** As much of a name as there is room for; empty where that says nothing. */
function fitting(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {string} */ name, /** @type {number} */ room) {
  if (ctx.measureText(name).width <= room) return name;
  let shown = name;
  while (shown.length > 3 && ctx.measureText(`${shown}…`).width > room) shown = shown.slice(0, -1);
  return shown.length > 3 ? `${shown}…` : "";
}

/** Stripes that rise (1) or fall (−1). */
function hatched(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {string} */ colour, /** @type {number} */ way) {
  const size = Math.round(8 * devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const its = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  its.strokeStyle = faint(colour, 0.75);
  its.lineWidth = 1.5 * devicePixelRatio;
  its.beginPath();
  for (const shift of [-size, 0, size]) {
    its.moveTo(shift, way > 0 ? size : 0);
    its.lineTo(shift + size, way > 0 ? 0 : size);
  }
  its.stroke();
  return ctx.createPattern(tile, "repeat");
}

/** Over the lines: the limits, each with its name, and marks on the edge where it was beyond what the logger can show. */
function limits(/** @type {any} */ u, /** @type {any} */ told, /** @type {(name: string) => string} */ colour, /** @type {string} */ font) {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = font.replace("12px", `${12 * px}px`);
  ctx.textAlign = "right";
  for (const limit of told.limits) {
    const y = u.valToPos(limit.threshold_c, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(limit.effect === "condemns" ? "chart-limit" : "chart-warns");
    ctx.lineWidth = 1.5 * px;
    ctx.setLineDash(limit.effect === "condemns" ? [] : [6 * px, 4 * px]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.textBaseline = limit.direction === "above" ? "bottom" : "top";
    const beside = limit.direction === "above" ? -3 * px : 3 * px;
    ctx.fillText(limit.effect === "condemns" ? limit.text : `${limit.text} (warns)`, bbox.left + bbox.width - 6 * px, y + beside);
  }
  ctx.fillStyle = colour("chart-limit");
  for (const line of told.lines) {
    for (const [column, beyond, y, tip] of [
      [line.warmest_c, "HI", bbox.top + 2 * px, 9 * px],
      [line.coldest_c.length ? line.coldest_c : line.warmest_c, "LO", bbox.top + bbox.height - 2 * px, -9 * px],
    ]) {
      for (let i = 0; i < column.length; i++) {
        if (column[i] !== beyond) continue;
        const x = u.valToPos(line.at_ms[i], "x", true);
        ctx.beginPath();
        ctx.moveTo(x, y);
        ctx.lineTo(x - 6 * px, y + tip);
        ctx.lineTo(x + 6 * px, y + tip);
        ctx.fill();
      }
    }
  }
  ctx.restore();
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {number} at @param {string} zone @param {Intl.DateTimeFormatOptions} options */
function written(at, zone, options) {
  const key = zone + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, format);
  }
  return format.format(at);
}

/** A day as all pages write it: 2026-11-28. @param {number} at @param {string} zone */
export function dayOf(at, zone) {
  const [day, month, year] = written(at, zone, { day: "2-digit", month: "2-digit", year: "numeric" }).split("/");
  return `${year}-${month}-${day}`;
}

/** The hour, or the second, of a day. @param {number} at @param {string} zone @param {boolean} [exact] */
export function timeOf(at, zone, exact = false) {
  return written(at, zone, { hour: "2-digit", minute: "2-digit", second: exact ? "2-digit" : undefined });
}

/** What stands at a line of the grid, by the clock of the site. */
function tick(/** @type {number} */ at, /** @type {number | undefined} */ before, /** @type {number} */ step, /** @type {string} */ zone) {
  const day = dayOf(at, zone);
  if (step >= 360 * DAY_MS) return day.slice(0, 4);
  if (step >= 27 * DAY_MS) return day.slice(0, 7);
  if (step >= DAY_MS) return day;
  const isNew = before === undefined || dayOf(before, zone) !== day;
  return timeOf(at, zone, step < 60_000) + (isNew ? `\n${day}` : "");
}

/** What was measured where somebody points, in words. */
function readout(/** @type {any} */ u, /** @type {any[]} */ lines, /** @type {string} */ zone) {
  const { idx } = u.cursor;
  if (idx === null || idx === undefined) return "";
  const at = u.data[0][idx];
  const found = lines.flatMap((line) => {
    const i = nearest(line.at_ms, at);
    if (Math.abs(line.at_ms[i] - at) > (u.scales.x.max - u.scales.x.min) / 50 || line.warmest_c[i] === null) return [];
    const who = `${line.container_name}, ${line.logger_id}${line.probe ? ` ${line.probe}` : ""}`;
    const warmest = degrees(line.warmest_c[i], line);
    if (!line.mean_c.length || line.coldest_c[i] === line.warmest_c[i]) return [`${warmest} (${who})`];
    const without = line.left_out[i] ? " of its numbers" : "";
    const mean = line.mean_c[i] === null ? "" : `, mean${without} ${degrees(line.mean_c[i], line)}`;
    return [`${degrees(line.coldest_c[i], line)} to ${warmest}${mean} (${who})`];
  });
  return found.length ? `${dayOf(at, zone)} ${timeOf(at, zone)}: ${found.join("; ")}` : "";
}

function nearest(/** @type {number[]} */ sorted, /** @type {number} */ wanted) {
  let low = 0;
  let high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle;
    else high = middle;
  }
  return wanted - sorted[low] <= sorted[high] - wanted ? low : high;
}

/** In words; of "HI" and "LO" what they prove. @param {number | "HI" | "LO" | null} c @param {any} line */
function degrees(c, line) {
  if (c === null) return "no number";
  if (c === "HI") return line.range_max_c === null ? "above its range (HI)" : `at least ${number(line.range_max_c)} (HI)`;
  if (c === "LO") return line.range_min_c === null ? "below its range (LO)" : `at most ${number(line.range_min_c)} (LO)`;
  return number(c);
}

/** @param {number} c */
function number(c) {
  return `${Math.round(c * 100) / 100} °C`.replace("-", "−");
}

/** What each colour and pattern stands for; only what is there. */
function keys(/** @type {any} */ told, /** @type {any[]} */ lines, /** @type {string[]} */ colours, /** @type {(name: string) => string} */ colour) {
  const found = lines.map((line, i) =>
    key(`${line.container_name}, ${line.logger_id}${line.probe ? ` ${line.probe}` : ""}`, (ctx, w, h) => {
      ctx.fillStyle = colours[i];
      ctx.fillRect(0, h / 2 - 1, w, 3);
    }),
  );
  const filled = (/** @type {string} */ text, /** @type {(ctx: CanvasRenderingContext2D) => any} */ style) =>
    found.push(
      key(text, (ctx, w, h) => {
        ctx.fillStyle = style(ctx);
        ctx.fillRect(0, 0, w, h);
      }),
    );
  if (told.limits.some((/** @type {any} */ limit) => limit.beyond_ms.length)) filled("beyond a limit", () => colour("chart-beyond"));
  if (told.gaps_ms.length) filled("not measured", (ctx) => hatched(ctx, colour("chart-gap"), 1));
  if (told.disputed_ms.length) filled("its readings prove nothing", (ctx) => hatched(ctx, colour("chart-disputed"), -1));
  return found;
}

/** @param {string} text @param {(ctx: CanvasRenderingContext2D, width: number, height: number) => void} paint */
function key(text, paint) {
  const item = document.createElement("li");
  const sample = document.createElement("canvas");
  sample.width = 26 * devicePixelRatio;
  sample.height = 14 * devicePixelRatio;
  sample.setAttribute("aria-hidden", "true");
  paint(/** @type {CanvasRenderingContext2D} */ (sample.getContext("2d")), sample.width, sample.height);
  item.append(sample, text);
  return item;
}
