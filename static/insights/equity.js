// Draws the curves of Lorenz and of concentration beside the line of equality; its table stays, for who reads, prints or hears it.

for (const box of window.echarts ? document.querySelectorAll("[data-lorenz]") : []) draw(box);

function draw(box) {
  const rows = [...box.parentElement.querySelectorAll(".lorenz-table tbody tr")];
  const curve = rows.map(({ dataset }) => [Number(dataset.part), Number(dataset.held)]);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = (name) => ({
    type: "value", min: 0, max: 100, name, nameLocation: "middle", nameGap: 28,
    nameTextStyle: { color: colour("--soft") }, axisLabel: { color: colour("--soft") }, splitLine: { lineStyle: { color: colour("--line-soft") } },
  });
  const picture = window.echarts.init(box, null, { renderer: "svg" });
  const option = () => ({
    animation: false,
    grid: { left: 56, right: 24, top: 16, bottom: 48 },
    xAxis: axis(box.dataset.x),
    yAxis: axis(box.dataset.y),
    series: [
      { type: "line", data: [[0, 0], [100, 100]], showSymbol: false, lineStyle: { type: "dashed", color: colour("--soft") } },
      { type: "line", data: curve, showSymbol: curve.length < 40, itemStyle: { color: colour("--brand") }, areaStyle: { opacity: 0.12 } },
    ],
  });
  picture.setOption(option());
  addEventListener("resize", () => picture.resize());
  // On paper a picture is drawn again: as wide as A4 between its margins, in the colours of the day.
  const paint = (width) => { picture.resize({ width }); picture.setOption(option(), true); };
  addEventListener("beforeprint", () => paint(660));
  addEventListener("afterprint", () => paint("auto"));
}
