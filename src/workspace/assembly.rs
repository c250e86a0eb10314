//! What the manifest of a CDK app's output (`cdk.out/manifest.json`) says of the templates beside it.
//!
//! Reads the manifest only; which files there are and where is the caller's business. The format is that of
//! `aws-cdk-lib/cloud-assembly-schema`.

use crate::syntax::tree::{NodeId, Tree};
use crate::template::bindings::Bindings;

/// Name of a manifest, in the folder of the templates it is about.
pub const MANIFEST: &str = "manifest.json";

/// How the names of templates that a CDK app writes end. Nested ones are not in the manifest.
pub const TEMPLATE_ENDING: &str = ".template.json";

/// One stack of a CDK app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssembledStack {
    /// Name of its template, relative to the manifest.
    pub template: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// The account, where the app says it.
    pub account: Option<String>,
    /// The region, where the app says it.
    pub region: Option<String>,
}

impl AssembledStack {
    /// Fills in what `bindings` leave open.
    pub fn complete(&self, bindings: &mut Bindings) {
        bindings.stack_name.get_or_insert_with(|| self.stack_name.clone());
        if bindings.account.is_none() {
            bindings.account.clone_from(&self.account);
        }
        if bindings.region.is_none() {
            bindings.region.clone_from(&self.region);
        }
    }
}

/// The stacks that a manifest names, in written order; none for anything that is no such manifest.
pub fn stacks(manifest: &Tree) -> Vec<AssembledStack> {
    let artifacts = manifest.root().and_then(|root| manifest.get(root, "artifacts"));
    let artifacts = artifacts.map_or(&[][..], |node| manifest.entries(node));
    artifacts.iter().filter_map(|entry| stack(manifest, manifest.scalar(entry.key)?, entry.value)).collect()
}

fn stack(manifest: &Tree, id: &str, artifact: NodeId) -> Option<AssembledStack> {
    let text = |keys: &[&str]| manifest.get_path(artifact, keys).and_then(|node| manifest.scalar(node));
    if text(&["type"])? != "aws:cloudformation:stack" {
        return None;
    }
    let (account, region) = text(&["environment"]).and_then(environment).unwrap_or_default();
    Some(AssembledStack {
        template: text(&["properties", "templateFile"])?.to_owned(),
        stack_name: text(&["properties", "stackName"]).unwrap_or(id).to_owned(),
        account,
        region,
    })
}

/// Account and region of `aws://ACCOUNT/REGION`; the app may leave either to the deployment.
fn environment(text: &str) -> Option<(Option<String>, Option<String>)> {
    let (account, region) = text.strip_prefix("aws://")?.split_once('/')?;
    let known = |part: &str| (!part.starts_with("unknown-") && !part.is_empty()).then(|| part.to_owned());
    Some((known(account), known(region)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::parse::parse;

    #[test]
    fn stacks_are_found() {
        let manifest = r#"{"version": "36.0.0", "artifacts": {
            "Assets": {"type": "cdk:asset-manifest", "properties": {"file": "x"}},
            "A": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1",
                  "properties": {"templateFile": "A.template.json", "stackName": "a-prod"}},
            "B": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
                  "properties": {"templateFile": "B.template.json"}},
            "C": {"type": "aws:cloudformation:stack"}}}"#;
        let found = stacks(&parse(FileId(0), &manifest.into()).tree);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.template.as_str(), one.stack_name.as_str(), one.region.as_deref()))
            .collect();
        assert_eq!(shown, [("A.template.json", "a-prod", Some("eu-west-1")), ("B.template.json", "B", None)]);
        assert_eq!(stacks(&parse(FileId(0), &"[1]".into()).tree), []);
    }

    #[test]
    fn what_was_given_stays() {
        let stack = AssembledStack {
            template: String::new(),
            stack_name: "a".to_owned(),
            account: Some("1".to_owned()),
            region: Some("r".to_owned()),
        };
        let mut bindings = Bindings { region: Some("given".to_owned()), ..Bindings::default() };
        stack.complete(&mut bindings);
        assert_eq!(bindings.region.as_deref(), Some("given"));
        assert_eq!(bindings.account.as_deref(), Some("1"));
        assert_eq!(bindings.stack_name.as_deref(), Some("a"));
    }
}
