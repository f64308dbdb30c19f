//! What a run leaves behind: tables in Markdown, plots, and all figures as lines
//! of tab-separated values.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::clock;
use crate::engines;
use crate::figures::{Sample, short};

/// A table of Markdown.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let row: Vec<String> = cells.into_iter().map(Into::into).collect();
        assert_eq!(row.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(row);
    }

    /// The table, with a line for its caption above.
    pub fn markdown(&self) -> String {
        let mut out = format!("| {} |\n|", self.columns.join(" | "));
        out.push_str(&"---|".repeat(self.columns.len()));
        out.push('\n');
        for row in &self.rows {
            let _ = writeln!(out, "| {} |", row.join(" | "));
        }
        out
    }
}

/// A cell: the median and the spread, or why there is none.
pub fn cell(sample: &Result<Sample>) -> String {
    match sample {
        Ok(sample) if sample.len() > 2 => {
            format!("{} ±{:.0}%", short(sample.median()), 100.0 * sample.spread())
        }
        Ok(sample) => short(sample.median()),
        Err(_) => "–".into(),
    }
}

/// A cell: the minimum and the median, or why there is none.
pub fn both(sample: &Result<Sample>) -> String {
    match sample {
        Ok(sample) => format!("{} / {}", short(sample.minimum()), short(sample.median())),
        Err(_) => "–".into(),
    }
}

/// A report that grows.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
    text: String,
    figures: String,
}

impl Report {
    /// A report to be written to `folder`, of a run by this command.
    pub fn new(folder: &Path, command: &str) -> Result<Report> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let mut text = String::from("# Benchmark report\n\nMade by a program; do not edit. ");
        text.push_str("Times are medians ± half the distance between the quartiles, with the\n");
        text.push_str(
            "engines taking turns within each repetition. What each section measures is in\n",
        );
        text.push_str("[../README.md](../README.md).\n\n");
        let _ = writeln!(text, "- Command: `{command}`\n- Machine: {}", machine());
        if clock::counts_processor_time() {
            text.push_str("- Clock: processor time of the thread (of the process for V8), as the ");
            text.push_str("machine was busy with other things\n");
        }
        let _ = writeln!(text, "- Engines: {}", engines::versions().join(", "));
        let _ = writeln!(text, "- Compilers: {}, {}", tool("rustc"), tool("clang"));
        let figures = String::from("section\titem\tengine\tunit\tminimum\tmedian\tspread\tcount\n");
        Ok(Report { folder: folder.into(), text, figures })
    }

    /// Begins a section.
    pub fn section(&mut self, title: &str, about: &str) {
        println!("\n## {title}\n");
        let _ = write!(self.text, "\n## {title}\n\n{about}\n\n");
    }

    /// Adds Markdown, and shows it.
    pub fn add(&mut self, markdown: &str) {
        println!("{markdown}");
        let _ = writeln!(self.text, "{markdown}");
    }

    /// Adds a plot that [`Report::file`] has a place for.
    pub fn plot(&mut self, name: &str, about: &str) {
        let _ = writeln!(self.text, "![{about}]({name})\n");
    }

    /// Records figures. What failed is named below the table.
    pub fn record(
        &mut self,
        section: &str,
        item: &str,
        engine: &str,
        unit: &str,
        sample: &Result<Sample>,
    ) {
        match sample {
            Ok(sample) => {
                let (minimum, median) = (sample.minimum(), sample.median());
                let (spread, count) = (sample.spread(), sample.len());
                let _ = writeln!(
                    self.figures,
                    "{section}\t{item}\t{engine}\t{unit}\t{minimum:.4}\t{median:.4}\t{spread:.3}\t{count}",
                );
            }
            Err(error) => {
                let error = format!("{error:#}");
                let line = error.lines().next().unwrap_or_default();
                self.add(&format!("- No figure for `{item}` on {engine}: {line}"));
            }
        }
    }

    /// Where a file of the report goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes what there is.
    pub fn write(&self) -> Result<()> {
        let write = |name: &str, text: &str| {
            let path = self.file(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write("README.md", &self.text)?;
        write("figures.tsv", &self.figures)
    }
}

/// The processor, how many of them, the system and the date.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let date = output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]);
    let system = output("uname", &["-sr"]);
    format!("{model}, {processors} processors, {system}, load {load} at the begin, {date}")
}

fn tool(name: &str) -> String {
    output(name, &["--version"])
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default().lines().next().unwrap_or_default().trim().into()
}
