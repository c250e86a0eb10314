//! What was decided outside of the templates: postures, overrides, what is approved, how names resolve.
//!
//! Plain data. Where it was written and whether it was written well is not known here.

use crate::exposure::model::Labels;
use crate::glob::Glob;
use crate::intent::Posture;
use crate::order::Order;

/// All decisions that are made outside of the templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// What holds where nobody says anything.
    pub fallback: Posture,
    /// Who decides, an organisation before its repositories: a later one can only be stricter.
    pub parties: Vec<Stated>,
}

/// The decisions of one party, an organisation or a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// What holds where nothing narrower says otherwise; `None` when that is not said.
    pub posture: Option<Posture>,
    /// What holds in an environment, by its name.
    pub environments: Vec<(String, Posture)>,
    /// What holds for some APIs, in the order written.
    pub overrides: Vec<Override>,
}

/// What was decided for one API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// What it is meant to be.
    pub posture: Posture,
    /// What it must show if it is public; sorted.
    pub require: Vec<Requirement>,
    /// Whether what the resource says of itself no longer counts.
    pub ignores_marker: bool,
}

impl Decisions {
    /// What was decided for the API in the file of this path, in one environment.
    pub fn of(&self, labels: &Labels, path: &str, environment: Option<&str>) -> Decided {
        let said = self.parties.iter().filter_map(|party| party.posture_of(labels, path, environment));
        let posture = said.reduce(Posture::stricter).unwrap_or(self.fallback);
        let overrides = self.parties.iter().flat_map(|party| &party.overrides);
        let fitting = overrides.filter(|one| one.selects(labels, path));
        let mut require: Vec<Requirement> = fitting.flat_map(|one| one.require.iter().copied()).collect();
        require.order();
        require.dedup();
        Decided { posture, require, ignores_marker: false }
    }
}

impl Stated {
    /// The posture of an API: the narrowest override, the environment, the default.
    fn posture_of(&self, labels: &Labels, path: &str, environment: Option<&str>) -> Option<Posture> {
        let fitting = self.overrides.iter().filter(|one| one.selects(labels, path));
        let narrowest = fitting.filter(|one| one.posture.is_some()).max_by_key(|one| one.narrowness(path));
        narrowest.and_then(|one| one.posture).or_else(|| self.posture_in(environment)).or(self.posture)
    }

    fn posture_in(&self, environment: Option<&str>) -> Option<Posture> {
        let named = self.environments.iter().find(|(name, _)| Some(name.as_str()) == environment);
        named.map(|(_, posture)| *posture)
    }
}

/// What holds for the APIs that it selects: all that is said has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Files, relative to the folder that the decision is for; empty: all.
    pub paths: Vec<Glob>,
    /// Type of the resource, as written or as SAM makes it of that.
    pub resource: Option<String>,
    /// Logical ids or `Name` properties; empty: all.
    pub names: Vec<Glob>,
    /// Tags that the resource has, keys and values.
    pub tags: Vec<(String, Glob)>,
    /// What the APIs are meant to be.
    pub posture: Option<Posture>,
    /// What a public API must show instead.
    pub require: Vec<Requirement>,
}

impl Override {
    /// Whether the API is meant: all that is said fits.
    fn selects(&self, labels: &Labels, path: &str) -> bool {
        let tagged = |(key, value): &(String, Glob)| {
            labels.tags.iter().any(|(own, text)| own == key && value.matches_name(text))
        };
        (self.paths.is_empty() || self.paths.iter().any(|glob| glob.matches_path(path)))
            && self.resource.as_ref().is_none_or(|name| labels.types.contains(name))
            && (self.names.is_empty()
                || self.names.iter().any(|glob| labels.names.iter().any(|name| glob.matches_name(name))))
            && self.tags.iter().all(tagged)
    }

    /// Greater for what is narrower: one about resources before one about paths only, more selectors before
    /// fewer, a longer path before a shorter. Among equals the last one written wins.
    fn narrowness(&self, path: &str) -> (bool, usize, usize) {
        let about = [self.resource.is_some(), !self.names.is_empty(), !self.tags.is_empty()];
        let selectors = about.iter().filter(|yes| **yes).count();
        let fitting = self.paths.iter().filter(|glob| glob.matches_path(path));
        let longest = fitting.map(|glob| glob.as_str().len()).max().unwrap_or(0);
        (selectors > 0, selectors + usize::from(!self.paths.is_empty()), longest)
    }
}

/// What a public API must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// Every method asks who calls.
    Authorizer,
}

/// What may stand in an association, an allow-list or a policy condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Ids of VPC endpoints.
    pub vpc_endpoints: Vec<Glob>,
    /// Ids of VPCs.
    pub vpcs: Vec<Glob>,
    /// Names of exports.
    pub exports: Vec<Glob>,
    /// Names of SSM parameters; they have parts like paths.
    pub ssm: Vec<Glob>,
    /// Names of template parameters.
    pub parameters: Vec<Glob>,
    /// Account ids.
    pub accounts: Vec<Glob>,
    /// Ids of organisations.
    pub organisations: Vec<Glob>,
}

impl Approved {
    /// Whether anything is said about endpoints and VPCs; if not, all of them are as good.
    pub fn is_about_endpoints(&self) -> bool {
        [&self.vpc_endpoints, &self.vpcs, &self.exports, &self.ssm, &self.parameters]
            .iter()
            .any(|list| !list.is_empty())
    }
}

/// Whether endpoints for execute-api have private DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrivateDnsStance {
    /// They do not: public APIs stay reachable from the VPC.
    Off,
    /// They do, also those outside of the templates.
    On,
    /// Each as it likes.
    Any,
}

/// How the names of APIs resolve inside VPCs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// Whether endpoints have private DNS; `None` when that is not said.
    pub private_dns: Option<PrivateDnsStance>,
    /// Whether something in the VPCs calls public APIs of the region; `None` when that is not said.
    pub public_api_callers: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        Labels {
            types: vec!["AWS::ApiGateway::RestApi".to_owned(), "AWS::Serverless::Api".to_owned()],
            names: vec!["OrdersApi".to_owned(), "orders-internal".to_owned()],
            tags: vec![("Exposure".to_owned(), "internal".to_owned())],
        }
    }

    fn glob(text: &str) -> Vec<Glob> {
        text.split_whitespace().map(Glob::new).collect()
    }

    fn one(paths: &str, resource: Option<&str>, names: &str, posture: Posture) -> Override {
        Override {
            paths: glob(paths),
            resource: resource.map(str::to_owned),
            names: glob(names),
            posture: Some(posture),
            ..Override::default()
        }
    }

    fn decided(parties: Vec<Stated>, environment: Option<&str>) -> Posture {
        let decisions = Decisions { fallback: Posture::Unset, parties };
        decisions.of(&labels(), "services/orders/template.yaml", environment).posture
    }

    #[test]
    fn the_narrowest_wins() {
        use Posture::{Private, Public, Unset};
        let type_name = Some("AWS::Serverless::Api");
        let cases = [
            (vec![], Unset, Some("dev")),
            (vec![], Private, Some("prod")),
            (vec![one("services/**", None, "", Public)], Public, None),
            (vec![one("other/**", None, "", Public)], Private, None),
            (
                vec![one("services/orders", None, "", Public), one("services/**", None, "", Private)],
                Public,
                None,
            ),
            (vec![one("services/**", None, "", Public), one("services/**", None, "", Unset)], Unset, None),
            (vec![one("", type_name, "", Public), one("services/orders", None, "", Private)], Public, None),
            (vec![one("", type_name, "*-internal", Unset), one("", type_name, "", Public)], Unset, None),
            (vec![one("", Some("AWS::ApiGatewayV2::Api"), "", Public)], Private, None),
            (vec![one("", None, "orders", Public)], Private, None),
        ];
        for (overrides, expected, environment) in cases {
            let stated = Stated {
                posture: Some(Private),
                environments: vec![("dev".to_owned(), Unset)],
                overrides: overrides.clone(),
            };
            assert_eq!(decided(vec![stated], environment), expected, "{overrides:?}");
        }
    }

    #[test]
    fn tags_select() {
        let tagged = |value: &str| Override {
            tags: vec![("Exposure".to_owned(), Glob::new(value))],
            posture: Some(Posture::Private),
            ..Override::default()
        };
        for (value, expected) in
            [("internal", Posture::Private), ("int*", Posture::Private), ("x", Posture::Unset)]
        {
            let stated = Stated { overrides: vec![tagged(value)], ..Stated::default() };
            assert_eq!(decided(vec![stated], None), expected);
        }
    }

    #[test]
    fn a_later_party_can_only_be_stricter() {
        let party = |posture| Stated { posture, ..Stated::default() };
        for (organisation, repository, expected) in [
            (Some(Posture::Private), Some(Posture::Public), Posture::Private),
            (Some(Posture::Public), Some(Posture::Private), Posture::Private),
            (None, Some(Posture::Public), Posture::Public),
            (Some(Posture::Unset), None, Posture::Unset),
        ] {
            assert_eq!(decided(vec![party(organisation), party(repository)], None), expected);
        }
    }
}
