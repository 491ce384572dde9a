// Draws the table of flows as a Sankey picture; the table stays, for who reads, prints or hears it. The library of
// charts is ten times the page: it comes when the page has been drawn and answers.

const box = document.querySelector("[data-sankey]");
if (box) addEventListener("load", () => requestAnimationFrame(() => setTimeout(bring, 0, box)));

function bring(box) {
  const library = document.createElement("script");
  library.src = box.dataset.sankey;
  // In a task of its own: running the library and drawing at once would hold up a press for twice as long.
  library.onload = () => setTimeout(draw, 0, box);
  document.head.append(library);
}

function draw(box) {
  const rows = [...document.querySelectorAll(".flow-table tbody tr")].slice(0, Number(box.dataset.drawn));
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  // Up and down between the same two are two streams, so the receiving end of each is a node of its own.
  const links = rows.map(({ dataset }) => ({ source: dataset.from, target: `${dataset.to}\u200b`, value: Number(dataset.open), lineStyle: { color: dataset.way === "down" ? "#1d8a72" : "#1f5fbf", opacity: 0.35 } }));
  const names = [...new Set(links.flatMap((link) => [link.source, link.target]))];
  box.style.height = `${Math.min(36, 5 + 2.2 * rows.length)}rem`;
  box.replaceChildren(document.createElement("div"));
  box.firstChild.style.height = "100%";
  const picture = window.echarts.init(box.firstChild, null, { renderer: "svg" });
  const option = () => ({
    animation: false,
    tooltip: { trigger: "item" },
    series: [{
      type: "sankey", left: 8, right: 150, top: 12, bottom: 12, nodeGap: 12, nodeWidth: 12, draggable: false,
      data: names.map((name) => ({ name, itemStyle: { color: colour("--brand") } })),
      links,
      label: { color: colour("--ink"), width: 140, overflow: "truncate" },
      emphasis: { focus: "adjacency" },
    }],
  });
  picture.setOption(option());
  addEventListener("resize", () => picture.resize());
  // On paper a picture is drawn again: as wide as A4 between its margins, in the colours of the day.
  const paint = (width) => { picture.resize({ width }); picture.setOption(option(), true); };
  addEventListener("beforeprint", () => paint(660));
  addEventListener("afterprint", () => paint("auto"));
}
