//! Lowering, case by case: `fixtures/_template/sam/CASE.yaml` and beside it what the transform makes of it.
//!
//! A dump lists the resources that were made with the properties exposure depends on, then surprises, refusals,
//! routes and added conditions, each with the text it points at. `WICKETGATE_BLESS=1` writes the dumps anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wicketgate::source::{FileId, SourceFile, Sources, Span};
use wicketgate::syntax::parse::parse;
use wicketgate::syntax::tree::{NodeId, Tree};
use wicketgate::template::bindings::{Binding, Bindings};
use wicketgate::template::document::{Origin, Template};
use wicketgate::template::expand::{Known, expand};
use wicketgate::template::intrinsic::intrinsic;
use wicketgate::template::lowered::Lowered;
use wicketgate::template::sam::{local_files, lower};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/_template/sam")
}

#[test]
fn dumps_are_as_expected() {
    let mut cases: Vec<_> = std::fs::read_dir(folder())
        .expect("the folder of fixtures exists")
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 10, "only {} cases", cases.len());
    let update = std::env::var_os("WICKETGATE_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases {
        let dump = Case::read(&case).dump();
        let expected = case.with_extension("txt");
        if update {
            std::fs::write(&expected, &dump).expect("the dump can be written");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != dump {
            wrong.push(format!("{}:\n{dump}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every node that lowering makes points into a text, and every text it points at exists.
#[test]
fn made_nodes_point_into_the_text() {
    for entry in std::fs::read_dir(folder()).expect("the folder of fixtures exists").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            let case = Case::read(&entry.path());
            for id in 0..case.lowered.tree.len() {
                let span = case.lowered.tree.span(NodeId(id));
                let length = case.sources.get(span.file).expect("the file is known").text().len();
                assert!(span.range.end as usize <= length, "{}: {span:?}", entry.path().display());
            }
        }
    }
}

struct Case {
    sources: Sources,
    template: Template,
    lowered: Lowered,
}

impl Case {
    /// A first line `# NAME=VALUE …` gives parameter values; `region=…` the region.
    fn read(path: &Path) -> Self {
        let mut sources = Sources::new();
        let (file, tree) = read_tree(&mut sources, path).expect("the case can be read");
        let first =
            sources.get(file).expect("just added").text().lines().next().unwrap_or_default().to_owned();
        let template = Template::read(tree).expect("the case is a template");
        let mut bindings = Bindings::default();
        for pair in first.strip_prefix("#!").unwrap_or_default().split_whitespace() {
            match pair.split_once('=') {
                Some(("region", region)) => bindings.region = Some(region.to_owned()),
                Some((name, value)) => {
                    bindings.parameters.insert(name.to_owned(), Binding::text(value));
                }
                None => {}
            }
        }
        let mut trees = Vec::new();
        for file in local_files(&template) {
            let path = path.with_file_name(&file.path);
            trees.push((file.path, read_tree(&mut sources, &path).map(|(_, tree)| tree)));
        }
        let find =
            |path: &str| trees.iter().find(|(name, _)| name == path).and_then(|(_, tree)| tree.clone());
        let known = Known { bindings: &bindings, open: &BTreeSet::new() };
        let template = expand(&template, known, &find).unwrap_or(template);
        let lowered = lower(&template, &bindings, &find);
        Self { sources, template, lowered }
    }

    fn dump(&self) -> String {
        let mut out = String::new();
        for file in local_files(&self.template) {
            let _ = writeln!(out, "file {} at {}", file.path, self.place(file.span));
        }
        for resource in &self.lowered.resources {
            let origin = match &resource.origin {
                Origin::Written => continue,
                Origin::Sam(id) => format!("from {id}"),
                Origin::Implicit => "implicit".to_owned(),
            };
            let condition =
                resource.condition.as_ref().map_or(String::new(), |(name, _)| format!(" if {name}"));
            let _ = writeln!(
                out,
                "{} {} {origin}{condition} at {}",
                resource.id,
                resource.type_name,
                self.place(resource.id_span)
            );
            for entry in resource.properties.map_or(&[][..], |node| self.lowered.tree.entries(node)) {
                let key = self.lowered.tree.scalar(entry.key).unwrap_or_default();
                let mut text = String::new();
                write(&self.lowered.tree, entry.value, &mut text);
                let _ = writeln!(out, "  {key}: {text}");
            }
        }
        for condition in &self.lowered.conditions {
            let mut text = String::new();
            write(&self.lowered.tree, condition.node, &mut text);
            let _ = writeln!(out, "condition {}: {text}", condition.name);
        }
        for route in &self.lowered.routes {
            let _ = writeln!(
                out,
                "route {} {} {} -> {} at {}",
                route.api,
                route.method,
                route.path,
                route.handler,
                self.place(route.span)
            );
        }
        for surprise in &self.lowered.surprises {
            let kind = format!("{:?}", surprise.kind);
            let kind = kind.split(" Span").next().unwrap_or_default().replace("Span { ", "");
            let kind = kind.split(" file: FileId").next().unwrap_or_default().to_owned();
            let _ = writeln!(out, "surprise {} {kind} at {}", surprise.resource, self.place(surprise.span));
        }
        for refusal in &self.lowered.refusals {
            let resource = refusal.resource.as_deref().unwrap_or("-");
            let _ = writeln!(
                out,
                "refused {resource} {:?} {} at {}",
                refusal.kind,
                refusal.reason,
                self.place(refusal.span)
            );
        }
        out
    }

    /// Line and text of a span.
    fn place(&self, span: Span) -> String {
        let file = self.sources.get(span.file).expect("the file is known");
        let line = file.lines().line_of(span.range.start) + 1;
        let text = file.slice(span.range).lines().next().unwrap_or_default();
        format!("{line} `{text}`")
    }
}

fn read_tree(sources: &mut Sources, path: &Path) -> Option<(FileId, Arc<Tree>)> {
    let text: Arc<str> = std::fs::read_to_string(path).ok()?.into();
    let file = sources.add(SourceFile::new(path.display().to_string(), Arc::clone(&text)));
    Some((file, Arc::new(parse(file, &text).tree)))
}

/// A node in one line, functions in long form.
fn write(tree: &Tree, node: NodeId, out: &mut String) {
    let tagged = tree.tag(node).is_some();
    if tagged && let Some(found) = intrinsic(tree, node) {
        let _ = write!(out, "{{{}: ", found.function.name());
        content(tree, node, out);
        out.push('}');
    } else {
        content(tree, node, out);
    }
}

fn content(tree: &Tree, node: NodeId, out: &mut String) {
    if let Some(text) = tree.scalar(node) {
        out.push_str(text);
    } else if tree.is_sequence(node) {
        out.push('[');
        for (at, &item) in tree.items(node).iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            write(tree, item, out);
        }
        out.push(']');
    } else {
        out.push('{');
        for (at, entry) in tree.entries(node).iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            let _ = write!(out, "{}: ", tree.scalar(entry.key).unwrap_or_default());
            write(tree, entry.value, out);
        }
        out.push('}');
    }
}

/// Aliases make a small text a tree of 2^40 nodes: lowering must not walk it all.
#[test]
fn small_texts_with_many_aliases_are_lowered() {
    let mut bomb = String::from("Metadata:\n  L0: &l0 {a: x}\n");
    for level in 1..40 {
        let below = level - 1;
        bomb += &format!("  L{level}: &l{level} {{a: *l{below}, b: *l{below}}}\n");
    }
    let text = format!(
        "Transform: AWS::Serverless-2016-10-31\n{bomb}\
         Globals:\n  Api: {{Auth: *l39, Variables: *l39}}\n\
         Resources:\n\
         \u{20} Fn::ForEach::Loop: [Name, [a, b], {{\"${{Name}}Api\": {{Type: AWS::Serverless::Api, Properties: *l39}}}}]\n\
         \u{20} Api:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: a\n      Variables: {{a: *l39, b: *l38}}\n\
         \u{20}     EndpointConfiguration: *l39\n\
         \u{20}     Auth: {{ResourcePolicy: {{IntrinsicVpceWhitelist: [*l39], CustomStatements: [*l39, *l38]}}}}\n\
         \u{20}     Domain: {{DomainName: *l39, CertificateArn: *l39}}\n\
         \u{20}     DefinitionBody: {{swagger: '2.0', paths: {{/a: *l39}}, x: {{'Fn::Transform': {{Name: AWS::Include, Parameters: {{Location: a}}}}, y: *l39}}}}\n"
    );
    let text: Arc<str> = text.into();
    let template = Template::read(Arc::new(parse(FileId(0), &text).tree)).expect("the text is a template");
    assert_eq!(local_files(&template).len(), 1);
    let included: Arc<str> = "a: b\n".into();
    let file = Arc::new(parse(FileId(1), &included).tree);
    let lowered = lower(&template, &Bindings::default(), &|_| Some(Arc::clone(&file)));
    assert!(lowered.resource("Api").is_some());
}

/// Statements are compared with those before them; many paths must not make that slow.
#[test]
fn many_paths_are_lowered() {
    let mut text = String::from(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: AWS::Serverless::Api\n    Properties:\n\
         \u{20}     StageName: a\n      Auth: {ResourcePolicy: {SourceVpcWhitelist: [vpc-1]}}\n      DefinitionBody:\n\
         \u{20}       swagger: '2.0'\n        paths:\n",
    );
    for path in 0..2000 {
        text += &format!("          /p{path}: {{get: {{}}}}\n");
    }
    let text: Arc<str> = text.into();
    let template = Template::read(Arc::new(parse(FileId(0), &text).tree)).expect("the text is a template");
    let lowered = lower(&template, &Bindings::default(), &|_| None);
    let api = lowered.resource("Api").and_then(|api| api.properties).expect("the API is made");
    let policy = lowered.tree.get_path(api, &["Body", "x-amazon-apigateway-policy", "Statement"]);
    assert_eq!(policy.map(|policy| lowered.tree.items(policy).len()), Some(4000));
}
