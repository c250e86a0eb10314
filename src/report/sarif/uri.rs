//! Names of files as URIs (RFC 3986). Whether there is such a file is not asked.

/// What a relative URI of a log starts from.
pub(super) const ROOT: &str = "%SRCROOT%";

/// The name as a URI, and what it is relative to; `None` for one that lies outside of the working directory.
pub(super) fn of(name: &str) -> (String, Option<&'static str>) {
    if name.starts_with('/') {
        return (format!("file://{}", encoded(name)), None);
    }
    // On the one system with drives, a colon cannot stand anywhere else.
    if cfg!(windows) && name.as_bytes().get(1) == Some(&b':') {
        return (format!("file:///{}", encoded(name)), None);
    }
    let is_below = name != ".." && !name.starts_with("../");
    (encoded(name), is_below.then_some(ROOT))
}

/// Each byte that may not stand in a path is written as `%XX`; so is a colon, which would end a scheme.
fn encoded(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_uris() {
        for (name, uri, base) in [
            ("a/template.yaml", "a/template.yaml", Some(ROOT)),
            ("a b/é%.yaml", "a%20b/%C3%A9%25.yaml", Some(ROOT)),
            ("x:/t.yaml", "x%3A/t.yaml", Some(ROOT)),
            ("a\\b\n\"<#?>.yaml", "a%5Cb%0A%22%3C%23%3F%3E.yaml", Some(ROOT)),
            ("../t.yaml", "../t.yaml", None),
            ("..t.yaml", "..t.yaml", Some(ROOT)),
            ("/other/t.yaml", "file:///other/t.yaml", None),
            ("<stdin>", "%3Cstdin%3E", Some(ROOT)),
        ] {
            assert_eq!(of(name), (uri.to_owned(), base), "{name}");
        }
    }
}
