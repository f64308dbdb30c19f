'use strict';
// The rows of a list, of which only those in sight are elements: a function
// may have a hundred thousand of them.
class Rows {
    constructor(element, fill) {
        this.element = element;
        this.fill = fill;
        this.count = 0;
        this.space = element.appendChild(document.createElement('div'));
        this.space.className = 'space';
        this.height = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row'));
        element.addEventListener('scroll', () => this.draw());
        new ResizeObserver(() => this.draw()).observe(element);
    }
    reset(count) {
        this.count = count;
        this.space.style.height = count * this.height + 'px';
        this.element.scrollTop = 0;
        this.draw();
    }
    draw() {
        const first = Math.max(0, Math.floor(this.element.scrollTop / this.height) - 10);
        const seen = Math.ceil((this.element.clientHeight || 600) / this.height) + 20;
        const rows = document.createDocumentFragment();
        for (let at = first; at < Math.min(this.count, first + seen); at++) {
            const row = rows.appendChild(document.createElement('div'));
            row.className = 'row';
            row.style.top = at * this.height + 'px';
            row.dataset.at = at;
            this.fill(row, at);
        }
        this.space.replaceChildren(rows);
    }
    show(at) {
        const top = at * this.height, { scrollTop, clientHeight } = this.element;
        if (top < scrollTop || top + this.height > scrollTop + clientHeight) {
            this.element.scrollTop = Math.max(0, top - clientHeight / 3);
        }
        this.draw();
    }
}

const id = (name) => document.getElementById(name);
const head = JSON.parse(id('head').textContent);
const [INDEX, NAME, WASM, CODE] = [0, 1, 2, 3];
let listed = head.functions;
let current = null;
// The operator that is pointed at, and the one that was clicked.
let near = -1, pinned = -1;

function text(row, className, content) {
    const element = row.appendChild(document.createElement('span'));
    element.className = className;
    element.textContent = content;
    return element;
}

function offset(row, value, width) {
    const element = row.appendChild(document.createElement('i'));
    element.textContent = value.toString(16).padStart(width);
}

// Neighbours differ, and the same operator has the same colour on both sides.
function link(row, operator) {
    if (operator < 0 || !current.linked[operator]) return;
    row.classList.add('linked');
    row.style.setProperty('--hue', Math.round((operator * 137.5) % 360));
    row.classList.toggle('near', operator === near);
    row.classList.toggle('on', operator === pinned);
}

const list = new Rows(id('list'), (row, at) => {
    const entry = listed[at];
    row.dataset.index = entry[INDEX];
    text(row, '', entry[NAME]).title = entry[NAME];
    const size = row.appendChild(document.createElement('i'));
    size.textContent = entry[CODE];
    size.title = `${entry[WASM]} bytes of Wasm, ${entry[CODE]} bytes of code`;
    row.classList.toggle('on', current !== null && current.index === entry[INDEX]);
});
const wasm = new Rows(id('wasm'), (row, at) => {
    const [where, depth, words] = current.wasm[at];
    row.dataset.operator = at;
    offset(row, where, 6);
    text(row, 'text', '  '.repeat(Math.min(depth, 40)) + words);
    link(row, at);
});
const code = new Rows(id('code'), (row, at) => {
    const [where, operator, label, words] = current.code[at];
    row.dataset.operator = operator;
    if (label) {
        row.classList.add('label');
        text(row, '', words);
    } else {
        offset(row, where, 5);
        const note = words.indexOf('  ; ');
        text(row, 'text', note < 0 ? words : words.slice(0, note));
        if (note >= 0) text(row, 'note', words.slice(note));
    }
    link(row, operator);
});

async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return JSON.parse(await new Response(stream).text());
}

async function open(index, operator) {
    const entry = head.functions.find((entry) => entry[INDEX] === index);
    if (!entry) return;
    if (current === null || current.index !== index) {
        const opened = await unpack(id('f' + index).textContent);
        opened.index = index;
        opened.linked = {};
        opened.code.forEach(([, operator], at) => {
            if (operator >= 0 && !(operator in opened.linked)) opened.linked[operator] = at + 1;
        });
        current = opened;
        near = pinned = -1;
        wasm.reset(current.wasm.length);
        code.reset(current.code.length);
        const { frame, spills, reloads } = current;
        id('status').textContent = `${entry[NAME]}: ${entry[WASM]} → ${entry[CODE]} bytes, `
            + `frame of ${frame}, spills ${spills}, reloads ${reloads}`;
    }
    pin(operator);
    list.draw();
    document.body.dataset.opened = index;
}

// Marks an operator, and brings its rows on the other side (or both) in sight.
function pin(operator, from) {
    pinned = operator;
    if (operator >= 0 && from !== 'wasm') wasm.show(operator);
    if (operator >= 0 && from !== 'code' && current.linked[operator]) code.show(current.linked[operator] - 1);
    wasm.draw();
    code.draw();
}

for (const rows of [wasm, code]) {
    const operatorOf = (event) => {
        const row = event.target.closest('.row');
        return row ? Number(row.dataset.operator) : -1;
    };
    rows.element.addEventListener('mouseover', (event) => {
        const operator = operatorOf(event);
        if (operator === near) return;
        near = operator;
        for (const row of document.querySelectorAll('#wasm .row, #code .row')) {
            const same = operator >= 0 && Number(row.dataset.operator) === operator;
            row.classList.toggle('near', same && row.classList.contains('linked'));
        }
    });
    rows.element.addEventListener('click', (event) => {
        const operator = operatorOf(event);
        pin(operator === pinned ? -1 : operator, rows.element.id);
        const mark = pinned >= 0 ? `&op=${pinned}` : '';
        history.replaceState(null, '', `#f=${current.index}${mark}`);
    });
}

id('list').addEventListener('click', (event) => {
    const row = event.target.closest('.row');
    if (row) location.hash = `f=${row.dataset.index}`;
});

function arrange() {
    const wish = id('filter').value.toLowerCase();
    const growth = (entry) => entry[CODE] / Math.max(1, entry[WASM]);
    const orders = {
        index: (a, b) => a[INDEX] - b[INDEX],
        size: (a, b) => b[CODE] - a[CODE],
        ratio: (a, b) => growth(b) - growth(a),
    };
    listed = head.functions
        .filter((entry) => entry[NAME].toLowerCase().includes(wish) || String(entry[INDEX]) === wish)
        .sort(orders[id('order').value]);
    list.reset(listed.length);
}
id('filter').addEventListener('input', arrange);
id('order').addEventListener('change', arrange);

function follow() {
    const wish = new URLSearchParams(location.hash.slice(1));
    const first = head.functions.length ? head.functions[0][INDEX] : -1;
    const operator = wish.has('op') ? Number(wish.get('op')) : -1;
    open(wish.has('f') ? Number(wish.get('f')) : first, operator);
}
addEventListener('hashchange', follow);
arrange();
follow();
