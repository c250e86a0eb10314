//! Tells a CloudFormation or SAM template from other YAML and JSON without parsing it.
//!
//! Works on broken texts too, so that a template with a syntax error is reported and a broken Helm chart is
//! left alone. Looks at top-level keys and at `Type:` values below `Resources`, nothing else; it is the only
//! place in `syntax` that knows the names of template sections.

mod brackets;
mod lines;

/// What a text is, by its outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sniff {
    /// A template, perhaps a broken one: it has `AWSTemplateFormatVersion`, a `Transform` that names `AWS::`,
    /// or below `Resources` a `Type` of the form `A::B`.
    Template,
    /// It has sections that a template has, but nothing that only a template has.
    Unsure,
    /// Something else. The phrase says what, after "this is".
    Other(&'static str),
}

impl Sniff {
    /// Whether the text should be read as a template without having been named as one.
    pub fn is_template(self) -> bool {
        self == Self::Template
    }
}

/// Says what `text` is. Takes time linear in its length and allocates nothing.
pub fn looks_like_template(text: &str) -> Sniff {
    let content = text.trim_start_matches('\u{feff}').trim_start();
    let mut signs = Signs::default();
    match content.as_bytes() {
        [] => return Sniff::Other("an empty file"),
        [b'[', ..] => return Sniff::Other("a list"),
        [b'{', b'{' | b'%', ..] => return Sniff::Other(TEXT_TEMPLATE),
        [b'{', ..] => brackets::scan(content, &mut signs),
        // The indentation of the first line counts.
        _ => lines::scan(text.trim_start_matches('\u{feff}'), &mut signs),
    }
    signs.verdict()
}

const TEXT_TEMPLATE: &str = "a text template that another program fills in first";

/// What was seen of a text.
#[derive(Debug, Default)]
struct Signs {
    /// A line or value that starts with `{{` or `{%`.
    text_template: bool,
    /// The top of the text is a list.
    list: bool,
    format_version: bool,
    aws_transform: bool,
    /// A `Type: A::B` below `Resources`.
    typed_resource: bool,
    /// `${self:…}` and the like of the Serverless Framework.
    serverless_variable: bool,
    keys: Keys,
}

/// Top-level keys that were seen.
#[derive(Debug, Default)]
struct Keys(u32);

/// Every top-level key that says something, with the bit that stands for it.
const KEYS: &[(&str, u32)] = &[
    ("AWSTemplateFormatVersion", 0),
    ("Transform", 1),
    ("Resources", 2),
    ("Parameters", 3),
    ("Mappings", 4),
    ("Conditions", 5),
    ("Outputs", 6),
    ("Globals", 7),
    ("Rules", 8),
    ("apiVersion", 9),
    ("kind", 10),
    ("openapi", 11),
    ("swagger", 12),
    ("services", 13),
    ("on", 14),
    ("jobs", 15),
    ("service", 16),
    ("provider", 17),
    ("ROSTemplateFormatVersion", 18),
    ("heat_template_version", 19),
];

impl Keys {
    fn add(&mut self, key: &str) {
        if let Some((_, bit)) = KEYS.iter().find(|(name, _)| *name == key) {
            self.0 |= 1 << bit;
        }
    }

    fn has(&self, key: &str) -> bool {
        KEYS.iter().any(|(name, bit)| *name == key && self.0 & (1 << bit) != 0)
    }
}

impl Signs {
    /// Whether nothing that may still come can change the verdict, given that no text template can come.
    fn settled(&self) -> bool {
        self.format_version
    }

    fn verdict(&self) -> Sniff {
        if self.text_template {
            return Sniff::Other(TEXT_TEMPLATE);
        }
        if self.format_version {
            return Sniff::Template;
        }
        if let Some(other) = self.foreign() {
            return Sniff::Other(other);
        }
        if self.aws_transform || self.typed_resource {
            return Sniff::Template;
        }
        let sections = ["Resources", "Parameters", "Mappings", "Conditions", "Outputs", "Globals", "Rules"];
        if sections.iter().any(|section| self.keys.has(section)) {
            return Sniff::Unsure;
        }
        Sniff::Other("not a template: it has none of the sections of one")
    }

    /// Other programs' files by the keys they must have.
    fn foreign(&self) -> Option<&'static str> {
        let has = |key| self.keys.has(key);
        let table: [(bool, &'static str); 8] = [
            (self.list, "a list"),
            (has("apiVersion") && has("kind"), "a Kubernetes manifest"),
            (has("openapi") || has("swagger"), "an OpenAPI document"),
            (has("service") && has("provider"), "a Serverless Framework configuration"),
            (self.serverless_variable, "a part of a Serverless Framework configuration"),
            (has("ROSTemplateFormatVersion") || has("heat_template_version"), "a template of another cloud"),
            (has("on") && has("jobs"), "a GitHub workflow"),
            (has("services") && !has("Resources"), "a Compose file"),
        ];
        table.into_iter().find(|(seen, _)| *seen).map(|(_, what)| what)
    }
}

/// Whether `text` holds the key `Type` with a value of the form `A::B`.
fn has_type(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, b"Type").any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !before.is_some_and(u8::is_ascii_alphanumeric)
            && text.get(at + "Type".len()..).and_then(value_of).is_some_and(is_type)
    })
}

/// The value behind the end of a key: the text after its closing quote and its colon.
fn value_of(tail: &str) -> Option<&str> {
    let tail = tail.strip_prefix(['"', '\'']).unwrap_or(tail);
    let value = tail.trim_start().strip_prefix(':')?.trim_start();
    Some(value.strip_prefix(['"', '\'']).unwrap_or(value))
}

/// Whether `value` starts with `A::B`, as `AWS::S3::Bucket` and `Custom::Thing` do.
fn is_type(value: &str) -> bool {
    let word = value.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let rest = value.get(word..).unwrap_or_default();
    word > 0
        && rest.strip_prefix("::").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: &[&str] = &[
        "AWSTemplateFormatVersion: '2010-09-09'\n",
        "\u{feff}# c\r\n---\r\n\"AWSTemplateFormatVersion\": 2010-09-09\r\n",
        "Transform: AWS::Serverless-2016-10-31\nResources: {}\n",
        "Transform:\n  - AWS::LanguageExtensions\n  - Other\n",
        "Transform:\n- 'AWS::Serverless-2016-10-31'\n",
        "Description: x\nResources:\n  A:\n    Type: AWS::S3::Bucket\n",
        "Resources:\n  A:\n    Properties:\n      x: 1\n    Type: \"Custom::Thing\"\n",
        "Resources: {A: {Type: AWS::S3::Bucket}}\n",
        "  Resources:\n    A:\n      Type: 'Alexa::ASK::Skill'\n",
        "Resources:\n  A: {\n    \"Type\" : \"AWS::S3::Bucket\"\n  }\n",
        "Resources:\n\tA:\n\t\tType: AWS::S3::Bucket\n",
        "Resources\n  A:\n    Type: AWS::S3::Bucket\n",
        "Resources:\n  A:\n    Type: \"AWS::S3::Bucket\n",
        "Description: \"{{resolve:ssm:x}} {% not jinja %}\"\nResources:\n  A:\n    Type: AWS::X::Y\n",
        "Resources:\n  A:\n    Type: AWS::X::Y\n    Code: |\n      {% if x %}\n      {{ y }}\n  B:\n    x: {{resolve:ssm:x}}\n",
        "Resources:\n  Fn::ForEach::X:\n    - A\n    - [1]\n    - ${A}:\n        Type: AWS::X::Y\n",
        "{\"Resources\":{\"A\":{\"Type\":\"AWS::S3::Bucket\"}}}",
        "\u{feff}\n {\n \"AWSTemplateFormatVersion\" : \"2010-09-09\" }",
        "{\"Transform\": [\"AWS::Serverless-2016-10-31\"], \"Resources\": {}}",
        "{\"Description\": \"a } \\\" {\", \"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"",
        "{\"Description\": \"open,\n \"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}",
        "{Resources: {A: {Type: AWS::S3::Bucket}}}",
        "{'Resources': {'A': {'Type': 'AWS::S3::Bucket'}}}",
        "{ // comment: it's one\n \"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}}}",
    ];

    #[test]
    fn templates_are_recognised() {
        for text in TEMPLATES {
            assert_eq!(looks_like_template(text), Sniff::Template, "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_named() {
        let table = [
            ("", "an empty file"),
            ("[1]", "a list"),
            ("- Type: AWS::S3::Bucket\n", "a list"),
            ("apiVersion: v1\nkind: X\nResources:\n  A:\n    Type: A::B\n", "a Kubernetes manifest"),
            ("openapi: 3.0.1\n", "an OpenAPI document"),
            ("{\"swagger\": \"2.0\", \"x\": {\"Resources\": {\"Type\": \"A::B\"}}}", "an OpenAPI document"),
            ("services:\n  a: {}\n", "a Compose file"),
            ("name: x\non: push\njobs: {}\n", "a GitHub workflow"),
            (
                "service: x\nprovider:\n  name: aws\nresources:\n  Resources:\n    A:\n      Type: AWS::S3::Bucket\n",
                "a Serverless Framework configuration",
            ),
            (
                "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: ${self:custom.name}\n",
                "a part of a Serverless Framework configuration",
            ),
            (
                "ROSTemplateFormatVersion: '2015-09-01'\nResources:\n  A:\n    Type: ALIYUN::X::Y\n",
                "a template of another cloud",
            ),
            ("{{- if .Values.x }}\nResources:\n", TEXT_TEMPLATE),
            ("AWSTemplateFormatVersion: x\nResources:\n{% if y %}\n  A:\n", TEXT_TEMPLATE),
            ("AWSTemplateFormatVersion: x\nResources:\n  A:\n    Name: {{ .Values.name }}\n", TEXT_TEMPLATE),
            ("AWSTemplateFormatVersion: x\nA:\n  - {{cookiecutter.x}}\n", TEXT_TEMPLATE),
            ("a: 1\n", "not a template: it has none of the sections of one"),
            (
                "{\"a\": {\"Resources\": {\"Type\": \"A::B\"}}}",
                "not a template: it has none of the sections of one",
            ),
            ("x:\n  AWSTemplateFormatVersion: 1\n", "not a template: it has none of the sections of one"),
            ("version = 0.1\n[default]\n", "not a template: it has none of the sections of one"),
        ];
        for (text, what) in table {
            assert_eq!(looks_like_template(text), Sniff::Other(what), "{text:?}");
        }
    }

    #[test]
    fn sections_alone_leave_doubt() {
        for text in [
            "Resources: {}\n",
            "Parameters:\n  A:\n    Type: AWS::EC2::VPC::Id\n",
            "{\"Parameters\": {\"A\": \"b\"}}",
            "Resources:\n  A:\n    Code: |\n      Type: AWS::S3::Bucket\n",
            "Resources:\n  A:\n    ResourceType: AWS::S3::Bucket\n",
        ] {
            assert_eq!(looks_like_template(text), Sniff::Unsure, "{text:?}");
        }
    }

    #[test]
    fn no_prefix_of_a_template_panics() {
        for text in TEMPLATES {
            for (end, _) in text.char_indices() {
                looks_like_template(&text[..end]);
                looks_like_template(&text[end..]);
            }
        }
    }
}
