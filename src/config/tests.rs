//! Tables of policy files and the mistakes in them; and what must hold for any text.

use super::*;
use crate::config::shape::Shape;
use crate::diagnostic::Persona;
use crate::intent::Posture;
use crate::source::{SourceFile, Sources};

/// `line:column message | label | help` of each mistake, 1-based.
fn mistakes(text: &str) -> Vec<String> {
    let source = SourceFile::new("wicketgate.toml", text);
    let (_, found) = read(FileId(0), text);
    found
        .iter()
        .map(|mistake| {
            let place = source.lines().line_column(text, mistake.primary.span.range.start);
            let shown = source.slice(mistake.primary.span.range);
            let help = mistake.help.join("; ");
            format!(
                "{}:{} {} [{shown}] {} | {help}",
                place.line + 1,
                place.column + 1,
                mistake.message,
                mistake.primary.message
            )
        })
        .collect()
}

#[test]
fn a_whole_file_is_read() {
    let text = "# ours\nschema = 1\nposture = \"private\"\npersona = 'auditor'\n\"fail-on\" = \"never\"\n";
    let (settings, found) = read(FileId(3), text);
    assert_eq!(found, []);
    let posture = settings.posture.unwrap();
    assert_eq!(posture.value, Posture::Private);
    assert_eq!(posture.span.file, FileId(3));
    assert_eq!(&text[posture.span.range.as_usize()], "\"private\"");
    assert_eq!(settings.persona.unwrap().value, Persona::Auditor);
    assert_eq!(settings.fail_on.unwrap().value, FailOn::Never);
    for empty in ["", "\u{FEFF}", "# nothing\r\n"] {
        assert_eq!(read(FileId(0), empty), (Settings::default(), Vec::new()), "{empty:?}");
    }
}

#[test]
fn each_word_means_what_it_says() {
    for (word, fails) in
        [("error", [true, false, false]), ("warning", [true, true, false]), ("info", [true; 3])]
    {
        let (settings, _) = read(FileId(0), &format!("fail-on = \"{word}\""));
        let fail_on = settings.fail_on.unwrap().value;
        assert_eq!(
            [Severity::Error, Severity::Warning, Severity::Info].map(|each| fail_on.fails(each)),
            fails
        );
    }
    for (word, posture) in
        [("private", Posture::Private), ("public", Posture::Public), ("unset", Posture::Unset)]
    {
        let (settings, _) = read(FileId(0), &format!("posture = \"{word}\""));
        assert_eq!(settings.posture.unwrap().value, posture);
    }
    for (word, persona) in
        [("regular", Persona::Regular), ("pedantic", Persona::Pedantic), ("auditor", Persona::Auditor)]
    {
        let (settings, _) = read(FileId(0), &format!("persona = \"{word}\""));
        assert_eq!(settings.persona.unwrap().value, persona);
    }
}

#[test]
fn mistakes_point_at_the_text_to_change() {
    let posture = "`posture` is one of \"private\", \"public\", \"unset\"";
    let keys = "known keys here: schema, extends, posture, persona, fail-on, own-rules, discovery, approved, dns, \
                override, exception, exceptions, environments, rules";
    for (text, expected) in [
        ("postur = \"private\"", vec![format!("1:1 unknown key `postur` [postur] did you mean `posture`? | {keys}")]),
        ("fail_on = \"error\"", vec![format!("1:1 unknown key `fail_on` [fail_on] did you mean `fail-on`? | {keys}")]),
        ("[discovry]\ninclude = []", vec![format!("1:2 unknown key `discovry` [discovry] did you mean `discovery`? | {keys}")]),
        (
            "[[exceptoin]]\nid = 'a'\n[[exceptoin]]\nid = 'b'",
            vec![format!("1:3 unknown key `exceptoin` [exceptoin] did you mean `exception`? | {keys}")],
        ),
        ("a.b.c = 1", vec![format!("1:1 unknown key `a` [a]  | {keys}")]),
        ("a.b.c = 1", vec![format!("1:1 unknown key `a` [a]  | {keys}")]),
        (
            "posture = \"privat\"",
            vec![format!("1:11 `posture` cannot be \"privat\" [\"privat\"] did you mean `private`? | {posture}")],
        ),
        (
            "posture = \"Private\"",
            vec![format!("1:11 `posture` cannot be \"Private\" [\"Private\"] did you mean `private`? | {posture}")],
        ),
        ("posture = 3", vec![format!("1:11 `posture` must be a word in quotes [3] this is a whole number | {posture}")]),
        (
            "# é\nposture = ['private']",
            vec![format!("2:11 `posture` must be a word in quotes [['private']] this is a list | {posture}")],
        ),
        (
            "schema = 2\nschem = 1",
            vec![
                "1:10 `schema` is 2, and this version knows only 1 [2]  | write `schema = 1`, or leave the line out"
                    .to_owned(),
                format!("2:1 unknown key `schem` [schem] did you mean `schema`? | {keys}"),
            ],
        ),
        (
            "schema = 1.0",
            vec![
                "1:10 `schema` must be a whole number [1.0] this is a number with a fraction | write `schema = 1`, \
                 or leave the line out"
                    .to_owned(),
            ],
        ),
    ] {
        assert_eq!(mistakes(text), expected, "{text}");
    }
}

#[test]
fn broken_toml_is_shown_where_it_breaks() {
    for (text, start) in [
        ("posture = private", "1:11 the policy file is not valid TOML [private]"),
        ("posture \"private\"", "1:9 the policy file is not valid TOML"),
        ("posture = \"a\"\nposture = \"b\"", "2:1 the policy file is not valid TOML [posture] duplicate key"),
        ("[discovery", "1:11 the policy file is not valid TOML"),
        ("posture = \"private", "1:19 the policy file is not valid TOML"),
    ] {
        let found = mistakes(text);
        assert!(found.first().is_some_and(|first| first.starts_with(start)), "{text}: {found:#?}");
    }
}

#[test]
fn hostile_files_are_refused_in_bounds() {
    let deep = [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{a=".repeat(50_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        "a = 1\n".repeat(40_000),
        "=\n".repeat(100_000),
    ];
    for text in deep {
        let (_, found) = read(FileId(0), &text);
        assert!(!found.is_empty() && found.len() <= 12, "{} mistakes", found.len());
    }
    let (settings, found) = read(FileId(0), &format!("posture = \"private\"\n#{}", " ".repeat(SIZE_LIMIT)));
    assert_eq!(settings, Settings::default());
    assert_eq!(found.len(), 1);
}

#[test]
fn any_text_gives_settings_or_located_mistakes() {
    let pieces = [
        "schema",
        "posture",
        "persona",
        "fail-on",
        " = ",
        "1",
        "\"private\"",
        "\"public\"",
        "'never'",
        "\n",
        "\r\n",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ",",
        ".",
        "\"",
        "'''",
        "#",
        "é",
        "\u{1b}",
        "2027-03-31",
        "true",
        "\\u12",
        " ",
    ];
    let mut state: u64 = 42;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    for _ in 0..20_000 {
        let text: String = (0..below(14)).map(|_| pieces[below(pieces.len())]).collect();
        let (settings, found) = read(FileId(0), &text);
        let mut sources = Sources::new();
        sources.add(SourceFile::new("wicketgate.toml", text.as_str()));
        for mistake in &found {
            let span = mistake.primary.span;
            assert_eq!(
                (span.file, mistake.severity, &mistake.rule),
                (FileId(0), Severity::Error, &POLICY_FILE)
            );
            assert!(span.range.end as usize <= text.len(), "{text:?}");
            assert!(!mistake.message.is_empty());
        }
        if found.is_empty() {
            let written =
                [settings.posture.is_some(), settings.persona.is_some(), settings.fail_on.is_some()];
            let named = ["posture", "persona", "fail-on"].map(|key| has_key(&text, key));
            assert_eq!(written, named, "{text:?}");
        }
    }
}

/// Whether some line of a faultless file begins with the key.
fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

/// A small generator of numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    /// A value of this shape, written in a line.
    fn value(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Text | Shape::AnyText => {
                ["\"a\"", "'*é'", "\"services/**\"", "\"111111111111\""][self.below(4)].to_owned()
            }
            Shape::Boolean => ["true", "false"][self.below(2)].to_owned(),
            Shape::Date => format!("20{}-0{}-1{}", 10 + self.below(90), 1 + self.below(9), self.below(9)),
            Shape::Days => self.below(60_000).to_string(),
            Shape::Constant(number) => number.to_string(),
            Shape::Words(words) => format!("\"{}\"", words[self.below(words.len())]),
            Shape::List(item) => {
                let items: Vec<String> = (0..1 + self.below(3)).map(|_| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Shape::Table(properties) => {
                let lines: Vec<String> = properties
                    .iter()
                    .filter(|property| property.required || self.below(3) > 0)
                    .map(|property| property.key)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|key| {
                        let property = properties.iter().find(|property| property.key == key).unwrap();
                        format!("{key} = {}", self.value(&property.shape))
                    })
                    .collect();
                format!("{{ {} }}", lines.join(", "))
            }
            Shape::Named(value) => {
                format!("{{ one = {}, \"two é\" = {} }}", self.value(value), self.value(value))
            }
            Shape::Either(shapes) => {
                let index = self.below(shapes.len());
                self.value(&shapes[index])
            }
        }
    }

    /// A file with some of the keys there are.
    fn file(&mut self) -> String {
        let mut text = String::new();
        for property in describe() {
            if self.below(4) == 0 {
                text += &format!("{} = {}\n", property.key, self.value(&property.shape));
            }
        }
        text
    }
}

#[test]
fn ten_thousand_files_give_settings_or_located_mistakes() {
    let mut dice = Dice(7);
    let (mut good, mut bad) = (0, 0);
    for round in 0..10_000 {
        let mut text = dice.file();
        for _ in 0..(round % 4) {
            let at = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).nth(dice.below(text.len() + 1));
            let at = at.unwrap_or(text.len());
            match dice.below(3) {
                0 => text.truncate(at),
                1 => text.insert_str(at, ["=", "\"", "x", "]", "\n", "é", "[", "0", "\u{0}"][dice.below(9)]),
                _ if at < text.len() => drop(text.remove(at)),
                _ => {}
            }
        }
        let (_, found) = read(FileId(0), &text);
        if found.is_empty() {
            good += 1;
        } else {
            bad += 1;
        }
        for mistake in &found {
            let range = mistake.primary.span.range;
            assert!(text.get(range.as_usize()).is_some(), "{range:?} of {text:?}");
            assert!(!mistake.message.is_empty() && mistake.severity == Severity::Error);
        }
    }
    assert!(good > 2_000 && bad > 2_000, "{good} good, {bad} bad");
}
