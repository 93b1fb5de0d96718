const report = JSON.parse(document.getElementById('report').textContent);

// By id: how high a chart is, and how it is drawn; one without a place in the page is left out.
const kinds = {
  live: { height: () => 512, draw: (chart, theme) => { chart.setOption(liveOption(report, theme), true); prepareLive(chart); } },
  flame: { height: () => flameDepth(report) * flameRow, draw: (chart, theme) => drawFlame(chart, report, theme) },
  'size-bars': { height: () => barHeight(report.sizes, 38, true), draw: (chart, theme) => chart.setOption(sizeOption(report, theme), true) },
  'lifetime-bars': { height: () => barHeight(report.lifetimes, 32, false), draw: (chart, theme) => chart.setOption(lifetimeOption(report, theme), true) },
  'thread-bars': { height: () => barHeight(report.threads, 52, true), draw: (chart, theme) => chart.setOption(threadOption(report, theme), true) },
  'heap-map': {
    height: () => mapHeight(report),
    draw: (chart, theme) => { chart.setOption(mapOption(report, theme), true); drawMapLegend(report, theme, chart.getDom()); },
  },
  'leak-bars': { height: () => barHeight(report.leaks, 33, false), draw: (chart, theme) => chart.setOption(leakOption(report, theme), true) },
};

const charts = [];
for (const [id, kind] of Object.entries(kinds)) {
  const place = document.getElementById(id);
  if (place) {
    place.style.height = `${kind.height()}px`;
    charts.push([echarts.init(place), kind]);
  }
}

function drawAll() {
  const theme = themeNow();
  for (const [chart, kind] of charts) {
    kind.draw(chart, theme);
  }
}

drawAll();
darkScheme.addEventListener('change', drawAll);
const watcher = new ResizeObserver(() => {
  for (const [chart] of charts) {
    chart.resize();
  }
});
watcher.observe(document.body);
document.documentElement.dataset.drawn = 'yes';
