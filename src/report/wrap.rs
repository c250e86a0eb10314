//! Breaks sentences into lines. It knows nothing of terminals: the width is handed in.

/// The text in lines of at most `width` characters. Lines break at blanks, but never inside `` `code` `` and
/// never inside a word, which may then stick out. Never empty.
pub(super) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let text = text.trim_end();
    let code_marks = text.matches('`').count().is_multiple_of(2);
    let mut lines = Vec::new();
    let (mut start, mut count, mut in_code) = (0, 0, false);
    // Offset of the last blank that may end the line, and the characters up to and with it.
    let mut last_break: Option<(usize, usize)> = None;
    for (at, character) in text.char_indices() {
        if character == '`' && code_marks {
            in_code = !in_code;
        }
        count += 1;
        if character == ' ' && !in_code {
            let after_blank = text.get(start..at).is_none_or(|head| head.trim().is_empty());
            if !after_blank {
                last_break = Some((at, count));
            }
        } else if count > width
            && let Some((end, characters)) = last_break.take()
        {
            lines.push(text.get(start..end).unwrap_or_default().trim_end());
            start = end + 1;
            count -= characters;
        }
    }
    lines.push(text.get(start..).unwrap_or_default());
    for line in lines.iter_mut().skip(1) {
        *line = line.trim_start();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_blanks_outside_code() {
        for (text, width, lines) in [
            ("", 10, vec![""]),
            ("one two three", 20, vec!["one two three"]),
            ("one two three", 9, vec!["one two", "three"]),
            ("one two three", 3, vec!["one", "two", "three"]),
            ("abcdefghij k", 4, vec!["abcdefghij", "k"]),
            ("see `a b c` then", 7, vec!["see", "`a b c`", "then"]),
            ("it's a ` alone here", 8, vec!["it's a `", "alone", "here"]),
            ("add   X: [a]   now", 9, vec!["add   X:", "[a]   now"]),
            ("äöü äöü äöü", 7, vec!["äöü äöü", "äöü"]),
        ] {
            assert_eq!(wrap(text, width), lines, "{text} at {width}");
        }
    }
}
