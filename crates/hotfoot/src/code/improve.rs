//! Makes better code for functions that turned out to be busy, one at a time.

use std::sync::Arc;

use hotfoot_abi::{ContextLayout, MemoryPlan, TakeoverEntry};
use hotfoot_baseline::{ModuleEnvironment, Options, PlacedFunctions};

use super::workspace::Workspace;
use super::{Tools, lazy, refused};
use crate::error::Result;
use crate::vm::{Eagerness, Improver, ModuleInfo, RegisteredCode, Tiers};

/// Makes better code for the functions of one module.
struct Better {
    tools: Arc<Tools>,
    options: Options,
    info: Arc<ModuleInfo>,
    layout: ContextLayout,
    memories: Box<[MemoryPlan]>,
}

/// Who makes better code for `info`, if the engine does so.
pub(super) fn improver(tools: &Arc<Tools>, info: &Arc<ModuleInfo>) -> Option<Box<dyn Improver>> {
    let better = Better {
        options: tools.better?,
        layout: ContextLayout::of(&info.module),
        memories: super::plans(&info.module, tools.bounds),
        info: Arc::clone(info),
        tools: Arc::clone(tools),
    };
    Some(Box::new(better))
}

impl Better {
    fn improve_in(
        &self,
        workspace: &mut Workspace,
        tiers: &Tiers,
        defined: u32,
    ) -> Result<(RegisteredCode, TakeoverEntry)> {
        let Workspace { scanner, compiler, compiled, .. } = workspace;
        let ModuleInfo { module, bytes } = &*self.info;
        let function = module.num_imported_functions() + defined;
        let improved = ImprovedOrSelf { tiers, defined };
        let environment = ModuleEnvironment {
            module,
            bytes,
            layout: self.layout,
            memories: &self.memories,
            placed: Some(&improved),
        };
        compiler.compile(scanner, &environment, function, compiled).map_err(refused)?;
        let takeover = compiled.takeover.expect("asked for");
        let code = lazy::place(&self.tools, &self.info, defined, compiled, |callee| {
            tiers.code(callee) as usize
        })?;
        Ok((code, takeover))
    }
}

impl Improver for Better {
    fn eagerness(&self) -> Eagerness {
        self.tools.eagerness
    }

    fn improve(&self, tiers: &Tiers, defined: u32) -> Result<(RegisteredCode, TakeoverEntry)> {
        let mut workspace = self.tools.better_workspaces.take(self.options);
        let result = self.improve_in(&mut workspace, tiers, defined);
        let body = self.info.module.bodies()[defined as usize].range.len();
        self.tools.better_workspaces.put(workspace, body);
        result
    }
}

/// Which functions better code calls directly: what has better code, which never
/// moves, and itself.
#[derive(Clone, Copy)]
struct ImprovedOrSelf<'a> {
    tiers: &'a Tiers,
    defined: u32,
}

impl PlacedFunctions for ImprovedOrSelf<'_> {
    fn is_placed(&self, defined: u32) -> bool {
        defined == self.defined || self.tiers.is_improved(defined)
    }
}

impl std::fmt::Debug for ImprovedOrSelf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImprovedOrSelf").field("defined", &self.defined).finish_non_exhaustive()
    }
}
