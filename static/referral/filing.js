// Saves the filing page while somebody types, keeps what is not saved through a power or network cut, and
// sends a referral once, however often the line breaks. Without this script the page's buttons do the same.

const SAVE_AFTER = 1500;
const TRY_AGAIN = 5000;
const ASK_AFTER = 200;
const form = document.querySelector("form[data-filing]");
if (form) start(form);

function start(form) {
  const shelf = `filing:${form.dataset.filing}`;
  const words = document.querySelector("#saved [data-saved]");
  const file = form.querySelector("input[type=file]");
  // Of this page: typed but not saved, a request on its way, somebody waits for it to be sent.
  let typed = false, busy = false, sends = false, timer = 0;
  // What was sent and not answered: the server may have it, so just that is said again before anything new.
  let unsure = null;
  // Where somebody goes as soon as the server has what was said: the page there shows it.
  let leaves = "";

  const entries = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "version", "key"].includes(name));
  const say = (text, state) => {
    words.textContent = text;
    words.parentElement.dataset.state = state;
  };
  const keep = () => {
    try {
      localStorage.setItem(shelf, JSON.stringify({ entries: entries(), key: form.elements.key.value, sends }));
    } catch { /* A full or forbidden store: the server has what it has. */ }
  };
  const forget = () => localStorage.removeItem(shelf);
  // What was not taken stays in sight, with why.
  const stay = () => {
    keep();
    leaves = "";
  };

  function later(wait = SAVE_AFTER) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  function changed(wait) {
    typed = true;
    keep();
    later(wait);
  }

  async function save() {
    if (busy) return;
    busy = true;
    typed = Boolean(unsure);
    clearTimeout(timer);
    const body = unsure ?? new FormData(form);
    if (!unsure && sends) body.set("send", "1");
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    // The button may be pressed while this is on its way; that press is the next request's.
    const sending = body.has("send");
    if (!sending) say(form.dataset.saidSaving, "saving");
    const files = [...file.files];
    let answer, text;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { "X-Quiet": "1" }, redirect: "manual" });
      text = await answer.text();
    } catch {
      busy = false;
      typed = true;
      unsure = body;
      stay();
      say(sends ? form.dataset.saidQueued : form.dataset.saidOffline, "offline");
      later(TRY_AGAIN);
      return;
    }
    busy = false;
    unsure = null;
    if (answer.headers.get("X-Version")) form.elements.version.value = answer.headers.get("X-Version");
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      stay();
      typed = true;
      say(form.dataset.saidSignedOut, "offline");
      await renew();
      later(TRY_AGAIN);
      return;
    }
    if (answer.status === 503 || answer.status === 502 || answer.status === 504) {
      // Busy, the server has taken nothing; what stands between us does not know.
      if (answer.status !== 503) unsure = body;
      stay();
      typed = true;
      say(sends ? form.dataset.saidQueued : form.dataset.saidOffline, "offline");
      later(TRY_AGAIN);
      return;
    }
    if (answer.headers.get("X-Location")) {
      forget();
      location.assign(answer.headers.get("X-Location"));
      return;
    }
    if (answer.status === 412) {
      stay();
      sends = false;
      say(form.dataset.saidChanged, "refused");
      return;
    }
    show(text, typed);
    if (sending) sends = false;
    // Others may have been chosen meanwhile.
    if (answer.ok && files.length === file.files.length && files.every((each, at) => each === file.files[at])) file.value = "";
    if (!answer.ok) {
      stay();
      say(sending ? form.dataset.saidUnsent : form.dataset.saidRefused, "refused");
      if (sending) pointOut();
    } else {
      say(`${form.dataset.saidSaved} ${new Date().toTimeString().slice(0, 8)}`, "saved");
    }
    if (sends) later(0);
    else if (typed) later(leaves ? 0 : SAVE_AFTER);
    else if (answer.ok) {
      forget();
      if (leaves) location.assign(leaves);
    }
  }

  // Marks what is missing and leads to the first of it; where nothing is named, to the words of the refusal.
  function pointOut() {
    const refusal = document.getElementById("live-refusal");
    const fields = refusal.querySelector("[data-lacking]") ? [...form.querySelectorAll("#live-check a.want")].map(({ hash }) => document.getElementById(hash.slice(1))).filter(Boolean) : [];
    for (const field of fields) if (field.matches(".form-control, .form-select")) field.setAttribute("aria-invalid", "true");
    const [first] = fields.sort((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    (first ?? refusal).scrollIntoView({ block: "center" });
    (first ?? refusal.querySelector("select, input, a"))?.focus({ preventScroll: true });
  }

  // A page that was signed out meanwhile gets the new token, once somebody has signed in again elsewhere.
  async function renew() {
    try {
      const page = await fetch(location.href, { redirect: "manual" });
      if (!page.ok) return;
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("form[data-filing] [name=csrfmiddlewaretoken]");
      if (fresh) form.elements.csrfmiddlewaretoken.value = fresh.value;
    } catch { /* Tried again with the next save. */ }
  }

  // Puts in place what stands beside the words; never a field in which somebody is typing, and while more was said
  // than the answer knows of, no field at all: the next answer brings them.
  function show(text, isOld) {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const old of form.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh || (old.dataset.names !== undefined && old.dataset.names === fresh.dataset.names)) continue;
      if (isOld && old.querySelector("input, select, textarea")) continue;
      const at = document.activeElement;
      const inside = old.contains(at) ? at : null;
      if (inside && inside.matches("input:not([type=radio]):not([type=checkbox]), textarea")) continue;
      const again = inside && (inside.id && inside.type !== "radio" ? `#${CSS.escape(inside.id)}` : `[name="${inside.name}"][value="${inside.value}"]`);
      const open = [...old.querySelectorAll("details")].map((each) => each.open);
      old.replaceChildren(...fresh.childNodes);
      if (fresh.dataset.names !== undefined) old.dataset.names = fresh.dataset.names;
      old.querySelectorAll("details").forEach((each, place) => { each.open = open[place] ?? each.open; });
      if (again) old.querySelector(again)?.focus({ preventScroll: true });
    }
  }

  function restore() {
    const kept = JSON.parse(localStorage.getItem(shelf) ?? "null");
    if (!kept) return;
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    for (const [name, value] of kept.entries) {
      const field = form.elements[name];
      if (!field) continue;
      if (field instanceof RadioNodeList || field.type === "radio") {
        const one = form.querySelector(`[name="${name}"][value="${CSS.escape(value)}"]`);
        if (one) one.checked = true;
      } else if (field.type === "checkbox") field.checked = true;
      else if (field.type !== "hidden") field.value = value;
    }
    form.elements.key.value = kept.key;
    sends = Boolean(kept.sends);
    say(form.dataset.saidRestored, "saving");
    changed(ASK_AFTER);
  }

  form.addEventListener("input", (event) => {
    event.target.removeAttribute("aria-invalid");
    if (event.target.dataset.place !== undefined || event.target === file) return;
    changed();
  });
  form.addEventListener("change", (event) => {
    if (event.target.dataset.place !== undefined) return;
    changed(event.target.matches("select, input[type=radio], input[type=checkbox], input[type=file]") ? 0 : ASK_AFTER);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sends = event.submitter?.name === "send";
    keep();
    clearTimeout(timer);
    if (busy) later(ASK_AFTER);
    else save();
  });
  // Enter in a line saves; only the button sends, so that nothing leaves by a slip of the hand.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input:not([type=submit]):not([type=file])")) {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) form.requestSubmit(form.querySelector("[name=send]"));
      else if (!event.defaultPrevented || event.target.name !== "diagnosis") later(0);
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea, select")) {
      form.requestSubmit(form.querySelector("[name=send]"));
    }
  });
  // What is missing leads to where it is said.
  form.addEventListener("click", (event) => {
    const field = event.target.closest?.("#live-check a[href^='#']") && document.getElementById(event.target.closest("a").hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
  form.addEventListener("click", (event) => {
    const way = event.target.closest?.("a[data-saved-first]");
    if (!way || event.ctrlKey || event.metaKey || event.shiftKey || !(typed || busy)) return;
    event.preventDefault();
    leaves = way.href;
    if (!busy) save();
  });
  addEventListener("online", () => { if (typed || sends) later(0); });
  addEventListener("beforeunload", (event) => { if (busy && sends) event.preventDefault(); });

  diagnoses(form, () => changed(0));
  places(form);
  dropped(form, file, () => changed(0));
  restore();
}

// The list under the field of the diagnosis: arrows move, Enter takes, Escape closes.
function diagnoses(form, taken) {
  const field = form.elements.diagnosis, code = form.elements.diagnosis_code;
  const list = document.getElementById("diagnosis-list");
  let timer = 0, asked = 0, place = -1;
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const close = () => {
    list.hidden = true;
    place = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    place = next;
    [...list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === place)));
    if (list.children[place]) field.setAttribute("aria-activedescendant", list.children[place].id);
  };
  const take = (one) => {
    field.value = one.dataset.name;
    code.value = one.dataset.code;
    close();
    taken();
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const number = ++asked;
      const body = new FormData();
      body.set("q", field.value);
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      try {
        const answer = await fetch(form.dataset.diagnoses, { method: "POST", body });
        if (!answer.ok || number !== asked) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        list.replaceChildren(...page.body.querySelectorAll("li"));
        list.hidden = !list.children.length || document.activeElement !== field;
        field.setAttribute("aria-expanded", String(!list.hidden));
        mark(-1);
      } catch { close(); }
    }, ASK_AFTER);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      mark((place + step + list.children.length) % list.children.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      take(list.children[Math.max(place, 0)]);
    } else if (event.key === "Escape") close();
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const one = event.target.closest("li");
    if (one) take(one);
  });
  field.addEventListener("blur", close);
}

// Looks for facilities that are not among the ranked ones.
function places(form) {
  const field = form.querySelector("[data-place]"), list = document.getElementById("places");
  if (!field) return;
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const body = new FormData();
      body.set("place", field.value);
      body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
      try {
        const answer = await fetch(form.dataset.places, { method: "POST", body });
        if (answer.ok) list.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
      } catch { /* The ranked ones are there. */ }
    }, ASK_AFTER);
  });
}

// Files that are dropped or pasted go the way of those that were chosen.
function dropped(form, file, added) {
  const box = form.querySelector("[data-drop]");
  const take = (files) => {
    const all = new DataTransfer();
    for (const each of [...file.files, ...files]) all.items.add(each);
    file.files = all.files;
    added();
  };
  for (const name of ["dragover", "dragenter"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("dropping");
    });
  }
  for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("dropping"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take(event.clipboardData.files);
  });
}
