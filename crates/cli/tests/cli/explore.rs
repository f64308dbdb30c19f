//! The page that `explore` makes. That it works in a browser is tested with
//! one, elsewhere.

use crate::support::{fails, file, run};

const MODULE: &str = r#"(module
    (func $first (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))
    (func $"</script><b>" (export "second") (param i32 i32) (result i32)
        (i32.div_u (call $first (local.get 0)) (local.get 1))))"#;

#[test]
fn a_page_for_either_machine() {
    let path = file("explore.wat", MODULE);
    for (target, machine) in [("aarch64", "aarch64"), ("x86-64", "x86_64"), ("x86_64", "x86_64")] {
        let ran = run(&["explore", "--target", target, "-o", "-", &path]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let page = ran.out;
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
        for part in ["explore.wat", "2 functions", "$first", "id=\"f0\"", "id=\"f1\"", machine] {
            assert!(page.contains(part), "`{part}` is not in:\n{page}");
        }
        // Nothing from elsewhere, and names stay names.
        for wrong in ["http:", "https:", "src=", "href=", "</script><b>"] {
            assert!(!page.contains(wrong), "`{wrong}` is in:\n{page}");
        }
    }
}

#[test]
fn pages_are_files() {
    let path = file("explore-file.wat", MODULE);
    let page = format!("{}/page.html", env!("CARGO_TARGET_TMPDIR"));
    let ran = run(&["explore", &path, "-o", &page]);
    assert_eq!((ran.code, ran.out.trim_end(), ran.err.as_str()), (Some(0), page.as_str(), ""));
    assert!(std::fs::read_to_string(&page).expect("a page").contains("explore-file.wat"));
    fails(&["explore", &path, "-o", "no/such/page.html"], 1, &["no/such/page.html"]);
    fails(&["explore", "no/such.wasm"], 1, &["no/such.wasm"]);
    let bad = file("explore-bad.wat", "(module (func (result i32)))");
    fails(&["explore", &bad, "-o", "-"], 1, &["explore-bad.wat", "type mismatch"]);
}
