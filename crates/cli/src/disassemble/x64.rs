//! x86-64, by `iced-x86`.

use super::{Data, Decoded, Flow, Names};
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter as _, Instruction, IntelFormatter, Mnemonic,
    OpKind, SymbolResolver, SymbolResult,
};

fn instruction(code: &[u8], offset: u32) -> Option<Instruction> {
    let bytes = code.get(offset as usize..)?;
    let mut decoder = Decoder::with_ip(64, bytes, u64::from(offset), DecoderOptions::NONE);
    let instruction = decoder.decode();
    (!instruction.is_invalid()).then_some(instruction)
}

pub(super) fn decode(code: &[u8], offset: u32) -> Option<Decoded> {
    let instruction = instruction(code, offset)?;
    let flow = match instruction.flow_control() {
        FlowControl::ConditionalBranch => Flow::Conditional,
        FlowControl::UnconditionalBranch => Flow::Jump,
        FlowControl::IndirectBranch | FlowControl::Return | FlowControl::Exception => Flow::Stop,
        _ => Flow::Next,
    };
    let near = matches!(instruction.op0_kind(), OpKind::NearBranch64);
    let target = near.then(|| instruction.near_branch_target() as u32);
    let data = instruction.is_ip_rel_memory_operand().then(|| Data {
        offset: instruction.ip_rel_memory_address() as u32,
        table: instruction.mnemonic() == Mnemonic::Lea,
    });
    Some(Decoded { length: instruction.len() as u32, flow, target, data })
}

/// Replaces addresses by the names of places.
struct Resolver(Vec<(u64, String)>);

impl SymbolResolver for Resolver {
    fn symbol(
        &mut self,
        _instruction: &Instruction,
        _operand: u32,
        _instruction_operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        let (address, name) = self.0.iter().find(|(place, _)| *place == address)?;
        Some(SymbolResult::with_str(*address, name))
    }
}

pub(super) fn format(code: &[u8], offset: u32, names: Names<'_>, callee: Option<&str>) -> String {
    let Some(instruction) = instruction(code, offset) else {
        return format!(".byte 0x{:02x}", code[offset as usize]);
    };
    if let Some(callee) = callee {
        let verb = if instruction.mnemonic() == Mnemonic::Jmp { "jmp" } else { "call" };
        return format!("{verb} {callee}");
    }
    let mut symbols = Vec::new();
    let mut add = |address: u64| {
        if let Some(name) = names(address as u32) {
            symbols.push((address, name));
        }
    };
    if instruction.is_ip_rel_memory_operand() {
        add(instruction.ip_rel_memory_address());
    } else if instruction.op0_kind() == OpKind::NearBranch64 {
        add(instruction.near_branch_target());
    }
    let mut formatter = IntelFormatter::with_options(Some(Box::new(Resolver(symbols))), None);
    let options = formatter.options_mut();
    options.set_space_after_operand_separator(true);
    options.set_space_between_memory_add_operators(true);
    options.set_rip_relative_addresses(true);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_branch_leading_zeros(false);
    options.set_small_hex_numbers_in_decimal(true);
    options.set_show_branch_size(false);
    options.set_signed_immediate_operands(true);
    let mut text = String::new();
    formatter.format(&instruction, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_constants_have_names() {
        // je +2; movss xmm0, [rip + 0]; ret
        let code = [0x74, 0x02, 0xf3, 0x0f, 0x10, 0x05, 0, 0, 0, 0, 0xc3];
        let jump = decode(&code, 0).expect("a jump");
        assert_eq!((jump.flow, jump.target, jump.length), (Flow::Conditional, Some(4), 2));
        assert_eq!(format(&code, 0, &|at| Some(format!("L{at}")), None), "je L4");
        let load = decode(&code, 2).expect("a load");
        assert_eq!(load.data, Some(Data { offset: 10, table: false }));
        assert_eq!(format(&code, 2, &|at| Some(format!("C{at}")), None), "movss xmm0, [rip + C10]");
        assert_eq!(decode(&code, 10).expect("a return").flow, Flow::Stop);
    }
}
