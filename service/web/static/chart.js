// Draws what a probe measured over time: zoomed from ten years to a minute, each time fetched as finely as it is shown.
// What the service tells of a stretch of time (service/api/series/charts.py) is drawn as it is: nothing is judged here.
import uPlot from "./vendor/uPlot.mjs";
import { dayOf, drawn, timeOf } from "./chart-drawing.js";

const MINUTE_MS = 60_000;
const SPANS_MS = { hour: 60 * MINUTE_MS, day: 1440 * MINUTE_MS, month: 30.5 * 1440 * MINUTE_MS, year: 365.25 * 1440 * MINUTE_MS };
const WAIT_MS = 150;
const LONGEST_MS = 20_000;

class Chart {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    this.figure = figure;
    this.plot = this.part("plot");
    /** @type {[number, number] | null} all that there is */
    this.whole = null;
    /** @type {[number, number] | null} what is shown; null: all, whatever comes */
    this.view = null;
    /** @type {any} */ this.told = null;
    /** @type {any} */ this.u = null;
    /** @type {Map<string, number>} */ this.numbers = new Map();
    this.asked = 0;
    this.timer = 0;
    this.listen();
    figure.hidden = false;
    this.fetch();
  }

  /** @param {string} name @returns {HTMLElement} */
  part(name) {
    return /** @type {HTMLElement} */ (this.figure.querySelector(`[data-${name}]`));
  }

  listen() {
    this.figure.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (!button) return;
      if (button.dataset.span) this.span(button.dataset.span);
      if (button.dataset.step) this.step(Number(button.dataset.step) * 0.5);
      if (button.dataset.zoom) this.zoom(Number(button.dataset.zoom));
    });
    this.plot.addEventListener("keydown", (event) => {
      /** @type {Record<string, () => void>} */
      const keys = {
        "+": () => this.zoom(0.5),
        "=": () => this.zoom(0.5),
        "-": () => this.zoom(2),
        ArrowLeft: () => this.step(-0.25),
        ArrowRight: () => this.step(0.25),
        0: () => this.show(null),
        Home: () => this.show(null),
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    // The wheel scrolls the page, unless somebody is at work in the chart.
    this.plot.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== this.plot && !event.ctrlKey) return;
        event.preventDefault();
        const box = this.u?.over.getBoundingClientRect();
        this.zoom(event.deltaY < 0 ? 0.8 : 1.25, box ? (event.clientX - box.left) / box.width : 0.5);
      },
      { passive: false },
    );
    new ResizeObserver(() => this.draw()).observe(this.plot);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    document.addEventListener("unbroken:refreshed", () => this.fetch());
  }

  /** What is shown, all of it or a part. */
  shown() {
    return this.view ?? this.whole ?? [Date.now() - SPANS_MS.day, Date.now()];
  }

  /** @param {string} name */
  span(name) {
    if (name === "all" || !this.whole) return this.show(null);
    const [from, until] = this.shown();
    const length = SPANS_MS[/** @type {keyof typeof SPANS_MS} */ (name)];
    // What is shown up to its end stays there: "the last day" and not one in the middle.
    const end = until >= this.whole[1] ? until : (from + until) / 2 + length / 2;
    return this.show([end - length, end]);
  }

  /** @param {number} share */
  step(share) {
    const [from, until] = this.shown();
    const by = (until - from) * share;
    this.show([from + by, until + by]);
  }

  /** @param {number} factor @param {number} [around] */
  zoom(factor, around = 0.5) {
    const [from, until] = this.shown();
    const at = from + (until - from) * around;
    this.show([at - (at - from) * factor, at + (until - at) * factor]);
  }

  /** @param {[number, number] | null} wanted */
  show(wanted) {
    if (!this.whole) return;
    const [first, last] = this.whole;
    let view = wanted;
    if (view) {
      const length = Math.min(Math.max(view[1] - view[0], MINUTE_MS), last - first);
      const from = Math.min(Math.max(first, (view[0] + view[1] - length) / 2), last - length);
      view = length >= last - first ? null : [Math.round(from), Math.round(from + length)];
    }
    this.view = view;
    this.say();
    if (this.u) {
      const [from, until] = this.shown();
      this.u.setScale("x", { min: from, max: until });
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), WAIT_MS);
  }

  async fetch() {
    const mine = ++this.asked;
    const followed = this.view && this.whole && this.view[1] >= this.whole[1];
    const address = new URL(/** @type {string} */ (this.figure.dataset.chart), location.href);
    address.searchParams.set("points", String(Math.min(2000, Math.max(100, Math.round(this.plot.clientWidth)))));
    if (this.view) {
      address.searchParams.set("from", new Date(this.view[0]).toISOString());
      // At the end of all there is, what has come since is wanted too.
      if (!followed) address.searchParams.set("until", new Date(this.view[1]).toISOString());
    }
    this.plot.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      if (mine !== this.asked) return;
      this.told = told;
      this.whole = told.whole_ms;
      if (followed && this.view) this.view = [this.view[0], told.whole_ms[1]];
      this.trouble("");
      this.draw();
    } catch {
      if (mine === this.asked) this.trouble("The chart could not be brought up to date: it shows what was so before. It is tried again.");
    } finally {
      if (mine === this.asked) this.plot.removeAttribute("aria-busy");
    }
  }

  /** @param {string} text */
  trouble(text) {
    const line = this.part("trouble");
    line.textContent = text;
    line.hidden = !text;
  }

  draw() {
    if (!this.told || !this.plot.clientWidth) return;
    this.u?.destroy();
    this.u = drawn(uPlot, this.told, this.shown(), {
      plot: this.plot,
      key: this.part("key"),
      at: this.part("at"),
      numbers: this.numbers,
      chosen: (from, until) => this.show([from, until]),
      all: () => this.show(null),
    });
    this.figure.dataset.drawn = `${this.shown().join(" ")} ${this.told.width_ms}`;
    this.say();
  }

  /** What time is shown, in words, and which button stands for it. */
  say() {
    const [from, until] = this.shown();
    const zone = this.told?.time_zone ?? "UTC";
    const short = until - from < 2 * SPANS_MS.day;
    const words = (/** @type {number} */ at) => dayOf(at, zone) + (short ? ` ${timeOf(at, zone)}` : "");
    this.part("shown").textContent = `${words(from)} to ${words(until)}, ${zone}`;
    for (const button of this.figure.querySelectorAll("[data-span]")) {
      const length = SPANS_MS[/** @type {keyof typeof SPANS_MS} */ (/** @type {HTMLElement} */ (button).dataset.span)];
      const is = length ? this.view !== null && Math.abs(until - from - length) < length / 100 : this.view === null;
      button.setAttribute("aria-pressed", String(is));
    }
  }
}

for (const figure of document.querySelectorAll("[data-chart]")) new Chart(/** @type {HTMLElement} */ (figure));
