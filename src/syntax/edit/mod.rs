//! Changes to a written tree as the smallest edits of its text: quotes, indentation, comments, line ends and the
//! notation (brackets or indentation, YAML or JSON) stay as they are.
//!
//! A change is answered with edits or refused; it is never done by half. What a property means, and whether a
//! change is wanted, is not known here.

mod block;
mod flow;
mod lines;
mod merge;
mod site;
mod written;

use crate::order::Order;
use crate::source::{Span, TextEdit};
use crate::syntax::edit::site::{Place, Sites};
use crate::syntax::tree::{Entry, NodeId, Tree};

pub use crate::syntax::edit::written::Written;

/// One change of a file. Spans are those of nodes, with or without their tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another value in place of the one at `at`. A scalar keeps its quotes.
    Replace {
        /// The node.
        at: Span,
        /// What stands there afterwards.
        with: Written,
    },
    /// Another name for a key.
    Rename {
        /// The key.
        key: Span,
        /// Its new name.
        to: String,
    },
    /// A value under a chain of keys from the top of the file. Mappings that are missing on the way are made, a
    /// value that is there is replaced.
    Set {
        /// The keys, outermost first; at least one.
        path: Vec<String>,
        /// The value.
        value: Written,
        /// The key to stand behind, in the mapping that gets the new entry; otherwise it stands last.
        after: Option<String>,
    },
    /// As `Set`, below the mapping at `mapping`.
    SetIn {
        /// The mapping, or its key.
        mapping: Span,
        /// The keys below it, outermost first; at least one.
        path: Vec<String>,
        /// The value.
        value: Written,
        /// The key to stand behind.
        after: Option<String>,
    },
    /// Entries that a mapping is to have. Mappings on the way and in it are made or merged; a list of as many items
    /// is changed item by item; what says the same already stays as it is.
    Merge {
        /// The mapping, or the key that it is the value of; the top of the file for `None`.
        within: Option<Span>,
        /// The keys below it, outermost first; none for the mapping itself.
        path: Vec<String>,
        /// What the mapping at the end of the path has afterwards, besides what it has already.
        entries: Vec<(String, Written)>,
        /// Whether something other than a mapping at the end of the path gives way; else that is refused.
        replaces: bool,
        /// Keys to stand behind: the last of those which the mapping has that gets the new entry.
        after: &'static [&'static str],
        /// New keys that stand first where the mapping has none of those; others stand last.
        first: &'static [&'static str],
    },
    /// Takes an entry or an item out of its mapping or list.
    Remove {
        /// The key of the entry, its value, or the item.
        at: Span,
    },
    /// Takes a comment out, with its line if nothing else stands there.
    RemoveComment {
        /// The comment, from its `#`.
        at: Span,
    },
    /// Adds an item at the end of a list.
    Append {
        /// The list.
        list: Span,
        /// The item.
        item: Written,
    },
    /// Adds an item to the list that a value stands in, by itself or as a branch of a function. A value that stands
    /// alone becomes the first of two.
    Join {
        /// The value.
        at: Span,
        /// The item.
        item: Written,
    },
    /// Another entry behind the one of a key, in the same mapping; one of this name that is there gets the value.
    Beside {
        /// The key, or its value.
        key: Span,
        /// The name of the entry.
        name: String,
        /// The value.
        value: Written,
    },
    /// Adds an entry in front of all others; a value that is there is replaced.
    SetFirst {
        /// The mapping, or its key.
        mapping: Span,
        /// The key.
        key: String,
        /// The value.
        value: Written,
    },
    /// Takes an item out of the list under a key and puts it at the end of the list under another key of the same
    /// mapping, which is made where it is missing.
    Move {
        /// The item.
        item: Span,
        /// The other key.
        to: String,
    },
    /// Makes a value the last argument of an intrinsic function.
    Call {
        /// The value.
        at: Span,
        /// The function's long name (`Fn::Join`).
        function: String,
        /// The arguments before it; at least one.
        before: Vec<Written>,
    },
    /// Another entry in front of the one of a key, in the same mapping, which has none of this name.
    Ahead {
        /// The key.
        key: Span,
        /// The name of the entry.
        name: String,
        /// The value.
        value: Written,
    },
    /// Makes a value the only item of a list; a list stays as it is.
    Wrap {
        /// The value, or its key.
        at: Span,
    },
    /// Puts the only item of a list in its place; what is no list stays as it is.
    Unwrap {
        /// The list, or its key.
        at: Span,
    },
}

/// The edits of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// Disjoint, by offset.
    pub edits: Vec<TextEdit>,
    /// Whether a comment goes with what is taken out.
    pub drops_comment: bool,
    /// Whether an alias or a merge key brings what changes to other places, which then change as well.
    pub shared: bool,
}

/// Finds edits of one tree. Making one costs a walk over the tree.
pub struct Editor<'tree> {
    sites: Sites<'tree>,
    /// Whether each line ends with a line feed; nothing is edited elsewhere.
    fit: bool,
}

impl<'tree> Editor<'tree> {
    /// An editor of this tree, which is one that was read, not an overlay.
    pub fn new(tree: &'tree Tree) -> Self {
        Self { sites: Sites::of(tree), fit: lines::end_with_line_feeds(tree.text()) }
    }

    /// The edits that make all of `changes`, or `None` when one of them cannot be made without touching more than
    /// it names: the place is an alias or came by a merge key, does not exist, the changes overlap, or lines of
    /// the text end with a carriage return alone.
    pub fn edits(&self, changes: &[Change]) -> Option<Edited> {
        self.fit.then_some(())?;
        let mut found = Vec::new();
        let mut drops_comment = false;
        for change in merge::together(&self.sites, changes)? {
            let edits = edit(&self.sites, &change)?;
            let is_asked = matches!(*change, Change::RemoveComment { .. });
            drops_comment |= !is_asked && edits.iter().any(|edit| self.sites.drops_comment(edit));
            found.extend(edits);
        }
        // The sort is stable: new entries of one mapping stand in the order in which they were asked for. What is
        // added at the end of an inner block stands before what is added behind it.
        found.order_by_key(|edit: &TextEdit| {
            (edit.range, std::cmp::Reverse(lines::indent_of_first(&edit.text)))
        });
        let apart = found.windows(2).all(|pair| match pair {
            [left, right] => left.range.end <= right.range.start,
            _ => true,
        });
        let shared = found.iter().any(|edit| self.sites.is_shared(edit));
        apart.then_some(Edited { edits: found, drops_comment, shared })
    }
}

fn edit(sites: &Sites<'_>, change: &Change) -> Option<Vec<TextEdit>> {
    match change {
        Change::Replace { at, with } => replace(sites, sites.node(*at)?, with),
        Change::Rename { key, to } => rename(sites, *key, to),
        Change::Set { path, value, after } => set(sites, sites.tree.root()?, path, value, after.as_deref()),
        Change::SetIn { mapping, path, value, after } => {
            set(sites, sites.value(*mapping)?, path, value, after.as_deref())
        }
        Change::SetFirst { mapping, key, value } => set_first(sites, sites.value(*mapping)?, key, value),
        Change::Move { item, to } => move_item(sites, sites.node(*item)?, to),
        Change::Call { at, function, before } => call(sites, sites.node(*at)?, function, before),
        Change::Merge { within, path, entries, replaces, after, first } => {
            let mapping = within.map_or_else(|| sites.tree.root(), |at| sites.value(at))?;
            merge::merge(sites, mapping, path, &merge::Wanted { entries, replaces: *replaces, after, first })
        }
        Change::Remove { at } => remove(sites, sites.node(*at)?),
        Change::RemoveComment { at } => remove_comment(sites, *at),
        Change::Append { list, item } => append(sites, sites.node(*list)?, item),
        Change::Join { at, item } => join(sites, sites.node(*at)?, item),
        Change::Ahead { key, name, value } => ahead(sites, sites.node(*key)?, name, value),
        Change::Beside { key, name, value } => {
            let (Place::Key { mapping, entry } | Place::Value { mapping, entry }) =
                sites.place(sites.node(*key)?)?
            else {
                return None;
            };
            set(sites, mapping, std::slice::from_ref(name), value, sites.tree.scalar(entry.key))
        }
        Change::Wrap { at } => wrap(sites, sites.value(*at)?),
        Change::Unwrap { at } => unwrap(sites, sites.value(*at)?),
    }
}

fn rename(sites: &Sites<'_>, key: Span, to: &str) -> Option<Vec<TextEdit>> {
    let node = sites.node(key)?;
    let Place::Key { mapping, .. } = sites.place(node)? else { return None };
    sites.tree.entry(mapping, to).is_none().then_some(())?;
    let text = written::scalar_like(sites.tree, node, to)?;
    Some(vec![TextEdit { range: sites.tree.span(node).range, text }])
}

fn replace(sites: &Sites<'_>, node: NodeId, with: &Written) -> Option<Vec<TextEdit>> {
    if sites.is_absent(node) {
        let Place::Value { mapping, entry } = sites.place(node)? else { return None };
        return sites.fill(mapping, entry, with);
    }
    let range = sites.own_range(node)?;
    if let (Written::Text(text), None) = (with, sites.tree.tag(node))
        && let Some(text) = written::scalar_like(sites.tree, node, text)
    {
        return Some(vec![TextEdit { range, text }]);
    }
    if let Some(edits) = replace_with_block(sites, node, with) {
        return Some(edits);
    }
    let text = flow::as_the_file(sites, written::inline(sites.tree, with, sites.in_brackets(node))?);
    // A block below its key moves up beside it.
    let range = match sites.place(node)? {
        Place::Value { entry, .. } if sites.is_block_below(node) => {
            let key_end = sites.tree.span(entry.key).range.end;
            let colon = sites.colon_after(key_end)?;
            return Some(vec![TextEdit { range: lines::range(colon, range.end), text: format!(" {text}") }]);
        }
        _ => range,
    };
    Some(vec![TextEdit { range, text }])
}

/// A mapping, or a list of them, stands below its key where the file does without brackets and nothing follows on the line; in JSON over
/// several lines where the key begins one.
fn replace_with_block(sites: &Sites<'_>, node: NodeId, with: &Written) -> Option<Vec<TextEdit>> {
    let Place::Value { entry, .. } = sites.place(node)? else { return None };
    let is_map = |value: &Written| matches!(value, Written::Map(entries) if !entries.is_empty());
    let is_list = matches!(with, Written::List(items) if items.iter().any(is_map));
    (is_map(with) || is_list).then_some(())?;
    let (text, key) = (sites.tree.text(), sites.tree.span(entry.key).range);
    let range = sites.own_range(node)?;
    let behind_colon = lines::range(sites.colon_after(key.end)?, range.end);
    if sites.is_json() {
        return Some(vec![TextEdit { range: behind_colon, text: flow::behind_colon(sites, entry, with)? }]);
    }
    let rest = sites.text_of(lines::range(range.end, lines::end_of_line(text, range.end)))?;
    (!sites.in_brackets(node) && rest.trim().is_empty()).then_some(())?;
    let block = block::below_key(sites, lines::column(text, key.start), with)?;
    Some(vec![TextEdit { range: behind_colon, text: block }])
}

fn set_first(sites: &Sites<'_>, mapping: NodeId, key: &str, value: &Written) -> Option<Vec<TextEdit>> {
    let first = sites.tree.entries(mapping).first().copied();
    match first.filter(|_| sites.tree.entry(mapping, key).is_none() && sites.tree.tag(mapping).is_none()) {
        Some(first) if !sites.is_own_entry(mapping, first) => None,
        Some(first) if sites.is_bracketed(mapping) => flow::insert_before(sites, first.key, key, value),
        Some(first) => block::insert_before(sites, first.key, key, value),
        None => set(sites, mapping, &[key.to_owned()], value, None),
    }
}

fn move_item(sites: &Sites<'_>, item: NodeId, to: &str) -> Option<Vec<TextEdit>> {
    let Place::Item { list } = sites.place(item)? else { return None };
    let Place::Value { mapping, entry } = sites.place(list)? else { return None };
    sites.tree.tag(list).is_none().then_some(())?;
    let copy = Written::Copy(sites.tree.tagged_span(item));
    let only = sites.tree.items(list).len() == 1;
    let mut added = match sites.tree.entry(mapping, to) {
        None if only => return rename(sites, sites.tree.span(entry.key), to),
        None => {
            let value = Written::List(vec![copy]);
            set(sites, mapping, &[to.to_owned()], &value, sites.tree.scalar(entry.key))?
        }
        Some(other) => {
            sites.is_own_entry(mapping, other).then_some(())?;
            let holds = sites.tree.is_sequence(other.value) && sites.tree.tag(other.value).is_none();
            holds.then(|| append(sites, other.value, &copy))??
        }
    };
    let mut taken = remove(sites, if only { entry.key } else { item })?;
    let ([new], [gone]) = (added.as_mut_slice(), taken.as_mut_slice()) else { return None };
    // Behind the last item of a block is behind what is taken out.
    if gone.range.start <= new.range.start && new.range.end < gone.range.end {
        let end = lines::line_end(sites.tree.text());
        gone.text = match new.text.strip_prefix(end) {
            Some(text) => format!("{text}{end}"),
            None => return None,
        };
        return Some(taken);
    }
    added.append(&mut taken);
    Some(added)
}

fn call(sites: &Sites<'_>, node: NodeId, function: &str, before: &[Written]) -> Option<Vec<TextEdit>> {
    (!sites.is_absent(node) && !sites.is_block_scalar(node)).then_some(())?;
    let range = sites.own_range(node)?;
    let inline = sites.in_brackets(node) || !sites.text_of(range)?.contains('\n');
    if !inline || !written::fits_in_brackets(sites.tree, node) {
        let arguments = before.iter().cloned().chain([Written::Copy(sites.tree.tagged_span(node))]);
        let whole = || Written::Call(function.to_owned(), Box::new(Written::List(arguments.collect())));
        let block = block::call(sites, node, range, function, before);
        return block.or_else(|| replace(sites, node, &whole()));
    }
    let before = before.iter().map(|argument| written::inline(sites.tree, argument, true));
    let before = before.collect::<Option<Vec<_>>>()?.join(", ");
    let (open, close) = match (sites.is_json(), function.strip_prefix("Fn::")) {
        (true, _) => (flow::as_the_file(sites, format!("{{\"{function}\": [{before}, ")), "]}"),
        (false, Some(short)) => (format!("!{short} [{before}, "), "]"),
        (false, None) => return None,
    };
    let mut edits = lines::insertion(range.start, open);
    edits.extend(lines::insertion(range.end, close.to_owned()));
    Some(edits)
}

/// Descends as far as the path exists, then adds what is missing as one entry.
fn set(
    sites: &Sites<'_>,
    mapping: NodeId,
    path: &[String],
    value: &Written,
    after: Option<&str>,
) -> Option<Vec<TextEdit>> {
    let (key, rest) = path.split_first()?;
    let there = sites.tree.entry(mapping, key);
    if let Some(entry) = there {
        // What a merge key or an alias brings belongs to others as well.
        sites.is_own_entry(mapping, entry).then_some(())?;
        if !rest.is_empty() && sites.tree.is_mapping(entry.value) && sites.tree.tag(entry.value).is_none() {
            return set(sites, entry.value, rest, value, after);
        }
    }
    let value = rest.iter().rev().fold(value.clone(), |inner, key| Written::Map(vec![(key.clone(), inner)]));
    match there {
        Some(entry) if rest.is_empty() || sites.is_absent(entry.value) => replace(sites, entry.value, &value),
        // Something other than a mapping stands where one is wanted.
        Some(_) => None,
        None if !sites.tree.is_mapping(mapping) || sites.tree.tag(mapping).is_some() => None,
        None if sites.is_bracketed(mapping) => flow::insert(sites, mapping, key, &value, after),
        None => block::insert(sites, mapping, key, &value, after),
    }
}

fn remove(sites: &Sites<'_>, node: NodeId) -> Option<Vec<TextEdit>> {
    let (parent, node, only) = match sites.place(node)? {
        Place::Key { mapping, entry } | Place::Value { mapping, entry } => {
            sites.is_own_entry(mapping, entry).then_some(())?;
            (mapping, entry.key, sites.tree.entries(mapping).len() == 1)
        }
        Place::Item { list } => (list, node, sites.tree.items(list).len() == 1),
        Place::Top => return None,
    };
    // Arguments of a function have their places.
    sites.tree.tag(parent).is_none().then_some(())?;
    if only {
        let empty =
            if sites.tree.is_mapping(parent) { Written::Map(Vec::new()) } else { Written::List(Vec::new()) };
        return replace(sites, parent, &empty);
    }
    if sites.is_bracketed(parent) {
        flow::remove(sites, parent, node)
    } else {
        block::remove(sites, parent, node)
    }
}

fn remove_comment(sites: &Sites<'_>, at: Span) -> Option<Vec<TextEdit>> {
    let text = sites.tree.text();
    let start = at.range.start;
    let is_comment = sites.tree.comments().iter().any(|comment| comment.range.start == start);
    (is_comment && at.file == sites.tree.file()).then_some(())?;
    let line = lines::start_of_line(text, start);
    let before = lines::before(text, start);
    let code = u32::try_from(before.trim_end().len()).ok()?;
    let range = match code {
        0 => lines::range(line, lines::next_line(text, start)),
        _ => lines::range(line + code, lines::end_of_line(text, start)),
    };
    Some(vec![TextEdit { range, text: String::new() }])
}

fn append(sites: &Sites<'_>, list: NodeId, item: &Written) -> Option<Vec<TextEdit>> {
    (sites.tree.is_sequence(list) && sites.own_range(list).is_some()).then_some(())?;
    if sites.is_bracketed(list) { flow::append(sites, list, item) } else { block::append(sites, list, item) }
}

/// Climbs out of functions first: the arguments of one are no list to add to.
fn join(sites: &Sites<'_>, node: NodeId, item: &Written) -> Option<Vec<TextEdit>> {
    let is_function = |entry: Entry| sites.tree.scalar(entry.key).is_some_and(|key| key.starts_with("Fn::"));
    let mut at = node;
    loop {
        at = match sites.place(at)? {
            Place::Item { list } if sites.tree.tag(list).is_some() => list,
            Place::Item { list } => match sites.place(list)? {
                Place::Value { mapping, entry } if is_function(entry) => mapping,
                _ => return append(sites, list, item),
            },
            Place::Value { mapping, entry } if is_function(entry) => mapping,
            Place::Value { .. } => break,
            Place::Top | Place::Key { .. } => return None,
        };
    }
    if sites.tree.is_sequence(at) && sites.tree.tag(at).is_none() {
        return append(sites, at, item);
    }
    let range = sites.own_range(at)?;
    let is_block = !sites.in_brackets(at) && sites.text_of(range)?.contains('\n');
    let mut edits = wrap(sites, at)?;
    if is_block {
        edits.extend(block::behind_wrapped(sites, at, range, item)?);
        return Some(edits);
    }
    let last = edits.last_mut()?;
    last.text.insert_str(0, &format!(", {}", written::inline(sites.tree, item, true)?));
    Some(edits)
}

fn ahead(sites: &Sites<'_>, key: NodeId, name: &str, value: &Written) -> Option<Vec<TextEdit>> {
    let Place::Key { mapping, entry } = sites.place(key)? else { return None };
    let free = sites.tree.entry(mapping, name).is_none() && sites.is_own_entry(mapping, entry);
    free.then_some(())?;
    if sites.is_bracketed(mapping) {
        flow::insert_before(sites, key, name, value)
    } else {
        block::insert_before(sites, key, name, value)
    }
}

fn unwrap(sites: &Sites<'_>, list: NodeId) -> Option<Vec<TextEdit>> {
    if !sites.tree.is_sequence(list) || sites.tree.tag(list).is_some() {
        return Some(Vec::new());
    }
    let [item] = sites.tree.items(list) else { return None };
    sites.own_range(*item)?;
    replace(sites, list, &Written::Copy(sites.tree.tagged_span(*item)))
}

fn wrap(sites: &Sites<'_>, node: NodeId) -> Option<Vec<TextEdit>> {
    if sites.tree.is_sequence(node) && sites.tree.tag(node).is_none() {
        return Some(Vec::new());
    }
    (!sites.is_absent(node) && !sites.is_block_scalar(node)).then_some(())?;
    let range = sites.own_range(node)?;
    let text = sites.text_of(range)?;
    if sites.in_brackets(node) || !text.contains('\n') {
        // `!Ref` stands well inside brackets; a plain text with a comma does not.
        written::fits_in_brackets(sites.tree, node).then_some(())?;
        let at = |offset| lines::range(offset, offset);
        let open = TextEdit { range: at(range.start), text: "[".to_owned() };
        let close = TextEdit { range: at(range.end), text: "]".to_owned() };
        return Some(vec![open, close]);
    }
    block::wrap(sites, node, range)
}
