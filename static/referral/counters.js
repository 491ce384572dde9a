// Keeps the numbers beside the boxes fresh, and says what has newly come, without moving what is being read.
// It asks every 20 seconds while the page is in sight; the server answers 304 where nothing has changed.

const nav = document.querySelector("[data-counters]");
const EVERY = 20_000;
let tag = "";
let known = null;
let timer = 0;

function write(counts) {
  for (const place of nav.querySelectorAll("[data-count]")) {
    const number = counts[place.dataset.count] ?? "";
    if (place.textContent !== number) place.textContent = number;
    place.hidden = !number;
  }
}

function announce(waiting) {
  const before = known;
  known = new Set(waiting);
  if (before === null) return;
  const number = waiting.filter((mark) => !before.has(mark)).length;
  if (!number) return;
  const line = document.querySelector("[data-news]");
  line.querySelector("[data-news-number]").textContent = number;
  line.hidden = false;
  document.querySelector("[data-news-said]").textContent = line.textContent.replace(/\s+/g, " ").trim();
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    // A page that asks by itself keeps no session awake.
    const headers = { Accept: "application/json", "X-Background": "1", ...(tag ? { "If-None-Match": tag } : {}) };
    const answer = await fetch(nav.dataset.counters, { headers, cache: "no-store", redirect: "error" });
    // Locked, signed out or another post: the next page will say so.
    if ([401, 403, 404].includes(answer.status)) return;
    if (answer.status === 200) {
      tag = answer.headers.get("ETag") ?? "";
      const told = await answer.json();
      write(told.counts);
      announce(told.waiting);
    }
  } catch {
    // The line is away for a moment: the numbers stay as they are.
  }
  timer = setTimeout(ask, EVERY);
}

if (nav) {
  document.addEventListener("visibilitychange", ask);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig?.verb === "post") ask();
  });
  ask();
}
