//! The routes of an API as sets of resources that a policy can be asked about.
//!
//! What a policy says about them is not decided here.

use crate::exposure::model::{Auth, Case, Method};
use crate::policy::resource::Shape;
use crate::policy::text::{Names, Text};
use crate::template::value::Value;

/// Routes with the same authorization.
pub(crate) struct Group {
    /// How callers prove who they are.
    pub(crate) auth: Auth,
    /// Method and path; none when no route is known.
    pub(crate) routes: Vec<(String, String)>,
    /// On stages that were asked for.
    pub(crate) main: Shapes,
    /// On stages that only a deployment makes.
    pub(crate) extra: Shapes,
}

/// Each route on each of some stages, route by route.
pub(crate) struct Shapes {
    pub(crate) shapes: Vec<Shape>,
    stages: Vec<Option<Value>>,
}

impl Shapes {
    fn new(stages: &[(Option<Value>, Option<Text>)]) -> Self {
        Self { shapes: Vec::new(), stages: stages.iter().map(|(value, _)| value.clone()).collect() }
    }

    /// The route that the shape at a position belongs to.
    pub(crate) fn route<'g>(&self, group: &'g Group, at: usize) -> Option<&'g (String, String)> {
        group.routes.get(at / self.stages.len().max(1))
    }

    /// The stage that the shape at a position belongs to, where it is known.
    pub(crate) fn stage(&self, at: usize) -> Option<&Value> {
        self.stages.get(at % self.stages.len().max(1))?.as_ref()
    }
}

/// The routes of a case by authorization; one open route for everything where none is known.
pub(crate) fn groups(case: &Case, arn: &Text, names: &mut Names) -> Vec<Group> {
    let made = case.stages.iter().all(|stage| stage.from_deployment);
    let mut named = |wanted: &dyn Fn(bool) -> bool| -> Vec<(Option<Value>, Option<Text>)> {
        let stages = case.stages.iter().filter(|stage| wanted(stage.from_deployment));
        stages.map(|stage| (Some(stage.name.clone()), names.text(&stage.name))).collect()
    };
    let mut stages = named(&|from_deployment| made || !from_deployment);
    let extra = named(&|from_deployment| !made && from_deployment);
    if stages.is_empty() {
        stages.push((None, None));
    }
    let base = Shape::of(arn).text(&Text::from("/"));
    let mut groups: Vec<Group> = Vec::new();
    if case.methods.is_empty() {
        let mut main = Shapes::new(&stages);
        main.shapes.extend(stages.iter().map(|(_, stage)| on_stage(&base, stage.as_ref()).anything()));
        groups.push(Group { auth: Auth::None, routes: Vec::new(), main, extra: Shapes::new(&[]) });
    }
    for method in &case.methods {
        let shape = |stage: &(Option<Value>, Option<Text>)| route(on_stage(&base, stage.1.as_ref()), method);
        let at = groups.iter().position(|group| group.auth == method.auth).unwrap_or_else(|| {
            let (main, extra) = (Shapes::new(&stages), Shapes::new(&extra));
            groups.push(Group { auth: method.auth, routes: Vec::new(), main, extra });
            groups.len() - 1
        });
        let Some(group) = groups.get_mut(at) else { continue };
        group.main.shapes.extend(stages.iter().map(shape));
        group.extra.shapes.extend(extra.iter().map(shape));
        group.routes.push((method.method.clone(), method.path.clone()));
    }
    groups
}

fn on_stage(base: &Shape, stage: Option<&Text>) -> Shape {
    let shape = match stage {
        Some(stage) => base.clone().text(stage),
        None => base.clone().segment(),
    };
    shape.text(&Text::from("/"))
}

/// `METHOD/path` behind the stage; path parameters stand for any segment.
fn route(shape: Shape, method: &Method) -> Shape {
    let shape = match method.method.as_str() {
        "*" => shape.segment(),
        verb => shape.text(&Text::from(verb)),
    };
    with_path(shape, &method.path)
}

/// Followed by the path of a route.
pub(crate) fn with_path(mut shape: Shape, path: &str) -> Shape {
    for segment in path.trim_start_matches('/').split('/') {
        shape = shape.text(&Text::from("/"));
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        shape = match inner {
            Some(name) if name.ends_with('+') => shape.segments(),
            Some(_) => shape.segment(),
            None => shape.text(&Text::from(segment)),
        };
    }
    shape
}
