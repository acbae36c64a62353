// A scanner types into the scan field from wherever one is on the page; a GTIN that waits for its lot is forgotten in
// time. The form works without any of this.

const GS = "\u001d";
/** A hand leaves more than this between two keys, a scanner less. */
const SCANNED_WITHIN_MS = 50;
const field = /** @type {HTMLInputElement | null} */ (document.getElementById("scan-code"));
let lastKeyAt = 0;

/** @param {EventTarget | null} target */
function typesElsewhere(target) {
  return target !== field && target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}

/** @param {HTMLInputElement} into @param {string} text */
function insert(into, text) {
  into.setRangeText(text, into.selectionStart ?? into.value.length, into.selectionEnd ?? into.value.length, "end");
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (!field || typesElsewhere(event.target)) return;
  const isFast = event.timeStamp - lastKeyAt < SCANNED_WITHIN_MS;
  lastKeyAt = event.timeStamp;
  // What divides the fields of a GS1 code, as keyboards of scanners send it.
  if (event.key === GS || (event.ctrlKey && !event.altKey && event.key === "]")) {
    event.preventDefault();
    field.focus();
    insert(field, GS);
    return;
  }
  // Some scanners end with Tab.
  if (event.key === "Tab" && isFast && event.target === field && field.value) {
    event.preventDefault();
    field.form?.requestSubmit();
    return;
  }
  // Typed while nothing has the focus that takes it: the key that is down goes into the field.
  const types = event.key.length === 1 && event.key !== " " && !event.metaKey && event.ctrlKey === event.altKey;
  if (types && event.target !== field) field.focus();
}

/** A GTIN waits for its lot: how long still; then it is forgotten. */
function countDown() {
  const waits = document.getElementById("scan-waits");
  const left = waits?.querySelector("[data-left-s]");
  if (!(waits instanceof HTMLElement) || !(left instanceof HTMLElement)) return;
  const until = performance.now() + 1_000 * Number(left.dataset.leftS);
  const timer = setInterval(() => {
    const leftS = Math.ceil((until - performance.now()) / 1_000);
    if (leftS > 0) left.textContent = String(leftS);
    else {
      clearInterval(timer);
      location.reload();
    }
  }, 200);
}

document.addEventListener("keydown", onKey);
countDown();
