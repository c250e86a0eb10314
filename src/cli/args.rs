//! The command line as types, and the words of `--help`. What the verbs do is elsewhere.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::examples::{
    CHECK_EXAMPLES, COMPLETIONS_HELP, EXAMPLES, MAN_HELP, RESOLVE_HELP, RULES_TEST_HELP, SIMULATE_HELP,
};
use crate::diagnostic::{Confidence, Persona};
use crate::intent::date::Date;

/// Reads CloudFormation and SAM templates and says who can call each API in them.
///
/// Nothing is sent anywhere: no AWS account, no credentials, no network.
#[derive(Debug, Parser)]
#[command(name = "wicketgate", bin_name = "wicketgate", version = env!("WICKETGATE_VERSION"), after_help = EXAMPLES, max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Report APIs that others can call than was meant, or that nobody can call
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Show who can reach what: each API and its callers
    Map(MapArgs),
    /// Show what the resources that decide exposure look like with these parameter values
    #[command(after_help = RESOLVE_HELP)]
    Resolve(ResolveArgs),
    /// Say whether a request may call an API, and which statement decides
    #[command(after_help = SIMULATE_HELP)]
    Simulate(Box<SimulateArgs>),
    /// Look at the templates below this folder and write a first `wicketgate.toml`; never overwrites one
    Init,
    /// List every exception with who answers for it and until when, soonest first
    Exceptions(ExceptionsArgs),
    /// Print what a rule means, why it matters and what to do
    Explain {
        /// Name of the rule, for example `public-api`
        #[arg(value_name = "RULE")]
        rule: String,
        #[command(flatten)]
        policy: RulesPolicyArgs,
    },
    /// List all rules, those of the organisation too
    #[command(args_conflicts_with_subcommands = true)]
    Rules {
        #[command(subcommand)]
        action: Option<RulesAction>,
        /// Notation of the list
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: ListFormat,
        #[command(flatten)]
        policy: RulesPolicyArgs,
    },
    /// Print the script that completes these commands in a shell
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell
        #[arg(value_name = "SHELL", value_enum)]
        shell: ShellChoice,
    },
    /// Print a manual page, or write all of them into a folder
    #[command(after_help = MAN_HELP)]
    Man(ManArgs),
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The command that the page is about [default: the program]
    #[arg(value_name = "COMMAND")]
    pub(super) command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub(super) dir: Option<PathBuf>,
}

/// Shells with scripts for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ShellChoice {
    /// GNU Bash
    Bash,
    /// Fish
    Fish,
    /// PowerShell
    Powershell,
    /// Z shell
    Zsh,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(super) enum RulesAction {
    /// Run the examples inside the organisation's own rules
    #[command(after_help = RULES_TEST_HELP)]
    Test {
        #[command(flatten)]
        policy: RulesPolicyArgs,
    },
}

/// Where the organisation's own rules come from.
#[derive(Debug, Args)]
pub(super) struct RulesPolicyArgs {
    /// Policy file that names the own rules, instead of the `wicketgate.toml` nearest to this folder
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(super) config: Option<PathBuf>,
    /// Read no policy file: built-in rules only
    #[arg(long)]
    pub(super) isolated: bool,
}

/// Where settings come from; the same for every verb that reads templates.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// Policy file to use instead of the nearest `wicketgate.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub(super) config: Option<PathBuf>,
    /// Read no policy file, and no template beyond the named paths and what those name
    #[arg(long)]
    pub(super) isolated: bool,
}

/// What to assume about stacks; the same for every verb that reads templates.
#[derive(Debug, Args)]
pub(super) struct EnvironmentArgs {
    /// Only this environment, of the policy file or of the samconfig beside each template; may be given several times
    #[arg(long = "env", value_name = "NAME", help_heading = "Environments")]
    pub(super) env: Vec<String>,
    /// Value of a parameter; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", help_heading = "Environments")]
    pub(super) params: Vec<String>,
    /// File of parameter values, as CloudFormation, CodePipeline and Git sync take them; may be given several times
    #[arg(long = "parameter-file", value_name = "FILE", help_heading = "Environments")]
    pub(super) parameter_files: Vec<PathBuf>,
}

impl EnvironmentArgs {
    /// Whether it says nothing.
    pub(super) fn is_plain(&self) -> bool {
        self.env.is_empty() && self.params.is_empty() && self.parameter_files.is_empty()
    }
}

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    /// Templates and folders; with --jsonl a file of JSON lines, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) environment: EnvironmentArgs,
    /// Region of the stack
    #[arg(long, value_name = "REGION", help_heading = "Environments")]
    pub(super) region: Option<String>,
    /// Account of the stack
    #[arg(long, value_name = "ACCOUNT", help_heading = "Environments")]
    pub(super) account: Option<String>,
    /// Name of the stack
    #[arg(long, value_name = "NAME", help_heading = "Environments")]
    pub(super) stack_name: Option<String>,
    /// Read cases from JSON lines instead of templates
    #[arg(long, conflicts_with_all = ["env", "params", "parameter_files"])]
    pub(super) jsonl: bool,
    /// Resources of every type, not only of those that decide exposure
    #[arg(long)]
    pub(super) all: bool,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// File of JSON lines, or `-` for standard input
    #[arg(value_name = "FILE", conflicts_with = "api")]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) call: CallArgs,
    #[command(flatten)]
    pub(super) environment: EnvironmentArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    /// Notation of the answer
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "One request")]
    pub(super) format: ListFormat,
    /// Answer for whole classes of callers instead of single requests
    #[arg(long, conflicts_with = "api", help_heading = "JSON lines")]
    pub(super) symbolic: bool,
    /// Only well-formed ids are values of the keys that hold ids
    #[arg(long, requires = "symbolic", help_heading = "JSON lines")]
    pub(super) well_formed_ids: bool,
    /// Every key may be present or missing in every class of callers
    #[arg(long, requires = "symbolic", help_heading = "JSON lines")]
    pub(super) loose: bool,
}

/// One request to an API of a template.
#[derive(Debug, Args)]
#[command(next_help_heading = "One request")]
pub(super) struct CallArgs {
    /// The API: FILE/ID, ID alone (looked for below this folder), or FILE alone when it has one API
    #[arg(long, value_name = "FILE/ID", requires = "from")]
    pub(super) api: Option<String>,
    /// Where the call comes from: `internet`, an address, a vpce-… or vpc-… id, logical id of an endpoint
    #[arg(long, value_name = "CALLER", requires = "api")]
    pub(super) from: Option<String>,
    /// HTTP method [default: that of the route, or GET]
    #[arg(long, value_name = "METHOD", requires = "api")]
    pub(super) method: Option<String>,
    /// Path behind the stage, such as /users/42 [default: that of the only route]
    #[arg(long, value_name = "PATH", requires = "api")]
    pub(super) path: Option<String>,
    /// Stage [default: all that the template makes]
    #[arg(long, value_name = "NAME", requires = "api")]
    pub(super) stage: Option<String>,
    /// Address of the caller: on the internet, or in the VPC
    #[arg(long, value_name = "ADDRESS", requires = "api")]
    pub(super) source_ip: Option<String>,
    /// VPC of the endpoint, where the templates do not say
    #[arg(long, value_name = "ID", requires = "api")]
    pub(super) vpc: Option<String>,
    /// Who signs the request: an ARN, or `anonymous` [default: anonymous]
    #[arg(long, value_name = "ARN", requires = "api")]
    pub(super) principal: Option<String>,
    /// Organisation of who signs the request
    #[arg(long, value_name = "ID", requires = "api")]
    pub(super) org: Option<String>,
    /// What the signer's own policies, or the authorizer, say to it
    #[arg(long, value_name = "ANSWER", value_enum, requires = "api")]
    pub(super) identity: Option<IdentityChoice>,
    /// Custom domain that the call names: its logical id or name
    #[arg(long, value_name = "DOMAIN", requires = "api")]
    pub(super) domain: Option<String>,
    /// Region of the stack
    #[arg(long, value_name = "REGION", requires = "api", help_heading = "Environments")]
    pub(super) region: Option<String>,
    /// Account of the stack
    #[arg(long, value_name = "ACCOUNT", requires = "api", help_heading = "Environments")]
    pub(super) account: Option<String>,
    /// Name of the stack
    #[arg(long, value_name = "NAME", requires = "api", help_heading = "Environments")]
    pub(super) stack_name: Option<String>,
}

/// Spellings of what the other side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum IdentityChoice {
    /// They allow it
    Allow,
    /// They say nothing about it
    Silent,
    /// They deny it
    Deny,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("mending").multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct CheckArgs {
    /// Templates and folders, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) environment: EnvironmentArgs,

    /// Notation of the results
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: CheckFormat,
    /// Write the results to a file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Leave out of SARIF and JUnit what exceptions and the baseline hide (GitHub takes it for open alerts)
    #[arg(long, help_heading = "Output")]
    pub(super) hide_suppressed: bool,
    /// Also count the findings of each rule
    #[arg(long, help_heading = "Output")]
    pub(super) statistics: bool,
    /// Colour in the `full` format; `auto` means on a terminal, unless NO_COLOR or CLICOLOR_FORCE say otherwise
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, help_heading = "Output")]
    pub(super) color: ColorChoice,
    /// No summary line
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,
    /// Say which files were read and which were skipped
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,

    /// What APIs are meant to be where nothing narrower says so
    #[arg(long, value_enum, help_heading = "Findings")]
    pub(super) posture: Option<PostureChoice>,
    /// Who reads the findings; each sees more than the one before
    #[arg(long, value_enum, help_heading = "Findings")]
    pub(super) persona: Option<PersonaChoice>,
    /// Report only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    pub(super) select: Vec<String>,
    /// Do not report these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    pub(super) ignore: Vec<String>,
    /// Hide findings that are less sure than this
    #[arg(long, value_name = "LEVEL", value_enum, help_heading = "Findings")]
    pub(super) min_confidence: Option<ConfidenceChoice>,
    /// Lowest severity that makes the exit status 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_enum, help_heading = "Findings")]
    pub(super) fail_on: Option<FailOnChoice>,
    /// Do not report the findings that this file knows; what is gone is taken out of it
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings of this run to a file that --baseline takes
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = "Findings")]
    pub(super) write_baseline: Option<PathBuf>,
    /// Also write errors about exposure, which a baseline hides only then
    #[arg(long, requires = "write_baseline", help_heading = "Findings")]
    pub(super) include_errors: bool,
    /// Mend what can be mended without asking, and report the rest
    #[arg(long, help_heading = "Fixes", group = "mending")]
    pub(super) fix: bool,
    /// Also make changes that may break a deployment or change who has access
    #[arg(long, help_heading = "Fixes", requires = "mending")]
    pub(super) unsafe_fixes: bool,
    /// Show what --fix would change, and write nothing, also beside --fix
    #[arg(long, help_heading = "Fixes", group = "mending")]
    pub(super) diff: bool,
    /// Day on which exceptions are judged, as 2027-03-31 [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_day, help_heading = "Findings")]
    pub(super) today: Option<Date>,
    /// Exit with 0 even when there are findings
    #[arg(long, help_heading = "Findings")]
    pub(super) exit_zero: bool,

    /// Name of the file that standard input stands for
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(super) stdin_filename: Option<PathBuf>,
    /// Also read what `.gitignore` and `.ignore` leave out, and build folders
    #[arg(long, help_heading = "Input")]
    pub(super) no_ignore: bool,
    /// Also leave out named files that the policy file excludes
    #[arg(long, help_heading = "Input")]
    pub(super) force_exclude: bool,
    /// A folder without any template is no failure
    #[arg(long, help_heading = "Input")]
    pub(super) allow_empty: bool,
    /// How many threads to use [default: one for each processor]
    #[arg(short = 'j', long = "jobs", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Input")]
    pub(super) jobs: Option<u16>,
}

/// Arguments of `map`.
#[derive(Debug, Args)]
pub(super) struct MapArgs {
    /// Templates and folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) environment: EnvironmentArgs,
    /// Notation of the map
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: ListFormat,
}

/// Arguments of `exceptions`.
#[derive(Debug, Args)]
pub(super) struct ExceptionsArgs {
    /// Templates and folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) environment: EnvironmentArgs,
    /// Notation of the list
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: TableFormat,
    /// Day on which exceptions are judged, as 2027-03-31 [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(super) today: Option<Date>,
}

fn parse_day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "no such day; write it as 2027-03-31".to_owned())
}

/// Notations of tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For reading
    #[default]
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// Notations of `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CheckFormat {
    /// The text with the findings marked in it
    #[default]
    Full,
    /// One line a finding: file:line:column: severity[rule] message
    Concise,
    /// One JSON document, schema wicketgate.check/1
    Json,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit report, for what reads the results of tests
    Junit,
}

impl CheckFormat {
    /// Whether it is for programs, which read findings and nothing else.
    pub(super) fn is_for_programs(self) -> bool {
        match self {
            Self::Full | Self::Concise => false,
            Self::Json | Self::Sarif | Self::Github | Self::Gitlab | Self::Junit => true,
        }
    }
}

/// Notations of lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// For reading
    #[default]
    Text,
    /// For programs
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Spellings of the posture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PostureChoice {
    /// A public API is an error
    Private,
    /// Public APIs are meant to be public
    Public,
    /// Nothing was decided: a public API is a question
    Unset,
}

/// Spellings of the persona.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PersonaChoice {
    /// Findings worth anybody's time
    Regular,
    /// Also advice
    Pedantic,
    /// Also what could not be decided
    Auditor,
}

impl From<PersonaChoice> for Persona {
    fn from(choice: PersonaChoice) -> Self {
        match choice {
            PersonaChoice::Regular => Self::Regular,
            PersonaChoice::Pedantic => Self::Pedantic,
            PersonaChoice::Auditor => Self::Auditor,
        }
    }
}

/// Spellings of the confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfidenceChoice {
    /// Heuristics too
    Low,
    /// At most one assumption
    Medium,
    /// Only what follows from the text
    High,
}

impl From<ConfidenceChoice> for Confidence {
    fn from(choice: ConfidenceChoice) -> Self {
        match choice {
            ConfidenceChoice::Low => Self::Low,
            ConfidenceChoice::Medium => Self::Medium,
            ConfidenceChoice::High => Self::High,
        }
    }
}

/// Spellings of the failing severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnChoice {
    /// Errors only
    Error,
    /// Errors and warnings
    Warning,
    /// Every finding
    Info,
    /// No finding
    Never,
}
