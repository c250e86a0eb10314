//! Local files that a template names, and their content put in their place.
//!
//! Reads nothing itself: paths go out, trees come in. Files elsewhere (S3, URLs) stay unknown.

use memchr::memmem;

use crate::order::Order;
use crate::syntax::tree::{NodeId, Tree};
use crate::template::document::{Resource, Template};
use crate::template::expand::includes::{self, named};
use crate::template::lowered::LocalFile;
use crate::template::sam::lowering::Lowering;

/// Properties that may name a local file as text, by resource type.
const NAMING: [(&str, &str); 6] = [
    ("AWS::Serverless::Api", "DefinitionUri"),
    ("AWS::Serverless::HttpApi", "DefinitionUri"),
    ("AWS::Serverless::Application", "Location"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    // `aws cloudformation package` uploads these.
    ("AWS::ApiGateway::RestApi", "BodyS3Location"),
    ("AWS::ApiGatewayV2::Api", "BodyS3Location"),
];

/// Local files that a template names: definitions, nested templates, `AWS::Include`. In written order.
pub(super) fn local_files(template: &Template) -> Vec<LocalFile> {
    let tree = &template.tree;
    let mut files = Vec::new();
    for section in ["Api", "HttpApi"] {
        let section = template.globals.and_then(|globals| tree.get(globals, section));
        let uri = section.and_then(|section| tree.get(section, "DefinitionUri"));
        files.extend(uri.and_then(|node| named(tree, node)));
    }
    for resource in &template.resources {
        let Some(properties) = resource.properties else { continue };
        let of_type = NAMING.iter().filter(|(type_name, _)| *type_name == resource.type_name);
        let nodes = of_type.filter_map(|(_, key)| tree.get(properties, key));
        files.extend(nodes.filter_map(|node| named(tree, node)));
        files.extend(asset(tree, resource).and_then(|node| named(tree, node)));
    }
    files.extend(included(template));
    files.order_by_key(|file| file.span.range);
    files
}

/// Local files that a template includes.
pub(super) fn included(template: &Template) -> Vec<LocalFile> {
    match memmem::find(template.tree.text().as_bytes(), b"AWS::Include") {
        Some(_) => includes::wanted(template),
        None => Vec::new(),
    }
}

/// The file that a CDK app's nested stack was made from: its `TemplateURL` names a bucket.
pub(super) fn asset(tree: &Tree, resource: &Resource) -> Option<NodeId> {
    let metadata = resource.metadata.filter(|_| resource.type_name == "AWS::CloudFormation::Stack")?;
    tree.get(metadata, "aws:asset:path")
}

impl Lowering<'_> {
    /// The content of a definition that is a local file at hand.
    pub(super) fn local_definition(&mut self, uri: NodeId) -> Option<NodeId> {
        includes::content(&mut self.nodes.tree, self.files, uri)
    }

    /// A body with local files in place of `AWS::Include`; the body itself when there are none. SAM sees its own
    /// bodies before the files are in them, so this follows when the body is done.
    pub(super) fn with_files(&mut self, body: NodeId) -> NodeId {
        includes::with_files(&mut self.nodes.tree, self.files, body)
    }

    /// Puts local files in place of `BodyS3Location` of raw APIs, which packaging uploads.
    pub(super) fn read_bodies(&mut self) {
        for at in 0..self.items.len() {
            let item = &self.items[at];
            if !item.is("AWS::ApiGateway::RestApi") && !item.is("AWS::ApiGatewayV2::Api") {
                continue;
            }
            let Some(entry) = self.nodes.entry(item.properties, "BodyS3Location") else { continue };
            if let Some(body) = self.local_definition(entry.value) {
                let properties = self.own_properties(at);
                self.nodes.remove(properties, "BodyS3Location");
                self.nodes.set(properties, "Body", self.nodes.span(entry.key), body);
            }
        }
    }

    /// The properties of an item as a mapping that may be changed; its resource shows them too.
    fn own_properties(&mut self, at: usize) -> NodeId {
        let properties = self.nodes.own(self.items[at].properties);
        let item = &mut self.items[at];
        item.properties = properties;
        if item.resource.properties.is_some() {
            item.resource.properties = Some(properties);
        }
        properties
    }
}
