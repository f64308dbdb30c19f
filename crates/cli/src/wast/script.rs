//! A running script: its store, its modules and instances, and its directives.

use super::{check, spectest, value};
use hotfoot::{Config, Engine, Error, Extern, Instance, LinkError, Linker, Module, Store, Val};
use std::collections::HashMap;
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, Wat};

/// What a directive fails with.
pub(super) type Check<T = ()> = Result<T, String>;

/// A script that is being run.
pub(super) struct Script {
    engine: Engine,
    pub(super) store: Store<()>,
    linker: Linker<()>,
    /// The instance that directives without a name mean.
    current: Option<Instance>,
    instances: HashMap<String, Instance>,
    /// The module that was defined last.
    defined: Option<Module>,
    modules: HashMap<String, Module>,
}

/// What an action did: gave values, or failed.
type Action = Result<Vec<Val>, Error>;

impl Script {
    /// A script that has run nothing yet.
    pub(super) fn new(config: &Config) -> Check<Script> {
        let engine = Engine::new(config).map_err(|error| format!("no engine: {error:#}"))?;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.allow_shadowing(true);
        spectest::define(&mut store, &mut linker)
            .map_err(|error| format!("`spectest` cannot be defined: {error:#}"))?;
        Ok(Script {
            engine,
            store,
            linker,
            current: None,
            instances: HashMap::new(),
            defined: None,
            modules: HashMap::new(),
        })
    }

    /// Runs `directive`.
    pub(super) fn run(&mut self, directive: WastDirective<'_>) -> Check {
        use WastDirective as D;
        match directive {
            D::Module(module) => self.module(module),
            D::ModuleDefinition(module) => self.define(module),
            D::ModuleInstance { instance, module, .. } => {
                self.instantiate_defined(instance, module)
            }
            D::Register { name, module, .. } => self.register(name, module),
            D::Invoke(invoke) => {
                let action = self.invoke(&invoke)?;
                action.map(drop).map_err(|error| format!("`{}` failed: {error:#}", invoke.name))
            }
            D::AssertReturn { exec, results, .. } => {
                let action = self.execute(exec)?;
                let values = action.map_err(|error| {
                    format!("expected {}, but it failed: {error:#}", value::show_expected(&results))
                })?;
                value::check_results(&self.store, &values, &results)
            }
            D::AssertTrap { exec, message, .. } => check::trap(self.execute(exec)?, message),
            D::AssertExhaustion { call, message, .. } => check::trap(self.invoke(&call)?, message),
            D::AssertInvalid { module, message, .. } => self.refused(module, "invalid", message),
            D::AssertMalformed { module, message, .. } => {
                self.refused(module, "malformed", message)
            }
            D::AssertUnlinkable { module, message, .. } => self.unlinkable(module, message),
            D::AssertInvalidCustom { .. }
            | D::AssertMalformedCustom { .. }
            | D::AssertException { .. }
            | D::AssertSuspension { .. }
            | D::Thread(_)
            | D::Wait { .. } => Err("this directive is not supported".to_string()),
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Check {
        let name = module.name();
        let module = self.compile(&mut module)?;
        self.remember_module(name, &module);
        let instance = self.instantiate(&module);
        // A module that could not be instantiated is not what later
        // directives mean, and neither is the one before it.
        self.current = None;
        self.remember_instance(name, instance.map_err(|error| format!("{error:#}"))?);
        Ok(())
    }

    fn define(&mut self, mut module: QuoteWat<'_>) -> Check {
        let name = module.name();
        let module = self.compile(&mut module)?;
        self.remember_module(name, &module);
        Ok(())
    }

    fn instantiate_defined(&mut self, name: Option<Id<'_>>, module: Option<Id<'_>>) -> Check {
        let module = match module {
            Some(id) => self.modules.get(id.name()).cloned(),
            None => self.defined.clone(),
        };
        let module = module.ok_or("there is no such module definition")?;
        let instance = self.instantiate(&module).map_err(|error| format!("{error:#}"))?;
        self.remember_instance(name, instance);
        Ok(())
    }

    fn remember_module(&mut self, name: Option<Id<'_>>, module: &Module) {
        if let Some(name) = name {
            self.modules.insert(name.name().to_string(), module.clone());
        }
        self.defined = Some(module.clone());
    }

    fn remember_instance(&mut self, name: Option<Id<'_>>, instance: Instance) {
        if let Some(name) = name {
            self.instances.insert(name.name().to_string(), instance);
        }
        self.current = Some(instance);
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Check<Module> {
        let bytes = module.encode().map_err(|error| error.message())?;
        Module::from_binary(&self.engine, &bytes).map_err(|error| format!("{error:#}"))
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        self.linker.instantiate(&mut self.store, module)
    }

    fn instance(&self, name: Option<Id<'_>>) -> Check<Instance> {
        match name {
            Some(id) => self
                .instances
                .get(id.name())
                .copied()
                .ok_or_else(|| format!("there is no instance `${}`", id.name())),
            None => self.current.ok_or_else(|| "there is no instance".to_string()),
        }
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Check {
        let instance = self.instance(module)?;
        self.linker
            .instance(&mut self.store, name, instance)
            .map(drop)
            .map_err(|error| format!("{error:#}"))
    }

    /// The outer result is about the script, the inner one is what it ran.
    fn execute(&mut self, execute: WastExecute<'_>) -> Check<Action> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(wat) => {
                let module = self.compile(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => match self.export(module, global)? {
                Extern::Global(global) => Ok(Ok(vec![global.get(&mut self.store)])),
                _ => Err(format!("`{global}` is no global")),
            },
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Check<Action> {
        let Extern::Func(function) = self.export(invoke.module, invoke.name)? else {
            return Err(format!("`{}` is no function", invoke.name));
        };
        let mut arguments = Vec::new();
        for argument in &invoke.args {
            arguments.push(value::argument(&mut self.store, argument)?);
        }
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        Ok(function.call(&mut self.store, &arguments, &mut results).map(|()| results))
    }

    fn export(&mut self, module: Option<Id<'_>>, name: &str) -> Check<Extern> {
        let instance = self.instance(module)?;
        instance
            .get_export(&mut self.store, name)
            .ok_or_else(|| format!("the instance has no export `{name}`"))
    }

    /// Checks that `module` is refused. The difference between malformed and
    /// invalid is not observable through the interface: either is an error of
    /// compilation.
    fn refused(&self, mut module: QuoteWat<'_>, kind: &str, message: &str) -> Check {
        let Ok(bytes) = module.encode() else {
            return Ok(());
        };
        match Module::from_binary(&self.engine, &bytes) {
            Ok(_) => Err(format!("expected a module that is {kind} ({message}), but it is valid")),
            Err(_) => Ok(()),
        }
    }

    fn unlinkable(&mut self, module: Wat<'_>, message: &str) -> Check {
        let module = self.compile(&mut QuoteWat::Wat(module))?;
        match self.instantiate(&module) {
            Ok(_) => Err(format!("expected `{message}`, but it could be linked")),
            Err(error) if error.is::<LinkError>() => check::words(&format!("{error:#}"), message),
            Err(error) => Err(format!("expected `{message}`, but it failed otherwise: {error:#}")),
        }
    }
}
