//! Reading one file: kinds that must not be opened, sizes, text that is no text.
//!
//! Whether the text is a template is asked of the caller's function; nothing here parses.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::source::TextRange;

/// Longest template that is read whole, in bytes. CloudFormation takes templates of at most 1 MiB
/// (user guide, "Understand CloudFormation quotas", 2026-10), so this leaves room for anything generated.
pub const MAX_TEMPLATE_BYTES: u64 = 32 * 1024 * 1024;

/// Files up to this size are read in one go before anybody looks at them.
const READ_AT_ONCE: u64 = 2 * 1024 * 1024;

/// How much of a larger file is read to find out whether it is a template.
const HEAD_BYTES: u64 = 64 * 1024;

/// Something wrong with the bytes of a file that looks like a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextProblem {
    /// Where, in the text as it was loaded.
    pub range: TextRange,
    /// What is wrong, one line, no full stop.
    pub message: String,
}

/// What reading a file gave.
#[derive(Debug)]
pub(super) enum Content {
    /// A template, or what looks like one; a problem says why the text cannot be judged.
    Template(String, Option<TextProblem>),
    /// Something else.
    NotTemplate,
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// A folder, FIFO, socket or device.
    NotAFile,
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a file if `looks_like_template` says so of its first bytes.
pub(super) fn read_template(
    path: &Path,
    looks_like_template: fn(&[u8]) -> bool,
) -> Result<Content, ReadError> {
    let size = regular(path)?.len();
    let mut file = File::open(path)?;
    if size > READ_AT_ONCE {
        let head = read_up_to(&mut file, HEAD_BYTES, HEAD_BYTES)?;
        if !looks_like_template(&head) {
            return Ok(Content::NotTemplate);
        }
        if size > MAX_TEMPLATE_BYTES {
            return Ok(too_large(&head));
        }
        let mut bytes = head;
        bytes.append(&mut read_up_to(&mut file, size, MAX_TEMPLATE_BYTES)?);
        return Ok(into_template(bytes));
    }
    let bytes = read_up_to(&mut file, size, MAX_TEMPLATE_BYTES + 1)?;
    Ok(classify(bytes, looks_like_template))
}

/// Judges bytes that are already in memory, for example those of standard input.
pub(super) fn classify(bytes: Vec<u8>, looks_like_template: fn(&[u8]) -> bool) -> Content {
    if !looks_like_template(&bytes) {
        return Content::NotTemplate;
    }
    if bytes.len() as u64 > MAX_TEMPLATE_BYTES {
        return too_large(bytes.get(..HEAD_BYTES as usize).unwrap_or_default());
    }
    into_template(bytes)
}

/// Reads any text that a template names; the same limits, but nothing is asked about its content.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, ReadError> {
    let size = regular(path)?.len();
    if size > MAX_TEMPLATE_BYTES {
        return Ok(None);
    }
    let bytes = read_up_to(&mut File::open(path)?, size, MAX_TEMPLATE_BYTES + 1)?;
    if bytes.len() as u64 > MAX_TEMPLATE_BYTES {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

/// The file's metadata, symbolic links followed, if it is a regular file: opening a FIFO would wait for ever.
fn regular(path: &Path) -> Result<Metadata, ReadError> {
    let metadata = path.metadata()?;
    if metadata.is_file() { Ok(metadata) } else { Err(ReadError::NotAFile) }
}

/// Reads until the end or `limit` bytes; `expected` sizes the buffer. A file may grow while it is read.
pub(super) fn read_up_to(reader: &mut impl Read, expected: u64, limit: u64) -> io::Result<Vec<u8>> {
    let capacity = usize::try_from(expected.min(limit)).unwrap_or(0).saturating_add(1);
    let mut bytes = Vec::with_capacity(capacity);
    reader.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large(head: &[u8]) -> Content {
    let limit = MAX_TEMPLATE_BYTES / (1024 * 1024);
    let problem = TextProblem {
        range: TextRange::new(0, 0),
        message: format!(
            "the file is larger than {limit} MiB and was not read; CloudFormation takes at most 1 MiB"
        ),
    };
    // The head is kept so that there is a first line to show.
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Content::Template(String::from_utf8_lossy(line).into_owned(), Some(problem))
}

fn into_template(bytes: Vec<u8>) -> Content {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let problem =
                at_byte(at, '\u{fffd}'.len_utf8(), "the file is not UTF-8: this byte starts no character");
            return Content::Template(String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(problem));
        }
    };
    let problem = memchr::memchr(0, text.as_bytes())
        .map(|at| at_byte(at, 1, "the file holds a NUL byte, which YAML and JSON do not allow"));
    Content::Template(text, problem)
}

fn at_byte(at: usize, len: usize, message: &str) -> TextProblem {
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    TextProblem { range: TextRange::new(narrow(at), narrow(at + len)), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(bytes: &[u8]) -> (String, Option<TextProblem>) {
        match classify(bytes.to_vec(), |_| true) {
            Content::Template(text, problem) => (text, problem),
            Content::NotTemplate => panic!("the bytes count as a template here"),
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_located() {
        let (text, problem) = loaded(b"a: \xff\xfe\n");
        let problem = problem.expect("there is a problem");
        assert_eq!(text.get(problem.range.as_usize()), Some("\u{fffd}"));

        let (text, problem) = loaded(b"a: b\0c\n");
        let problem = problem.expect("there is a problem");
        assert_eq!(text.get(problem.range.as_usize()), Some("\0"));
        assert_eq!(loaded("a: é\n".as_bytes()), ("a: é\n".to_owned(), None));
    }

    #[test]
    fn oversized_input_keeps_its_first_line() {
        let mut bytes = b"Resources:\n".to_vec();
        bytes.resize(MAX_TEMPLATE_BYTES as usize + 1, b'#');
        let (text, problem) = loaded(&bytes);
        assert_eq!(text, "Resources:");
        assert!(problem.expect("there is a problem").message.contains("32 MiB"));
    }

    #[test]
    fn other_content_is_not_kept() {
        assert!(matches!(classify(b"x".to_vec(), |_| false), Content::NotTemplate));
    }
}
