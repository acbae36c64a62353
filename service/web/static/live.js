// Keeps an open page true: asks the same address again when something it is about has changed, and now and then in any
// case, and puts in what is new. Where no answer comes it says so, and takes the old answers away: an old answer must
// never pass for a fresh one.
import { hideAnswers, sayLive, sayLoggedOut, sayNoAnswer, sayNothing } from "./connection.js";
import { remember, renew } from "./parts.js";
import { openStream, sinceMs } from "./stream.js";

/** Asked again so often where nothing tells of changes, where hints do, and after a failure. */
const EVERY_MS = 15_000;
const EVERY_LIVE_MS = 20_000;
const EVERY_FAILING_MS = 5_000;
/** An answer that takes longer is none. */
const LONGEST_MS = 10_000;
/** What was answered so long ago is not shown any more. */
const OLDEST_MS = 30_000;
/** However many changes there are, the page is asked for no more often; a slow one more rarely. */
const SHORTEST_MS = 1_000;
const TIMES_AS_LONG = 5;

const topics = (document.body.dataset.topics ?? "").split(" ").filter(Boolean);
let askedAt = Date.now();
let answeredAt = Date.now();
let tookMs = 0;
let asking = false;
let askAgain = false;
let failing = false;
/** @type {number | undefined} */
let later;

/** Whether the page is about what has changed. @param {import("./stream.js").Hint} hint */
function concerns(hint) {
  if (hint.kind === "all") return true;
  return topics.some((topic) => {
    const [named = "", ...id] = topic.split(":");
    return named.replace(/s$/, "") === hint.kind && (!id.length || !hint.id || id.join(":") === hint.id);
  });
}

/** Asks at once, or as soon as may be. */
function ask() {
  if (document.visibilityState === "hidden") return;
  if (asking) {
    askAgain = true;
    return;
  }
  const wait = Math.max(SHORTEST_MS, TIMES_AS_LONG * tookMs) - sinceMs(askedAt);
  clearTimeout(later);
  if (wait > 0) later = setTimeout(askNow, wait);
  else void askNow();
}

async function askNow() {
  if (asking) return;
  asking = true;
  askAgain = false;
  askedAt = Date.now();
  try {
    const page = location.href;
    const answer = await fetch(page, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // A script of the page may have led on to another address meanwhile.
    if (page === location.href) take(answer, fresh);
    else askAgain = true;
  } catch {
    fail();
  }
  tookMs = Math.min(sinceMs(askedAt), EVERY_FAILING_MS);
  asking = false;
  if (askAgain) ask();
}

/** @param {Response} answer @param {Document} fresh */
function take(answer, fresh) {
  const main = fresh.querySelector("main#main");
  if (answer.redirected && new URL(answer.url).pathname === "/login") {
    sayLoggedOut();
  } else if (answer.status >= 500 || !main) {
    fail();
    // It is our own service that says so, not the way to it.
    if (main) hideAnswers();
  } else {
    if (answer.ok && document.body.hasAttribute("data-away")) return location.reload();
    failing = false;
    answeredAt = Date.now();
    // What is not there any more, or not for us: the page says what to do, and what was here goes.
    renew(fresh, !answer.ok);
    document.body.toggleAttribute("data-away", !answer.ok);
    document.title = fresh.title;
    stream.shown(fresh.body.dataset.number);
    sayNothing();
    sayLive(stream.isLive());
    document.dispatchEvent(new CustomEvent("unbroken:refreshed"));
  }
}

function fail() {
  failing = true;
  sayNoAnswer(sinceMs(answeredAt) >= OLDEST_MS);
}

/** Whether it is time to ask, and whether what is shown is too old. */
function look() {
  if (document.visibilityState === "hidden") return;
  if (sinceMs(answeredAt) >= OLDEST_MS) sayNoAnswer(true);
  const every = failing ? EVERY_FAILING_MS : stream.isLive() ? EVERY_LIVE_MS : EVERY_MS;
  if (sinceMs(askedAt) >= every) ask();
  if (!failing) sayLive(stream.isLive());
}

const stream = openStream(document.body.dataset.number, {
  heard: (hint) => concerns(hint) && ask(),
  missed: ask,
  lost: ask,
});

remember(document);
sayLive(false);
setInterval(look, SHORTEST_MS);
// A screen that slept shows what was true then.
document.addEventListener("visibilitychange", () => {
  look();
  ask();
});
for (const kind of ["online", "offline"]) window.addEventListener(kind, ask);
// So does a page that the browser kept and shows again on the way back.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  hideAnswers();
  ask();
});
