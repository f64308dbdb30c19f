//! What modules say of themselves, and what is refused.

use hotfoot::{
    Engine, ExternType, FuncType, GlobalType, MemoryType, Module, ModuleError, Mutability,
    TableType, ValType, artifact,
};

const ALL_KINDS: &str = r#"(module $kinds
    (import "m" "f" (func $f (param i32) (result i64)))
    (import "m" "t" (table 1 10 funcref))
    (import "n" "m" (memory 2))
    (import "n" "g" (global (mut f32)))
    (func $twice (export "twice") (param i32 i32) (result i32) (local.get 0))
    (table (export "table") 3 externref)
    (global (export "global") i64 (i64.const 1))
    (export "memory" (memory 0))
    (export "f" (func $f)))"#;

#[test]
fn imports_and_exports_have_names_and_types() {
    let module = Module::new(&Engine::default(), ALL_KINDS).unwrap();
    assert_eq!(module.name(), Some("kinds"));
    let imports: Vec<_> =
        module.imports().map(|i| (i.module().to_string(), i.name().to_string(), i.ty())).collect();
    let import = |module: &str, name: &str, ty| (module.to_string(), name.to_string(), ty);
    let f = FuncType::new([ValType::I32], [ValType::I64]);
    let expected = [
        import("m", "f", ExternType::Func(f.clone())),
        import("m", "t", ExternType::Table(TableType::new(ValType::FuncRef, 1, Some(10)))),
        import("n", "m", ExternType::Memory(MemoryType::new(2, None))),
        import("n", "g", ExternType::Global(GlobalType::new(ValType::F32, Mutability::Var))),
    ];
    assert_eq!(imports, expected);
    let exports: Vec<_> = module.exports().map(|export| export.name().to_string()).collect();
    assert_eq!(exports, ["twice", "table", "global", "memory", "f"]);
    assert_eq!(module.get_export("f"), Some(ExternType::Func(f)));
    assert_eq!(module.get_export("global").unwrap().to_string(), "global i64");
    assert_eq!(module.get_export("nothing"), None);
}

#[test]
fn refused_modules_say_where() {
    let engine = Engine::default();
    let invalid = wat::parse_str("(module (func (result i32) i64.const 0))").unwrap();
    let error = Module::from_binary(&engine, &invalid).unwrap_err();
    let reason = error.downcast_ref::<ModuleError>().expect("a module error");
    assert!(matches!(reason, ModuleError::Invalid { .. }), "{reason}");
    assert!(reason.offset().is_some_and(|offset| offset < invalid.len()));
    assert!(Module::validate(&engine, &invalid).is_err());
    let simd = "(module (func (drop (v128.const i32x4 0 0 0 0))))";
    let error = Module::new(&engine, simd).unwrap_err();
    assert!(error.to_string().contains("feature not supported: SIMD"), "{error}");
    assert!(Module::new(&engine, "(module (func").is_err());
    assert!(Module::new(&engine, b"\0asm\x01\0\0").is_err());
}

#[test]
fn files_may_be_text_or_binary() {
    let engine = Engine::default();
    let directory = std::env::temp_dir().join(format!("hotfoot-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let text = directory.join("a.wat");
    std::fs::write(&text, "(module $named)").unwrap();
    assert_eq!(Module::from_file(&engine, &text).unwrap().name(), Some("named"));
    let binary = directory.join("a.wasm");
    std::fs::write(&binary, b"\0asm\x01\0\0\0").unwrap();
    assert_eq!(Module::from_file(&engine, &binary).unwrap().exports().len(), 0);
    std::fs::write(&text, "(module (bad))").unwrap();
    let error = Module::from_file(&engine, &text).unwrap_err();
    assert!(format!("{error:#}").contains("a.wat"), "{error:#}");
    let error = Module::from_file(&engine, directory.join("none")).unwrap_err();
    assert!(error.is::<std::io::Error>());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn statistics_count_what_was_compiled() {
    let module = Module::new(&Engine::default(), ALL_KINDS).unwrap();
    let stats = module.compile_stats();
    assert_eq!(stats.functions, 1);
    assert_eq!(stats.module_bytes, wat::parse_str(ALL_KINDS).unwrap().len());
    assert!(stats.instructions >= 1 && stats.code_bytes > 0);
}

#[test]
fn artifacts_are_made_for_both_machines() {
    for isa in artifact::Isa::ALL {
        let target = artifact::target(isa, artifact::Features::Typical).unwrap();
        let artifact =
            artifact::compile(ALL_KINDS.as_bytes(), target, &Default::default()).unwrap();
        let [function] = &*artifact.functions else { panic!("one function is defined") };
        assert_eq!((function.index, function.name.as_deref()), (1, Some("twice")));
        assert!(!function.compiled.code.is_empty());
        assert!(function.body.end <= artifact.bytes.len());
        if isa == artifact::Isa::Aarch64 {
            assert!(function.compiled.code.len().is_multiple_of(4));
        }
    }
}

#[test]
fn engines_modules_and_stores_can_be_shared() {
    fn sendable<T: Send + Sync>() {}
    sendable::<Engine>();
    sendable::<Module>();
    sendable::<hotfoot::Store<u8>>();
    sendable::<hotfoot::Linker<u8>>();
    sendable::<hotfoot::Instance>();
    sendable::<hotfoot::Func>();
    sendable::<hotfoot::TypedFunc<i32, i32>>();
    sendable::<hotfoot::Error>();
    sendable::<hotfoot::InterruptHandle>();
}
