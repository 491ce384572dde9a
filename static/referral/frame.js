// What every page has: partial updates that keep the focus and say when they fail. Nothing here is needed
// for a page to work; without script its forms and links do the same, a page at a time.

const page = document;

// The token of any form on the page: the same for all of them.
function token() {
  return page.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

page.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});

// A whole page where a part was asked for is the sign-in, or an error page. Loading this page anew leads to the
// one, and back here afterwards; the other is told in a line. Whoever picks a part out of a page (hx-select) gets it,
// unless the answer came from another address.
function strange({ xhr, target, requestConfig, pathInfo }) {
  if (target === page.body || !/^\s*<!doctype/i.test(xhr.responseText)) return false;
  const picks = requestConfig.elt?.closest?.("[hx-select]");
  return !picks || new URL(xhr.responseURL).pathname !== new URL(pathInfo.finalRequestPath, location).pathname;
}

page.addEventListener("htmx:beforeSwap", (event) => {
  if (!strange(event.detail)) return;
  event.detail.shouldSwap = false;
  if (event.detail.xhr.status < 400) location.reload();
  else say("refused");
});

// Focus: what stays keeps it (htmx knows it by its id). What was swapped away hands it to the new content,
// to the field or button that asks for it, else to its heading. A part that refreshes elsewhere leaves it alone.
let lost = false;

page.addEventListener("htmx:beforeSwap", (event) => {
  lost = event.detail.target.contains(page.activeElement) && page.activeElement !== page.body;
});

page.addEventListener("htmx:afterSettle", (event) => {
  if (!lost || (page.activeElement && page.activeElement !== page.body)) return;
  lost = false;
  const part = event.target;
  const next =
    part.querySelector("[autofocus], [data-focus], [aria-invalid=true]") ?? part.querySelector("h1, h2, h3, summary") ?? part;
  if (!next.matches("a[href], button, input, select, textarea, summary")) next.tabIndex = -1;
  next.focus();
});

function say(what) {
  const line = page.getElementById("trouble");
  if (!line) return;
  line.textContent = what ? line.dataset[what] : "";
  line.hidden = !what;
}

page.addEventListener("htmx:sendError", () => say("away"));
page.addEventListener("htmx:timeout", () => say("away"));
page.addEventListener("htmx:responseError", () => say("refused"));
page.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) say("");
});

// Keys. Whatever has `data-key` is reached by it: a link or button is pressed, a field is entered. They rest while
// somebody writes, and can be switched off for good by people whose speech or hands type by accident.
const OFF = "keys-off";
const PATIENCE = 1200;
let typed = "";
let typedAt = 0;

function writes(element) {
  if (!element) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input") && !/^(checkbox|radio|button|submit|reset|file)$/.test(element.type);
}

// The key itself, also where a Chinese input method has taken it.
function sign(event) {
  if (event.key.length === 1 && event.key.charCodeAt(0) < 128) return event.key.toLowerCase();
  if (event.code === "Slash") return event.shiftKey ? "?" : "/";
  return /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : "";
}

function reach(element) {
  if (writes(element)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function pressed(event) {
  const now = Date.now();
  const one = sign(event);
  if (!one) return;
  const both = now - typedAt < PATIENCE ? `${typed} ${one}` : one;
  const found = page.querySelector(`[data-key="${both}"]`) ?? page.querySelector(`[data-key="${one}"]`);
  [typed, typedAt] = found ? ["", 0] : [one, now];
  if (!found) return;
  event.preventDefault();
  reach(found);
}

page.addEventListener("keydown", (event) => {
  const here = page.activeElement;
  if (event.key === "Escape") return close(here);
  if (event.key === "Enter" && event.ctrlKey && here?.matches("textarea")) return here.form?.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (writes(here) || page.querySelector("dialog[open]") || localStorage.getItem(OFF)) return;
  pressed(event);
});

function close(here) {
  const menu = page.querySelector("[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (writes(here) && !page.querySelector("dialog[open]")) {
    here.blur();
  }
}

page.addEventListener("click", (event) => {
  for (const menu of page.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest("[data-open]");
  if (opener) open(page.getElementById(opener.dataset.open));
});

function label(element) {
  const words = element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.textContent;
  return words.trim().replace(/\s+/g, " ");
}

function row(key, words) {
  const name = page.createElement("dt");
  key.split(" ").forEach((one, place) => {
    if (place) name.append(" ");
    const sign = page.createElement("kbd");
    sign.textContent = one;
    name.append(sign);
  });
  const what = page.createElement("dd");
  what.textContent = words;
  name.dataset.row = what.dataset.row = key;
  return [name, what];
}

function open(dialog) {
  if (!dialog || dialog.open) return;
  const list = dialog.querySelector("[data-keys]");
  for (const old of list?.querySelectorAll("[data-row]") ?? []) old.remove();
  list?.prepend(...[...page.querySelectorAll("[data-key]")].flatMap((each) => row(each.dataset.key, label(each))));
  const menu = page.querySelector("[data-menu][open]");
  if (menu) menu.open = false;
  dialog.showModal();
}

for (const opener of page.querySelectorAll("[data-open]")) opener.hidden = false;

const on = page.querySelector("[data-keys-on]");
if (on) {
  on.checked = !localStorage.getItem(OFF);
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}
