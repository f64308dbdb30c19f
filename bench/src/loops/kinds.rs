//! Kinds of instructions, by their text.

/// The names of kinds, in the order of tables.
pub const NAMES: [&str; 9] =
    ["reload", "spill", "move", "constant", "load", "store", "compare", "branch", "other"];

/// How many instructions of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds([usize; NAMES.len()]);

impl Kinds {
    /// Counts one more.
    pub fn count(&mut self, instruction: &str) {
        let kind = kind(instruction);
        self.0[NAMES.iter().position(|&name| name == kind).expect("it has a name")] += 1;
    }

    /// The counts, in the order of [`NAMES`].
    pub fn counts(&self) -> [usize; NAMES.len()] {
        self.0
    }
}

fn kind(instruction: &str) -> &'static str {
    let (word, operands) = instruction.split_once(' ').unwrap_or((instruction, ""));
    // Both runtimes address their frames by the stack pointer or the frame pointer.
    let framed = operands.contains("[sp") || operands.contains("[x29");
    match word {
        _ if word.starts_with("ld") => {
            if framed {
                "reload"
            } else {
                "load"
            }
        }
        _ if word.starts_with("st") => {
            if framed {
                "spill"
            } else {
                "store"
            }
        }
        "movz" | "movn" | "movk" | "adr" | "adrp" => "constant",
        "mov" | "fmov" if operands.contains('#') => "constant",
        "mov" | "fmov" => "move",
        "orr" if operands.contains(" wzr, ") || operands.contains(" xzr, ") => {
            if operands.contains('#') { "constant" } else { "move" }
        }
        "cmp" | "cmn" | "tst" | "ccmp" | "ccmn" | "fcmp" | "fcmpe" => "compare",
        "b" | "bl" | "br" | "blr" | "ret" | "cbz" | "cbnz" | "tbz" | "tbnz" => "branch",
        _ if word.starts_with("b.") => "branch",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_text() {
        for (text, expected) in [
            ("ldr x0, [sp, #0x8]", "reload"),
            ("str d1, [x29, #-8]", "spill"),
            ("ldrb w0, [x21, w1, uxtw]", "load"),
            ("mov x0, x1", "move"),
            ("mov w0, #0x1", "constant"),
            ("b.eq $+0x8", "branch"),
            ("add x0, x1, x2", "other"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
