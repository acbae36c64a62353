// Puts a fresh answer into an open page, part by part: elements with `data-part` and an id. What is in use stays as it
// is: a form with half-typed words, an opened <details>, where the reader is, what is marked `data-keep`.

/** The parts as they were sent: what scripts and readers did to them since is no change. @type {WeakMap<Element, string>} */
const served = new WeakMap();

/** What stands between the parts of the page, as it was sent, by where it stands. @type {Map<string, string>} */
const outlines = new Map();
const AREAS = ["main#main", ".head"];

/** Notes the parts as they are now. @param {ParentNode} within */
export function remember(within) {
  for (const part of within.querySelectorAll("[data-part][id]")) served.set(part, part.outerHTML);
  if (within === document) for (const area of AREAS) outlines.set(area, outline(document.querySelector(area)));
}

/** What stands between the parts of an area. @param {Element | null} area */
function outline(area) {
  const bare = /** @type {Element | null} */ (area?.cloneNode(true));
  if (!bare) return "";
  for (const part of outermost(bare)) part.replaceWith(`<${part.id}>`);
  return bare.innerHTML;
}

/** The parts that are in no other. @param {ParentNode} within @returns {Element[]} */
function outermost(within) {
  return [...within.querySelectorAll("[data-part][id]")].filter(
    (part) => !part.parentElement?.closest("[data-part][id]"),
  );
}

/**
 * @param {Document} fresh
 * @param {boolean} [evenTyped] though somebody types there
 */
export function renew(fresh, evenTyped = false) {
  for (const area of AREAS) {
    const there = document.querySelector(area);
    const part = fresh.querySelector(area);
    // What no part shows may be an answer as well.
    const changed = outlines.get(area) !== outline(part);
    if (there && part && (evenTyped || (changed && !isTypedIn(there)))) {
      replace(there, part);
      outlines.set(area, outline(part));
    }
  }
  renewParts(document, fresh);
}

/** @param {ParentNode} there @param {ParentNode} fresh */
function renewParts(there, fresh) {
  const parts = outermost(fresh);
  const ids = new Set(parts.map((part) => part.id));
  for (const part of outermost(there)) {
    if (!ids.has(part.id) && !isTypedIn(part)) part.remove();
  }
  for (const part of parts) {
    const old = document.getElementById(part.id);
    if (!old) insert(part);
    else if (served.get(old) !== part.outerHTML) {
      if (isTypedIn(old)) renewParts(old, part);
      else replace(old, part);
    }
  }
}

/** A part that was not there before, after what stands before it. @param {Element} part */
function insert(part) {
  const added = document.importNode(part, true);
  let before = part.previousElementSibling;
  while (before && !(before.id && document.getElementById(before.id))) before = before.previousElementSibling;
  const parent = part.parentElement?.id ? document.getElementById(part.parentElement.id) : null;
  if (before) document.getElementById(before.id)?.after(added);
  else (parent ?? document.getElementById("main"))?.prepend(added);
  served.set(added, part.outerHTML);
  remember(added);
}

/** @param {Element} there @param {Element} part */
function replace(there, part) {
  const fresh = document.importNode(part, true);
  const focused = there.contains(document.activeElement) ? document.activeElement : null;
  const places = [...there.querySelectorAll(".wide")].map((wide) => wide.scrollLeft);
  reopen(there, fresh);
  for (const kept of there.querySelectorAll("[data-keep][id]")) {
    fresh.querySelector(`#${CSS.escape(kept.id)}`)?.replaceWith(kept);
  }
  for (const { name } of [...there.attributes]) if (!fresh.hasAttribute(name) && name !== "open") there.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) {
    if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  }
  // The element itself stays: a screen reader tells of changes inside what it knows.
  there.replaceChildren(...fresh.childNodes);
  served.set(there, part.outerHTML);
  remember(there);
  [...there.querySelectorAll(".wide")].forEach((wide, index) => {
    wide.scrollLeft = places[index] ?? 0;
  });
  if (focused) focusAgain(there, focused);
}

/** What was opened stays open, and what was closed closed. @param {Element} there @param {Element} fresh */
function reopen(there, fresh) {
  const old = [...there.querySelectorAll("details")];
  const own = [...fresh.querySelectorAll("details")];
  own.forEach((details, index) => {
    const before = details.id
      ? old.find((one) => one.id === details.id)
      : (old.find((one) => !one.id && title(one) === title(details)) ??
        (old.length === own.length ? old[index] : undefined));
    if (before) details.open = before.open;
  });
}

/** @param {HTMLDetailsElement} details */
function title(details) {
  return details.querySelector("summary")?.textContent;
}

/** @param {Element} there @param {Element} focused */
function focusAgain(there, focused) {
  const text = focused.textContent;
  const href = focused.getAttribute("href");
  const again = focused.isConnected
    ? focused
    : ((focused.id && there.querySelector(`#${CSS.escape(focused.id)}`)) ||
      (href && there.querySelector(`a[href="${CSS.escape(href)}"]`)) ||
      [...there.querySelectorAll(focused.localName)].find((one) => one.textContent === text));
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/** Whether somebody is at work on a form in it. @param {Element} part */
function isTypedIn(part) {
  return [...part.querySelectorAll("input, textarea, select, form button")].some(
    (field) => !field.closest("[data-keep]") && (field === document.activeElement || isChanged(field)),
  );
}

/** @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLInputElement) {
    if (field.type === "file") return Boolean(field.files?.length);
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLSelectElement) {
    const options = [...field.options];
    const chosen = options.findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(chosen, 0);
  }
  return false;
}
