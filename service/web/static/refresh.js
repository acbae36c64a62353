// Replaces the page's answers every 15 s with fresh ones, leaving the search box and the scroll position alone.
// If none come, it takes the old ones away: an old answer must never pass for a fresh one.
"use strict";

const EVERY_MS = 15_000;
const LONGEST_MS = 10_000;
const COUNTS_MS = 3_000;
let asked = 0;

async function freshMain() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  } catch {
    return null;
  }
}

// How many lots have which answer is asked for apart: it may take longer, and no answer waits long for it.
async function fillCounts(main) {
  const list = main.querySelector("[data-counts]");
  if (!list) return;
  try {
    const answer = await fetch(list.dataset.counts, { cache: "no-store", signal: AbortSignal.timeout(COUNTS_MS) });
    const counts = await answer.json();
    for (const place of list.querySelectorAll("[data-count]")) {
      place.textContent = (place.dataset.count ? counts.answers?.[place.dataset.count] : counts.lots) ?? "";
    }
  } catch {
    // Without them the list is still true.
  }
}

async function refresh() {
  const mine = ++asked;
  const fresh = await freshMain();
  if (fresh) await fillCounts(fresh);
  if (mine !== asked) return; // a later request answers
  const main = document.querySelector("main");
  const focused = main.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  // A chart stays as somebody zoomed it, and fetches by itself what is new.
  for (const kept of fresh ? main.querySelectorAll("[data-keep]") : []) {
    fresh.querySelector(`[id="${CSS.escape(kept.id)}"]`)?.replaceWith(kept);
  }
  const nodes = fresh ? fresh.childNodes : document.getElementById("no-answer").content.cloneNode(true).childNodes;
  main.replaceChildren(...nodes);
  document.dispatchEvent(new Event("unbroken:refreshed"));
  if (focused) main.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

fillCounts(document.querySelector("main"));
setInterval(refresh, EVERY_MS);
// A screen that slept, or a page fetched back from the browser's history, shows what was true then.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
window.addEventListener("pageshow", (event) => event.persisted && refresh());
