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

// A whole page where a part was asked for is the sign-in, or an error page: the browser loads it as such.
page.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (target !== page.body && /^\s*<!doctype/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    if (xhr.status < 400) location.reload();
    else say("refused");
  }
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
