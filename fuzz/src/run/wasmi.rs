//! wasmi, an interpreter: the first oracle.

use std::fmt;

use wasmi::errors::{ErrorKind, HostError, InstantiationError};
use wasmi::{
    AsContext, AsContextMut, CompilationMode, Config, Error, Extern, ExternRef, ExternType, Func,
    Global, Memory, Module, Nullable, Ref, Store, Table, TrapCode, Val, ValType,
};

use super::{Engine, Instance, STACK, guarded};
use crate::random::{Random, hash};
use crate::value::{Failure, Host, State, Type, Value, interesting, sort};

/// The engine. Each module gets a new one: after a panic, one is locked for ever.
pub(super) struct Wasmi;

fn engine() -> wasmi::Engine {
    let mut config = Config::default();
    config.set_max_stack_height(STACK).set_max_recursion_depth(100_000);
    config.compilation_mode(CompilationMode::Eager);
    config.wasm_tail_call(false).wasm_multi_memory(false);
    wasmi::Engine::new(&config)
}

/// An imported function failed.
#[derive(Debug)]
struct HostFailure;

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("host")
    }
}

impl HostError for HostFailure {}

impl Engine for Wasmi {
    fn name(&self) -> &str {
        "wasmi"
    }

    fn instantiate(&self, wasm: &[u8]) -> Result<Box<dyn Instance>, Failure> {
        let engine = engine();
        let module = guarded(|| Module::new(&engine, wasm).map_err(failure))?;
        let mut store = Store::new(&engine, Host::default());
        let types: Vec<ExternType> = module.imports().map(|import| import.ty().clone()).collect();
        let imports = imports(&mut store, &types);
        let instance = wasmi::Instance::new(&mut store, &module, &imports).map_err(failure)?;
        Ok(Box::new(Running { store, instance }))
    }
}

fn imports(store: &mut Store<Host>, types: &[ExternType]) -> Vec<Extern> {
    // Not every engine keeps the order of imports of different kinds.
    let (mut functions, mut globals, mut others) = (0, 0, 0);
    types
        .iter()
        .map(|ty| {
            let count = match ty {
                ExternType::Func(_) => &mut functions,
                ExternType::Global(_) => &mut globals,
                _ => &mut others,
            };
            *count += 1;
            import(store, *count, ty)
        })
        .collect()
}

fn import(store: &mut Store<Host>, number: usize, ty: &ExternType) -> Extern {
    match ty {
        ExternType::Func(ty) => {
            let results: Vec<Type> = ty.results().iter().map(|&ty| type_of(ty)).collect();
            Extern::Func(Func::new(store, ty.clone(), move |mut caller, params, places| {
                let params: Vec<Value> = params.iter().map(|param| from(&caller, param)).collect();
                let values = caller.data_mut().call(number, &params, &results);
                let values = values.ok_or_else(|| Error::host(HostFailure))?;
                for (place, value) in places.iter_mut().zip(values) {
                    *place = to(&mut caller, value);
                }
                Ok(())
            }))
        }
        ExternType::Table(ty) => {
            let null = Ref::null(ty.element());
            Extern::Table(Table::new(store, *ty, null).expect("a table"))
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, *ty).expect("a memory")),
        ExternType::Global(ty) => {
            let value = interesting(&mut Random::new(number as u64), type_of(ty.content()));
            let value = to(store, value);
            Extern::Global(Global::new(store, value, ty.mutability()))
        }
    }
}

fn type_of(ty: ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::FuncRef => Type::FuncRef,
        ValType::ExternRef => Type::ExternRef,
        ValType::V128 => unreachable!("vectors are not generated"),
    }
}

fn from_extern(store: &impl AsContext, reference: Nullable<&ExternRef>) -> Value {
    Value::ExternRef(reference.val().map(|reference| {
        let number = reference.data(store.as_context()).downcast_ref::<u32>();
        *number.expect("all references carry numbers")
    }))
}

fn from(store: &impl AsContext, value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::FuncRef(func) => Value::FuncRef(!func.is_null()),
        Val::ExternRef(reference) => from_extern(store, reference.as_ref()),
        Val::V128(_) => unreachable!("vectors are not generated"),
    }
}

fn to(store: &mut impl AsContextMut, value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        Value::FuncRef(_) => Val::FuncRef(Nullable::Null),
        Value::ExternRef(None) => Val::ExternRef(Nullable::Null),
        Value::ExternRef(Some(number)) => {
            Val::ExternRef(ExternRef::new(store.as_context_mut(), number).into())
        }
    }
}

fn failure(error: Error) -> Failure {
    if error.downcast_ref::<HostFailure>().is_some() {
        return Failure::Host;
    }
    let Some(trap) = error.as_trap_code() else {
        return match error.kind() {
            ErrorKind::Memory(_) => Failure::Trap("memory"),
            ErrorKind::Table(_)
            | ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                Failure::Trap("table")
            }
            _ => Failure::Other(error.to_string()),
        };
    };
    Failure::Trap(match trap {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory",
        TrapCode::TableOutOfBounds => "table",
        TrapCode::IndirectCallToNull => "null",
        TrapCode::BadSignature => "signature",
        TrapCode::IntegerOverflow => "overflow",
        TrapCode::IntegerDivisionByZero => "division",
        TrapCode::BadConversionToInteger => "conversion",
        other => return Failure::Limit(format!("{other:?}")),
    })
}

struct Running {
    store: Store<Host>,
    instance: wasmi::Instance,
}

impl Running {
    fn exports(&self) -> Vec<(String, Extern)> {
        let exports = self.instance.exports(&self.store);
        let mut exports: Vec<(String, Extern)> =
            exports.map(|export| (export.name().to_string(), export.into_extern())).collect();
        sort(&mut exports);
        exports
    }
}

impl Instance for Running {
    fn functions(&mut self) -> Vec<(String, Vec<Type>)> {
        let of_func = |(name, item): (String, Extern)| {
            let ty = item.into_func()?.ty(&self.store);
            Some((name, ty.params().iter().map(|&ty| type_of(ty)).collect()))
        };
        self.exports().into_iter().filter_map(of_func).collect()
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Failure> {
        let store = &mut self.store;
        let func = self.instance.get_func(&*store, name).expect("an exported function");
        let params: Vec<Val> = params.iter().map(|&value| to(store, value)).collect();
        let types = func.ty(&*store);
        let mut results: Vec<Val> =
            types.results().iter().map(|&ty| Val::default_for_ty(ty)).collect();
        guarded(|| func.call(&mut *store, &params, &mut results).map_err(failure))?;
        Ok(results.iter().map(|result| from(store, result)).collect())
    }

    fn set_i32(&mut self, name: &str, value: i32) {
        if let Some(global) = self.instance.get_global(&self.store, name) {
            global.set(&mut self.store, Val::I32(value)).expect("a mutable i32");
        }
    }

    fn state(&mut self) -> State {
        let store = &self.store;
        let mut state = State { host: store.data().summary(), ..State::default() };
        for (name, item) in self.exports() {
            match item {
                Extern::Func(_) => (),
                Extern::Global(global) => {
                    state.globals.push((name, from(store, &global.get(store))))
                }
                Extern::Memory(memory) => {
                    let data = memory.data(store);
                    state.memories.push((name, data.len(), hash(data)));
                }
                Extern::Table(table) => {
                    let element = |index| match table.get(store, index).expect("an element") {
                        Ref::Func(func) => Value::FuncRef(!func.is_null()),
                        Ref::Extern(reference) => from_extern(store, reference.as_ref()),
                    };
                    state.push_table(name, (0..table.size(store)).map(element));
                }
            }
        }
        state
    }
}
