// A tip is built of nodes and never of markup: names in a recording are untrusted.
function tip(title, rows) {
  const box = document.createElement('div');
  box.className = 'tip';
  const head = document.createElement('strong');
  head.textContent = title;
  box.append(head);
  for (const [name, value, colour] of rows) {
    const row = document.createElement('div');
    const label = document.createElement('span');
    if (colour) {
      const swatch = document.createElement('i');
      swatch.style.background = colour;
      row.append(swatch);
    }

    label.textContent = name;
    row.append(label);
    if (value !== undefined) {
      const figure = document.createElement('b');
      figure.textContent = value;
      row.append(figure);
    }

    box.append(row);
  }

  return box;
}
