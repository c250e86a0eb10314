//! Why a run could not do what it was asked, and the exit statuses. Findings are no failures.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::answer::request::Mistake;
use crate::load::LoadError;

/// Exit statuses, the same for every output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings remain.
    Findings,
    /// Could not do what was asked.
    Failed,
    /// A folder was given and no template was found in it.
    NoTemplate,
}

impl Status {
    /// The number that the shell sees.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failed => 2,
            Self::NoTemplate => 3,
        }
    }
}

/// The world refused, or the arguments make no sense together.
#[derive(Debug)]
pub(super) enum Failure {
    /// The user asked for a rule that does not exist; the nearest names are offered.
    UnknownRule {
        /// What was asked for.
        name: String,
        /// Names like it, best first.
        nearest: Vec<String>,
    },
    /// A manual page was asked for that does not exist.
    UnknownPage {
        /// The command that it would be about.
        command: String,
        /// The commands with pages.
        known: Vec<String>,
    },
    /// `-` was given together with other paths, or twice.
    StdinBesidePaths,
    /// `--stdin-filename` was given without `-`.
    NameWithoutStdin,
    /// The working directory is gone or may not be read: for the user to mend.
    WorkingDirectory(io::Error),
    /// Standard input could not be read.
    Stdin(io::Error),
    /// A path could not be read.
    Load(LoadError),
    /// A file of JSON lines could not be read.
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A question about a request that has no answer.
    Question(Mistake),
    /// A `--param` that is not `NAME=VALUE`.
    Parameter(String),
    /// A `--param` for a parameter that no template declares.
    UnknownParameter {
        /// Its name.
        name: String,
        /// The declared name most like it.
        nearest: Option<String>,
    },
    /// An `--env` that neither a policy file nor a samconfig knows.
    UnknownEnvironment {
        /// Its name.
        name: String,
        /// Names like it, best first.
        nearest: Vec<String>,
        /// All names there are.
        known: Vec<String>,
    },
    /// Findings were to be written as a program reads them where changes are shown instead.
    FormatOfDiff,
    /// Findings were to be written as a program reads them to where the mended template goes.
    FormatOfMended,
    /// The file of `--baseline` is none.
    Baseline {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The file of `--output` could not be written.
    Output {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that is to be mended changed after it was read.
    ChangedMeanwhile(PathBuf),
    /// A fix would have left a text that cannot be read: a defect of ours, and nothing was written.
    BrokenFix {
        /// The file.
        name: String,
        /// What is wrong with the text.
        message: String,
    },
    /// Fixes come back again and again: a defect of ours, and nothing was written.
    Unsettled,
    /// Standard output could not be written to.
    Stdout(io::Error),
    /// Whoever read standard output stopped reading. Not worth a word.
    ReaderGone,
    /// The thread pool could not be made.
    Threads(rayon::ThreadPoolBuildError),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRule { name, nearest } => unknown_rule(formatter, name, nearest),
            Self::UnknownPage { command, known } => {
                write!(formatter, "there is no command `{command}`, only `{}`", known.join("`, `"))
            }
            Self::StdinBesidePaths => formatter
                .write_str("`-` reads standard input as one template and stands alone: name no other path"),
            Self::NameWithoutStdin => {
                formatter.write_str("--stdin-filename names what `-` reads: give `-` as the path")
            }
            Self::WorkingDirectory(source) => {
                write!(formatter, "cannot tell the working directory: {source}")
            }
            Self::Stdin(source) => write!(formatter, "cannot read standard input: {source}"),
            Self::Load(error) => error.fmt(formatter),
            Self::Input { path, source } => write!(formatter, "cannot read {}: {source}", path.display()),
            Self::Question(mistake) => mistake.fmt(formatter),
            Self::Parameter(text) => {
                write!(formatter, "--param takes NAME=VALUE, and `{text}` has no `=` behind a name")
            }
            Self::UnknownParameter { name, nearest } => {
                write!(formatter, "no template declares the parameter `{name}` of --param")?;
                nearest.as_ref().map_or(Ok(()), |near| write!(formatter, "; did you mean `{near}`?"))
            }
            Self::UnknownEnvironment { name, nearest, known } => {
                unknown_environment(formatter, name, nearest, known)
            }
            Self::FormatOfDiff => formatter.write_str(
                "--diff shows changes, and --format is about findings: leave one of them out",
            ),
            Self::FormatOfMended => formatter.write_str(
                "--fix writes the mended template to standard output: name a file for the findings with --output",
            ),
            Self::Baseline { path, message } => {
                write!(
                    formatter,
                    "{} is no baseline: {message}; --write-baseline makes a new one",
                    path.display()
                )
            }
            Self::Output { path, source } => write!(formatter, "cannot write {}: {source}", path.display()),
            Self::ChangedMeanwhile(path) => {
                write!(formatter, "{} changed while it was mended; no file was written", path.display())
            }
            Self::BrokenFix { name, message } => write!(
                formatter,
                "a fix would have broken {name} ({message}); nothing was written. This is a defect of wicketgate"
            ),
            Self::Unsettled => formatter.write_str(
                "the fixes do not come to an end; nothing was written. This is a defect of wicketgate",
            ),
            Self::Stdout(source) => write!(formatter, "cannot write to standard output: {source}"),
            Self::ReaderGone => formatter.write_str("standard output was closed"),
            Self::Threads(source) => write!(formatter, "cannot start threads: {source}"),
        }
    }
}

fn unknown_rule(formatter: &mut fmt::Formatter<'_>, name: &str, nearest: &[String]) -> fmt::Result {
    write!(formatter, "there is no rule `{name}`")?;
    for (index, near) in nearest.iter().enumerate() {
        formatter.write_str(if index == 0 { "; did you mean " } else { " or " })?;
        write!(formatter, "`{near}`")?;
    }
    formatter.write_str(if nearest.is_empty() { "; `wicketgate rules` lists them" } else { "?" })
}

fn unknown_environment(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    nearest: &[String],
    known: &[String],
) -> fmt::Result {
    write!(formatter, "nobody knows the environment `{name}`: ")?;
    match (nearest.first(), known.is_empty()) {
        (Some(near), _) => write!(formatter, "did you mean `{near}`?"),
        (None, false) => write!(formatter, "there are `{}`", known.join("`, `")),
        (None, true) => formatter
            .write_str("the policy file lists no environments, and no samconfig belongs to a template here"),
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UnknownRule { .. }
            | Self::UnknownPage { .. }
            | Self::StdinBesidePaths
            | Self::NameWithoutStdin
            | Self::Parameter(_)
            | Self::UnknownParameter { .. }
            | Self::UnknownEnvironment { .. }
            | Self::FormatOfDiff
            | Self::FormatOfMended
            | Self::Baseline { .. }
            | Self::ChangedMeanwhile(_)
            | Self::BrokenFix { .. }
            | Self::Unsettled
            | Self::ReaderGone => None,
            Self::WorkingDirectory(source)
            | Self::Stdin(source)
            | Self::Stdout(source)
            | Self::Input { source, .. }
            | Self::Output { source, .. } => Some(source),
            Self::Load(error) => Some(error),
            Self::Question(mistake) => Some(mistake),
            Self::Threads(error) => Some(error),
        }
    }
}

impl From<Mistake> for Failure {
    fn from(mistake: Mistake) -> Self {
        Self::Question(mistake)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}
