//! Hotfoot, in every configuration.

use hotfoot::{
    AsContextMut, BoundsChecks, CallForm, Compilation, Config, Error, Extern, ExternRef,
    ExternType, Func, Global, Memory, Module, RegisterLimit, Store, Table, Tier, Trap, Val,
    ValType,
};

use super::{Engine, Instance, STACK, guarded};
use crate::random::{Random, hash};
use crate::value::{Failure, Host, State, Type, Value, interesting, sort};

struct Hotfoot {
    name: &'static str,
    consumes_fuel: bool,
    engine: hotfoot::Engine,
}

pub(super) fn all() -> Vec<Box<dyn Engine>> {
    // Every configuration takes as long as every other, so those of the other tiers
    // differ in several ways at once, and each way is in one of them at least.
    let [quick, both] = [quick(), both()];
    let all = baseline().into_iter().chain(quick).chain(both);
    let engine_of = |(name, mut config): (_, Config)| {
        config.max_wasm_stack(STACK);
        let engine = hotfoot::Engine::new(&config).expect("a supported processor");
        // Whether it does can be asked of a store only.
        let consumes_fuel = Store::new(&engine, ()).set_fuel(0).is_ok();
        Box::new(Hotfoot { name, consumes_fuel, engine }) as Box<dyn Engine>
    };
    all.map(engine_of).collect()
}

type Configurations = Vec<(&'static str, Config)>;

/// Adds one that is made by `change` from the defaults.
fn add(to: &mut Configurations, name: &'static str, change: impl FnOnce(&mut Config)) {
    let mut config = Config::new();
    change(&mut config);
    to.push((name, config));
}

/// The baseline tier alone.
fn baseline() -> Configurations {
    let mut all = Configurations::new();
    add(&mut all, "guard", |_| ());
    add(&mut all, "explicit", |config| {
        config.bounds_checks(BoundsChecks::Explicit);
    });
    add(&mut all, "three", |config| {
        config.register_limit(RegisterLimit::Three);
    });
    add(&mut all, "slots", |config| {
        config.call_form(CallForm::Slot);
    });
    add(&mut all, "lazy", |config| {
        config.compilation(Compilation::Lazy).compile_ahead(false);
    });
    add(&mut all, "parallel", |config| {
        config.compilation_threads(3);
    });
    add(&mut all, "polls", |config| {
        config.interruption(true).consume_fuel(true);
    });
    add(&mut all, "everything", |config| {
        config
            .bounds_checks(BoundsChecks::Explicit)
            .register_limit(RegisterLimit::Three)
            .call_form(CallForm::Slot)
            .interruption(true)
            .consume_fuel(true);
    });
    // As above, and each function later than what calls it.
    add(&mut all, "late", |config| {
        config
            .bounds_checks(BoundsChecks::Explicit)
            .register_limit(RegisterLimit::Three)
            .compilation(Compilation::Lazy)
            .interruption(true)
            .consume_fuel(true);
    });
    for (_, config) in &mut all {
        config.tier(Tier::Baseline);
    }
    all
}

/// The quick tier alone.
fn quick() -> Configurations {
    let mut all = Configurations::new();
    add(&mut all, "quick", |_| ());
    add(&mut all, "quick-three", |config| {
        config
            .register_limit(RegisterLimit::Three)
            .compilation(Compilation::Lazy)
            .compile_ahead(false);
    });
    add(&mut all, "quick-explicit", |config| {
        config
            .bounds_checks(BoundsChecks::Explicit)
            .call_form(CallForm::Slot)
            .interruption(true)
            .consume_fuel(true);
    });
    for (_, config) in &mut all {
        config.tier(Tier::Quick);
    }
    all
}

/// Functions that begin in the quick tier and go on in the other one: so soon that
/// almost all that they do is done there, or in the middle of their loops.
fn both() -> Configurations {
    let mut all = Configurations::new();
    add(&mut all, "entries", |config| {
        config.improve_at_once(true);
    });
    add(&mut all, "entries-explicit", |config| {
        config
            .improve_at_once(true)
            .bounds_checks(BoundsChecks::Explicit)
            .call_form(CallForm::Slot)
            .interruption(true)
            .consume_fuel(true);
    });
    add(&mut all, "entries-lazy", |config| {
        config.improve_at_once(true).compilation(Compilation::Lazy).compile_ahead(false);
    });
    add(&mut all, "loops", |config| {
        config.improve_in_loops(true).compilation_threads(3);
    });
    add(&mut all, "loops-explicit", |config| {
        config
            .improve_in_loops(true)
            .bounds_checks(BoundsChecks::Explicit)
            .interruption(true)
            .consume_fuel(true);
    });
    add(&mut all, "loops-lazy", |config| {
        config.improve_in_loops(true).compilation(Compilation::Lazy).interruption(true);
    });
    all
}

impl Engine for Hotfoot {
    fn name(&self) -> &str {
        self.name
    }

    fn instantiate(&self, wasm: &[u8]) -> Result<Box<dyn Instance>, Failure> {
        guarded(|| {
            let module = Module::from_binary(&self.engine, wasm).map_err(failure)?;
            let mut store = Store::new(&self.engine, Host::default());
            if self.consumes_fuel {
                store.set_fuel(u64::MAX).map_err(failure)?;
            }
            let imports = imports(&mut store, &module);
            let instance =
                hotfoot::Instance::new(&mut store, &module, &imports).map_err(failure)?;
            Ok(Box::new(Running { store, instance }) as Box<dyn Instance>)
        })
    }
}

fn imports(store: &mut Store<Host>, module: &Module) -> Vec<Extern> {
    let types: Vec<ExternType> = module.imports().map(|import| import.ty()).collect();
    // Not every engine keeps the order of imports of different kinds.
    let (mut functions, mut globals, mut others) = (0, 0, 0);
    types
        .into_iter()
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

fn import(store: &mut Store<Host>, number: usize, ty: ExternType) -> Extern {
    match ty {
        ExternType::Func(ty) => {
            let results: Vec<Type> = ty.results().iter().map(|&ty| type_of(ty)).collect();
            Func::new(store, ty, move |mut caller, params, places| {
                let params: Vec<Value> =
                    params.iter().map(|param| from(&mut caller, param)).collect();
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
            let null = Val::default_for_ty(ty.element());
            Table::new(store, ty, null).expect("a table").into()
        }
        ExternType::Memory(ty) => Memory::new(store, ty).expect("a memory").into(),
        ExternType::Global(ty) => {
            let value = interesting(&mut Random::new(number as u64), type_of(ty.content()));
            let value = to(store, value);
            Global::new(store, ty, value).expect("a global").into()
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

fn from<T: 'static>(store: &mut impl AsContextMut<Data = T>, value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::f32(*bits),
        Val::F64(bits) => Value::f64(*bits),
        Val::FuncRef(func) => Value::FuncRef(func.is_some()),
        Val::ExternRef(reference) => Value::ExternRef(reference.map(|reference| {
            let number = reference.data(store.as_context()).downcast_ref::<u32>();
            *number.expect("all references carry numbers")
        })),
        Val::V128(_) => unreachable!("vectors are not generated"),
    }
}

fn to(store: &mut impl AsContextMut, value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::FuncRef(_) => Val::FuncRef(None),
        Value::ExternRef(number) => {
            Val::ExternRef(number.map(|number| ExternRef::new(store.as_context_mut(), number)))
        }
    }
}

fn failure(error: Error) -> Failure {
    let Some(trap) = error.trap() else {
        let text = error.root_message();
        return if text == "host" { Failure::Host } else { Failure::Other(text) };
    };
    Failure::Trap(match trap {
        Trap::Unreachable => "unreachable",
        Trap::MemoryOutOfBounds => "memory",
        Trap::TableOutOfBounds | Trap::UndefinedElement => "table",
        Trap::UninitializedElement => "null",
        Trap::IndirectCallTypeMismatch => "signature",
        Trap::IntegerOverflow => "overflow",
        Trap::IntegerDivideByZero => "division",
        Trap::InvalidConversionToInteger => "conversion",
        Trap::StackOverflow => return Failure::Limit("stack".into()),
        other => return Failure::Other(other.to_string()),
    })
}

struct Running {
    store: Store<Host>,
    instance: hotfoot::Instance,
}

impl Running {
    fn exports(&mut self) -> Vec<(String, Extern)> {
        let exports = self.instance.exports(&self.store);
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
            Some((name, ty.params().iter().map(|&ty| type_of(ty)).collect()))
        };
        self.exports().into_iter().filter_map(|export| of_func(&self.store, export)).collect()
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Failure> {
        let store = &mut self.store;
        let func = self.instance.get_func(&mut *store, name).expect("an exported function");
        let params: Vec<Val> = params.iter().map(|&value| to(store, value)).collect();
        let types = func.ty(&*store);
        let mut results: Vec<Val> =
            types.results().iter().map(|&ty| Val::default_for_ty(ty)).collect();
        guarded(|| func.call(&mut *store, &params, &mut results).map_err(failure))?;
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
                Extern::Func(_) => (),
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
                        let element = table.get(&mut *store, index).expect("an element");
                        from(store, &element)
                    });
                    state.push_table(name, elements);
                }
            }
        }
        state
    }
}
