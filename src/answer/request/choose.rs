//! Which API, caller, route and domain somebody means.

use core::net::IpAddr;

use crate::answer::request::{Mistake, Wanted};
use crate::diagnostic::nearest::nearest;
use crate::exposure::model::{Api, ApiKind, CallerClass, Case, Domain, Endpoint, ExposureModel};
use crate::exposure::requests;
use crate::order::Order;
use crate::rules::words;
use crate::source::{FileId, Sources};
use crate::template::value::{Name, Value};

/// What `--from` takes besides ids and names.
const INTERNET: &str = "internet";
const ANY_OTHER: &str = "any-other-endpoint";

/// Where a call comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Caller {
    from: From,
    /// Its address, where one was given.
    pub(super) address: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum From {
    Class(CallerClass),
    /// An endpoint resource; each stack instance has its own.
    Endpoint {
        file: FileId,
        id: String,
    },
}

/// The API that is asked about.
pub(super) fn api<'m>(
    model: &'m ExposureModel,
    sources: &Sources,
    shown: &dyn Fn(FileId) -> bool,
    wanted: &Wanted,
) -> Result<&'m Api, Mistake> {
    let here: Vec<&Api> = model.apis.iter().filter(|api| shown(api.file)).collect();
    let named = |api: &&&Api| wanted.api.as_ref().is_none_or(|id| api.resource == *id);
    let found: Vec<&Api> = here.iter().filter(named).copied().collect();
    let names = |apis: &[&Api]| -> Vec<String> {
        apis.iter().map(|api| format!("{}/{}", sources.name(api.file), api.resource)).collect()
    };
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let ids = here.iter().map(|api| api.resource.as_str());
            let near = wanted.api.as_deref().and_then(|wanted| nearest(wanted, ids));
            Err(Mistake::NoApi {
                wanted: wanted.api.clone().filter(|_| !here.is_empty()),
                nearest: near.map(str::to_owned),
                known: names(&here),
            })
        }
        several => Err(Mistake::SeveralApis { known: names(several) }),
    }
}

/// Where the call comes from.
pub(super) fn caller(
    model: &ExposureModel,
    sources: &Sources,
    api: &Api,
    wanted: &Wanted,
) -> Result<Caller, Mistake> {
    if let Some(address) = wanted.address.as_deref().filter(|address| address.parse::<IpAddr>().is_err()) {
        return Err(Mistake::NotAnAddress(address.to_owned()));
    }
    if let Some(principal) = wanted.principal.as_deref()
        && (!principal.starts_with("arn:") || principal.split(':').count() < 6)
    {
        return Err(Mistake::NotAPrincipal(principal.to_owned()));
    }
    let from = wanted.from.as_str();
    if let Ok(address) = from.parse::<IpAddr>() {
        let known = wanted.address.as_ref().and_then(|text| text.parse::<IpAddr>().ok());
        return match known {
            _ if is_private(address) => Err(Mistake::PrivateAddress(from.to_owned())),
            Some(other) if other != address => Err(Mistake::TwoAddresses),
            _ => Ok(Caller { from: From::Class(CallerClass::Internet), address: Some(address.to_string()) }),
        };
    }
    let class = match from {
        INTERNET => From::Class(CallerClass::Internet),
        ANY_OTHER => From::Class(CallerClass::AnyOtherEndpoint),
        _ if from.starts_with("vpce-") => From::Class(CallerClass::Endpoint(Value::String(from.to_owned()))),
        _ if from.starts_with("vpc-") => From::Class(CallerClass::Vpc(Value::String(from.to_owned()))),
        _ => named(model, sources, api, from)?,
    };
    let address = wanted.address.clone();
    if let (From::Class(CallerClass::Internet), Some(text)) = (&class, &address)
        && text.parse::<IpAddr>().is_ok_and(is_private)
    {
        return Err(Mistake::PrivateAddress(text.clone()));
    }
    Ok(Caller { from: class, address })
}

/// Whether no call over the internet comes from there.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6.is_loopback() || v6.is_unspecified() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}

/// An endpoint resource by its logical id, or a caller by what the API's template calls it.
fn named(model: &ExposureModel, sources: &Sources, api: &Api, from: &str) -> Result<From, Mistake> {
    let (file, id) = from.rsplit_once('/').map_or((None, from), |(file, id)| (Some(file), id));
    let is_there = |endpoint: &&Endpoint| {
        endpoint.resource == id && file.is_none_or(|file| is_file(sources.name(endpoint.file), file))
    };
    let mut places: Vec<FileId> =
        model.endpoints.iter().filter(is_there).map(|endpoint| endpoint.file).collect();
    places.order();
    places.dedup();
    if places.len() > 1 {
        // The template's own, or else the ones that the API has to do with.
        let is_known = |endpoint: &Endpoint| {
            let class = CallerClass::Endpoint(endpoint.name.clone());
            let callers = api.cases.iter().flat_map(|case| &case.callers);
            endpoint.file == api.file || callers.into_iter().any(|caller| caller.class == class)
        };
        let mut known = places.clone();
        known.retain(|file| {
            model.endpoints.iter().any(|one| one.file == *file && is_there(&one) && is_known(one))
        });
        if !known.is_empty() {
            places = if known.contains(&api.file) { vec![api.file] } else { known };
        }
    }
    match places.as_slice() {
        &[file] => return Ok(From::Endpoint { file, id: id.to_owned() }),
        [] => {}
        several => {
            let known = several.iter().map(|file| format!("{}/{id}", sources.name(*file))).collect();
            return Err(Mistake::SeveralEndpoints { wanted: id.to_owned(), known });
        }
    }
    let callers: Vec<(String, CallerClass)> =
        api.cases.iter().flat_map(|case| &case.callers).filter_map(|caller| spoken(&caller.class)).collect();
    if let Some((_, class)) = callers.iter().find(|(name, _)| name == from) {
        return Ok(From::Class(class.clone()));
    }
    let mut known: Vec<String> = callers.into_iter().map(|(name, _)| name).collect();
    known.extend(model.endpoints.iter().map(|endpoint| endpoint.resource.clone()));
    known.order();
    known.dedup();
    let near = nearest(from, known.iter().map(String::as_str).chain([INTERNET, ANY_OTHER]));
    let near = near.map(str::to_owned);
    let words = [INTERNET, "an address", "vpce-…", "vpc-…", ANY_OTHER].map(str::to_owned);
    let known = words.into_iter().chain(known).collect();
    Err(Mistake::NoCaller { wanted: from.to_owned(), nearest: near, known })
}

/// What the template calls an endpoint or VPC.
fn spoken(class: &CallerClass) -> Option<(String, CallerClass)> {
    let (CallerClass::Endpoint(value) | CallerClass::Vpc(value)) = class else { return None };
    Some((words::value(value)?.trim_matches('`').to_owned(), class.clone()))
}

/// Whether a file is meant by a name: the same path, or its end.
fn is_file(name: &str, wanted: &str) -> bool {
    let wanted = wanted.strip_prefix("./").unwrap_or(wanted);
    name == wanted || name.strip_suffix(wanted).is_some_and(|before| before.ends_with('/'))
}

impl Caller {
    /// The caller in a case: of several instances of an endpoint, the one of the case's own stack, or else one
    /// that the case knows.
    pub(super) fn class(&self, model: &ExposureModel, case: &Case) -> CallerClass {
        let (file, id) = match &self.from {
            From::Class(class) => return class.clone(),
            From::Endpoint { file, id } => (*file, id),
        };
        let instances: Vec<&Endpoint> = model
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.file == file && endpoint.resource == *id)
            .collect();
        let is_known = |endpoint: &&&Endpoint| {
            let class = CallerClass::Endpoint(endpoint.name.clone());
            case.callers.iter().any(|caller| caller.class == class)
        };
        let own = instances.iter().find(|endpoint| endpoint.stack == case.stack);
        let chosen = own.or_else(|| instances.iter().find(is_known)).or_else(|| instances.first());
        chosen.map_or(CallerClass::AnyOtherEndpoint, |endpoint| CallerClass::Endpoint(endpoint.name.clone()))
    }

    /// Whether the endpoint is a resource of the run, so that its own policy is known.
    pub(super) fn is_endpoint_resource(&self, model: &ExposureModel, class: &CallerClass) -> bool {
        let CallerClass::Endpoint(Value::Named(name)) = class else { return false };
        matches!(&**name, Name::Resource { .. })
            && model.endpoints.iter().any(|endpoint| endpoint.name == Value::Named(name.clone()))
    }
}

/// Method and path; where not given, those of the only route.
pub(super) fn route(api: &Api, wanted: &Wanted) -> Result<(String, String), Mistake> {
    let mut known: Vec<(String, String)> = api
        .cases
        .iter()
        .flat_map(|case| &case.methods)
        .map(|method| (method.method.clone(), method.path.clone()))
        .collect();
    known.order_by(|left, right| (&left.1, &left.0).cmp(&(&right.1, &right.0)));
    known.dedup();
    let method = wanted.method.as_ref().map(|method| method.to_ascii_uppercase());
    let usual = |verb: &str| if verb == "*" { "GET".to_owned() } else { verb.to_owned() };
    let Some(path) = &wanted.path else {
        if api.kind != ApiKind::Rest {
            return Ok((method.unwrap_or_else(|| "GET".to_owned()), "/".to_owned()));
        }
        known.retain(|(verb, _)| method.as_ref().is_none_or(|method| verb == "*" || verb == method));
        return match known.as_slice() {
            [(verb, path)] if !path.contains('{') => {
                Ok((method.unwrap_or_else(|| usual(verb)), path.clone()))
            }
            _ => Err(Mistake::NoPath {
                known: known.iter().map(|(verb, path)| words::method_and_path(verb, path)).collect(),
            }),
        };
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    if !path.starts_with('/') {
        return Err(Mistake::NotAPath(path));
    }
    let method = method.unwrap_or_else(|| {
        let mut fitting = known
            .iter()
            .filter(|(verb, _)| api.cases.iter().any(|case| requests::route(case, verb, &path).is_some()));
        match (fitting.next(), fitting.next()) {
            (Some((verb, _)), None) => usual(verb),
            _ => "GET".to_owned(),
        }
    });
    Ok((method, path))
}

/// The custom domain that the call names.
pub(super) fn domain<'m>(
    model: &'m ExposureModel,
    api: &Api,
    wanted: &Wanted,
) -> Result<Option<&'m Domain>, Mistake> {
    let Some(wanted) = &wanted.domain else { return Ok(None) };
    let leads = |domain: &&Domain| domain.mappings.iter().any(|mapping| api.is_named_by(&mapping.api));
    let known: Vec<&Domain> = model.domains.iter().filter(leads).collect();
    let is_meant = |domain: &&&Domain| {
        domain.resource == *wanted || domain.name.as_text().is_some_and(|name| name == wanted)
    };
    match known.iter().find(is_meant) {
        Some(domain) => Ok(Some(domain)),
        None => Err(Mistake::NoDomain {
            wanted: wanted.clone(),
            known: known.iter().map(|domain| domain.resource.clone()).collect(),
        }),
    }
}
