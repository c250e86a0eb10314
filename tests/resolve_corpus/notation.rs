//! What the referee writes in another way although it means the same, or makes up. Each step names its reason.

use serde_json::Value;

/// Attributes that are the resource's id, by type: `Ref` gives the same (AWS CloudFormation User Guide, return values
/// of each type). The referee keeps the two apart.
const IDS: [(&str, &str); 7] = [
    ("AWS::EC2::VPCEndpoint", "Id"),
    ("AWS::ApiGateway::RestApi", "RestApiId"),
    ("AWS::ApiGatewayV2::Api", "ApiId"),
    ("AWS::EC2::VPC", "VpcId"),
    ("AWS::EC2::Subnet", "SubnetId"),
    ("AWS::EC2::SecurityGroup", "GroupId"),
    ("AWS::ApiGateway::DomainNameV2", "DomainNameArn"),
];

/// How the referee writes one answer.
pub(crate) struct Notation {
    /// The id of a stack holds a UUID that AWS makes; the referee makes up zeros.
    stack_id: String,
    ids: Vec<(String, String)>,
}

impl Notation {
    /// For one answer of the referee.
    pub(crate) fn new(record: &Value) -> Self {
        let region = record["region"].as_str().unwrap_or_default();
        let partition = if region.starts_with("cn-") { "aws-cn" } else { "aws" };
        let stack_id = format!(
            "arn:{partition}:cloudformation:{region}:123456789012:stack/stack/00000000-0000-0000-0000-000000000000"
        );
        let mut ids = Vec::new();
        for (id, resource) in record["resources"].as_object().into_iter().flatten() {
            let attributes = IDS.iter().filter(|(kind, _)| resource["type"] == *kind);
            ids.extend(
                attributes.map(|(_, name)| (format!("@{{GetAtt:{id}.{name}}}"), format!("@{{Ref:{id}}}"))),
            );
        }
        Self { stack_id, ids }
    }

    /// Whether the two texts say the same.
    pub(crate) fn same(&self, ours: &str, theirs: &str) -> bool {
        if ours == theirs {
            return true;
        }
        // The referee encodes its own tokens; only AWS can encode what only AWS knows.
        if let Some(inner) = ours.strip_prefix("@{Base64:").and_then(|text| text.strip_suffix('}')) {
            return decoded(theirs).is_some_and(|theirs| self.same(inner, &theirs));
        }
        let ours = ours.replace("@{Ref:AWS::StackId}", &self.stack_id);
        let theirs = subnets(&dynamic(theirs));
        let ours = cut(&ours);
        ours == theirs || self.renamed(&ours) == self.renamed(&theirs)
    }

    fn renamed(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// Whether our name for a list is the list that the referee makes up: a list parameter without value and a
    /// split text that is not known have one item there, the zones of a region are four.
    pub(crate) fn same_list(&self, ours: &str, theirs: &[Value]) -> bool {
        let texts: Vec<&str> = theirs.iter().filter_map(Value::as_str).collect();
        if let Some(region) = ours.strip_prefix("@{GetAZs:").and_then(|text| text.strip_suffix('}')) {
            let zones = ["a", "b", "c", "d"].map(|letter| format!("@{{AZ:{region}{letter}}}"));
            return texts == zones;
        }
        let ours = ours.replace("@{Ref:AWS::StackId}", &self.stack_id);
        match split(&ours) {
            Some((delimiter, text)) => cut(text).split(delimiter).eq(texts.iter().copied().map(dynamic)),
            None => false,
        }
    }
}

/// `{{resolve:ssm:name}}` in a text is the same to us as a parameter of an SSM type with that name.
fn dynamic(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{resolve:ssm:") {
        let Some((name, after)) = after.split_once("}}") else { break };
        out.push_str(&format!("{before}@{{SSM:{name}}}"));
        rest = after;
    }
    out + rest
}

/// `@{Cidr:["block", 4, 64]}` is `@{Cidr:block 4 64}` here.
fn subnets(text: &str) -> String {
    match text.contains("@{Cidr:[") {
        true => text.replace("Cidr:[\"", "Cidr:").replace("\", ", " ").replace(", ", " ").replace("]}", "}"),
        false => text.to_owned(),
    }
}

/// A text in which every `Select`, `Join` and `Split` of a text that is not known is worked out on the token itself,
/// as the referee does: it cuts and joins the text of its own tokens.
fn cut(text: &str) -> String {
    let mut text = text.to_owned();
    let mut end = text.len();
    while let Some(at) = text[..end].rfind("@{") {
        end = at;
        let inside = &text[at + 2..];
        let Some(close) = closing(inside) else { break };
        if let Some(value) = worked_out(&inside[..close]) {
            text = format!("{}{value}{}", &text[..at], &inside[close + 1..]);
        }
    }
    text
}

/// The content of a `Select` or `Join` token as the referee has it.
fn worked_out(inside: &str) -> Option<String> {
    if let Some((index, list)) = inside.strip_prefix("Select:").and_then(|rest| rest.split_once(" of ")) {
        let (delimiter, text) = split(list)?;
        let pieces: Vec<&str> = text.split(delimiter).collect();
        return Some(match pieces.get(index.parse::<usize>().ok()?) {
            Some(piece) => (*piece).to_owned(),
            None => format!("@{{Select:{index} of {}}}", python_list(&pieces)),
        });
    }
    let (glue, list) = inside.strip_prefix("Join:")?.split_once(" @{")?;
    let list = format!("@{{{list}");
    let (delimiter, text) = split(&list)?;
    Some(text.split(delimiter).collect::<Vec<_>>().join(glue))
}

/// A list as Python prints it in JSON.
fn python_list(pieces: &[&str]) -> String {
    let quoted: Vec<String> = pieces.iter().map(|piece| Value::from(*piece).to_string()).collect();
    format!("[{}]", quoted.join(", "))
}

/// Delimiter and text of a `Split` token that is the whole text.
fn split(token: &str) -> Option<(&str, &str)> {
    let inside = token.strip_prefix("@{Split:")?.strip_suffix('}')?;
    inside.split_once(' ').filter(|(delimiter, _)| !delimiter.is_empty())
}

/// Where the brace stands that closes what stands before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0;
    text.char_indices().find_map(|(at, letter)| match letter {
        '{' => {
            open += 1;
            None
        }
        '}' if open == 0 => Some(at),
        '}' => {
            open -= 1;
            None
        }
        _ => None,
    })
}

fn decoded(text: &str) -> Option<String> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::try_from(letters.iter().position(|letter| *letter == byte)?).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}
