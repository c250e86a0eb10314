//! What the policy of a VPC endpoint, taken by itself, does with the calls to an API behind it.
//!
//! Together with the API's own policy it is asked in `questions`.

use crate::exposure::decisions::{Gate, Judge};
use crate::exposure::model::{Auth, CallerClass};
use crate::exposure::questions::{Class, Who};
use crate::exposure::reasons::{self, Because, Part, PolicyOf, Signer, Teller, keys};
use crate::policy::ask::{Answer, Verdict};
use crate::policy::compiled::Policy;
use crate::policy::document::PolicyDocument;
use crate::policy::text::Text;
use crate::policy::world::Signing;

/// What resource policies may write for an API's own ARN. Endpoint policies are documented with full ARNs only
/// (API Gateway guide, "Use VPC endpoint policies for private APIs").
const SHORTHAND: &str = "execute-api:/";

/// That an endpoint's policy lets no call to an API through.
#[derive(Clone, Debug, PartialEq)]
pub struct Blockade {
    /// Whom it keeps out.
    pub stops: Stops,
    /// Whether it would let somebody through if shorthand resources counted in endpoint policies.
    pub by_shorthand: bool,
    /// Why.
    pub because: Because,
}

/// Whom an endpoint's policy keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stops {
    /// Everybody.
    Everybody,
    /// Whoever does not sign, from routes that ask for no signature.
    Unsigned,
}

impl Judge<'_> {
    /// What the policy of the endpoint that a caller comes through does to all calls; `None` when it lets some
    /// through, when that cannot be known, or when there is no such policy.
    pub(super) fn blockade(&mut self, class: &CallerClass) -> Option<Blockade> {
        let written = self.endpoint_gate(class)?;
        let class = self.class(class);
        let plain = Gate { document: without_shorthand(&written.document), ..written.clone() };
        let (stops, because) = self.stops(&plain, &class)?;
        let by_shorthand = because.part == Part::Resource
            && plain.document != written.document
            && self.stops(&written, &class).is_none();
        Some(Blockade { stops, by_shorthand, because })
    }

    fn stops(&self, gate: &Gate, class: &Class) -> Option<(Stops, Because)> {
        let policy = Policy::new(&gate.document, &gate.arn, &self.names);
        let asked = Asked { judge: self, policy: &policy, document: &gate.document, class };
        let account = || self.account.clone();
        let (mut everybody, mut unsigned) = (true, None);
        let mut first = None;
        for at in 0..self.groups.len() {
            let anonymous = asked.refused(at, &Signing::Unsigned);
            let signed = asked.refused(at, &Signing::Account(account()));
            let foreign = asked.refused(at, &Signing::Foreign(account()));
            let auth = self.groups.get(at).map_or(Auth::Unknown, |group| group.auth);
            let all_signed = signed.is_some() && foreign.is_some();
            everybody &= all_signed && (auth == Auth::Iam || anonymous.is_some());
            let is_open = matches!(auth, Auth::None | Auth::Cognito | Auth::Lambda);
            if is_open && !all_signed && !self.case.methods.is_empty() {
                unsigned = unsigned.or_else(|| anonymous.clone());
            }
            first = first.or(if auth == Auth::Iam { signed } else { anonymous });
        }
        match (everybody, unsigned) {
            (true, _) => Some((Stops::Everybody, first?)),
            (false, Some(because)) => Some((Stops::Unsigned, because)),
            (false, None) => None,
        }
    }
}

/// An endpoint's policy with what it is asked about.
struct Asked<'a> {
    judge: &'a Judge<'a>,
    policy: &'a Policy<'a>,
    document: &'a PolicyDocument,
    class: &'a Class,
}

impl Asked<'_> {
    /// Why no request to a group of routes passes, if that is certain.
    fn refused(&self, at: usize, signing: &Signing) -> Option<Because> {
        let group = self.judge.groups.get(at)?;
        let who = Who { class: self.class, account: &self.judge.account, facts: &[] };
        let routes = self.policy.routes(&group.main.shapes);
        let answers = self.policy.ask(&who.world(signing.clone())?, &routes);
        let is_none = |answer: &Answer<'_>| answer.verdict() == Verdict::None && !answer.presumed;
        let first = answers.first().filter(|_| answers.iter().all(is_none))?;
        let witness = first.refused.as_ref()?;
        let place = first.routes.first().copied().unwrap_or_default();
        let request = witness.request();
        let told = reasons::Witness {
            route: group.main.route(group, place).cloned(),
            stage: group.main.stage(place).cloned(),
            signer: match signing {
                Signing::Unsigned => Signer::Nobody,
                Signing::Account(_) => Signer::OwnAccount,
                Signing::Foreign(_) => Signer::OtherAccount,
                Signing::Principal(_) => Signer::Given,
            },
            keys: keys(&request, &self.judge.names),
        };
        let (names, of) = (&self.judge.names, PolicyOf::Endpoint);
        let teller = Teller { policy: self.policy, document: self.document, names, of };
        Some(teller.because(&request, witness.limit(), told))
    }
}

/// The document with shorthand resources put out of force, each at its place.
fn without_shorthand(document: &PolicyDocument) -> PolicyDocument {
    let mut plain = document.clone();
    let elements = plain.statements.iter_mut().filter_map(|statement| statement.resources.as_mut());
    for value in elements.filter(|element| !element.negated).flat_map(|element| &mut element.values) {
        if value.text.as_ref().is_some_and(|text| text.starts_with(SHORTHAND)) {
            value.text = Some(Text::from("execute-api"));
        }
    }
    plain
}
