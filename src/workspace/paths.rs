//! Paths as templates write them, worked out as text. Touches no file system.

/// The display name of the file that `path`, written in the file called `name`, means. `None` for absolute and
/// remote paths, and for paths that climb out of what can be named.
pub fn beside(name: &str, path: &str) -> Option<String> {
    if path.is_empty() || path.contains("://") || path.starts_with(['/', '\\', '~']) || path.contains('\0') {
        return None;
    }
    let path = path.replace('\\', "/");
    let mut pieces: Vec<&str> = name.split('/').collect();
    pieces.pop();
    for piece in path.split('/') {
        match piece {
            "" | "." => {}
            ".." => match pieces.last() {
                Some(&last) if last != ".." && !last.is_empty() => {
                    pieces.pop();
                }
                // The name of a file outside the working directory begins with `..` itself.
                _ => pieces.push(".."),
            },
            _ => pieces.push(piece),
        }
    }
    Some(pieces.join("/"))
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn paths_are_worked_out_as_text() {
        let cases = [
            ("a/b/template.yaml", "../net/vpc.yaml", Some("a/net/vpc.yaml")),
            ("template.yaml", "./x.yaml", Some("x.yaml")),
            ("template.yaml", "../x.yaml", Some("../x.yaml")),
            ("../s/template.yaml", "../../x.yaml", Some("../../x.yaml")),
            ("/abs/template.yaml", "x.yaml", Some("/abs/x.yaml")),
            ("a.yaml", "https://example.com/x.yaml", None),
            ("a.yaml", "/etc/passwd", None),
            ("a.yaml", "", None),
        ];
        for (name, path, expected) in cases {
            assert_eq!(beside(name, path).as_deref(), expected, "{name} {path}");
        }
    }
}
