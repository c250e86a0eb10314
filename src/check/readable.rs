//! Whether a text with syntax errors is a broken template, or no template at all.
//!
//! Only consulted for texts that do not parse; what parses speaks for itself.

/// Whether the text is written for a templating engine (Helm, Jinja) that makes the real one from it. Dynamic
/// references (`{{resolve:…}}`) are CloudFormation's own.
pub fn is_generated_from(text: &str) -> bool {
    text.contains("{%")
        || text.contains("{#")
        || text.match_indices("{{").any(|(at, _)| !is_dynamic(text, at))
}

fn is_dynamic(text: &str, at: usize) -> bool {
    let rest = text.get(at + 2..).unwrap_or_default();
    // Flow maps inside flow maps, as in `{a: {{…`, are no templating either; engines put a word there.
    let word = rest.trim_start_matches(['-', ' ']);
    rest.starts_with("resolve:")
        || !word.starts_with(|first: char| first.is_alphabetic() || first == '.' || first == '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templating_is_told_from_dynamic_references() {
        let cases = [
            ("Resources: {{ .Values.x }}", true),
            ("{% if a %}\nResources:\n", true),
            ("Name: {{- include \"x\" . }}", true),
            ("Name: '{{resolve:ssm:/a/b}}'", false),
            ("Resources:\n  A: [", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_generated_from(text), expected, "{text}");
        }
    }
}
