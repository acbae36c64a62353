// A kiosk shows no answer for long: a minute after the last touch it is back where one scans. Where the service is away
// it shows none at all, and keeps trying.

const TRY_AGAIN_MS = 5_000;
const LONGEST_MS = 10_000;
/** Half-typed words on the first page are nobody's after this. */
const FORGOTTEN_AFTER_MS = 60_000;

/** 0: the page stays, and renews itself. */
const clearsAfterMs = 1_000 * Number(document.body.dataset.clearsAfterS);
const clock = document.getElementById("clock");
let timer = 0;

/** @param {string} path */
async function isThere(path) {
  try {
    const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

async function goBack() {
  if (await isThere("/")) location.replace("/");
  else waitForIt();
}

function waitForIt() {
  const instead = document.getElementById("no-answer");
  const main = document.querySelector("main");
  if (main && instead instanceof HTMLTemplateElement) main.replaceChildren(instead.content.cloneNode(true));
  clearTimeout(timer);
  timer = setTimeout(goBack, TRY_AGAIN_MS);
}

/** The browser's own page of an error would stand on the screen until somebody comes who knows what to do. */
function goOnlyWhereSomethingAnswers() {
  /** @type {HTMLFormElement | null} */
  let sent = null;
  let asks = false;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || event.defaultPrevented || sent === form) return;
    event.preventDefault();
    if (asks) return;
    asks = true;
    const answers = await isThere("/healthz");
    asks = false;
    if (!answers) return waitForIt();
    sent = form;
    form.requestSubmit(event.submitter);
  });
  document.addEventListener("click", async (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || link.origin !== location.origin) return;
    event.preventDefault();
    if (await isThere("/healthz")) location.assign(link.href);
    else waitForIt();
  });
}

function beginAnew() {
  clearTimeout(timer);
  if (clearsAfterMs) timer = setTimeout(goBack, clearsAfterMs);
}

/** The time of the server, by the clock on the wall of the site. @param {HTMLElement} shown */
function tick(shown) {
  const aheadMs = Date.parse(shown.getAttribute("datetime") ?? "") - Date.now();
  const words = new Intl.DateTimeFormat("en-GB", {
    timeZone: shown.dataset.zone, weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
    timeZoneName: "short",
  });
  const say = () => { shown.textContent = words.format(Date.now() + aheadMs); };
  say();
  shown.hidden = false;
  setInterval(say, 1_000);
}

function forgetHalfTyped() {
  const form = document.querySelector("form.scan");
  let forgets = 0;
  form?.addEventListener("input", () => {
    clearTimeout(forgets);
    forgets = setTimeout(() => form instanceof HTMLFormElement && form.reset(), FORGOTTEN_AFTER_MS);
  });
}

if (clock) {
  tick(clock);
  forgetHalfTyped();
}
goOnlyWhereSomethingAnswers();
beginAnew();
for (const touched of ["pointerdown", "keydown", "input"]) document.addEventListener(touched, beginAnew);
