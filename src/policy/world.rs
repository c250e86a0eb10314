//! Caller worlds: sets of requests, described by what each context key can hold.
//!
//! Which keys a caller has follows the "AWS global condition context keys" page and API Gateway's page on
//! condition keys for resource policies. What is asked for is not part of a world.

use std::collections::BTreeMap;

use super::keys::{self, Form};
use super::principal;
use super::text::Text;

/// A set of requests by who sends them and by which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    pub(super) signing: Signing,
    pub(super) action: String,
    pub(super) keys: BTreeMap<String, Domain>,
    pub(super) others: Others,
}

/// Who signs the requests of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Nobody.
    Unsigned,
    /// Any principal of this account.
    Account(Text),
    /// Any principal of any account but this one.
    Foreign(Text),
    /// The principal with this ARN.
    Principal(Text),
}

/// What a context key can hold in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The key is missing.
    Missing,
    /// This text.
    Is(Text),
    /// Any value of the form, chosen by the caller.
    Free(Form),
    /// A value of the form that nobody wrote down (see [`super::request::KeyValue::Stranger`]).
    Stranger(Form),
    /// Any address that is not routed on the internet.
    PrivateAddress,
    /// One of these, chosen by the caller.
    Either(Vec<Domain>),
    /// One of these, the same for all requests, but nobody knows which.
    Unsettled(Vec<Domain>),
    /// Not known at all; the reason.
    Unknown(String),
}

/// What the keys hold that a world does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// Those of signed callers as documented, all else unknown.
    Documented,
    /// Anything or nothing, but missing where only a signed caller has it.
    FreeUnsigned,
    /// Anything or nothing.
    Free,
}

/// The way requests come by.
const NETWORK: [&str; 4] = ["aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:sourceip"];

impl World {
    /// Callers from the internet: an address, no VPC keys.
    pub fn internet(signing: Signing) -> Self {
        let mut world =
            Self::network(signing, [Domain::Missing, Domain::Missing, Domain::Missing, any_address()]);
        for key in ["aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"] {
            world.keys.insert(key.to_owned(), Domain::Missing);
        }
        world
    }

    /// Callers through the VPC endpoint with this id; `vpc` is its VPC, `None` when not known.
    pub fn endpoint(id: &Text, vpc: Option<&Text>, signing: Signing) -> Self {
        let vpc = match vpc {
            Some(vpc) => Domain::Is(vpc.clone()),
            None => Domain::Unsettled(vec![Domain::Free(Form::of_key("aws:sourcevpc"))]),
        };
        Self::network(signing, [Domain::Is(id.clone()), vpc, any_address(), behind_endpoint()])
    }

    /// Callers through an endpoint that nobody names, in this VPC.
    pub fn inside_vpc(vpc: &Text, signing: Signing) -> Self {
        let endpoint = Domain::Stranger(Form::of_key("aws:sourcevpce"));
        Self::network(signing, [endpoint, Domain::Is(vpc.clone()), any_address(), behind_endpoint()])
    }

    /// Callers through an endpoint that nobody names, in a VPC that nobody names.
    pub fn any_other_endpoint(signing: Signing) -> Self {
        let endpoint = Domain::Stranger(Form::of_key("aws:sourcevpce"));
        let vpc = Domain::Stranger(Form::of_key("aws:sourcevpc"));
        Self::network(signing, [endpoint, vpc, any_address(), behind_endpoint()])
    }

    fn network(signing: Signing, domains: [Domain; 4]) -> Self {
        let keys = NETWORK.iter().map(|k| (*k).to_owned()).zip(domains).collect();
        Self { signing, action: "execute-api:Invoke".to_owned(), keys, others: Others::Documented }
    }

    /// A world without any rule but these: unsigned callers, the given keys, and anything or nothing in every
    /// other key; `loose` gives unsigned callers even the keys that only signed ones have.
    pub fn of_keys(keys: impl IntoIterator<Item = (String, Domain)>, loose: bool) -> Self {
        let others = if loose { Others::Free } else { Others::FreeUnsigned };
        let keys = keys.into_iter().collect();
        Self { signing: Signing::Unsigned, action: "execute-api:Invoke".to_owned(), keys, others }
    }

    /// The same world with a key, in any letter case, set to something else.
    #[must_use]
    pub fn with(mut self, key: &str, domain: Domain) -> Self {
        self.keys.insert(key.to_lowercase(), domain);
        self
    }

    /// The same world for another action than `execute-api:Invoke`.
    #[must_use]
    pub fn for_action(mut self, action: &str) -> Self {
        action.clone_into(&mut self.action);
        self
    }

    /// What a key given in lower case can hold.
    pub(super) fn domain(&self, key: &str) -> Domain {
        if let Some(domain) = self.keys.get(key) {
            return domain.clone();
        }
        let optional = || Domain::Either(vec![Domain::Missing, Domain::Free(Form::of_key(key))]);
        match self.others {
            Others::FreeUnsigned if is_signed_only(key) => Domain::Missing,
            Others::Free | Others::FreeUnsigned => {
                Domain::Either(vec![Domain::Missing, Domain::Free(Form::anything())])
            }
            Others::Documented => match key {
                "aws:securetransport" => Domain::Is(Text::from("true")),
                "aws:currenttime" | "aws:epochtime" => Domain::Free(Form::anything()),
                "aws:useragent" | "aws:referer" => optional(),
                "aws:viaawsservice" => {
                    Domain::Unsettled(vec![Domain::Missing, Domain::Is(Text::from("false"))])
                }
                _ if is_of_principal(key) => self.of_principal(key),
                _ => Domain::Unknown(format!("{key} is not modelled")),
            },
        }
    }

    fn of_principal(&self, key: &str) -> Domain {
        match (&self.signing, key) {
            (Signing::Unsigned, _) => Domain::Missing,
            (Signing::Account(account), "aws:principalaccount") => Domain::Is(account.clone()),
            (Signing::Principal(arn), "aws:principalaccount") => match principal::account_in(arn) {
                Some(account) => Domain::Is(account),
                None => Domain::Unknown("the signer's account is not in its ARN".to_owned()),
            },
            (_, "aws:principaltype" | "aws:userid") => Domain::Free(Form::of_key(key)),
            _ => Domain::Either(vec![Domain::Missing, Domain::Free(Form::of_key(key))]),
        }
    }
}

fn any_address() -> Domain {
    Domain::Free(Form::anything())
}

/// Behind an endpoint `aws:SourceIp` is rewritten to a private address or missing, which is not settled.
fn behind_endpoint() -> Domain {
    Domain::Unsettled(vec![Domain::Missing, Domain::PrivateAddress])
}

/// Keys, in lower case, that API Gateway documents for methods with AWS_IAM only.
pub fn is_of_principal(key: &str) -> bool {
    key.starts_with("aws:principal")
        || key.starts_with("aws:multifactorauth")
        || ["aws:userid", "aws:username", "aws:tokenissuetime", "aws:federatedprovider", "aws:sourceidentity"]
            .contains(&key)
}

/// All keys that need a signed caller, whatever the service.
fn is_signed_only(key: &str) -> bool {
    const STARTS: [&str; 15] = [
        "aws:principal",
        "aws:userid",
        "aws:username",
        "aws:multifactor",
        "aws:tokenissuetime",
        "aws:federated",
        "aws:sourceidentity",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorg",
        "aws:calledvia",
        "aws:requesttag",
        "aws:tagkeys",
        "aws:viaawsservice",
        "aws:ec2instance",
    ];
    STARTS.iter().any(|start| key.starts_with(start)) || key.starts_with("aws:assumedroot")
}

/// Whether a key may hold several values (see [`keys::has_several_values`]).
pub(super) fn is_list(key: &str) -> bool {
    keys::has_several_values(key)
}
