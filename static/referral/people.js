// Finds patients while somebody types or a card reader does; what was typed goes in no address.

const WAIT = 250;
const form = document.querySelector("form[data-find]");
if (form) {
  const field = form.elements.q, list = document.getElementById("people");
  let timer = 0, asked = 0, shown = field.value;

  async function find() {
    const number = ++asked, text = field.value;
    if (text === shown) return;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Quiet": "1" }, redirect: "manual" });
      if (!answer.ok || number !== asked) return;
      list.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
      shown = text;
    } catch { /* The button asks in the plain way. */ }
  }
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT);
  });
  // A reader ends with Enter: the only one that fits is taken at once.
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    shown = field.value === shown ? shown : null;
    if (shown === null) { shown = ""; await find(); }
    const found = list.querySelectorAll("form [name=patient]");
    if (found.length === 1) found[0].form.requestSubmit();
    else list.querySelector("button")?.focus();
  });
}
