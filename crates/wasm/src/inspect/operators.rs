//! Which proposals the operators of a body belong to.

use wasmparser::{
    AbstractHeapType, BlockType, FunctionBody, HeapType, OperatorsReader, RefType, ValType,
    VisitOperator, VisitSimdOperator, WasmFeatures,
};

/// The features that the operators and the locals of `body` use.
pub(super) fn features_of(body: &FunctionBody<'_>) -> wasmparser::Result<WasmFeatures> {
    let mut used = Used(WasmFeatures::empty());
    for local in body.get_locals_reader()? {
        used.value_type(local?.1);
    }
    let mut reader = body.get_binary_reader_for_operators()?;
    reader.set_features(WasmFeatures::all());
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        operators.visit_operator(&mut used)?;
    }
    Ok(used.0)
}

struct Used(WasmFeatures);

impl Used {
    fn value_type(&mut self, ty: ValType) {
        match ty {
            ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => {}
            ValType::V128 => self.0 |= WasmFeatures::SIMD,
            ValType::Ref(ty) => self.ref_type(ty),
        }
    }

    fn ref_type(&mut self, ty: RefType) {
        self.0 |= WasmFeatures::REFERENCE_TYPES;
        if !ty.is_nullable() {
            self.0 |= WasmFeatures::FUNCTION_REFERENCES;
        }
        self.heap_type(ty.heap_type());
    }

    fn heap_type(&mut self, ty: HeapType) {
        use AbstractHeapType as A;
        self.0 |= match ty {
            HeapType::Concrete(_) => WasmFeatures::FUNCTION_REFERENCES,
            HeapType::Exact(_) => WasmFeatures::CUSTOM_DESCRIPTORS,
            HeapType::Abstract { shared: true, .. } => WasmFeatures::SHARED_EVERYTHING_THREADS,
            HeapType::Abstract { ty, .. } => match ty {
                A::Func | A::Extern => WasmFeatures::REFERENCE_TYPES,
                A::Exn | A::NoExn => WasmFeatures::EXCEPTIONS,
                A::Cont | A::NoCont => WasmFeatures::STACK_SWITCHING,
                _ => WasmFeatures::GC,
            },
        };
    }

    fn block_type(&mut self, ty: BlockType) {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(ty) => self.value_type(ty),
            BlockType::FuncType(_) => self.0 |= WasmFeatures::MULTI_VALUE,
        }
    }
}

/// The feature that a proposal of the decoder's is switched by.
macro_rules! feature {
    (mvp) => {
        WasmFeatures::empty()
    };
    (sign_extension) => {
        WasmFeatures::SIGN_EXTENSION
    };
    (saturating_float_to_int) => {
        WasmFeatures::SATURATING_FLOAT_TO_INT
    };
    (bulk_memory) => {
        WasmFeatures::BULK_MEMORY
    };
    (reference_types) => {
        WasmFeatures::REFERENCE_TYPES
    };
    (tail_call) => {
        WasmFeatures::TAIL_CALL
    };
    (simd) => {
        WasmFeatures::SIMD
    };
    (relaxed_simd) => {
        WasmFeatures::RELAXED_SIMD
    };
    (threads) => {
        WasmFeatures::THREADS
    };
    (exceptions) => {
        WasmFeatures::EXCEPTIONS
    };
    (legacy_exceptions) => {
        WasmFeatures::LEGACY_EXCEPTIONS
    };
    (function_references) => {
        WasmFeatures::FUNCTION_REFERENCES
    };
    (gc) => {
        WasmFeatures::GC
    };
    (memory_control) => {
        WasmFeatures::MEMORY_CONTROL
    };
    (stack_switching) => {
        WasmFeatures::STACK_SWITCHING
    };
    (wide_arithmetic) => {
        WasmFeatures::WIDE_ARITHMETIC
    };
    (custom_descriptors) => {
        WasmFeatures::CUSTOM_DESCRIPTORS
    };
    (shared_everything_threads) => {
        WasmFeatures::SHARED_EVERYTHING_THREADS
    };
    (acquire_release_atomics) => {
        WasmFeatures::SHARED_EVERYTHING_THREADS
    };
}

/// What an operand of the operator itself adds to that.
#[rustfmt::skip]
macro_rules! operand {
    ($used:ident blockty $value:ident) => { $used.block_type($value) };
    ($used:ident hty $value:ident) => { $used.heap_type($value) };
    ($used:ident try_table $value:ident) => { $used.block_type($value.ty) };
    ($used:ident table_index $value:ident) => {
        if $value != 0 { $used.0 |= WasmFeatures::REFERENCE_TYPES }
    };
    ($used:ident $name:ident $value:ident) => { let _ = $value; };
}

macro_rules! visit {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(
            fn $visit(&mut self $($(, $arg: $ty)*)?) {
                self.0 |= feature!($proposal);
                $($(operand!(self $arg $arg);)*)?
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Used {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visit);
}

impl VisitSimdOperator<'_> for Used {
    wasmparser::for_each_visit_simd_operator!(visit);
}
