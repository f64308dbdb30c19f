use super::*;
use hotfoot_wasm::ValType::{self, F32, F64, I32, I64};

/// One of endlessly many types.
fn type_number(mut number: usize) -> FuncType {
    let mut params: Vec<ValType> = Vec::new();
    while number > 0 {
        params.push([I32, I64, F32, F64][number % 4]);
        number /= 4;
    }
    FuncType::new(params, [I32, I64, F64])
}

#[test]
fn equal_types_have_equal_numbers() {
    let signatures = Signatures::default();
    let (first, _first) = signatures.id_of(&FuncType::new([I32], [I64]));
    let (second, _second) = signatures.id_of(&FuncType::new([I64], [I32]));
    assert_ne!(first, second);
    assert_eq!(signatures.id_of(&FuncType::new([I32], [I64])).0, first);
    assert_eq!(signatures.type_of(second), FuncType::new([I64], [I32]));
}

#[test]
fn modules_share_numbers() {
    let bytes = wat::parse_str("(module (type (func)) (type (func (param i32))) (type (func)))");
    let module = Module::parse(&bytes.expect("a module")).expect("valid");
    let signatures = Signatures::default();
    let _other = signatures.id_of(&FuncType::new([I32], []));
    let ids = signatures.ids_of(&module).ids;
    assert_eq!(ids[0], ids[2]);
    assert_eq!(ids[1], signatures.id_of(&FuncType::new([I32], [])).0);
}

#[test]
#[cfg_attr(miri, ignore = "many types")]
fn numbers_in_use_stand_for_no_other_type() {
    let signatures = Signatures::default();
    let mut used = Vec::new();
    for number in 0..20_000 {
        let ty = type_number(number);
        let (id, one) = signatures.id_of(&ty);
        if number % 100 == 0 {
            used.push((id, ty, one));
        }
    }
    for (id, ty, _) in &used {
        assert_eq!((signatures.id_of(ty).0, &signatures.type_of(*id)), (*id, ty));
    }
    let table = signatures.read();
    assert!(table.types <= ALWAYS_ALLOWED, "{} types", table.types);
    assert_eq!(table.firsts.len(), table.types);
    // Numbers come again, too.
    assert!(table.groups.keys().all(|&first| first < 4096));
    drop(table);
    // Many in use are no reason to look again and again.
    let many: Vec<_> = (0..20_000).map(|number| signatures.id_of(&type_number(number))).collect();
    assert!(signatures.read().most >= many.len());
    drop(many);
    for number in 20_000..60_000 {
        signatures.id_of(&type_number(number));
    }
    assert!(signatures.read().types <= ALWAYS_ALLOWED);
}
