// Bars lie: names of sizes, threads and sites need room to the left.
function barOption(bars, theme, series, more) {
  return {
    ...baseOption(theme),
    legend: {
      show: series.length > 1,
      top: 0,
      left: 0,
      itemWidth: 12,
      itemHeight: 12,
      itemGap: 18,
      icon: 'roundRect',
      textStyle: { color: theme.text, fontSize: 12.5 },
    },
    grid: { left: 8, right: 64, top: series.length > 1 ? 34 : 6, bottom: 6, containLabel: true },
    xAxis: valueAxis(theme, { axisLabel: { show: false }, splitLine: { show: false }, ...more }),
    yAxis: {
      type: 'category',
      data: bars.names,
      inverse: true,
      axisLine: { lineStyle: { color: theme.line } },
      axisTick: { show: false },
      axisLabel: { color: theme.text, fontSize: 12.5, interval: 0, width: 230, overflow: 'truncate' },
    },
    series: series.map(s => ({
      type: 'bar',
      barMaxWidth: 15,
      barGap: '12%',
      barCategoryGap: '34%',
      itemStyle: { color: s.colour, borderRadius: s.stack ? 0 : [0, 3, 3, 0] },
      label: { show: Boolean(s.label), position: 'right', color: theme.muted, fontSize: 11.5, formatter: point => s.label(s.values[point.dataIndex]) },
      name: s.name,
      stack: s.stack,
      data: s.data ?? s.values,
    })),
    tooltip: {
      ...baseOption(theme).tooltip,
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: theme.muted, opacity: 0.08 } },
      formatter: points => tip(bars.names[points[0].dataIndex], series.map(s => [s.name, s.figure(s.values[points[0].dataIndex]), s.colour])),
    },
  };
}

function total(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

function sizeOption(report, theme) {
  const [counts, bytes] = report.sizes.values;
  const shares = values => values.map(value => total(values) > 0 ? value / total(values) : 0);
  return barOption(report.sizes, theme, [
    { name: `of the ${report.sizes.series[0]}`, values: counts, data: shares(counts), colour: theme.first, label: v => shareText(v, total(counts)), figure: v => `${countText(v)} (${shareText(v, total(counts))})` },
    { name: 'of the bytes', values: bytes, data: shares(bytes), colour: theme.second, label: v => shareText(v, total(bytes)), figure: v => `${bytesText(v)} (${shareText(v, total(bytes))})` },
  ]);
}

function lifetimeOption(report, theme) {
  const [blocks] = report.lifetimes.values;
  const last = blocks.length - 1;
  return barOption(report.lifetimes, theme, [{
    name: 'blocks',
    values: blocks,
    data: blocks.map((value, i) => i === last ? { value, itemStyle: { color: theme.warn } } : value),
    colour: theme.first,
    label: v => shareText(v, total(blocks)),
    figure: v => `${countText(v)} (${shareText(v, total(blocks))})`,
  }]);
}

function threadOption(report, theme) {
  const [allocations, own, foreign] = report.threads.values;
  const [named, ownName, foreignName] = report.threads.series;
  return barOption(report.threads, theme, [
    { name: named, values: allocations, colour: theme.first, label: shortCount, figure: countText },
    { name: ownName, values: own, colour: theme.second, stack: 'released', figure: countText },
    { name: foreignName, values: foreign, colour: theme.third, stack: 'released', figure: countText },
  ]);
}

function leakOption(report, theme) {
  const [bytes, blocks] = report.leaks.values;
  const colour = report.leaked ? theme.warn : theme.first;
  const option = barOption(report.leaks, theme, [{ name: 'bytes', values: bytes, colour, label: bytesText, figure: bytesText }]);
  option.tooltip.formatter = points => tip(report.leaks.names[points[0].dataIndex], [
    ['bytes', bytesText(bytes[points[0].dataIndex]), colour],
    ['blocks', countText(blocks[points[0].dataIndex])],
  ]);
  return option;
}

// How high a chart of bars must be for its names not to touch.
function barHeight(bars, perName, legend) {
  return bars.names.length * perName + (legend ? 46 : 16);
}
