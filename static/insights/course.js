// Draws the course of a number as a line from its table, which stays for who reads, prints or hears it.

const box = document.querySelector("[data-course]");
if (box) addEventListener("load", () => requestAnimationFrame(() => setTimeout(bring, 0, box)));

function bring(box) {
  const library = document.createElement("script");
  library.src = box.dataset.course;
  library.onload = () => draw(box);
  document.head.append(library);
}

function draw(box) {
  const rows = [...document.querySelectorAll(".course tbody tr")];
  const values = rows.map((row) => row.querySelector("[data-plain]").dataset.plain);
  if (!values.some(Boolean)) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  box.replaceChildren(document.createElement("div"));
  box.firstChild.style.height = "100%";
  const picture = window.echarts.init(box.firstChild, null, { renderer: "svg" });
  picture.setOption({
    animation: false,
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: rows.map((row) => row.querySelector("th").textContent.trim()), axisLabel: { color: colour("--soft") } },
    yAxis: { type: "value", axisLabel: { color: colour("--soft") }, splitLine: { lineStyle: { color: colour("--line") } } },
    // What has no value is a gap, never a zero.
    series: [{ type: "line", connectNulls: false, symbolSize: 7, lineStyle: { color: colour("--brand") }, itemStyle: { color: colour("--brand") }, data: values.map((value) => (value === "" ? null : Number(value))) }],
  });
  addEventListener("resize", () => picture.resize());
}
