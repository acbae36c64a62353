// A kiosk shows no answer for long: a minute after the last touch it is back where one scans. The server away, it takes
// the answer away, and keeps trying.

const TRY_AGAIN_MS = 5_000;
const LONGEST_MS = 10_000;
/** Half-typed words on the first page are nobody's after this. */
const FORGOTTEN_AFTER_MS = 60_000;

const clearsAfterMs = 1_000 * Number(document.body.dataset.clearsAfterS);
const clock = document.getElementById("clock");
let timer = 0;

async function goBack() {
  try {
    const first = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) });
    if (first.status < 500) {
      location.replace("/");
      return;
    }
  } catch {
    // Nothing is said of why: it is tried again.
  }
  takeAway();
  timer = setTimeout(goBack, TRY_AGAIN_MS);
}

function takeAway() {
  const instead = document.getElementById("no-answer");
  if (instead instanceof HTMLTemplateElement) document.querySelector("main")?.replaceChildren(instead.content.cloneNode(true));
}

function beginAnew() {
  clearTimeout(timer);
  timer = setTimeout(goBack, clearsAfterMs);
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
beginAnew();
for (const touched of ["pointerdown", "keydown", "input"]) document.addEventListener(touched, beginAnew);
