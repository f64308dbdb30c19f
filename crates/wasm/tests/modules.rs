//! What is read out of the sections of a module.

use hotfoot_wasm::{
    ConstOp, DataKind, ElementItems, ElementKind, ExternKind, ExternType, FuncType, GlobalType,
    Limits, MemoryType, Module, TableType, ValType,
};

fn parse(wat: &str) -> (Vec<u8>, Module) {
    let bytes = wat::parse_str(wat).expect("valid text");
    let module = Module::parse(&bytes).expect("valid module");
    (bytes, module)
}

#[test]
fn imports_come_first_in_every_index_space() {
    let (_, module) = parse(
        r#"(module $named
          (type (func (param i32) (result i64)))
          (import "a" "f" (func (type 0)))
          (import "a" "t" (table 1 externref))
          (import "b" "g" (global (mut f32)))
          (import "b" "m" (memory 2 3))
          (table 5 6 funcref)
          (global i64 (i64.const -1))
          (func $second (type 0) (i64.const 0)))"#,
    );
    let memory = MemoryType {
        limits: Limits { min: 2, max: Some(3) },
        memory64: false,
        shared: false,
        page_size_log2: 16,
    };
    assert_eq!(module.imports()[0].ty, ExternType::Func(0));
    assert_eq!(module.imports()[3].ty, ExternType::Memory(memory));
    assert_eq!(&*module.imports()[2].module, "b");
    assert_eq!(&*module.imports()[2].name, "g");
    assert_eq!(module.types(), [FuncType::new([ValType::I32], [ValType::I64])]);
    assert_eq!(module.functions(), [0, 0]);
    assert_eq!(module.num_imported_functions(), 1);
    assert_eq!(module.num_imported_tables(), 1);
    assert_eq!(module.num_imported_memories(), 1);
    assert_eq!(module.num_imported_globals(), 1);
    assert_eq!(module.memories(), [memory]);
    let table = TableType {
        element: ValType::FuncRef,
        limits: Limits { min: 5, max: Some(6) },
        table64: false,
    };
    assert_eq!(module.tables()[1].ty, table);
    assert_eq!(module.tables()[0].ty.element, ValType::ExternRef);
    let global = &module.globals()[1];
    let ty = GlobalType { content: ValType::I64, mutable: false };
    assert_eq!(global.ty, ty);
    let init = global.init.as_ref().expect("it is defined here");
    assert_eq!(init.as_constant(), Some((ValType::I64, u64::MAX)));
    assert!(module.globals()[0].init.is_none() && module.globals()[0].ty.mutable);
    assert_eq!(module.name(), Some("named"));
    assert_eq!(module.function_name(1), Some("second"));
    assert_eq!(module.function_name(0), None);
    assert_eq!(module.bodies().len(), 1);
    assert_eq!(module.recursion_group(0), 0);
}

#[test]
fn segments_are_read() {
    let (bytes, module) = parse(
        r#"(module
          (import "m" "base" (global i32))
          (memory 1) (table 3 funcref) (table 3 externref) (func $f)
          (data (offset (i32.add (global.get 0) (i32.mul (i32.const 2) (i32.const 3)))) "active")
          (data "passive")
          (elem (i32.const 1) func $f $f)
          (elem (table 1) (i32.const 0) externref (ref.null extern))
          (elem funcref (ref.func $f) (ref.null func))
          (elem declare func $f))"#,
    );
    let DataKind::Active { memory: 0, offset } = &module.data()[0].kind else {
        panic!("{:?}", module.data());
    };
    let ops = [
        ConstOp::GlobalGet(0),
        ConstOp::I32Const(2),
        ConstOp::I32Const(3),
        ConstOp::I32Mul,
        ConstOp::I32Add,
    ];
    assert_eq!(offset.ops(), ops);
    assert_eq!(offset.as_constant(), None);
    assert_eq!(&bytes[module.data()[0].bytes.clone()], b"active");
    assert_eq!(&bytes[module.data()[1].bytes.clone()], b"passive");
    assert_eq!(module.data()[1].kind, DataKind::Passive);

    let [active, other, passive, declared] = module.elements() else {
        panic!("{:?}", module.elements());
    };
    assert!(matches!(&active.kind, ElementKind::Active { table: 0, offset }
        if offset.as_constant() == Some((ValType::I32, 1))));
    assert_eq!(active.items, ElementItems::Functions([0, 0].into()));
    assert!(matches!(other.kind, ElementKind::Active { table: 1, .. }));
    assert_eq!(other.ty, ValType::ExternRef);
    let ElementItems::Expressions(expressions) = &passive.items else {
        panic!("{passive:?}");
    };
    assert_eq!(expressions[0].ops(), [ConstOp::RefFunc(0)]);
    assert_eq!(expressions[1].ops(), [ConstOp::RefNull(ValType::FuncRef)]);
    assert_eq!(expressions[1].as_constant(), Some((ValType::FuncRef, 0)));
    assert_eq!(declared.kind, ElementKind::Declared);
}

#[test]
fn exports_and_start_are_read() {
    let (bytes, module) = parse(
        r#"(module (memory (export "m") 1) (func $f (export "f") (export "again")) (start $f))"#,
    );
    let exports: Vec<_> =
        module.exports().iter().map(|export| (&*export.name, export.kind, export.index)).collect();
    assert_eq!(
        exports,
        [("m", ExternKind::Memory, 0), ("f", ExternKind::Func, 0), ("again", ExternKind::Func, 0)]
    );
    assert_eq!(module.start(), Some(0));
    let code = module.code_section().expect("there is code");
    let body = module.bodies()[0].range.clone();
    assert!(code.start < body.start && code.end == body.end);
    assert_eq!(bytes[body], [0, 0x0b]);
}

#[test]
fn floats_keep_their_bits() {
    let (_, module) =
        parse("(module (global f32 (f32.const nan:0x200001)) (global f64 (f64.const -0)))");
    let bits = |index: usize| {
        let init = module.globals()[index].init.as_ref();
        init.and_then(|expr| expr.as_constant())
    };
    assert_eq!(bits(0), Some((ValType::F32, 0x7fa0_0001)));
    assert_eq!(bits(1), Some((ValType::F64, 1 << 63)));
}

#[test]
fn modules_and_scanners_go_to_other_threads() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Module>();
    sent::<hotfoot_wasm::Scanner>();
}
