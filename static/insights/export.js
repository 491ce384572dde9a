// Fetches a file as soon as it is there, where the page asked for it; its link stays. Each answer brings the key of
// the next form, so that pressing the button again asks for another file.

const box = document.querySelector("[data-export]");
box?.addEventListener("htmx:afterSwap", () => {
  const told = box.querySelector("[data-next-key]");
  if (!told) return;
  for (const field of box.querySelectorAll("[data-export-key]")) field.value = told.dataset.nextKey;
  const file = told.querySelector("[data-fetch]");
  if (file) location.assign(file.href);
});
