//! AArch64, by `yaxpeax-arm`.

use super::{Data, Decoded, Flow, Names};
use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction, Opcode, Operand};

/// The most-significant half of a permanently undefined instruction, which
/// traps: `udf #imm16`.
const UNDEFINED: u32 = 0x0000;

fn word(code: &[u8], offset: u32) -> Option<u32> {
    let bytes = code.get(offset as usize..offset as usize + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
}

fn instruction(code: &[u8], offset: u32) -> Option<Instruction> {
    let bytes = code.get(offset as usize..offset as usize + 4)?;
    InstDecoder::default().decode(&mut U8Reader::new(bytes)).ok()
}

/// The place that a PC-relative operand names.
fn place(instruction: &Instruction, offset: u32) -> Option<u32> {
    instruction.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(distance) => u32::try_from(i64::from(offset) + distance).ok(),
        _ => None,
    })
}

pub(super) fn decode(code: &[u8], offset: u32) -> Option<Decoded> {
    if word(code, offset)? >> 16 == UNDEFINED {
        return Some(Decoded { length: 4, flow: Flow::Stop, target: None, data: None });
    }
    let instruction = instruction(code, offset)?;
    let place = place(&instruction, offset);
    let (flow, target, data) = match instruction.opcode {
        Opcode::B => (Flow::Jump, place, None),
        Opcode::Bcc(_) | Opcode::CBZ | Opcode::CBNZ | Opcode::TBZ | Opcode::TBNZ => {
            (Flow::Conditional, place, None)
        }
        Opcode::BL => (Flow::Next, place, None),
        Opcode::BR | Opcode::RET | Opcode::BRK => (Flow::Stop, None, None),
        Opcode::ADR => (Flow::Next, None, place.map(|offset| Data { offset, table: true })),
        _ => (Flow::Next, None, place.map(|offset| Data { offset, table: false })),
    };
    Some(Decoded { length: 4, flow, target, data })
}

pub(super) fn format(code: &[u8], offset: u32, names: Names<'_>, callee: Option<&str>) -> String {
    let word = word(code, offset).unwrap_or_default();
    if word >> 16 == UNDEFINED {
        return format!("udf #{word}");
    }
    let Some(instruction) = instruction(code, offset) else {
        return format!(".word {word:#010x}");
    };
    if let Some(callee) = callee {
        let verb = if instruction.opcode == Opcode::B { "b" } else { "bl" };
        return format!("{verb} {callee}");
    }
    let text = instruction.to_string();
    // A distance is written as `$+0x10` and is always the last operand.
    let name = place(&instruction, offset).and_then(names);
    match (name, text.rfind('$')) {
        (Some(name), Some(start)) => format!("{}{name}", &text[..start]),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_constants_have_names() {
        // b.eq +8; ldr d0, +8; udf #3; ret
        let words = [0x5400_0040u32, 0x5c00_0040, 3, 0xd65f_03c0];
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let jump = decode(&code, 0).expect("a branch");
        assert_eq!((jump.flow, jump.target), (Flow::Conditional, Some(8)));
        assert_eq!(format(&code, 0, &|at| Some(format!("L{at}")), None), "b.eq L8");
        let load = decode(&code, 4).expect("a load");
        assert_eq!(load.data, Some(Data { offset: 12, table: false }));
        assert_eq!(format(&code, 4, &|at| Some(format!("C{at}")), None), "ldr d0, C12");
        assert_eq!(decode(&code, 8).expect("a trap").flow, Flow::Stop);
        assert_eq!(format(&code, 8, &|_| None, None), "udf #3");
        assert_eq!(decode(&code, 12).expect("a return").flow, Flow::Stop);
    }
}
