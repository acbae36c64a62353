// Hints of what has changed, by one stream a browser: of all its tabs that are seen, the one that holds the lock has the
// stream, and tells the others. Where there is no stream, a page is asked for now and then instead.

/** @typedef {{ kind: string, id: string | null, number: number }} Hint */
/** @typedef {{ heard: (hint: Hint) => void, missed: () => void, lost: () => void }} Listener */

const NAME = "unbroken-live";
/** The service says so often, at least, that it is there (service/api/live/events.py: PING_S). */
const SILENT_MS = 25_000;
/** After the service closed the door, and not the network. */
const AGAIN_MS = 15_000;

/** How long ago something was: endless, where the clock was put back since, for then nobody knows. @param {number} then */
export function sinceMs(then) {
  const passed = Date.now() - then;
  return passed < 0 ? Infinity : passed;
}

/**
 * @param {string | undefined} number up to which hint what the page shows is true
 * @param {Listener} listener
 */
export function openStream(number, listener) {
  let shown = Number(number);
  let heardAt = -Infinity;
  let joined = false;
  /** @type {BroadcastChannel | null} */
  let channel = null;
  /** @type {EventSource | null} */
  let source = null;
  /** @type {AbortController | null} */
  let waiting = null;
  /** @type {(() => void) | null} */
  let giveUp = null;
  let last = 0;

  // Without a number there are no hints for whoever reads this.
  const possible = number !== undefined && "locks" in navigator && "BroadcastChannel" in window && "EventSource" in window;

  /** @param {Hint} hint */
  function take(hint) {
    heardAt = Date.now();
    last = hint.number;
    if (!joined) {
      joined = true;
      // Between the page and its stream something may have changed.
      if (hint.number !== shown) listener.missed();
    }
    if (hint.kind === "ended") {
      heardAt = -Infinity;
      listener.lost();
    } else if (hint.kind !== "ping") listener.heard(hint);
  }

  /** @param {Hint} hint */
  function tell(hint) {
    channel?.postMessage(hint);
    take(hint);
  }

  function connect() {
    source = new EventSource(last ? `/v1/events?after=${last}` : "/v1/events");
    for (const kind of ["hint", "ping"]) {
      source.addEventListener(kind, (event) => {
        const { kind: of, id, number: counted } = JSON.parse(/** @type {MessageEvent<string>} */ (event).data);
        tell({ kind: of, id, number: counted });
      });
    }
    source.addEventListener("error", () => {
      tell({ kind: "ended", id: null, number: last });
      if (source?.readyState === EventSource.CLOSED) setTimeout(() => giveUp && connect(), AGAIN_MS);
    });
  }

  function start() {
    if (!possible || channel) return;
    joined = false;
    channel = new BroadcastChannel(NAME);
    channel.addEventListener("message", ({ data }) => {
      if (data === "who?") {
        if (giveUp && last) channel?.postMessage({ kind: "ping", id: null, number: last });
      } else take(data);
    });
    channel.postMessage("who?");
    waiting = new AbortController();
    navigator.locks
      .request(NAME, { signal: waiting.signal }, () => {
        connect();
        return new Promise((resolve) => {
          giveUp = () => resolve(undefined);
        });
      })
      .catch(() => undefined); // it was not needed any more
  }

  function stop() {
    source?.close();
    waiting?.abort();
    giveUp?.();
    channel?.close();
    source = waiting = giveUp = channel = null;
    heardAt = -Infinity;
  }

  const follow = () => (document.visibilityState === "visible" ? start() : stop());
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", follow);
  follow();

  return {
    isLive: () => sinceMs(heardAt) < SILENT_MS,
    /** The page was shown anew. @param {string | undefined} counted */
    shown: (counted) => {
      shown = Number(counted ?? 0);
    },
  };
}
