// Draws past weeks and the band of the coming ones from their tables, which stay for who reads, prints or hears them.

if (document.readyState === "complete") look();
else addEventListener("load", look);
// A forecast that was waited for arrives as a part of the page.
document.addEventListener("htmx:afterSettle", look);

function look() {
  const box = document.querySelector("[data-forecast]:empty");
  if (!box) return;
  if (window.echarts) return draw(box);
  const library = document.createElement("script");
  library.src = box.dataset.forecast;
  library.onload = () => draw(box);
  document.head.append(library);
}

function draw(box) {
  const past = [...document.querySelectorAll(".past tr")].map((row) => row.dataset);
  const ahead = [...document.querySelectorAll(".ahead tr[data-week]")].map((row) => row.dataset);
  if (!box.isConnected || box.childElementCount) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const weeks = [...past, ...ahead].map((each) => each.week);
  const before = past.map(() => null);
  const values = (read) => [...before, ...ahead.map(read)];
  const inner = document.createElement("div");
  inner.style.height = "100%";
  box.append(inner);
  const picture = window.echarts.init(inner, null, { renderer: "svg" });
  const band = { type: "line", stack: "range", symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } };
  const option = () => ({
    animation: false,
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 4, data: [box.dataset.past, box.dataset.estimate, box.dataset.range], textStyle: { color: colour("--soft") } },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: weeks, axisLabel: { color: colour("--soft") } },
    yAxis: { type: "value", min: 0, axisLabel: { color: colour("--soft") }, splitLine: { lineStyle: { color: colour("--line") } } },
    series: [
      // A week that is not shown is a gap, never a zero.
      { name: box.dataset.past, type: "line", symbol: "none", connectNulls: false, lineStyle: { color: colour("--soft") }, itemStyle: { color: colour("--soft") }, data: past.map((each) => (each.count === "" ? null : Number(each.count))) },
      { ...band, name: "low", data: values((each) => Number(each.low)) },
      { ...band, name: box.dataset.range, itemStyle: { color: colour("--brand") }, areaStyle: { color: colour("--brand"), opacity: 0.2 }, data: values((each) => Number(each.high) - Number(each.low)) },
      { name: box.dataset.estimate, type: "line", symbolSize: 6, lineStyle: { color: colour("--brand"), type: "dashed" }, itemStyle: { color: colour("--brand") }, data: values((each) => Number(each.estimate)) },
    ],
  });
  picture.setOption(option());
  addEventListener("resize", () => picture.resize());
  // On paper a picture is drawn again: as wide as A4 between its margins, in the colours of the day.
  const paint = (width) => { picture.resize({ width }); picture.setOption(option(), true); };
  addEventListener("beforeprint", () => paint(660));
  addEventListener("afterprint", () => paint("auto"));
}
