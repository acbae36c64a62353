// The clock of the wall: the server's, in the zone of the site, whatever the screen believes. One timer, for as long as
// the screen hangs there.

const clock = document.getElementById("wall-clock");

/** How far the server's clock is ahead of the screen's, as the page said when it came. */
function aheadMs() {
  const asOf = document.querySelector(".as-of time")?.getAttribute("datetime");
  return asOf ? Date.parse(asOf) - Date.now() : 0;
}

/** @param {HTMLElement} shown */
function follow(shown) {
  const clockOfSite = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone: shown.dataset.zone,
    timeZoneName: "short",
  });
  let ahead = aheadMs();
  document.addEventListener("unbroken:refreshed", () => {
    ahead = aheadMs();
  });
  const tick = () => {
    shown.textContent = clockOfSite.format(Date.now() + ahead);
  };
  tick();
  setInterval(tick, 1_000);
}

if (clock) follow(clock);
