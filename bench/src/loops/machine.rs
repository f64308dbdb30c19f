//! Machine code of ARM64: its blocks, and the loops among them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Instruction, Opcode, Operand};

/// The length of every instruction, in bytes.
pub const LENGTH: u32 = 4;

/// A function's code, and where it comes from.
#[derive(Debug, Default)]
pub struct Code {
    /// Instructions, jump tables and constants.
    pub bytes: Vec<u8>,
    /// From which place of the code on which operator it is for, by its offset in
    /// the module; none where it is for no operator. Sorted.
    pub map: Vec<(u32, Option<u64>)>,
}

/// Straight code, and what comes after it.
#[derive(Debug)]
struct Block {
    range: Range<u32>,
    next: Vec<usize>,
}

/// Code that comes back to its first block: the blocks of one header.
#[derive(Debug)]
pub struct MachineLoop {
    /// Its blocks but those of inner loops, in the order of the code.
    pub blocks: Vec<Range<u32>>,
}

impl Code {
    fn word(&self, at: u32) -> Option<u32> {
        let bytes = self.bytes.get(at as usize..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// The instruction at `at`, unless that is none or never executes.
    pub fn instruction(&self, at: u32) -> Option<Instruction> {
        let undefined = self.word(at)? >> 16 == 0;
        let bytes = &self.bytes[at as usize..];
        InstDecoder::default().decode(&mut U8Reader::new(bytes)).ok().filter(|_| !undefined)
    }

    /// The offset of the operator that the code at `at` is for.
    pub fn operator(&self, at: u32) -> Option<u64> {
        let after = self.map.partition_point(|entry| entry.0 <= at);
        self.map[..after].last()?.1
    }

    /// What is in no loop.
    pub fn outside(&self) -> MachineLoop {
        let blocks = Walk::over(self).blocks();
        let inside = self.loops();
        let within = |begin: u32| {
            inside.iter().flat_map(|found| &found.blocks).any(|block| block.start == begin)
        };
        let outside = blocks.into_iter().map(|block| block.range).filter(|b| !within(b.start));
        MachineLoop { blocks: outside.collect() }
    }

    /// All loops.
    pub fn loops(&self) -> Vec<MachineLoop> {
        let blocks = Walk::over(self).blocks();
        let dominators = dominators(&blocks);
        let mut bodies: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (from, block) in blocks.iter().enumerate() {
            for &header in block.next.iter().filter(|&&to| dominates(&dominators, to, from)) {
                bodies.entry(header).or_default().extend(reaching(&blocks, header, from));
            }
        }
        let inner = |header: usize, body: &BTreeSet<usize>, block: &usize| {
            bodies.iter().any(|(&other, inner)| {
                other != header && body.contains(&other) && inner.contains(block)
            })
        };
        bodies
            .iter()
            .map(|(&header, body)| {
                let own = body.iter().filter(|block| !inner(header, body, block));
                MachineLoop { blocks: own.map(|&block| blocks[block].range.clone()).collect() }
            })
            .collect()
    }
}

/// The place that a branch goes to, or an address is made of.
fn place(instruction: &Instruction, at: u32) -> Option<u32> {
    instruction.operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(distance) => u32::try_from(i64::from(at) + distance).ok(),
        _ => None,
    })
}

/// Which bytes of a function are instructions, found by following the flow.
struct Walk<'a> {
    code: &'a Code,
    /// Instructions that have been reached, and where control goes from those that
    /// end a block; after all others it goes on.
    reached: BTreeMap<u32, Option<Vec<u32>>>,
    /// Where blocks begin.
    leaders: BTreeSet<u32>,
}

impl<'a> Walk<'a> {
    fn over(code: &'a Code) -> Walk<'a> {
        let mut walk = Walk { code, reached: BTreeMap::new(), leaders: BTreeSet::from([0]) };
        let mut pending = vec![0];
        while let Some(mut at) = pending.pop() {
            while !walk.reached.contains_key(&at) {
                let turns = walk.turns(at);
                walk.reached.insert(at, turns.clone());
                if let Some(targets) = turns {
                    walk.leaders.extend(&targets);
                    pending.extend(targets);
                    break;
                }
                at += LENGTH;
            }
        }
        walk
    }

    /// Where control goes from an instruction that ends a block.
    fn turns(&self, at: u32) -> Option<Vec<u32>> {
        let Some(instruction) = self.code.instruction(at) else { return Some(Vec::new()) };
        let target = place(&instruction, at);
        match instruction.opcode {
            Opcode::B => Some(target.into_iter().collect()),
            Opcode::Bcc(_) | Opcode::CBZ | Opcode::CBNZ | Opcode::TBZ | Opcode::TBNZ => {
                Some(target.into_iter().chain([at + LENGTH]).collect())
            }
            Opcode::BR => Some(self.table(at)),
            Opcode::RET | Opcode::BRK => Some(Vec::new()),
            _ => None,
        }
    }

    /// The targets of a jump through a table, whose address is made just before.
    /// All compilers here write tables of distances from the table's first byte,
    /// and code right behind them, which some entry or branch leads to.
    fn table(&self, jump: u32) -> Vec<u32> {
        const NEAR: u32 = 8 * LENGTH;
        let table = (jump.saturating_sub(NEAR)..jump).step_by(4).rev().find_map(|at| {
            let instruction = self.code.instruction(at)?;
            place(&instruction, at).filter(|_| instruction.opcode == Opcode::ADR)
        });
        let Some(table) = table else { return Vec::new() };
        let mut end = self.leaders.range(table + 1..).next().copied().unwrap_or(u32::MAX);
        let mut targets = Vec::new();
        let mut at = table;
        while at < end {
            let Some(distance) = self.code.word(at) else { break };
            let Some(target) = table.checked_add_signed(distance as i32) else { break };
            if target > table {
                end = end.min(target);
            }
            targets.push(target);
            at += LENGTH;
        }
        targets
    }

    fn blocks(&self) -> Vec<Block> {
        let begins: Vec<u32> =
            self.leaders.iter().copied().filter(|at| self.reached.contains_key(at)).collect();
        let index = |at: &u32| begins.binary_search(at).ok();
        begins
            .iter()
            .map(|&begin| {
                let mut at = begin;
                loop {
                    let turns = &self.reached[&at];
                    at += LENGTH;
                    if let Some(turns) = turns {
                        let next = turns.iter().filter_map(index).collect();
                        break Block { range: begin..at, next };
                    }
                    if let Some(next) = index(&at) {
                        break Block { range: begin..at, next: vec![next] };
                    }
                }
            })
            .collect()
    }
}

/// The immediate dominator of each block; of the first, itself.
fn dominators(blocks: &[Block]) -> Vec<Option<usize>> {
    let order = postorder(blocks);
    let mut rank = vec![0; blocks.len()];
    for (number, &block) in order.iter().enumerate() {
        rank[block] = number;
    }
    let mut before = vec![Vec::new(); blocks.len()];
    for &block in &order {
        for &next in &blocks[block].next {
            before[next].push(block);
        }
    }
    let mut immediate = vec![None; blocks.len()];
    immediate[0] = Some(0);
    loop {
        let mut changed = false;
        for &block in order.iter().rev().skip(1) {
            let known = before[block].iter().copied().filter(|&from| immediate[from].is_some());
            let found = known.reduce(|left, right| meet(&immediate, &rank, left, right));
            changed |= immediate[block] != found;
            immediate[block] = found;
        }
        if !changed {
            return immediate;
        }
    }
}

/// Where the ways up from two blocks meet.
fn meet(immediate: &[Option<usize>], rank: &[usize], left: usize, right: usize) -> usize {
    let (mut left, mut right) = (left, right);
    while left != right {
        let lower = if rank[left] < rank[right] { &mut left } else { &mut right };
        *lower = immediate[*lower].expect("it has been reached");
    }
    left
}

fn postorder(blocks: &[Block]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; blocks.len()];
    let mut open = vec![(0, 0)];
    seen[0] = true;
    while let Some((block, child)) = open.last_mut() {
        match blocks[*block].next.get(*child) {
            Some(&next) => {
                *child += 1;
                if !std::mem::replace(&mut seen[next], true) {
                    open.push((next, 0));
                }
            }
            None => {
                order.push(*block);
                open.pop();
            }
        }
    }
    order
}

fn dominates(immediate: &[Option<usize>], above: usize, below: usize) -> bool {
    let mut at = below;
    loop {
        match immediate[at] {
            _ if at == above => return true,
            Some(up) if up != at => at = up,
            _ => return false,
        }
    }
}

/// The blocks from which `last` is reached without passing `header`, and both.
fn reaching(blocks: &[Block], header: usize, last: usize) -> BTreeSet<usize> {
    let mut body = BTreeSet::from([header, last]);
    let mut pending = vec![last];
    while let Some(at) = pending.pop() {
        if at == header {
            continue;
        }
        let before = blocks.iter().enumerate().filter(|(_, block)| block.next.contains(&at));
        pending.extend(before.map(|(from, _)| from).filter(|&from| body.insert(from)));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inner_loop_is_not_part_of_the_outer_one() {
        let words = [
            0xd280_0140u32, // mov x0, #10
            0xd280_0141,    // outer: mov x1, #10
            0xd100_0421,    // inner: sub x1, x1, #1
            0xb5ff_ffe1,    // cbnz x1, inner
            0xd100_0400,    // sub x0, x0, #1
            0xb5ff_ff80,    // cbnz x0, outer
            0xd65f_03c0,    // ret
        ];
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let loops = Code { bytes, map: Vec::new() }.loops();
        let found: Vec<_> = loops.into_iter().map(|found| found.blocks).collect();
        assert_eq!(found, [vec![4..8, 16..24], vec![8..16]]);
    }
}
