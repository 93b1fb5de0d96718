// Row below row of address space; colour by size of block, depth by how full the pages are.
const mapRow = 15;
const depths = [0.16, 0.42, 0.62, 0.82, 1];

function mapHeight(report) {
  return report.map.labels.length * mapRow + 8;
}

function mapOption(report, theme) {
  const { labels, widths, ranges, cells } = report.map;
  const rectangle = (api, from, width, row, style, least) => {
    const [left, top] = api.coord([from, row]);
    const right = api.coord([from + width, row])[0];
    return {
      type: 'rect',
      shape: { x: left, y: top - mapRow / 2 + 1, width: Math.max(least, right - left), height: mapRow - 2 },
      style,
      emphasis: { style: { stroke: theme.text, lineWidth: 1 } },
    };
  };
  return {
    ...baseOption(theme),
    grid: { left: 108, right: 4, top: 4, bottom: 4 },
    xAxis: { type: 'value', min: 0, max: 1, show: false },
    yAxis: {
      type: 'category',
      data: labels,
      inverse: true,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: theme.muted, fontSize: 11, fontFamily: theme.mono, interval: 0 },
    },
    tooltip: { ...baseOption(theme).tooltip, formatter: point => point.seriesIndex === 0 ? tip('No memory', [['Address space that was never used, or was given back.']])
      : tip(ranges[cells[point.dataIndex][5]].split(': ')[0], ranges[cells[point.dataIndex][5]].split(': ').slice(1).join(': ').split('; ').map(text => [text])) },
    series: [
      {
        type: 'custom',
        data: widths.map((width, row) => [width, row]),
        renderItem: (params, api) => rectangle(api, 0, api.value(0), api.value(1), { fill: theme.empty }, 1),
      },
      {
        type: 'custom',
        progressive: 0,
        dimensions: ['row', 'from', 'width', 'group', 'depth', 'range'],
        encode: { x: 1, y: 0 },
        data: cells,
        renderItem: (params, api) => {
          const [row, from, width, group, depth] = cells[params.dataIndex];
          const style = group < 0 ? { fill: theme.spare } : { fill: theme.sizes[group], opacity: depths[depth] };
          return rectangle(api, from, width, row, style, 0.6);
        },
      },
    ],
  };
}

function drawMapLegend(report, theme, chart) {
  const legend = document.createElement('ul');
  legend.className = 'legend';
  const entry = (text, ...shades) => {
    const item = document.createElement('li');
    for (const [colour, opacity] of shades) {
      const swatch = document.createElement('i');
      swatch.style.background = colour;
      swatch.style.opacity = opacity;
      item.append(swatch);
    }

    item.append(text);
    legend.append(item);
  };
  for (const [group, name] of Object.entries(report.map.groups)) {
    entry(name, [theme.sizes[group], 1]);
  }

  entry('spare', [theme.spare, 1]);
  entry('no memory', [theme.empty, 1]);
  entry('empty to full pages', ...depths.map(depth => [theme.sizes[6], depth]));
  chart.parentElement.querySelector('.legend')?.remove();
  chart.after(legend);
}
