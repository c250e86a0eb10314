//! The names of condition operators, as IAM documents them ("IAM JSON policy elements: Condition operators").
//!
//! Operator names are read in any letter case. What an operator does to a value is in [`super::condition`].

/// A condition operator with its qualifier and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub set: Option<SetQualifier>,
    /// What is compared and how.
    pub test: Test,
    /// Whether the operator is a `Not…` one: true when none of its values matches.
    pub negated: bool,
    /// Whether it ends in `IfExists`: true when the key is missing.
    pub if_exists: bool,
}

/// Prefix of an operator for keys with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetQualifier {
    /// `ForAllValues:`; true when the key is missing.
    ForAllValues,
    /// `ForAnyValue:`; false when the key is missing.
    ForAnyValue,
}

/// The comparison of an operator, without its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// `StringEquals`; wildcards mean themselves.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `ArnEquals` and `ArnLike`, which do the same.
    ArnLike,
    /// `NumericEquals` and its relatives.
    Numeric(Order),
    /// `DateEquals` and its relatives.
    Date(Order),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    Binary,
    /// `IpAddress`.
    IpAddress,
    /// `Null`.
    Null,
}

/// How two numbers or dates must be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// `…Equals`.
    Equals,
    /// `…LessThan`.
    LessThan,
    /// `…LessThanEquals`.
    LessThanEquals,
    /// `…GreaterThan`.
    GreaterThan,
    /// `…GreaterThanEquals`.
    GreaterThanEquals,
}

impl Order {
    /// Whether a value that compares like this to the policy's constant passes.
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThan => ordering.is_gt(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

impl Test {
    /// Whether `${…}` in a value of this operator is a policy variable: string and ARN operators only.
    pub fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::ArnLike)
    }
}

impl Operator {
    /// Reads an operator name. `None` when IAM has no such operator.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (set, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Some(SetQualifier::ForAllValues), rest),
            Some(("foranyvalue", rest)) => (Some(SetQualifier::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, lower.as_str()),
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (test, negated) = base_test(base)?;
        if test == Test::Null && (set.is_some() || if_exists) {
            return None;
        }
        Some(Self { set, test, negated, if_exists })
    }
}

fn base_test(base: &str) -> Option<(Test, bool)> {
    if let Some(order) = base.strip_prefix("numeric") {
        return ordered(order).map(|(order, negated)| (Test::Numeric(order), negated));
    }
    if let Some(order) = base.strip_prefix("date") {
        return ordered(order).map(|(order, negated)| (Test::Date(order), negated));
    }
    Some(match base {
        "stringequals" => (Test::StringEquals, false),
        "stringnotequals" => (Test::StringEquals, true),
        "stringequalsignorecase" => (Test::StringEqualsIgnoreCase, false),
        "stringnotequalsignorecase" => (Test::StringEqualsIgnoreCase, true),
        "stringlike" => (Test::StringLike, false),
        "stringnotlike" => (Test::StringLike, true),
        "arnequals" | "arnlike" => (Test::ArnLike, false),
        "arnnotequals" | "arnnotlike" => (Test::ArnLike, true),
        "ipaddress" => (Test::IpAddress, false),
        "notipaddress" => (Test::IpAddress, true),
        "bool" => (Test::Bool, false),
        "binaryequals" => (Test::Binary, false),
        "null" => (Test::Null, false),
        _ => return None,
    })
}

fn ordered(name: &str) -> Option<(Order, bool)> {
    Some(match name {
        "equals" => (Order::Equals, false),
        "notequals" => (Order::Equals, true),
        "lessthan" => (Order::LessThan, false),
        "lessthanequals" => (Order::LessThanEquals, false),
        "greaterthan" => (Order::GreaterThan, false),
        "greaterthanequals" => (Order::GreaterThanEquals, false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_operators() {
        let plain = |test, negated| Some(Operator { set: None, test, negated, if_exists: false });
        let table = [
            ("StringEquals", plain(Test::StringEquals, false)),
            ("stringnotlike", plain(Test::StringLike, true)),
            ("NotIpAddress", plain(Test::IpAddress, true)),
            ("ArnNotEquals", plain(Test::ArnLike, true)),
            ("NumericLessThanEquals", plain(Test::Numeric(Order::LessThanEquals), false)),
            ("DateNotEquals", plain(Test::Date(Order::Equals), true)),
            ("Null", plain(Test::Null, false)),
            ("NullIfExists", None),
            ("StringEqual", None),
            ("ForEveryValue:StringEquals", None),
            (
                "ForAllValues:StringLikeIfExists",
                Some(Operator {
                    set: Some(SetQualifier::ForAllValues),
                    test: Test::StringLike,
                    negated: false,
                    if_exists: true,
                }),
            ),
        ];
        for (name, expected) in table {
            assert_eq!(Operator::parse(name), expected, "{name}");
        }
    }
}
