//! wasmtime, an optimising compiler: the second oracle, and the judge where
//! the first one differs from Hotfoot.

use wasmtime::{
    AsContext, AsContextMut, Config, Error, Extern, ExternRef, ExternType, Func, Global, Memory,
    Module, OptLevel, Ref, Rooted, Store, Table, Trap, Val, ValType,
};

use super::{Engine, Instance, STACK};
use crate::random::{Random, hash};
use crate::value::{Failure, Host, State, Type, Value, interesting, sort};

/// The engine.
pub(super) struct Wasmtime(wasmtime::Engine);

impl Default for Wasmtime {
    fn default() -> Wasmtime {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::None).max_wasm_stack(STACK).async_stack_size(STACK);
        // Two handlers of signals in one process are tested elsewhere.
        config.signals_based_traps(false);
        Wasmtime(wasmtime::Engine::new(&config).expect("a supported processor"))
    }
}

impl Engine for Wasmtime {
    fn name(&self) -> &str {
        "wasmtime"
    }

    fn instantiate(&self, wasm: &[u8]) -> Result<Box<dyn Instance>, Failure> {
        let module = Module::new(&self.0, wasm).map_err(|error| failure(&error))?;
        let mut store = Store::new(&self.0, Host::default());
        let types: Vec<ExternType> = module.imports().map(|import| import.ty()).collect();
        let imports = imports(&mut store, &types);
        let instance = wasmtime::Instance::new(&mut store, &module, &imports);
        let instance = instance.map_err(|error| failure(&error))?;
        Ok(Box::new(Running { store, instance }))
    }
}

fn imports(store: &mut Store<Host>, types: &[ExternType]) -> Vec<Extern> {
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
            let results: Vec<Type> = ty.results().map(|ty| type_of(&ty)).collect();
            Func::new(store, ty.clone(), move |mut caller, params, places| {
                let params: Vec<Value> = params.iter().map(|param| from(&caller, param)).collect();
                let values = caller.data_mut().call(number, &params, &results);
                let values = values.ok_or_else(|| Error::msg("host"))?;
                for (place, value) in places.iter_mut().zip(values) {
                    *place = to(&mut caller, value);
                }
                Ok(())
            })
            .into()
        }
        ExternType::Table(ty) => {
            let null = Ref::null(ty.element().heap_type());
            Table::new(store, ty.clone(), null).expect("a table").into()
        }
        ExternType::Memory(ty) => Memory::new(store, ty.clone()).expect("a memory").into(),
        ExternType::Global(ty) => {
            let value = interesting(&mut Random::new(number as u64), type_of(ty.content()));
            let value = to(store, value);
            Global::new(store, ty.clone(), value).expect("a global").into()
        }
        _ => unreachable!("not generated"),
    }
}

fn type_of(ty: &ValType) -> Type {
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ty if ty.matches(&ValType::FUNCREF) => Type::FuncRef,
        _ => Type::ExternRef,
    }
}

fn from_extern(store: &impl AsContext, reference: Option<Rooted<ExternRef>>) -> Value {
    Value::ExternRef(reference.map(|reference| {
        let data = reference.data(store.as_context()).expect("a rooted reference");
        *data.and_then(|data| data.downcast_ref::<u32>()).expect("all references carry numbers")
    }))
}

fn from(store: &impl AsContext, value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::f32(*bits),
        Val::F64(bits) => Value::f64(*bits),
        Val::FuncRef(func) => Value::FuncRef(func.is_some()),
        Val::ExternRef(reference) => from_extern(store, *reference),
        _ => unreachable!("not generated"),
    }
}

fn to(store: &mut impl AsContextMut, value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::FuncRef(_) => Val::FuncRef(None),
        Value::ExternRef(number) => Val::ExternRef(
            number.map(|number| ExternRef::new(store.as_context_mut(), number).expect("room")),
        ),
    }
}

fn failure(error: &Error) -> Failure {
    let Some(trap) = error.downcast_ref::<Trap>() else {
        let text = error.root_cause().to_string();
        return if text == "host" { Failure::Host } else { Failure::Other(text) };
    };
    Failure::Trap(match trap {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::MemoryOutOfBounds => "memory",
        Trap::TableOutOfBounds => "table",
        Trap::IndirectCallToNull => "null",
        Trap::BadSignature => "signature",
        Trap::IntegerOverflow => "overflow",
        Trap::IntegerDivisionByZero => "division",
        Trap::BadConversionToInteger => "conversion",
        other => return Failure::Limit(other.to_string()),
    })
}

struct Running {
    store: Store<Host>,
    instance: wasmtime::Instance,
}

impl Running {
    fn exports(&mut self) -> Vec<(String, Extern)> {
        let exports = self.instance.exports(&mut self.store);
        let mut exports: Vec<(String, Extern)> =
            exports.map(|export| (export.name().to_string(), export.into_extern())).collect();
        sort(&mut exports);
        exports
    }
}

impl Instance for Running {
    fn functions(&mut self) -> Vec<(String, Vec<Type>)> {
        let of_func = |store: &Store<Host>, (name, item): (String, Extern)| {
            let ty = item.into_func()?.ty(store);
            Some((name, ty.params().map(|ty| type_of(&ty)).collect()))
        };
        self.exports().into_iter().filter_map(|export| of_func(&self.store, export)).collect()
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Failure> {
        let store = &mut self.store;
        let func = self.instance.get_func(&mut *store, name).expect("an exported function");
        let params: Vec<Val> = params.iter().map(|&value| to(store, value)).collect();
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        let outcome = func.call(&mut *store, &params, &mut results);
        outcome.map_err(|error| failure(&error))?;
        Ok(results.iter().map(|result| from(store, result)).collect())
    }

    fn set_i32(&mut self, name: &str, value: i32) {
        if let Some(global) = self.instance.get_global(&mut self.store, name) {
            global.set(&mut self.store, Val::I32(value)).expect("a mutable i32");
        }
    }

    fn state(&mut self) -> State {
        let mut state = State { host: self.store.data().summary(), ..State::default() };
        for (name, item) in self.exports() {
            let store = &mut self.store;
            match item {
                Extern::Global(global) => {
                    let value = global.get(&mut *store);
                    state.globals.push((name, from(store, &value)));
                }
                Extern::Memory(memory) => {
                    let data = memory.data(&*store);
                    state.memories.push((name, data.len(), hash(data)));
                }
                Extern::Table(table) => {
                    let elements = (0..table.size(&*store)).map(|index| {
                        match table.get(&mut *store, index).expect("an element") {
                            Ref::Func(func) => Value::FuncRef(func.is_some()),
                            Ref::Extern(reference) => from_extern(store, reference),
                            _ => unreachable!("not generated"),
                        }
                    });
                    state.push_table(name, elements);
                }
                _ => (),
            }
        }
        state
    }
}
