// Live bytes above live blocks, over one axis of time.
function liveOption(report, theme) {
  const time = more => valueAxis(theme, {
    min: 0,
    max: report.length,
    splitLine: { show: false },
    axisLine: { show: true, lineStyle: { color: theme.line } },
    ...more,
  });
  const line = (name, grid, data, colour) => ({
    name,
    type: 'line',
    xAxisIndex: grid,
    yAxisIndex: grid,
    data,
    showSymbol: false,
    lineStyle: { width: 1.4, color: colour },
    itemStyle: { color: colour },
    areaStyle: { color: colour, opacity: 0.14 },
    emphasis: { disabled: true },
  });
  const bytes = line('Live bytes', 0, report.liveBytes, theme.first);
  bytes.markPoint = {
    symbol: 'circle',
    symbolSize: 9,
    itemStyle: { color: theme.surface, borderColor: theme.first, borderWidth: 2.5 },
    label: { show: true, position: report.peakAt > report.length * 0.9 ? 'left' : report.peakAt < report.length * 0.1 ? 'right' : 'top', distance: 8, color: theme.text, fontWeight: 600, formatter: `peak ${bytesText(report.peakBytes)}` },
    data: [{ coord: [report.peakAt, report.peakBytes] }],
  };
  const title = (text, top) => ({ text, left: 0, top, textStyle: { color: theme.text, fontSize: 13, fontWeight: 600, fontFamily: theme.font } });
  const step = byteStep(report.peakBytes * 1.08, 5);
  const timeText = value => report.seconds ? secondsText(value) : shortCount(value);

  return {
    ...baseOption(theme),
    title: [title('Bytes', 0), title('Blocks', 272)],
    grid: [{ left: 76, right: 16, top: 30, height: 210, outerBoundsMode: 'none' }, { left: 76, right: 16, top: 302, height: 118, outerBoundsMode: 'none' }],
    axisPointer: { link: [{ xAxisIndex: 'all' }], lineStyle: { color: theme.muted }, label: { show: false } },
    tooltip: {
      ...baseOption(theme).tooltip,
      trigger: 'axis',
      formatter: points => tip(momentText(report, points[0].axisValue), points.map(p =>
        [p.seriesName, p.seriesIndex === 0 ? bytesText(p.value[1]) : countText(p.value[1]), p.color])),
    },
    xAxis: [
      time({ gridIndex: 0, axisLabel: { show: false } }),
      time({
        gridIndex: 1,
        axisLabel: { color: theme.muted, hideOverlap: true, showMaxLabel: false, formatter: timeText },
        name: report.seconds ? '' : 'heap calls',
        nameLocation: 'middle',
        nameGap: 26,
        nameTextStyle: { color: theme.muted },
      }),
    ],
    yAxis: [
      valueAxis(theme, { gridIndex: 0, min: 0, max: Math.ceil(report.peakBytes * 1.08 / step) * step, interval: step, axisLabel: { color: theme.muted, formatter: bytesText } }),
      valueAxis(theme, { gridIndex: 1, min: 0, splitNumber: 3, axisLabel: { color: theme.muted, formatter: shortCount } }),
    ],
    toolbox: { itemSize: 0, showTitle: false, feature: { dataZoom: { yAxisIndex: 'none', brushStyle: { color: theme.first, opacity: 0.15 } } } },
    dataZoom: [{
      type: 'slider',
      xAxisIndex: [0, 1],
      filterMode: 'none',
      top: 474,
      height: 26,
      left: 76,
      right: 16,
      brushSelect: false,
      borderColor: theme.line,
      backgroundColor: 'transparent',
      fillerColor: `${theme.first}22`,
      dataBackground: { lineStyle: { color: theme.muted, opacity: 0.5 }, areaStyle: { color: theme.muted, opacity: 0.15 } },
      selectedDataBackground: { lineStyle: { color: theme.first }, areaStyle: { color: theme.first, opacity: 0.2 } },
      handleStyle: { color: theme.surface, borderColor: theme.muted },
      moveHandleStyle: { color: theme.line },
      emphasis: { handleStyle: { borderColor: theme.first }, moveHandleStyle: { color: theme.muted } },
      textStyle: { color: theme.muted },
      labelFormatter: timeText,
    }],
    series: [bytes, line('Live blocks', 1, report.liveBlocks, theme.second)],
  };
}

function prepareLive(chart) {
  chart.dispatchAction({ type: 'takeGlobalCursor', key: 'dataZoomSelect', dataZoomSelectActive: true });
  chart.getZr().off('dblclick');
  chart.getZr().on('dblclick', () => chart.dispatchAction({ type: 'dataZoom', start: 0, end: 100 }));
}
