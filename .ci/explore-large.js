// Uses the page of a large module: it opens at once and draws little.
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
    must(rows('list').length < 200, 'only functions in sight are drawn');
    const filter = document.getElementById('filter');
    filter.value = '$large';
    filter.dispatchEvent(new Event('input'));
    must(rows('list').length === 1, 'one function is left');
    rows('list')[0].click();
    await wait(() => document.body.dataset.opened === '20000', 'the large function opens');
    must(rows('wasm').length < 300 && rows('code').length < 300, 'only rows in sight are drawn');
    // An operator far down comes into sight, on both sides.
    location.hash = 'f=20000&op=30001';
    await wait(() => rows('code', '.on').length > 0 && rows('wasm', '.on').length > 0, 'it is shown');
    must(document.getElementById('wasm').scrollTop > 100000, 'the list has moved');
}

function report(text) {
    const result = document.createElement('pre');
    result.id = 'result';
    result.textContent = text;
    document.body.append(result);
}
use().then(() => report('passed'), (error) => report(error.message));
