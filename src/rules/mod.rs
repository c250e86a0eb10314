//! The registry of rules and what each of them is given.
//!
//! One file per rule. A rule asks the model and pushes findings; it reads no configuration, no syntax and no
//! other rule's findings, and it decides nothing about who sees them.

pub mod body_import_ignores_endpoint_type;
mod choices;
pub mod conditionally_public_api;
pub mod dead_routing;
pub mod decided;
pub mod consumer;
pub mod consumer_outside_vpc;
pub mod conflicting_policies;
pub mod duplicate_private_dns;
pub mod duplicate_vpc_endpoint_id;
pub mod endpoint_configuration_on_http_api;
pub mod endpoint_ids_on_public_api;
pub mod endpoint_open_to_world;
pub mod endpoint_policy_blocks_api;
pub mod endpoint_security_group_closed;
pub mod endpoint_single_subnet;
pub mod endpoint_without_subnets;
pub mod exception_expired;
pub mod exception_expiring;
pub mod exception_incomplete;
pub mod exception_unused;
pub mod finding;
pub mod gateway_endpoint_for_execute_api;
pub mod http_api_cannot_be_private;
pub mod if_exists_opens_policy;
pub mod ignored_openapi_extension;
pub mod implicit_public_api;
pub mod invalid_endpoint_service_name;
pub mod invalid_policy_document;
pub mod invalid_endpoint_type;
pub mod invalid_rest_api_id;
pub mod inverted_endpoint_condition;
pub mod list_passed_to_nested_stack;
pub mod metadata;
pub mod missing_event_path;
pub mod missing_resource_policy;
pub mod missing_vpc_endpoint_ids;
pub mod not_a_vpc_endpoint_id;
pub mod occurrence;
pub mod openness;
pub mod options;
pub mod own;
pub mod places;
pub mod policy_change_not_deployed;
pub mod policy_denies_everyone;
pub mod policy_omits_endpoint;
pub mod policy_open_to_any_vpc;
pub mod private_api_ip_address_type;
pub mod policy_resource_mismatch;
pub mod private_dns_blocks_public_apis;
pub mod private_domain_policy;
pub mod private_domain_without_association;
pub mod private_range_on_public_api;
pub mod public_api;
pub mod public_domain_on_private_api;
pub mod public_front_for_private_api;
pub mod public_function_url;
pub mod public_graphql_api;
pub mod public_invoke_permission;
pub mod remedies;
pub mod sam_allow_list_entry_ignored;
pub mod sam_allow_list_not_a_list;
pub mod sam_endpoint_configuration_shape;
pub mod sam_unknown_policy_key;
pub mod source_ip_on_private_api;
pub mod stray_sam_stage;
pub mod strangers;
pub mod telling;
pub mod unapproved_vpc_endpoint;
pub mod unauthorised_route;
pub mod unknown_exposure;
pub mod unreachable_private_api;
pub mod unreachable_consumer_url;
pub mod unreadable_template;
pub mod unsigned_principal_condition;
pub mod unsupported_dns_option;
pub mod unsupported_globals_key;
pub mod vpc_condition_on_public_api;
pub mod vpc_dns_disabled;
pub mod widened_allow_list;
pub mod words;
pub mod wrong_endpoint_configuration_key;
pub mod wrong_endpoint_service;
pub mod wrong_mapping_for_private_domain;

use std::sync::Arc;

use crate::diagnostic::RuleId;
use crate::exposure::model::{Api, ApiKind, Domain, Endpoint, ExposureModel};
use crate::intent::{Intent, Intents};
use crate::rules::finding::Finding;
use crate::rules::options::Options;
use crate::rules::own::OwnRule;
use crate::source::{FileId, Sources};
use crate::template::lowered::Refusal;

/// What a rule looks at: one file's APIs, endpoints and refusals, in the light of the whole run.
#[derive(Clone, Copy, Debug)]
pub struct Context<'run> {
    /// The facts of the whole run.
    pub model: &'run ExposureModel,
    /// What each API is meant to be.
    pub intents: &'run Intents,
    /// What the user chose where rules leave a choice.
    pub options: &'run Options,
    /// The texts, for names and lines of places in notes.
    pub sources: &'run Sources,
    /// The file the rule is asked about.
    pub file: FileId,
    /// Its path for patterns of the policy file.
    pub path: &'run str,
    /// Indices of the file's APIs in the model, ascending.
    pub apis: &'run [usize],
    /// Indices of the file's endpoints in the model, ascending.
    pub endpoints: &'run [usize],
    /// Indices of the file's refusals in the model, ascending.
    pub refusals: &'run [usize],
}

impl<'run> Context<'run> {
    /// The file's APIs with what they are meant to be, in text order.
    pub fn apis(&self) -> impl Iterator<Item = (&'run Api, &'run Intent)> + use<'run> {
        let (model, intents) = (self.model, self.intents);
        let known = move |&index: &usize| Some((model.apis.get(index)?, intents.of(index)));
        self.apis.iter().filter_map(known)
    }

    /// The file's REST APIs that the SAM transform does not refuse, in text order.
    pub fn rest_apis(&self) -> impl Iterator<Item = (&'run Api, &'run Intent)> + use<'run> {
        self.apis().filter(|(api, _)| api.kind == ApiKind::Rest && api.refused.is_none())
    }

    /// The file's endpoints, in text order; one entry per stack instance.
    pub fn endpoints(&self) -> impl Iterator<Item = &'run Endpoint> + use<'run> {
        let model = self.model;
        self.endpoints.iter().filter_map(move |&index| model.endpoints.get(index))
    }

    /// The file's custom domains, in text order; one entry per stack instance. None where the SAM transform refuses
    /// the file, since then there is none.
    pub fn domains(&self) -> impl Iterator<Item = &'run Domain> + use<'run> {
        let (file, refused) = (self.file, !self.refusals.is_empty());
        self.model.domains.iter().filter(move |domain| domain.file == file && !refused)
    }

    /// Why the SAM transform refuses the file, in the order in which it finds the reasons.
    pub fn refusals(&self) -> impl Iterator<Item = &'run Refusal> + use<'run> {
        let model = self.model;
        let refused = self.refusals.iter().filter_map(move |&index| model.refusals.get(index));
        refused.map(|refused| &refused.refusal)
    }
}

/// A check: looks at a file's facts and pushes what it finds.
#[derive(Clone, Debug)]
pub enum Check {
    /// Of a built-in rule.
    BuiltIn(fn(&Context<'_>, &mut Vec<Finding>)),
    /// Of a rule that an organisation wrote.
    Own(Arc<OwnRule>),
}

impl Check {
    /// Pushes what it finds.
    pub fn run(&self, ctx: &Context<'_>, findings: &mut Vec<Finding>) {
        match self {
            Check::BuiltIn(check) => check(ctx, findings),
            Check::Own(rule) => own::check(rule, ctx, findings),
        }
    }
}

/// A rule. Title, severity and text for readers are in `rules/<id>.yaml`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// The check; `None` for a rule the driver itself reports, because there is no model to ask.
    pub check: Option<Check>,
}

impl Rule {
    /// An organisation's rule as a rule.
    pub fn own(rule: &Arc<OwnRule>) -> Self {
        Self { id: rule.id.clone(), check: Some(Check::Own(Arc::clone(rule))) }
    }
}

const fn rule(id: &'static str, check: fn(&Context<'_>, &mut Vec<Finding>)) -> Rule {
    Rule { id: RuleId::new(id), check: Some(Check::BuiltIn(check)) }
}

/// Every built-in rule, in the order of the catalogue.
pub const RULES: &[Rule] = &[
    rule("public-api", public_api::check),
    rule("conditionally-public-api", conditionally_public_api::check),
    rule("implicit-public-api", implicit_public_api::check),
    rule("http-api-cannot-be-private", http_api_cannot_be_private::check),
    rule("public-function-url", public_function_url::check),
    rule("public-invoke-permission", public_invoke_permission::check),
    rule("public-graphql-api", public_graphql_api::check),
    rule("public-domain-on-private-api", public_domain_on_private_api::check),
    rule("unreachable-private-api", unreachable_private_api::check),
    rule("public-front-for-private-api", public_front_for_private_api::check),
    rule("unknown-exposure", unknown_exposure::check),
    rule("sam-endpoint-configuration-shape", sam_endpoint_configuration_shape::check),
    rule("wrong-endpoint-configuration-key", wrong_endpoint_configuration_key::check),
    rule("invalid-endpoint-type", invalid_endpoint_type::check),
    rule("endpoint-configuration-on-http-api", endpoint_configuration_on_http_api::check),
    rule("private-api-ip-address-type", private_api_ip_address_type::check),
    rule("endpoint-ids-on-public-api", endpoint_ids_on_public_api::check),
    rule("body-import-ignores-endpoint-type", body_import_ignores_endpoint_type::check),
    rule("ignored-openapi-extension", ignored_openapi_extension::check),
    rule("policy-change-not-deployed", policy_change_not_deployed::check),
    rule("missing-vpc-endpoint-ids", missing_vpc_endpoint_ids::check),
    rule("not-a-vpc-endpoint-id", not_a_vpc_endpoint_id::check),
    rule("wrong-endpoint-service", wrong_endpoint_service::check),
    rule("duplicate-vpc-endpoint-id", duplicate_vpc_endpoint_id::check),
    rule("missing-resource-policy", missing_resource_policy::check),
    rule("policy-omits-endpoint", policy_omits_endpoint::check),
    rule("policy-open-to-any-vpc", policy_open_to_any_vpc::check),
    rule("policy-denies-everyone", policy_denies_everyone::check),
    rule("policy-resource-mismatch", policy_resource_mismatch::check),
    rule("stray-sam-stage", stray_sam_stage::check),
    rule("invalid-policy-document", invalid_policy_document::check),
    rule("unsigned-principal-condition", unsigned_principal_condition::check),
    rule("inverted-endpoint-condition", inverted_endpoint_condition::check),
    rule("vpc-condition-on-public-api", vpc_condition_on_public_api::check),
    rule("source-ip-on-private-api", source_ip_on_private_api::check),
    rule("private-range-on-public-api", private_range_on_public_api::check),
    rule("if-exists-opens-policy", if_exists_opens_policy::check),
    rule("widened-allow-list", widened_allow_list::check),
    rule("conflicting-policies", conflicting_policies::check),
    rule("sam-allow-list-not-a-list", sam_allow_list_not_a_list::check),
    rule("sam-allow-list-entry-ignored", sam_allow_list_entry_ignored::check),
    rule("sam-unknown-policy-key", sam_unknown_policy_key::check),
    rule("unauthorised-route", unauthorised_route::check),
    rule("unapproved-vpc-endpoint", unapproved_vpc_endpoint::check),
    rule("private-dns-blocks-public-apis", private_dns_blocks_public_apis::check),
    rule("duplicate-private-dns", duplicate_private_dns::check),
    rule("vpc-dns-disabled", vpc_dns_disabled::check),
    rule("unsupported-dns-option", unsupported_dns_option::check),
    rule("gateway-endpoint-for-execute-api", gateway_endpoint_for_execute_api::check),
    rule("invalid-endpoint-service-name", invalid_endpoint_service_name::check),
    rule("endpoint-without-subnets", endpoint_without_subnets::check),
    rule("endpoint-security-group-closed", endpoint_security_group_closed::check),
    rule("endpoint-open-to-world", endpoint_open_to_world::check),
    rule("endpoint-single-subnet", endpoint_single_subnet::check),
    rule("endpoint-policy-blocks-api", endpoint_policy_blocks_api::check),
    rule("private-domain-without-association", private_domain_without_association::check),
    rule("private-domain-policy", private_domain_policy::check),
    rule("wrong-mapping-for-private-domain", wrong_mapping_for_private_domain::check),
    rule("dead-routing", dead_routing::check),
    rule("unreachable-consumer-url", unreachable_consumer_url::check),
    rule("consumer-outside-vpc", consumer_outside_vpc::check),
    Rule { id: unreadable_template::ID, check: None },
    rule("invalid-rest-api-id", invalid_rest_api_id::check),
    rule("missing-event-path", missing_event_path::check),
    rule("unsupported-globals-key", unsupported_globals_key::check),
    rule("list-passed-to-nested-stack", list_passed_to_nested_stack::check),
    Rule { id: RuleId::new("exception-incomplete"), check: None },
    Rule { id: RuleId::new("exception-expired"), check: None },
    Rule { id: RuleId::new("exception-expiring"), check: None },
    Rule { id: RuleId::new("exception-unused"), check: None },
];
