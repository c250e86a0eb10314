//! Annotated text: what, where, why, and what to do, for people. The only user of `codespan-reporting`.
//!
//! The pieces are drawn one by one, so that only cut and harmless text reaches the terminal. It does not ask
//! whether there is a terminal: colour and width are handed in.

use std::io::{self, Write};

use codespan_reporting::diagnostic::{LabelStyle, Severity as Level};
use codespan_reporting::files::Error as DrawError;
use codespan_reporting::term::termcolor::{Ansi, ColorSpec, NoColor, WriteColor};
use codespan_reporting::term::{Chars, Config, Renderer, Styles, StylesWriter, WriteStyle};

use crate::diagnostic::{Applicability, Diagnostic, Label, Severity, When};
use crate::report::snippet::{Block, Row, blocks};
use crate::report::wrap::wrap;
use crate::report::{clean, counted, docs_reference, severity_word};
use crate::source::Sources;

/// Narrowest text that is still broken into lines, in columns.
const MIN_WIDTH: usize = 60;

/// Whether to write colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

/// How annotated text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Whether to write colours.
    pub colour: Colour,
    /// Columns of the terminal; sentences are broken there, source lines are not. 120 reads well in files.
    pub width: usize,
}

/// Writes each finding, in the order given, with an empty line after it.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(
    out: &mut dyn Write,
    diagnostics: &[Diagnostic],
    sources: &Sources,
    options: &TextOptions,
) -> io::Result<()> {
    diagnostics.iter().try_for_each(|diagnostic| draw_to(out, &picture(diagnostic), sources, options))
}

/// One piece of annotated text: a heading, marked places, and lines below them.
pub(super) struct Picture<'a> {
    /// What kind of thing it is, before the colon.
    pub(super) head: String,
    pub(super) level: Level,
    pub(super) message: &'a str,
    pub(super) primary: &'a Label,
    pub(super) related: &'a [Label],
    pub(super) notes: Vec<Note>,
}

fn picture(diagnostic: &Diagnostic) -> Picture<'_> {
    Picture {
        head: format!("{}[{}]", severity_word(diagnostic.severity), clean::phrase(diagnostic.rule.as_str())),
        level: level(diagnostic.severity),
        message: &diagnostic.message,
        primary: &diagnostic.primary,
        related: &diagnostic.related,
        notes: notes(diagnostic),
    }
}

/// Draws a picture and an empty line.
pub(super) fn draw_to(
    out: &mut dyn Write,
    picture: &Picture<'_>,
    sources: &Sources,
    options: &TextOptions,
) -> io::Result<()> {
    let styles = Styles::default();
    match options.colour {
        Colour::Never => {
            let mut buffer = NoColor::new(Vec::new());
            draw(&mut buffer, picture, sources, &styles, options.width)?;
            // The renderer pads the lines between carets and their phrases up to the last caret.
            for line in buffer.into_inner().split_inclusive(|&byte| byte == b'\n') {
                out.write_all(line.trim_ascii_end())?;
                out.write_all(b"\n")?;
            }
            Ok(())
        }
        Colour::Always => draw(&mut Ansi::new(&mut *out), picture, sources, &styles, options.width),
    }
}

fn draw<W: WriteColor>(
    out: &mut W,
    picture: &Picture<'_>,
    sources: &Sources,
    styles: &Styles,
    width: usize,
) -> io::Result<()> {
    let config = Config { chars: Chars::box_drawing(), tab_width: 4, ..Config::default() };
    let (blocks, n_hidden) = blocks(picture.primary, picture.related, sources);
    let gutter = blocks.iter().flat_map(|block| &block.rows).map(number_width).max().unwrap_or(1);
    let mut writer = StylesWriter::new(&mut *out, styles);
    let mut renderer = Renderer::new(&mut writer, &config);
    draw_header(&mut renderer, picture)?;
    for block in &blocks {
        draw_block(&mut renderer, block, gutter, picture.level).map_err(to_io)?;
    }
    // What is not shown is told before the remedies.
    let n_before_help = picture.notes.iter().take_while(|note| !note.is_remedy()).count();
    let hidden = (n_hidden > 0)
        .then(|| Note::new("note", format!("and {}", counted(n_hidden, "more place", "more places"))));
    let (before, after) = picture.notes.split_at(n_before_help);
    for note in before.iter().chain(&hidden).chain(after) {
        draw_note(out, styles, note, gutter, width)?;
    }
    writeln!(out)
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Note,
    }
}

/// Drawing fails only when the writer does; the other causes concern files, which we do not hand over.
fn to_io(error: DrawError) -> io::Error {
    match error {
        DrawError::Io(error) => error,
        other => io::Error::other(other),
    }
}

fn number_width(row: &Row<'_>) -> usize {
    match row {
        Row::Line { number, .. } => number.to_string().len(),
        Row::Break { .. } => 1,
    }
}

fn draw_header(renderer: &mut Renderer<'_, '_>, picture: &Picture<'_>) -> io::Result<()> {
    renderer.set_header(picture.level)?;
    write!(renderer, "{}", picture.head)?;
    renderer.set_header_message()?;
    write!(renderer, ": {}", clean::phrase(picture.message))?;
    renderer.reset()?;
    writeln!(renderer)
}

fn draw_block(
    renderer: &mut Renderer<'_, '_>,
    block: &Block<'_>,
    gutter: usize,
    level: Level,
) -> Result<(), DrawError> {
    write!(renderer, "{:gutter$} ", "")?;
    renderer.set_source_border()?;
    write!(renderer, "┌─")?;
    renderer.reset()?;
    writeln!(renderer, " {}:{}:{}", block.name, block.line, block.column)?;
    for row in &block.rows {
        match row {
            Row::Line { number, text, marks } => {
                let marks: Vec<_> = marks
                    .iter()
                    .map(|mark| (style(mark.primary), mark.range.clone(), mark.message.as_str()))
                    .collect();
                renderer.render_snippet_source(gutter, *number, text, level, &marks, 0, &[])?;
            }
            Row::Break => renderer.render_snippet_break(gutter, level, 0, &[])?,
        }
    }
    Ok(())
}

fn style(primary: bool) -> LabelStyle {
    if primary { LabelStyle::Primary } else { LabelStyle::Secondary }
}

/// A line below the snippet: `= why: …`. Without a keyword it continues the line above it.
pub(super) struct Note {
    keyword: Option<&'static str>,
    text: String,
}

impl Note {
    pub(super) fn new(keyword: &'static str, text: impl Into<String>) -> Self {
        Self { keyword: Some(keyword), text: text.into() }
    }

    /// The note as a line of prose.
    pub(super) fn words(&self) -> String {
        format!("{}: {}", self.keyword.unwrap_or("help"), self.text)
    }

    fn is_remedy(&self) -> bool {
        self.keyword.is_none_or(|keyword| matches!(keyword, "help" | "docs"))
    }
}

/// The lines below the snippet: why, when, notes, help and where to read more.
pub(super) fn notes(diagnostic: &Diagnostic) -> Vec<Note> {
    let mut notes = Vec::new();
    if !diagnostic.why.is_empty() {
        notes.push(Note::new("why", &*diagnostic.why));
    }
    if let Some(when) = when(&diagnostic.when, &diagnostic.environments) {
        notes.push(Note::new("when", when));
    }
    notes.extend(diagnostic.notes.iter().map(|note| Note::new("note", &**note)));
    notes.extend(help(diagnostic));
    notes.extend(docs_reference(&diagnostic.rule).map(|reference| Note::new("docs", reference.command)));
    notes
}

/// Under which parameter values and in which environments the finding holds; `None` when always.
pub(super) fn when(when: &[When], environments: &[String]) -> Option<String> {
    let assignments = when.iter().map(|when| {
        let values = when.values.iter().map(|value| if value.is_empty() { "\"\"" } else { value.as_str() });
        format!("{} = {}", when.parameter, values.collect::<Vec<_>>().join(" or "))
    });
    let mut parts = vec![assignments.collect::<Vec<_>>().join(" and ")];
    if !environments.is_empty() {
        let word = if environments.len() == 1 { "environment" } else { "environments" };
        parts.push(format!("in {word} {}", environments.join(", ")));
    }
    parts.retain(|part| !part.is_empty());
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The remedies; the first one says whether a fix is ready.
fn help(diagnostic: &Diagnostic) -> Vec<Note> {
    let applicabilities = || diagnostic.fixes.iter().map(|fix| fix.applicability);
    let offer = if applicabilities().any(|applicability| applicability == Applicability::Safe) {
        "   (safe fix)"
    } else if applicabilities().any(|applicability| applicability == Applicability::Unsafe) {
        "   (unsafe fix available)"
    } else {
        ""
    };
    let title = diagnostic.fixes.first().map(|fix| &fix.title);
    let lines = if diagnostic.help.is_empty() {
        title.into_iter().collect()
    } else {
        Vec::from_iter(&diagnostic.help)
    };
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| match index {
            0 => Note::new("help", format!("{line}{offer}")),
            _ => Note { keyword: None, text: line.clone() },
        })
        .collect()
}

/// Draws `= keyword: text` with the text broken at `width` and hanging under its first word.
fn draw_note(
    out: &mut dyn WriteColor,
    styles: &Styles,
    note: &Note,
    gutter: usize,
    width: usize,
) -> io::Result<()> {
    // A line that continues `help` hangs where the text of `help: ` starts.
    let keyword = note.keyword.map_or_else(|| " ".repeat("help: ".len()), |keyword| format!("{keyword}: "));
    let indent = gutter + " = ".len() + keyword.len();
    let text = clean::phrase(&note.text);
    // Help is there to be copied: it stays in one piece.
    let is_help = note.keyword.is_none_or(|keyword| keyword == "help");
    let room = if is_help { usize::MAX } else { width.max(MIN_WIDTH).saturating_sub(indent) };
    for (index, line) in wrap(&text, room).into_iter().enumerate() {
        if index > 0 {
            writeln!(out, "{:indent$}{line}", "")?;
            continue;
        }
        write!(out, "{:gutter$} ", "")?;
        out.set_color(&styles.note_bullet)?;
        write!(out, "=")?;
        out.reset()?;
        out.set_color(ColorSpec::new().set_bold(true))?;
        write!(out, " {keyword}")?;
        out.reset()?;
        writeln!(out, "{line}")?;
    }
    Ok(())
}
