//! The page around the functions.

use super::function;
use crate::disassemble::{Listing, Operators, Style};
use hotfoot::artifact::{Artifact, Isa};
use serde_json::json;
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// What the page is called: the file.
    pub title: &'a str,
    /// The instruction set of the code.
    pub isa: Isa,
    /// The module, compiled with a source map.
    pub artifact: &'a Artifact,
    /// Gives the names of functions.
    pub name_of: &'a dyn Fn(u32) -> String,
}

/// Writes the page.
///
/// # Errors
///
/// What `out` says.
pub fn write(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    let Page { title, isa, artifact, name_of } = *page;
    let operators = Operators::of(&artifact.bytes);
    let title = escape(title);
    let functions: Vec<_> = artifact
        .functions
        .iter()
        .map(|function| function::summary(function, &name_of(function.index)))
        .collect();
    let head = json!({ "machine": isa.name(), "functions": functions });
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<title>{title} – hotfoot explore</title>\n<style>\n{STYLE}</style>\n</head>")?;
    write_body(&title, page, out)?;
    writeln!(out, "<script type=\"application/json\" id=\"head\">{}</script>", in_script(&head))?;
    for function in &artifact.functions {
        let compiled = &function.compiled;
        let listing = Listing {
            isa,
            function: compiled,
            operators: &operators,
            name_of,
            style: Style::Full,
            annotate: false,
        };
        let packed = function::packed(function, &listing);
        let index = function.index;
        writeln!(out, "<script type=\"text/plain\" id=\"f{index}\">{packed}</script>")?;
    }
    writeln!(out, "<script>\n{SCRIPT}</script>\n</body>\n</html>")
}

fn write_body(title: &str, page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    let functions = &page.artifact.functions;
    let code: usize = functions.iter().map(|function| function.compiled.code.len()).sum();
    let wasm: usize = functions.iter().map(|function| function.body.len()).sum();
    let count = functions.len();
    write!(
        out,
        r#"<body>
<header><b>{title}</b><span>{count} function{s}, {wasm} bytes of Wasm, {code} bytes of {machine}</span>
<span id="status" role="status"></span></header>
<main>
<nav aria-label="Functions">
<div class="tools"><input id="filter" type="search" placeholder="Filter functions" aria-label="Filter functions">
<select id="order" aria-label="Order"><option value="index">by index</option><option value="size">by size of code</option><option value="ratio">by growth</option></select></div>
<div id="list" class="rows" tabindex="0"></div>
</nav>
<section aria-label="Wasm"><h2>WebAssembly</h2><div id="wasm" class="rows" tabindex="0"></div></section>
<section aria-label="Machine code"><h2>{machine}</h2><div id="code" class="rows" tabindex="0"></div></section>
</main>
"#,
        machine = page.isa.name(),
        s = if count == 1 { "" } else { "s" },
    )
}

/// Text as HTML has it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON in which nothing can end the script that it stands in.
fn in_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escape("<b>&\"x\""), "&lt;b&gt;&amp;&quot;x&quot;");
        let value = json!(["</script><script>alert(1)"]);
        assert_eq!(in_script(&value), r#"["\u003c/script>\u003cscript>alert(1)"]"#);
    }
}
