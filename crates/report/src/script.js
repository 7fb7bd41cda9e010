'use strict';

// Copy buttons: the clipboard where the browser grants it, else a selection that Ctrl+C takes.
for (const button of document.querySelectorAll('button[data-copy]')) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.textContent = (await copy(document.getElementById(button.dataset.copy))) ? 'Copied' : 'Selected: press Ctrl+C';
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand('copy');
  }
}

// Sortable tables: a click on a column head sorts, a second one reverses; cells without a value stay last.
for (const table of document.querySelectorAll('table[data-sortable]')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', () => {
      const descending = head.getAttribute('aria-sort') === 'ascending';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      const rows = [...table.tBodies[0].rows];
      table.tBodies[0].append(...rows.sort((a, b) => compare(key(a, column), key(b, column), descending ? -1 : 1)));
    });
    head.replaceChildren(button);
  });
}

function key(row, column) {
  const cell = row.cells[column];
  return cell.dataset.key ?? cell.textContent.trim();
}

function compare(a, b, direction) {
  if (a === '' || b === '') return (a === '') - (b === '');
  const difference = a - b;
  return direction * (Number.isNaN(difference) ? a.localeCompare(b) : difference);
}
