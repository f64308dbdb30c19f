//! Which function to call, and with what.

use crate::commands::report::Failure;
use crate::output::Name;
use crate::values;
use hotfoot::{ExternType, Func, FuncType, Instance, Module, Store, Val, ValType};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

/// The function to call, with its name: `wish`, or else `_start`, or else `run`.
///
/// # Errors
///
/// Lists what could be called.
pub(super) fn choose<T>(
    file: &Path,
    wish: Option<&str>,
    module: &Module,
    instance: &Instance,
    store: &mut Store<T>,
) -> Result<(String, Func), Failure> {
    let mut find = |name: &str| {
        let function = instance.get_func(&mut *store, name);
        function.map(|function| (name.to_string(), function))
    };
    let found = match wish {
        Some(name) => find(name),
        None => find("_start").or_else(|| find("run")),
    };
    found.ok_or_else(|| {
        let wish = match wish {
            Some(name) => format!("no function `{}`", Name(name)),
            None => "neither `_start` nor `run`".to_string(),
        };
        let file = file.display();
        Failure::new(format!("{file}: the module exports {wish}{}", list_functions(module)))
    })
}

/// Says which functions could have been called.
fn list_functions(module: &Module) -> String {
    let mut text = String::new();
    for export in module.exports() {
        if let ExternType::Func(ty) = export.ty() {
            let _ = write!(text, "\n  {} {ty}", Name(export.name()));
        }
    }
    if text.is_empty() {
        return "; it exports no function at all".to_string();
    }
    format!("; call one of these with --invoke:{text}")
}

/// The arguments of the function `name` of type `ty` that `words` stand for.
///
/// # Errors
///
/// If there are too many or too few, or one is not of its type.
pub(super) fn parse_arguments(
    file: &Path,
    name: &str,
    ty: &FuncType,
    words: &[OsString],
) -> Result<Vec<Val>, Failure> {
    let (file, name) = (file.display(), Name(name));
    let params = ty.params();
    if words.len() != params.len() {
        let (wants, given) = (params.len(), words.len());
        let message =
            format!("{file}: `{name}` has type {ty}: it takes {wants} arguments, {given} given");
        return Err(Failure::usage(message));
    }
    let parse = |(index, (word, &ty)): (usize, (&OsString, &ValType))| {
        let text = OsStr::to_str(word).unwrap_or("\u{fffd}");
        values::parse(text, ty).map_err(|reason| {
            Failure::usage(format!("{file}: argument {} of `{name}`: {reason}", index + 1))
        })
    };
    words.iter().zip(params).enumerate().map(parse).collect()
}
