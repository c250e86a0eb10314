//! The verbs `completions` and `man`: what shells and `man` know about the command line, made from the same
//! description as `--help`. Where such files belong is the installer's business.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::aot::{Bash, Fish, PowerShell, Zsh, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::args::{Cli, ManArgs, ShellChoice};
use crate::cli::failure::{Failure, Status};
use crate::cli::output::{replace_file, to_stdout};
use crate::order::Order;

/// Prints the script that completes our command line in a shell.
pub(super) fn completions(shell: ShellChoice) -> Result<Status, Failure> {
    let mut script = Vec::new();
    let command = &mut Cli::command();
    let name = command.get_name().to_owned();
    match shell {
        ShellChoice::Bash => generate(Bash, command, name, &mut script),
        ShellChoice::Fish => generate(Fish, command, name, &mut script),
        ShellChoice::Powershell => generate(PowerShell, command, name, &mut script),
        ShellChoice::Zsh => generate(Zsh, command, name, &mut script),
    }
    to_stdout(|out| out.write_all(&script))?;
    Ok(Status::Clean)
}

/// Prints a manual page, or writes all of them into a folder.
pub(super) fn man(args: &ManArgs) -> Result<Status, Failure> {
    let pages = pages();
    if let Some(folder) = &args.dir {
        write_all(folder, &pages)?;
        return Ok(Status::Clean);
    }
    let command = args.command.join(" ");
    let Some(page) = pages.iter().find(|page| page.command == command) else {
        let known = pages.into_iter().map(|page| page.command).filter(|command| !command.is_empty());
        return Err(Failure::UnknownPage { command, known: known.collect() });
    };
    to_stdout(|out| out.write_all(page.text.as_bytes()))?;
    Ok(Status::Clean)
}

/// One manual page of section 1.
struct Page {
    /// Words of the command behind the program's name, for example `rules test`; empty for the program.
    command: String,
    /// Name of the page, for example `wicketgate-rules-test`.
    name: String,
    /// In the notation of `man`.
    text: String,
}

fn write_all(folder: &Path, pages: &[Page]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|source| Failure::Output { path: folder.to_path_buf(), source })?;
    for page in pages {
        let path = folder.join(format!("{}.1", page.name));
        replace_file(&path, page.text.as_bytes()).map_err(|source| Failure::Output { path, source })?;
    }
    Ok(())
}

/// The pages of the program and of its verbs, the program's first.
fn pages() -> Vec<Page> {
    let mut program = Cli::command();
    program.build();
    let mut pages = Vec::new();
    let mut open = vec![program];
    while let Some(command) = open.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let words = command.get_bin_name().and_then(|words| words.strip_prefix("wicketgate "));
        let words = words.unwrap_or_default().to_owned();
        let mut page = Vec::new();
        // Writing to memory does not fail.
        let _ = write_page(&mut page, &name, &command);
        let text = tidy(&String::from_utf8_lossy(&page));
        open.extend(command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned());
        pages.push(Page { command: words, name, text });
    }
    pages.order_by(|left, right| left.name.cmp(&right.name));
    pages
}

/// Writes a page in the order that readers of manuals expect; what `--help` says last becomes sections of its own.
fn write_page(out: &mut Vec<u8>, name: &str, command: &Command) -> io::Result<()> {
    let after = command.get_after_long_help().or_else(|| command.get_after_help());
    let after = after.map(ToString::to_string).unwrap_or_default();
    // The second argument is the day of the page, which nobody keeps.
    let title = format!("{} 1 \"\" \"wicketgate {}\"", name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    writeln!(out, ".TH {title}")?;
    let man = Man::new(command.clone());
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    let (sections, prose): (Vec<&str>, Vec<&str>) =
        after.split("\n\n").partition(|part| heading(part).is_some());
    let mut rest = Roff::new();
    for paragraph in prose.into_iter().filter(|paragraph| !paragraph.is_empty()) {
        rest.control("PP", []).text([roman(paragraph.replace('\n', " "))]);
    }
    rest.to_writer(out)?;
    man.render_options_section(out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    let mut rest = Roff::new();
    for section in sections {
        write_section(&mut rest, section);
    }
    rest.to_writer(out)
}

/// What stands before the lines of an example or a table in `--help`.
fn heading(part: &str) -> Option<(&str, &str)> {
    part.split_once(":\n").filter(|(title, body)| !title.contains('\n') && body.starts_with("  "))
}

fn write_section(page: &mut Roff, section: &str) {
    let Some((title, body)) = heading(section) else { return };
    // Flags in a title keep their letters.
    let word = |word: &str| if word.starts_with('-') { word.to_owned() } else { word.to_uppercase() };
    let title: Vec<String> = title.split(' ').map(word).collect();
    page.control("SH", [title.join(" ").as_str()]).control("nf", []);
    for line in body.lines() {
        page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    page.control("fi", []);
}

/// The page as one document: each of its parts comes with the same two lines, which define an apostrophe, and lists of
/// values begin with blank lines that `man` warns about.
fn tidy(page: &str) -> String {
    const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";
    let body = page.replace(APOSTROPHE, "").replace("\n.br\n\n.br\n", "\n.sp\n");
    let lines = body.lines().map(|line| line.trim_end().to_owned() + "\n");
    APOSTROPHE.to_owned() + &lines.collect::<String>()
}
