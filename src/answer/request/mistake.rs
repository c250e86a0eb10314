//! What cannot be asked, and what was probably meant.

use std::fmt;

/// Why a question about a request has no answer. All of these are for the user to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is no API of that name.
    NoApi {
        /// What was asked for; `None` when any would do.
        wanted: Option<String>,
        /// The nearest name.
        nearest: Option<String>,
        /// All names, as `FILE/ID`.
        known: Vec<String>,
    },
    /// Several APIs could be meant.
    SeveralApis {
        /// All of them, as `FILE/ID`.
        known: Vec<String>,
    },
    /// Nobody is called so.
    NoCaller {
        /// What was asked for.
        wanted: String,
        /// The nearest name.
        nearest: Option<String>,
        /// Names that would do.
        known: Vec<String>,
    },
    /// Several endpoints have that logical id.
    SeveralEndpoints {
        /// The logical id.
        wanted: String,
        /// All of them, as `FILE/ID`.
        known: Vec<String>,
    },
    /// Nobody comes from a private address over the internet.
    PrivateAddress(String),
    /// Not an IPv4 or IPv6 address.
    NotAnAddress(String),
    /// The caller has two addresses.
    TwoAddresses,
    /// Not the ARN of a principal.
    NotAPrincipal(String),
    /// No path was given, and the API has not just one route.
    NoPath {
        /// Its routes.
        known: Vec<String>,
    },
    /// The path does not begin with a slash.
    NotAPath(String),
    /// No domain of that name leads to the API.
    NoDomain {
        /// What was asked for.
        wanted: String,
        /// Domains that lead to the API.
        known: Vec<String>,
    },
}

/// Most names that are listed.
const LISTED: usize = 6;

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoApi { wanted: None, .. } => formatter.write_str("there is no API in these templates"),
            Self::NoApi { wanted: Some(wanted), nearest, known } => {
                write!(formatter, "there is no API `{wanted}`")?;
                meant(formatter, nearest.as_deref(), known, "the APIs here are")
            }
            Self::SeveralApis { known } => {
                write!(formatter, "which API? Name one with --api: {}", listed(known))
            }
            Self::NoCaller { wanted, nearest, known } => {
                write!(formatter, "nothing is called `{wanted}` that a call could come from")?;
                meant(formatter, nearest.as_deref(), known, "--from takes")
            }
            Self::SeveralEndpoints { wanted, known } => {
                write!(formatter, "which endpoint `{wanted}`? Name one with its file: {}", listed(known))
            }
            Self::PrivateAddress(address) => write!(
                formatter,
                "{address} is no address of the internet: say which endpoint the call comes through with --from, \
                 and give the address as --source-ip"
            ),
            Self::NotAnAddress(text) => write!(formatter, "`{text}` is no IPv4 or IPv6 address"),
            Self::TwoAddresses => {
                formatter.write_str("--from and --source-ip name two addresses, and a call has one")
            }
            Self::NotAPrincipal(text) => write!(
                formatter,
                "`{text}` is no principal: --principal takes `anonymous` or an ARN such as \
                 arn:aws:iam::123456789012:role/app"
            ),
            Self::NoPath { known } if known.is_empty() => {
                formatter.write_str("which route? No route of the API is known: say one with --path")
            }
            Self::NoPath { known } => {
                write!(formatter, "which route? Say one with --path: {}", listed(known))
            }
            Self::NotAPath(text) => {
                write!(formatter, "`{text}` is no path: it begins with `/` and stands behind the stage")
            }
            Self::NoDomain { wanted, known } => {
                write!(formatter, "no custom domain `{wanted}` leads to the API")?;
                meant(formatter, None, known, "those that do:")
            }
        }
    }
}

impl std::error::Error for Mistake {}

fn meant(
    formatter: &mut fmt::Formatter<'_>,
    nearest: Option<&str>,
    known: &[String],
    lead: &str,
) -> fmt::Result {
    match nearest {
        Some(nearest) => write!(formatter, "; did you mean `{nearest}`?"),
        None if known.is_empty() => Ok(()),
        None => write!(formatter, "; {lead} {}", listed(known)),
    }
}

fn listed(known: &[String]) -> String {
    let shown = known.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
    match known.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
