// Draws rates as lines from the table of their numbers, which stays for who reads, prints or hears it: a line for
// each column that says its values plainly.

const box = document.querySelector("[data-course]");
if (box) addEventListener("load", () => requestAnimationFrame(() => setTimeout(bring, 0, box)));

function bring(box) {
  const library = document.createElement("script");
  library.src = box.dataset.course;
  library.onload = () => draw(box);
  document.head.append(library);
}

// Lines are told apart by their marks and strokes as well as by colour.
const COLOURS = ["#1f5fbf", "#b45f06", "#0b7a66", "#8a3ab9", "#b3261e", "#5b6b7d"];
const PALE = ["#8ab8f8", "#f2b04c", "#5fd3bb", "#cfa0f0", "#ff9d94", "#b8c4d2"];
const MARKS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];
const STROKES = ["solid", "dashed", "dotted", "solid", "dashed", "dotted"];

function lines(rows) {
  const names = [...document.querySelectorAll(".course thead th")].map((head) => head.textContent.trim());
  const columns = [...rows[0].children].flatMap((cell, place) => ("plain" in cell.dataset ? [place] : []));
  return columns.map((place) => ({
    name: names[place],
    // What has no value is a gap, never a zero.
    data: rows.map((row) => row.children[place].dataset.plain).map((value) => (value === "" ? null : Number(value))),
  }));
}

function draw(box) {
  const rows = [...document.querySelectorAll(".course tbody tr")];
  const found = lines(rows);
  if (!found.some(({ data }) => data.some((value) => value !== null))) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const ink = (place) => (document.documentElement.dataset.bsTheme === "dark" ? PALE : COLOURS)[place];
  const several = found.length > 1;
  box.replaceChildren(document.createElement("div"));
  box.firstChild.style.height = "100%";
  const picture = window.echarts.init(box.firstChild, null, { renderer: "svg" });
  const option = () => ({
    animation: false,
    grid: { left: 8, right: 16, top: several ? 56 : 16, bottom: 8, containLabel: true },
    legend: { show: several, type: "scroll", top: 4, textStyle: { color: colour("--ink") } },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: rows.map((row) => row.querySelector("th").textContent.trim()), axisLabel: { color: colour("--soft") } },
    yAxis: { type: "value", axisLabel: { color: colour("--soft") }, splitLine: { lineStyle: { color: colour("--line") } } },
    series: found.map(({ name, data }, place) => ({
      type: "line", name, data, connectNulls: false, symbol: MARKS[place], symbolSize: 8,
      lineStyle: { color: ink(place), type: STROKES[place] }, itemStyle: { color: ink(place) },
    })),
  });
  picture.setOption(option());
  addEventListener("resize", () => picture.resize());
  // On paper a picture is drawn again: as wide as A4 between its margins, in the colours of the day.
  const paint = (width) => { picture.resize({ width }); picture.setOption(option(), true); };
  addEventListener("beforeprint", () => paint(660));
  addEventListener("afterprint", () => paint("auto"));
}
