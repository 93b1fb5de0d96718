// Colours come from the style sheet, so that charts follow the page between light and dark.
const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');
const sizeColours = {
  light: ['#6a55b8', '#7589ed', '#2268bd', '#009ce3', '#0079a5', '#00abbd', '#008278', '#00ae85', '#00803d', '#64a643', '#607300', '#a59400', '#8f5f00', '#cd7d00', '#a94800', '#de6b51', '#ae3b49', '#d9668e'],
  dark: ['#b0a1ff', '#778be4', '#75b3ff', '#299cdb', '#20c3ee', '#00a9b9', '#00ccc0', '#00ac86', '#64ca88', '#6aa54d', '#a7bd52', '#a39410', '#d8aa3b', '#c7801f', '#f4965c', '#d87058', '#fb8b92', '#d36c8f'],
};

function themeNow() {
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    surface: colour('surface'),
    first: colour('first'),
    second: colour('second'),
    third: colour('third'),
    warn: colour('warn'),
    spare: colour('spare'),
    empty: colour('empty'),
    sizes: darkScheme.matches ? sizeColours.dark : sizeColours.light,
    font: getComputedStyle(document.body).fontFamily,
    mono: colour('mono'),
  };
}

// What every chart has in common.
function baseOption(theme) {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: theme.font, color: theme.text, fontSize: 12 },
    tooltip: {
      confine: true,
      backgroundColor: theme.surface,
      borderColor: theme.line,
      padding: [8, 12],
      textStyle: { color: theme.text, fontSize: 12.5, fontFamily: theme.font },
      extraCssText: 'border-radius:8px;box-shadow:0 4px 18px rgb(0 0 0 / .16);max-width:34rem;white-space:normal',
    },
  };
}

function valueAxis(theme, more) {
  return {
    type: 'value',
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.line } },
    axisLabel: { color: theme.muted, fontSize: 12 },
    ...more,
  };
}

// Black or white, whichever reads better on a colour.
function inkOn(colour) {
  const channel = at => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return luminance > 0.179 ? '#000000' : '#ffffff';
}
