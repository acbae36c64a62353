// What a page says of itself: how it is kept true, and that it may not be true any more.

const banner = /** @type {HTMLElement} */ (document.getElementById("connection"));
const noAnswer = /** @type {HTMLTemplateElement} */ (document.getElementById("no-answer"));

/** When what is shown was true, as the page says it. */
function asOf() {
  return document.querySelector("#as-of time")?.textContent ?? "this page was opened";
}

/** @param {boolean | null} live hints of changes arrive; null: nothing does */
export function sayLive(live) {
  const place = document.querySelector("#as-of [data-live]");
  const says = live === null ? " · no connection" : live ? " · live" : " · asked every 15 s";
  if (place && place.textContent !== says) place.textContent = says;
}

/** @param {string} state @param {() => (Node | string)[]} says */
function say(state, says) {
  if (banner.dataset.says === state) return;
  banner.dataset.says = state;
  banner.replaceChildren(...says());
  banner.hidden = false;
}

/** All is well, and what is shown is fresh. */
export function sayNothing() {
  document.body.classList.remove("unanswered");
  banner.hidden = true;
  banner.removeAttribute("data-says");
}

/** @param {boolean} tooOld what is shown is not to be believed any more */
export function sayNoAnswer(tooOld) {
  sayLive(null);
  if (banner.dataset.says === "logged out") return;
  if (tooOld || document.body.classList.contains("unanswered")) {
    hideAnswers();
    say("no answer", () => [noAnswer.content.cloneNode(true), sentence(`No connection since ${asOf()}.`)]);
  } else {
    say("no connection", () => [
      sentence(`No connection since ${asOf()}: what stands here may no longer be true. Trying again.`),
    ]);
  }
}

export function sayLoggedOut() {
  hideAnswers();
  say("logged out", () => {
    const link = document.createElement("a");
    link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = "Log in again";
    const says = sentence("You are logged out, so nothing is shown here any more. ");
    says.append(link);
    return [says];
  });
}

/** What stands on the page, or in its tab, is not shown until it is known to be so. What was typed stays where it is. */
export function hideAnswers() {
  document.title = "No answer now · Unbroken";
  document.body.classList.add("unanswered");
}

/** @param {string} text */
function sentence(text) {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  return paragraph;
}
