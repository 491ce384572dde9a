// Pages are light or dark as the device is, unless somebody has chosen. Loaded before anything is drawn, since
// a page that changes its colours afterwards flashes.
{
  const root = document.documentElement;
  if (!root.dataset.bsTheme) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => (root.dataset.bsTheme = dark.matches ? "dark" : "light");
    follow();
    dark.addEventListener("change", follow);
  }
  // Paper is light. Whatever draws with the colours of the page hears of printing after this.
  let chosen;
  addEventListener("beforeprint", () => {
    chosen = root.dataset.bsTheme;
    root.dataset.bsTheme = "light";
  });
  addEventListener("afterprint", () => (root.dataset.bsTheme = chosen));
}
