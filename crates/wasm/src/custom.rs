//! Custom sections: what tools leave for each other in a module.

use wasmparser::{Parser, Payload};

/// The names and contents of the custom sections of a module in the binary
/// format, in order, up to the first place that cannot be decoded.
///
/// ```
/// let bytes = wat::parse_str(r#"(module (@custom "notes" "remember"))"#)?;
/// let found: Vec<_> = hotfoot_wasm::custom_sections(&bytes).collect();
/// assert_eq!(found, [("notes", &b"remember"[..])]);
/// # Ok::<(), wat::Error>(())
/// ```
pub fn custom_sections(bytes: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some((section.name(), section.data())),
        _ => None,
    })
}
