// Figures as the tables write them.
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function trimmed(number, digits) {
  return number.toLocaleString('en-US', { maximumFractionDigits: digits });
}

function bytesText(bytes) {
  let unit = 0;
  for (; Math.abs(bytes) >= 1024 && unit < byteUnits.length - 1; unit++) {
    bytes /= 1024;
  }

  return `${trimmed(bytes, 1)} ${byteUnits[unit]}`;
}

function countText(number) {
  return trimmed(number, 0);
}

// For axes: no more digits than a tick needs.
function shortCount(number) {
  const size = Math.abs(number);
  return size >= 1e9 ? `${trimmed(number / 1e9, 2)} G`
    : size >= 1e6 ? `${trimmed(number / 1e6, 2)} M`
      : size >= 1e4 ? `${trimmed(number / 1e3, 1)} k`
        : trimmed(number, 2);
}

function shareText(part, whole) {
  const share = whole > 0 ? 100 * part / whole : 0;
  return share > 0 && share < 0.05 ? '< 0.1 %' : `${share.toFixed(1)} %`;
}

function secondsText(seconds) {
  const [unit, name] = seconds >= 60 ? [60, 'min'] : seconds >= 1 || seconds === 0 ? [1, 's'] : seconds >= 1e-3 ? [1e-3, 'ms'] : [1e-6, 'µs'];
  return `${trimmed(seconds / unit, 2)} ${name}`;
}

function momentText(report, time) {
  return report.seconds ? secondsText(time) : `call ${countText(time)}`;
}

// A round distance between ticks that powers of 1024 are multiples of.
function byteStep(most, ticks) {
  const least = most / ticks;
  let step = 1024 ** Math.floor(Math.log(Math.max(1, least)) / Math.log(1024));
  for (const factor of [1, 2, 4, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1024]) {
    if (step * factor >= least) {
      return step * factor;
    }
  }

  return step * 1024;
}
