// The quick view of a list: one row open at a time, beside the list or below its row, and on to the next.
// Without script each row leads to the page of its referral, which has the same forms.

const list = document.querySelector("[data-desk]");
const said = document.querySelector("[data-desk-said]");
const panelOf = (link) => document.getElementById(link.getAttribute("aria-controls"));
const linkOf = (panel) => document.querySelector(`[data-quick][aria-controls="${panel.id}"]`);

function show(panel, open) {
  const link = linkOf(panel);
  panel.classList.toggle("is-open", open);
  if (!open) panel.replaceChildren();
  link?.setAttribute("aria-expanded", String(open));
  link?.closest(".desk-row").classList.toggle("is-open", open);
  list.classList.toggle("has-quick", Boolean(list.querySelector(".quick.is-open")));
}

function close(panel) {
  const link = linkOf(panel);
  show(panel, false);
  link?.focus();
}

// Before htmx hears of it: a new tab stays a new tab, and a second click closes what the first has opened.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("[data-quick], [data-accept]");
    if (link) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) event.stopPropagation();
      else if (link.getAttribute("aria-expanded") === "true") {
        event.preventDefault();
        event.stopPropagation();
        close(panelOf(link));
      }
    }
    const shut = event.target.closest("[data-close]");
    if (shut) close(shut.closest(".quick"));
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const panel = event.key === "Escape" && event.target.closest?.(".quick.is-open, .desk-row.is-open");
  if (!panel) return;
  close(panel.matches(".quick") ? panel : panelOf(panel.querySelector("[data-quick]")));
});

document.addEventListener("htmx:afterSwap", (event) => {
  const panel = event.detail.target;
  if (!panel?.matches?.(".quick")) return;
  for (const other of list.querySelectorAll(".quick.is-open")) if (other !== panel) show(other, false);
  show(panel, true);
});

// A form that was asked for stands open with its best answer chosen: the next press, or Enter, confirms it.
function confirmed(panel) {
  const asked = panel.querySelector("details.move[open]");
  if (!asked || panel.querySelector("[aria-invalid=true]")) return false;
  const first = asked.querySelector('[type="radio"]:checked') ?? asked.querySelector("[type=submit]");
  first?.focus({ preventScroll: true });
  return true;
}

// In a row that can be accepted, the key of accepting means that row.
document.addEventListener("focusin", (event) => {
  for (const link of document.querySelectorAll("[data-accept][data-key]")) link.removeAttribute("data-key");
  event.target.closest(".desk-row")?.querySelector("[data-accept]")?.setAttribute("data-key", "a");
});

document.addEventListener("htmx:afterSettle", (event) => {
  const panel = event.detail.target;
  if (!panel?.matches?.(".quick")) return;
  const done = panel.querySelector("[data-done]");
  if (!done) {
    if (!confirmed(panel) && !panel.contains(document.activeElement)) {
      const head = panel.querySelector("[data-focus]");
      head?.setAttribute("tabindex", "-1");
      head?.focus({ preventScroll: true });
    }
    panel.scrollTop = 0;
    panel.querySelector("details.move[open]")?.scrollIntoView({ block: "nearest" });
    // The rows beside an open panel are higher, so the one that was pressed may have moved out of sight.
    linkOf(panel)?.scrollIntoView({ block: innerWidth < 1000 ? "start" : "nearest" });
    return;
  }
  // The answer stays below its row; whoever goes on is at the next one.
  list.classList.remove("has-quick");
  linkOf(panel)?.setAttribute("aria-expanded", "false");
  said.textContent = done.querySelector("strong").textContent;
  let next = panel.nextElementSibling;
  while (next && !next.matches(".desk-row")) next = next.nextElementSibling;
  (next?.querySelector("[data-quick]") ?? linkOf(panel))?.focus();
});

// A move that opens with a place chosen is confirmed by Enter.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.open && event.target.closest(".quick")) event.target.querySelector('[type="radio"]:checked')?.focus();
  },
  true,
);

// A time that is typed is the choice of that time.
document.addEventListener("input", (event) => {
  if (event.target.name !== "scheduled_for" || !event.target.value) return;
  const other = event.target.form?.querySelector('[name="place"][value="time"]');
  if (other) other.checked = true;
});

// Bulk: the bar says how many are ticked, and is in sight only then.
const bar = document.querySelector("[data-bulk]");
function counted() {
  const number = document.querySelectorAll("[data-pick]:checked").length;
  bar.classList.toggle("is-idle", number === 0);
  bar.querySelector("[data-bulk-count]").textContent = number;
}
if (bar) {
  for (const part of bar.querySelectorAll("[data-scripted]")) part.hidden = false;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of document.querySelectorAll("[data-pick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick], [data-pick-all]")) counted();
  });
  document.addEventListener("htmx:afterSettle", counted);
  counted();
}
