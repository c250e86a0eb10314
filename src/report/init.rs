//! A first policy file, with a comment for each thing that is to be decided.
//!
//! What it says is what was seen; nothing is allowed in it that somebody has to decide.

use std::io::{self, Write};

use crate::answer::init::Seen;
use crate::source::{FileId, Sources};

/// Most names of one kind that are listed; a file with more of them is not read by anybody.
const MOST_NAMES: usize = 50;

/// Writes the file.
///
/// # Errors
/// When `out` refuses to be written to.
pub fn write(out: &mut dyn Write, seen: &Seen, sources: &Sources) -> io::Result<()> {
    writeln!(
        out,
        "# Which APIs may be called from where. Every key: docs/policy-file.md; `wicketgate check` reads it."
    )?;
    writeln!(out, "schema = 1\n")?;
    posture(out, seen, sources)?;
    approved(out, seen)?;
    dns(out, seen)?;
    overrides(out, seen, sources)?;
    out.write_all(CLOSING.as_bytes())
}

const CLOSING: &str = "\
# A finding that is accepted until a day. Who may grant one is up to you.
# [[exception]]
# id      = \"EX-001\"
# rules   = [\"public-api\"]
# path    = \"services/partner-hook/template.yaml\"
# owner   = \"team@example.com\"
# reason  = \"The partner cannot use PrivateLink before the migration.\"
# expires = 2027-03-31

[exceptions]
# How far away `expires` may be, and how many days before it a note appears.
max-days  = 180
warn-days = 14
require   = [\"owner\", \"reason\", \"expires\"]
";

fn posture(out: &mut dyn Write, seen: &Seen, sources: &Sources) -> io::Result<()> {
    writeln!(
        out,
        "# \"private\": a public API is an error. \"public\": it is as it should be. \"unset\": it is a question."
    )?;
    if seen.private.is_empty() {
        writeln!(
            out,
            "# Seen: no private API, {} public. Nothing says what is meant, so decide.",
            seen.public.len()
        )?;
        return writeln!(out, "posture = \"unset\"\n");
    }
    writeln!(out, "# Seen: {} private, {} public.", seen.private.len(), seen.public.len())?;
    for (file, id) in seen.private.iter().take(3) {
        writeln!(out, "#   {} is private", place(*file, id, sources))?;
    }
    writeln!(out, "posture = \"private\"\n")
}

/// `id in file`, harmless in a comment.
fn place(file: FileId, id: &str, sources: &Sources) -> String {
    let text = format!("{id} in {}", sources.name(file));
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

fn approved(out: &mut dyn Write, seen: &Seen) -> io::Result<()> {
    let lists = [
        ("vpc-endpoints", "ids of VPC endpoints", &seen.endpoints),
        ("exports", "names of exports, as Fn::ImportValue takes them", &seen.exports),
        ("ssm", "names of SSM parameters", &seen.ssm),
        ("parameters", "template parameters that hold an endpoint", &seen.parameters),
    ];
    if lists.iter().all(|(_, _, names)| names.is_empty()) {
        return Ok(());
    }
    writeln!(
        out,
        "# What may be in an association, an allow-list or a policy condition. Strike out what is not yours."
    )?;
    writeln!(out, "[approved]")?;
    for (key, about, names) in lists.iter().filter(|(_, _, names)| !names.is_empty()) {
        let quoted: Vec<String> = names.iter().take(MOST_NAMES).map(|name| quoted(name)).collect();
        writeln!(out, "{key} = [{}]  # {about}", quoted.join(", "))?;
    }
    writeln!(out)
}

/// A TOML basic string. JSON's escapes are TOML's, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn dns(out: &mut dyn Write, seen: &Seen) -> io::Result<()> {
    let Some(on) = seen.private_dns else { return Ok(()) };
    writeln!(out, "# Private DNS of execute-api endpoints hides public APIs of the region from their VPC.")?;
    writeln!(out, "[dns]")?;
    if on {
        writeln!(out, "private-dns = \"on\"")?;
        writeln!(out, "# Say whether something in those VPCs calls public execute-api URLs.")?;
        writeln!(out, "# public-api-callers = false\n")
    } else {
        writeln!(out, "private-dns = \"off\"\n")
    }
}

fn overrides(out: &mut dyn Write, seen: &Seen, sources: &Sources) -> io::Result<()> {
    if seen.private.is_empty() || seen.public.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "# These are public. For each that is meant to be, take the marks away and say who answers for it."
    )?;
    for (file, id) in seen.public.iter().take(MOST_NAMES) {
        let path = place_of(sources.name(*file));
        writeln!(out, "# [[override]]")?;
        writeln!(out, "# paths   = [{}]", quoted(&path))?;
        writeln!(out, "# names   = [{}]", quoted(id))?;
        writeln!(out, "# posture = \"public\"")?;
        writeln!(out, "# require = [\"authorizer\"]")?;
        writeln!(out, "# owner   = \"team\"")?;
        writeln!(out, "# reason  = \"Called by browsers.\"\n")?;
    }
    Ok(())
}

fn place_of(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}
