//! A sheet of cases, the decoder's text in a plain form, and operands.

use std::fmt::Write as _;
use std::io::Write as _;

use hotfoot_asm::aarch64::{Assembler, Cond, Gpr, GprOrSp, GprOrZr, SP, Size, Vreg, ZR};
use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

/// Cases: what was emitted is in the assembler, what is expected in the lines.
#[derive(Default)]
pub(crate) struct Sheet {
    asm: Assembler,
    expected: Vec<String>,
}

impl Sheet {
    pub(crate) fn new() -> Sheet {
        Sheet::default()
    }

    /// Emits one instruction, which must be what `text` says.
    pub(crate) fn case(&mut self, text: impl Into<String>, emit: impl FnOnce(&mut Assembler)) {
        let text = text.into();
        emit(&mut self.asm);
        self.expected.push(text);
        let words = self.asm.buffer.offset() as usize / 4;
        assert_eq!(words, self.expected.len(), "one word for: {}", self.expected.last().unwrap());
    }

    /// Decodes everything and compares. With `HOTFOOT_DUMP_CASES` set to a path,
    /// also appends words and texts there, to be compared with what any other
    /// assembler makes of the texts.
    pub(crate) fn check(mut self) {
        assert!(!self.expected.is_empty());
        self.asm.buffer.finish();
        let words = words(self.asm.buffer.bytes());
        if let Ok(path) = std::env::var("HOTFOOT_DUMP_CASES") {
            let mut options = std::fs::OpenOptions::new();
            let mut file = options.append(true).create(true).open(path).unwrap();
            let mut lines = String::new();
            for (word, text) in words.iter().zip(&self.expected) {
                writeln!(lines, "{word:08x}\t{text}").unwrap();
            }
            file.write_all(lines.as_bytes()).unwrap();
        }
        for (&word, expected) in words.iter().zip(&self.expected) {
            assert_eq!(&disassemble(word), expected, "{word:08x}");
        }
    }
}

/// What one word means, in basic form with decimal numbers.
pub(crate) fn disassemble(word: u32) -> String {
    let bytes = word.to_le_bytes();
    match InstDecoder::default().decode(&mut U8Reader::new(&bytes)) {
        Ok(instruction) => expand_alias(&plain(&instruction.to_string())),
        Err(error) => panic!("{word:08x}: {error}"),
    }
}

/// The words of a piece of code.
pub(crate) fn words(code: &[u8]) -> Vec<u32> {
    code.chunks(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// Hexadecimal to decimal numbers, `$` to `.`.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim_end();
    while let Some(at) = rest.find("0x") {
        out.push_str(&rest[..at]);
        let digits = &rest[at + 2..];
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        write!(out, "{}", u64::from_str_radix(&digits[..end], 16).unwrap()).unwrap();
        rest = &digits[end..];
    }
    out.push_str(rest);
    // The decoder prints the absent shift of an index for this extension only.
    out.replace('$', ".").replace("sxtw #0]", "sxtw]")
}

fn number(text: &str) -> u32 {
    text.trim_start_matches('#').parse().unwrap()
}

fn is_gpr(text: &str) -> bool {
    text.starts_with(['w', 'x']) || text == "sp"
}

/// The manual's aliases written out.
fn expand_alias(text: &str) -> String {
    let Some((name, operands)) = text.split_once(' ') else {
        return text.to_string();
    };
    let op: Vec<&str> = operands.split(", ").collect();
    let x = op[0].starts_with('x') || op[0] == "sp";
    let (zr, bits) = if x { ("xzr", 64) } else { ("wzr", 32) };
    let rest = op[1..].join(", ");
    let last_is_number = op.last().unwrap().starts_with('#');
    match (name, op.len()) {
        ("cmp", _) => format!("subs {zr}, {operands}"),
        ("cmn", _) => format!("adds {zr}, {operands}"),
        ("tst", _) => format!("ands {zr}, {operands}"),
        ("neg", _) => format!("sub {}, {zr}, {rest}", op[0]),
        ("negs", _) => format!("subs {}, {zr}, {rest}", op[0]),
        ("ngc", _) => format!("sbc {}, {zr}, {rest}", op[0]),
        ("ngcs", _) => format!("sbcs {}, {zr}, {rest}", op[0]),
        ("mvn", _) => format!("orn {}, {zr}, {rest}", op[0]),
        ("mov", 2) if op.contains(&"sp") => format!("add {operands}, #0"),
        ("mov", 2) if op.contains(&"wsp") => format!("add {operands}, #0"),
        ("mov", 2) if is_gpr(op[0]) && is_gpr(op[1]) => format!("orr {}, {zr}, {}", op[0], op[1]),
        ("mov", 2) if is_gpr(op[0]) && op[1].starts_with('v') => format!("umov {operands}"),
        ("mov", 2) if op[0].starts_with('v') && is_gpr(op[1]) => format!("ins {operands}"),
        ("mov", 2) if op[1].starts_with('v') => format!("orr {operands}, {}", op[1]),
        ("mul", 3) if is_gpr(op[0]) => format!("madd {operands}, {zr}"),
        ("mneg", _) => format!("msub {operands}, {zr}"),
        ("smull", _) => format!("smaddl {operands}, xzr"),
        ("umull", _) => format!("umaddl {operands}, xzr"),
        ("smnegl", _) => format!("smsubl {operands}, xzr"),
        ("umnegl", _) => format!("umsubl {operands}, xzr"),
        ("cset", _) => format!("csinc {}, {zr}, {zr}, {}", op[0], inverse(op[1])),
        ("csetm", _) => format!("csinv {}, {zr}, {zr}, {}", op[0], inverse(op[1])),
        ("cinc", _) => format!("csinc {}, {}, {}, {}", op[0], op[1], op[1], inverse(op[2])),
        ("cinv", _) => format!("csinv {}, {}, {}, {}", op[0], op[1], op[1], inverse(op[2])),
        ("cneg", _) => format!("csneg {}, {}, {}, {}", op[0], op[1], op[1], inverse(op[2])),
        ("lsl", _) if last_is_number => {
            let n = number(op[2]);
            format!("ubfm {}, {}, #{}, #{}", op[0], op[1], (bits - n) % bits, bits - 1 - n)
        }
        ("lsr", _) if last_is_number => format!("ubfm {operands}, #{}", bits - 1),
        ("asr", _) if last_is_number => format!("sbfm {operands}, #{}", bits - 1),
        ("ror", _) if last_is_number => format!("extr {}, {}, {}, {}", op[0], op[1], op[1], op[2]),
        ("ubfx" | "sbfx" | "bfxil", _) => {
            let base =
                ["ubfm", "sbfm", "bfm"][usize::from(name != "ubfx") + usize::from(name == "bfxil")];
            format!(
                "{base} {}, {}, {}, #{}",
                op[0],
                op[1],
                op[2],
                number(op[2]) + number(op[3]) - 1
            )
        }
        ("ubfiz" | "sbfiz" | "bfi", _) => {
            let base =
                ["ubfm", "sbfm", "bfm"][usize::from(name != "ubfiz") + usize::from(name == "bfi")];
            let immr = (bits - number(op[2])) % bits;
            format!("{base} {}, {}, #{immr}, #{}", op[0], op[1], number(op[3]) - 1)
        }
        ("bfc", _) => {
            let immr = (bits - number(op[1])) % bits;
            format!("bfm {}, {zr}, #{immr}, #{}", op[0], number(op[2]) - 1)
        }
        ("sxtb" | "sxth" | "sxtw" | "uxtb" | "uxth", _) => {
            let base = if name.starts_with('s') { "sbfm" } else { "ubfm" };
            let high = match &name[3..] {
                "b" => 7,
                "h" => 15,
                _ => 31,
            };
            let from = format!("{}{}", &op[0][..1], &op[1][1..]);
            format!("{base} {}, {from}, #0, #{high}", op[0])
        }
        (store, 2) if ["stadd", "stclr", "steor", "stset"].iter().any(|p| store.starts_with(p)) => {
            format!("ld{} {}, {zr}, {}", &store[2..], op[0], op[1])
        }
        _ => text.to_string(),
    }
}

/// The names of the conditions, in the order of their encodings.
pub(crate) const CONDITIONS: [(&str, Cond); 14] = [
    ("eq", Cond::Eq),
    ("ne", Cond::Ne),
    ("hs", Cond::Hs),
    ("lo", Cond::Lo),
    ("mi", Cond::Mi),
    ("pl", Cond::Pl),
    ("vs", Cond::Vs),
    ("vc", Cond::Vc),
    ("hi", Cond::Hi),
    ("ls", Cond::Ls),
    ("ge", Cond::Ge),
    ("lt", Cond::Lt),
    ("gt", Cond::Gt),
    ("le", Cond::Le),
];

/// The name of the condition that holds when the named one does not.
pub(crate) fn inverse(name: &str) -> &'static str {
    const PAIRS: [(&str, &str); 7] = [
        ("eq", "ne"),
        ("hs", "lo"),
        ("mi", "pl"),
        ("vs", "vc"),
        ("hi", "ls"),
        ("ge", "lt"),
        ("gt", "le"),
    ];
    for (a, b) in PAIRS {
        if name == a {
            return b;
        }
        if name == b {
            return a;
        }
    }
    panic!("{name}");
}

pub(crate) const SIZES: [Size; 2] = [Size::W, Size::X];

/// A register's name where 31 is the zero register.
pub(crate) fn r(size: Size, number: u8) -> String {
    let letter = if size == Size::X { 'x' } else { 'w' };
    if number == 31 { format!("{letter}zr") } else { format!("{letter}{number}") }
}

/// A register's name where 31 is the stack pointer.
pub(crate) fn s(size: Size, number: u8) -> String {
    match (size, number) {
        (Size::X, 31) => "sp".to_string(),
        (Size::W, 31) => "wsp".to_string(),
        _ => r(size, number),
    }
}

pub(crate) fn zr(number: u8) -> GprOrZr {
    if number == 31 { ZR } else { Gpr::new(number).into() }
}

pub(crate) fn sp(number: u8) -> GprOrSp {
    if number == 31 { SP } else { Gpr::new(number).into() }
}

pub(crate) fn v(number: u8) -> Vreg {
    Vreg::new(number)
}

/// Every register in each of two places.
pub(crate) fn sweep2(mut f: impl FnMut(u8, u8)) {
    for i in 0..32 {
        f(i, 9);
        f(17, i);
    }
}

/// Every register in each of three places.
pub(crate) fn sweep3(mut f: impl FnMut(u8, u8, u8)) {
    for i in 0..32 {
        f(i, 9, 22);
        f(17, i, 22);
        f(17, 9, i);
    }
}

/// Every register in each of four places.
pub(crate) fn sweep4(mut f: impl FnMut(u8, u8, u8, u8)) {
    for i in 0..32 {
        f(i, 9, 22, 13);
        f(17, i, 22, 13);
        f(17, 9, i, 13);
        f(17, 9, 22, i);
    }
}
