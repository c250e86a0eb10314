//! What `init` sees in the templates of a run: which APIs there are, and what they name.
//!
//! It decides nothing; what is to hold is for whoever reads the file that is made of this.

use crate::exposure::model::{Api, Endpoint, ExposureModel};
use crate::order::Order;
use crate::source::FileId;
use crate::template::value::{Name, Value};

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// APIs that are private in every case: file and logical id.
    pub private: Vec<(FileId, String)>,
    /// APIs that are public in some case.
    pub public: Vec<(FileId, String)>,
    /// Ids of endpoints that associations name; sorted, as are the following.
    pub endpoints: Vec<String>,
    /// Names of imports that associations name, or that export an endpoint.
    pub exports: Vec<String>,
    /// Names of SSM parameters that associations name.
    pub ssm: Vec<String>,
    /// Template parameters that associations name.
    pub parameters: Vec<String>,
    /// Whether endpoints for execute-api have private DNS; `None` when there are none, or they differ.
    pub private_dns: Option<bool>,
}

/// What a run holds, of the files that `is_shown` names.
pub fn seen(model: &ExposureModel, is_shown: &dyn Fn(FileId) -> bool) -> Seen {
    let mut seen = Seen::default();
    for api in model.apis.iter().filter(|api| is_shown(api.file)) {
        let entry = (api.file, api.resource.clone());
        if api.may_be_public() {
            seen.public.push(entry);
        } else if api.may_be_private() {
            seen.private.push(entry);
        }
        named(&mut seen, api);
    }
    seen.exports.extend(model.endpoint_exports.iter().filter_map(|export| export.name.clone()));
    for list in [&mut seen.endpoints, &mut seen.exports, &mut seen.ssm, &mut seen.parameters] {
        list.order();
        list.dedup();
    }
    let dns: Vec<Option<bool>> = model.endpoints.iter().map(Endpoint::private_dns).collect();
    seen.private_dns =
        dns.first().copied().flatten().filter(|first| dns.iter().all(|one| *one == Some(*first)));
    seen
}

fn named(seen: &mut Seen, api: &Api) {
    for entry in api.cases.iter().flat_map(|case| &case.vpc_endpoint_ids) {
        match &entry.value {
            Value::String(id) if id.starts_with("vpce-") => seen.endpoints.push(id.clone()),
            Value::String(text) => seen.ssm.extend(ssm_name(text)),
            Value::Named(name) => match &**name {
                Name::Import(name) => seen.exports.extend(name.as_text().map(str::to_owned)),
                Name::Parameter { name, .. } => seen.parameters.push(name.clone()),
                Name::Dynamic(text) => seen.ssm.extend(ssm_name(text)),
                Name::Resource { .. }
                | Name::Attribute { .. }
                | Name::Pseudo { .. }
                | Name::Function { .. } => {}
            },
            _ => {}
        }
    }
}

fn ssm_name(text: &str) -> Option<String> {
    let inner = text.strip_prefix("{{resolve:ssm:")?.strip_suffix("}}")?;
    Some(inner.split(':').next().unwrap_or(inner).to_owned())
}
