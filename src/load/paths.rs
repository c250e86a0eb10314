//! Names of files: what is shown for a path, and which folder a file's workspace is.
//!
//! Paths are compared by their text after `.` and `..` are taken out; nothing here opens a file.

use std::path::{Component, Path, PathBuf};

/// File names that hold the policy, relative to a folder, best first.
const POLICY_FILES: [&str; 2] = ["wicketgate.toml", ".config/wicketgate.toml"];

/// The path with `.` and `..` worked out by text alone. A `..` above the root is dropped.
pub(super) fn normalize(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => parts.push(component),
        }
    }
    parts
}

/// What is shown for an absolute, normalized path: relative to `working`, `/` between the parts, with `..` where
/// it lies outside. Bytes that are not Unicode are replaced.
pub(super) fn display_name(path: &Path, working: &Path) -> String {
    if let Ok(below) = path.strip_prefix(working)
        && !below.as_os_str().is_empty()
    {
        let components: Vec<Component<'_>> = below.components().collect();
        return slashed(components.iter());
    }
    let ours: Vec<Component<'_>> = path.components().collect();
    let base: Vec<Component<'_>> = working.components().collect();
    let common = ours.iter().zip(&base).take_while(|(left, right)| left == right).count();
    if common == 0 {
        return slashed(ours.iter());
    }
    let up = base.len().saturating_sub(common);
    let down = slashed(ours.iter().skip(common));
    match (up, down.as_str()) {
        (0, "") => ".".to_owned(),
        (_, "") => vec![".."; up].join("/"),
        _ => "../".repeat(up) + &down,
    }
}

fn slashed<'a>(components: impl Iterator<Item = &'a Component<'a>>) -> String {
    let mut name = String::new();
    for component in components {
        if matches!(component, Component::RootDir) {
            name.push('/');
            continue;
        }
        if !name.is_empty() && !name.ends_with('/') {
            name.push('/');
        }
        name.push_str(&component.as_os_str().to_string_lossy());
    }
    name
}

/// The nearest folder at or above `folder` that holds `.git` (a folder, or the file of a linked work tree).
pub(super) fn repository_above(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|ancestor| ancestor.join(".git").symlink_metadata().is_ok())
}

/// The policy file that governs a file in `folder`: the nearest one, looking up to the repository root, and to
/// the top of the file system where there is no repository. A `.config` counts for the folder it lies in.
pub(super) fn policy_above(folder: &Path) -> Option<PathBuf> {
    let top = repository_above(folder);
    for ancestor in folder.ancestors() {
        let found = POLICY_FILES.iter().map(|name| ancestor.join(name)).find(|path| path.is_file());
        if found.is_some() {
            return found;
        }
        if Some(ancestor) == top {
            break;
        }
    }
    None
}

/// The folder a policy file speaks for: its own, or the one around `.config`.
pub(super) fn policy_folder(policy: &Path) -> Option<&Path> {
    let folder = policy.parent()?;
    if folder.file_name().is_some_and(|name| name == ".config") { folder.parent() } else { Some(folder) }
}

/// Whether the name ends like a template's: `.yaml`, `.yml`, `.json` or `.template`, in any letter case.
pub(super) fn has_template_extension(path: &Path) -> bool {
    let Some(extension) = path.extension().and_then(|extension| extension.to_str()) else { return false };
    ["yaml", "yml", "json", "template"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_worked_out() {
        for (written, expected) in
            [("/a/./b/../c", "/a/c"), ("/../x", "/x"), ("/a/b/..", "/a"), ("/a//b/", "/a/b")]
        {
            assert_eq!(normalize(Path::new(written)), Path::new(expected), "{written}");
        }
    }

    #[test]
    fn names_are_relative_to_the_working_directory() {
        for (path, working, expected) in [
            ("/w/a/t.yaml", "/w", "a/t.yaml"),
            ("/w/t.yaml", "/w/a/b", "../../t.yaml"),
            ("/other/t.yaml", "/w", "../other/t.yaml"),
            ("/w", "/w", "."),
            ("/w", "/w/a", ".."),
        ] {
            assert_eq!(display_name(Path::new(path), Path::new(working)), expected);
        }
    }

    #[test]
    fn extensions_in_any_case() {
        for (name, expected) in [
            ("a.yaml", true),
            ("a.YML", true),
            ("a.Json", true),
            ("a.template", true),
            ("a.template.json", true),
            ("a.yaml.j2", false),
            ("yaml", false),
            (".yaml", false),
        ] {
            assert_eq!(has_template_extension(Path::new(name)), expected, "{name}");
        }
    }
}
