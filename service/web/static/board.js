// A list finds as one types: it asks for the same page and shows its list, without touching what one types in. The form
// names the parts of the page that show what was found, the list itself last: data-board="choices board".
// Counts are asked for apart: they take longer, and no answer waits for them.

const WAIT_MS = 150;
const LONGEST_MS = 10_000;

/** @type {AbortController | null} */
let asking = null;
let waiting = 0;
/** Counts as they were told last, by where they were asked for: a page that is fetched again shows them at once. */
let told = { address: "", counts: /** @type {Record<string, number>} */ ({}) };

/** @returns {HTMLFormElement | null} */
function form() {
  return document.querySelector("form[data-board]");
}

/** @param {HTMLFormElement} found */
function address(found) {
  const url = new URL(found.action);
  for (const [name, value] of new FormData(found)) {
    if (typeof value === "string" && value.trim()) url.searchParams.set(name, value.trim());
  }
  return url.search ? url : new URL(found.dataset.everything ?? "", url);
}

/**
 * @param {HTMLFormElement} found
 * @param {URL} url
 */
async function show(found, url) {
  const parts = (found.dataset.board ?? "").split(" ");
  asking?.abort();
  const mine = (asking = new AbortController());
  const board = document.getElementById(parts.at(-1) ?? "");
  board?.setAttribute("aria-busy", "true");
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(LONGEST_MS)]);
    const answer = await fetch(url, { cache: "no-store", signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine.signal.aborted) return;
    if (!fresh.getElementById(parts.at(-1) ?? "")) {
      location.assign(url); // an ended session, or no answer now: that page says what to do
      return;
    }
    history.replaceState(history.state, "", url);
    for (const id of parts) {
      const now = fresh.getElementById(id);
      if (now) document.getElementById(id)?.replaceWith(now);
    }
    document.dispatchEvent(new Event("unbroken:refreshed"));
  } catch {
    if (mine.signal.aborted) return;
    // What stands there answers another question: it must not pass for an answer to this one.
    const none = document.getElementById("no-answer");
    if (none instanceof HTMLTemplateElement) board?.replaceChildren(none.content.cloneNode(true));
    board?.removeAttribute("aria-busy");
  }
}

/** @param {Event} event */
function typed(event) {
  const found = form();
  if (!found || !(event.target instanceof Node) || !found.contains(event.target)) return;
  clearTimeout(waiting);
  const wait = event.type === "change" ? 0 : WAIT_MS;
  waiting = setTimeout(() => show(found, address(found)), wait);
}

function fill() {
  for (const place of document.querySelectorAll("[data-count]")) {
    const answer = /** @type {HTMLElement} */ (place).dataset.count || "lots";
    place.textContent = String(told.counts[answer] ?? "");
  }
}

async function count() {
  const list = document.querySelector("[data-counts]");
  const asked = /** @type {HTMLElement | null} */ (list)?.dataset.counts;
  if (!asked) return;
  if (told.address === asked) fill();
  try {
    const answer = await fetch(asked, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    const counts = await answer.json();
    if (answer.ok) told = { address: asked, counts: { ...counts.answers, lots: counts.lots } };
    const still = document.querySelector("[data-counts]");
    if (answer.ok && /** @type {HTMLElement | null} */ (still)?.dataset.counts === asked) fill();
  } catch {
    // Without them the list is still true.
  }
}

document.addEventListener("input", typed);
document.addEventListener("change", typed);
document.addEventListener("submit", (event) => {
  const found = form();
  if (!found || event.target !== found) return;
  event.preventDefault();
  clearTimeout(waiting);
  show(found, address(found));
});
document.addEventListener("unbroken:refreshed", count);
count();
