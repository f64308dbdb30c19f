// Uses the page of a small module as a person would.
const wait = (test, what) => new Promise((done, fail) => {
    let left = 200;
    const look = () => {
        const found = test();
        if (found) done(found);
        else if (left-- === 0) fail(new Error(what));
        else setTimeout(look, 20);
    };
    look();
});
const rows = (side, kind = '') => [...document.querySelectorAll(`#${side} .row${kind}`)];
const must = (condition, what) => { if (!condition) throw new Error(what); };
const colour = (row) => getComputedStyle(row).backgroundColor;

async function use() {
    await wait(() => document.body.dataset.opened !== undefined, 'the first function opens');
    must(rows('list').length > 0, 'functions are listed');
    must(rows('wasm', '.linked').length > 3, 'operators have colours');
    must(rows('code', '.linked').length > 3, 'instructions have colours');
    must(document.getElementById('status').textContent.includes('bytes'), 'sizes are told');
    // The same operator has the same colour on both sides.
    const operator = rows('code', '.linked')[0].dataset.operator;
    const left = rows('wasm').find((row) => row.dataset.operator === operator);
    must(left, 'the operator of the first instruction is there');
    must(colour(left) === colour(rows('code', '.linked')[0]), 'both have the same colour');
    // Pointing marks both sides.
    left.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
    must(rows('wasm', '.near').length === 1, 'one operator is marked');
    must(rows('code', '.near').length > 0, 'its instructions are marked');
    must(rows('code', '.near').every((row) => row.dataset.operator === operator), 'only its own');
    // Clicking pins, and says so in the address.
    left.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    must(rows('wasm', '.on').length === 1 && rows('code', '.on').length > 0, 'both are pinned');
    must(location.hash.includes(`op=${operator}`), 'the address has the operator');
    // Filtering.
    const filter = document.getElementById('filter');
    const before = rows('list').length;
    filter.value = 'no such function';
    filter.dispatchEvent(new Event('input'));
    must(rows('list').length === 0, 'nothing has this name');
    filter.value = '';
    filter.dispatchEvent(new Event('input'));
    must(rows('list').length === before, 'all are back');
}

function report(text) {
    const result = document.createElement('pre');
    result.id = 'result';
    result.textContent = text;
    document.body.append(result);
}
use().then(() => report('passed'), (error) => report(error.message));
