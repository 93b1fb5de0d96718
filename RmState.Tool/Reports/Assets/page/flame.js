// From the top: all, then level by level who holds it. What is looked at closer takes the whole width, what it is part of stays above.
const flameRow = 30;

function flatten(report) {
  const nodes = [];

  // Where no size is known the number of blocks is all there is to compare.
  const widthOf = node => report.holders.bytes > 0 ? node.bytes : node.blocks;
  const visit = (node, parent, depth, from, index) => {
    const entry = { node, parent, depth, from, to: from + widthOf(node), top: depth < 2 ? index : parent.top };
    nodes.push(entry);
    let at = from;
    node.children.forEach((child, i) => {
      visit(child, entry, depth + 1, at, i);
      at += widthOf(child);
    });
  };
  visit(report.holders, null, 0, 0, 0);
  return nodes;
}

function flameDepth(report) {
  return report.levels.length + 1;
}

function flameOption(report, theme, nodes, focus) {
  const width = Math.max(1, focus.to - focus.from);
  const within = entry => entry.from >= focus.from && entry.to <= focus.to && entry.depth >= focus.depth;
  const above = [];
  for (let entry = focus.parent; entry; entry = entry.parent) {
    above.push(entry);
  }

  const shown = [...above, ...nodes.filter(within)];
  const colourOf = entry => entry.depth === 0 ? theme.empty : theme.sizes[(entry.top * 5 + 3) % theme.sizes.length];
  return {
    ...baseOption(theme),
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', min: 0, max: 1, show: false },
    yAxis: { type: 'value', min: 0, max: flameDepth(report), inverse: true, show: false },
    tooltip: {
      ...baseOption(theme).tooltip,
      formatter: point => {
        const entry = shown[point.dataIndex];
        const name = entry.depth === 0 ? 'All' : `${report.levels[entry.depth - 1]}: ${entry.node.name}`;
        return tip(name, [
          ['bytes', `${bytesText(entry.node.bytes)} (${shareText(entry.node.bytes, report.holders.bytes)})`],
          ['blocks', countText(entry.node.blocks)],
        ]);
      },
    },
    series: [{
      type: 'custom',
      progressive: 0,
      data: shown.map(entry => above.includes(entry)
        ? [0, 1, entry.depth]
        : [(entry.from - focus.from) / width, (entry.to - focus.from) / width, entry.depth]),
      renderItem: (params, api) => {
        const entry = shown[params.dataIndex];
        const [left, top] = api.coord([api.value(0), api.value(2)]);
        const right = api.coord([api.value(1), 0])[0];
        const wide = Math.max(0.5, right - left - 1.5);
        const colour = colourOf(entry);
        return {
          type: 'rect',
          shape: { x: left, y: top + 1, width: wide, height: flameRow - 2, r: wide > 8 ? 3 : 0 },
          style: { fill: colour, opacity: above.includes(entry) ? 0.55 : 1 },
          textContent: wide < 34 ? undefined : {
            type: 'text',
            style: {
              text: `${entry.depth === 0 ? 'all' : entry.node.name}  ${bytesText(entry.node.bytes)}`,
              fill: entry.depth === 0 || above.includes(entry) ? theme.text : inkOn(colour),
              width: wide - 14,
              overflow: 'truncate',
              ellipsis: '…',
              font: `12px ${theme.font}`,
            },
          },
          textConfig: { position: 'insideLeft', distance: 7 },
          emphasis: { style: { stroke: theme.text, lineWidth: 1.5 } },
        };
      },
    }],
    shown,
  };
}

function drawFlame(chart, report, theme) {
  const nodes = flatten(report);
  let shown = [];
  const show = focus => {
    const { shown: entries, ...option } = flameOption(report, theme, nodes, focus);
    shown = entries;
    chart.setOption(option, true);
  };
  chart.off('click');
  chart.on('click', point => show(shown[point.dataIndex]));
  show(nodes[0]);
}
