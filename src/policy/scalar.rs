//! Numbers, dates, address blocks and base64 as condition operators read them.
//!
//! Numbers and dates are exact decimals, never floating point. Nothing here knows what an operator is.

use core::net::IpAddr;
use std::cmp::Ordering;

/// An exact decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Significant digits without leading or trailing zeros; empty for zero.
    digits: Vec<u8>,
    /// Power of ten of the first digit, plus one: the value is `0.digits * 10^magnitude`.
    magnitude: i64,
}

impl Decimal {
    /// Reads a decimal number with optional sign, fraction and exponent, blanks around it allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let whole_length = i64::try_from(whole.len()).ok()?;
        Some(Self::normal(negative, &all, whole_length + i64::from(exponent)))
    }

    fn normal(negative: bool, digits: &[u8], magnitude: i64) -> Self {
        let leading = digits.iter().take_while(|d| **d == b'0').count();
        let trailing = digits.iter().skip(leading).rev().take_while(|d| **d == b'0').count();
        let kept: Vec<u8> = digits.iter().copied().take(digits.len() - trailing).skip(leading).collect();
        if kept.is_empty() {
            return Self { negative: false, digits: kept, magnitude: 0 };
        }
        let leading = i64::try_from(leading).unwrap_or(i64::MAX);
        Self { negative, digits: kept, magnitude: magnitude.saturating_sub(leading) }
    }

    /// The largest whole number not above this one, when it fits.
    pub fn floor(&self) -> Option<i64> {
        let mut whole: i64 = 0;
        for place in 0..self.magnitude.max(0) {
            if place > 18 {
                return None;
            }
            let digit = usize::try_from(place).ok().and_then(|p| self.digits.get(p)).map_or(0, |d| d - b'0');
            whole = whole.checked_mul(10)?.checked_add(i64::from(digit))?;
        }
        let exact = i64::try_from(self.digits.len()).ok()? <= self.magnitude;
        match (self.negative, exact) {
            (false, _) => Some(whole),
            (true, true) => Some(-whole),
            (true, false) => Some(-whole - 1),
        }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => {
                self.magnitude.cmp(&other.magnitude).then_with(|| self.digits.cmp(&other.digits))
            }
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Attoseconds (10⁻¹⁸ s) on top, below one second.
    attoseconds: u64,
}

impl Moment {
    /// A whole second since 1970.
    pub fn at(seconds: i64) -> Self {
        Self { seconds, attoseconds: 0 }
    }

    /// Reads the forms of ISO 8601 that IAM takes (year, month, day, or a full time with zone), or seconds
    /// since 1970 (any count of digits but four, which is a year).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if whole && !(text.len() == 4 && digits.len() == 4) {
            return text.parse().ok().map(Self::at);
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let (year, month, day) = calendar(date, time.is_some())?;
        let midnight = days_from_civil(year, month, day) * 86_400;
        match time {
            None => Some(Self::at(midnight)),
            Some(time) => {
                let (seconds, attoseconds) = clock(time)?;
                Some(Self { seconds: midnight + seconds, attoseconds })
            }
        }
    }

    /// The instant's whole second as `YYYY-MM-DDThh:mm:ssZ`.
    pub fn to_text(self) -> String {
        let (days, rest) = (self.seconds.div_euclid(86_400), self.seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

fn number(text: &str, length: usize) -> Option<i64> {
    if text.len() != length || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn calendar(date: &str, full: bool) -> Option<(i64, i64, i64)> {
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|t| number(t, 2));
    let day = parts.next().map(|t| number(t, 2));
    if parts.next().is_some() || (full && day.is_none()) {
        return None;
    }
    let (month, day) = (month.unwrap_or(Some(1))?, day.unwrap_or(Some(1))?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (year >= 1 && (1..=length).contains(&day)).then_some((year, month, day))
}

/// Seconds since midnight UTC, with attoseconds, of `hh:mm[:ss[.fraction]]` and a zone.
fn clock(time: &str) -> Option<(i64, u64)> {
    let (time, shift) = match time.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => zone(time)?,
    };
    let mut parts = time.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (second, attoseconds) = match parts.next() {
        None => (0, 0),
        Some(text) => match text.split_once('.') {
            None => (number(text, 2)?, 0),
            Some((second, fraction)) => (number(second, 2)?, fraction_of_second(fraction)?),
        },
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some((hour * 3600 + minute * 60 + second - shift, attoseconds))
}

fn fraction_of_second(digits: &str) -> Option<u64> {
    let valid = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
    if !valid {
        return None;
    }
    format!("{digits:0<18}").parse().ok()
}

fn zone(time: &str) -> Option<(&str, i64)> {
    let at = time.len().checked_sub(6)?;
    let (time, zone) = (time.get(..at)?, time.get(at..)?);
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some((time, sign * (number(hours, 2)? * 3600 + number(minutes, 2)? * 60)))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = (shifted + 2) % 12 + 1;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// A block of addresses of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    /// Whether the block is of IPv6.
    pub v6: bool,
    /// First address.
    pub first: u128,
    /// Last address.
    pub last: u128,
}

impl Block {
    /// Reads `address` or `address/bits`; bits outside the mask are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let (v6, value) = parse_address(address)?;
        let width: u32 = if v6 { 128 } else { 32 };
        let bits = match bits {
            None => width,
            Some(bits) if !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().ok().filter(|b| *b <= width)?
            }
            Some(_) => return None,
        };
        let host = width - bits;
        let mask = if host == 128 { u128::MAX } else { (1_u128 << host) - 1 };
        Some(Self { v6, first: value & !mask, last: value | mask })
    }

    /// Whether an address, as [`parse_address`] gives it, lies in the block.
    pub fn contains(self, (v6, value): (bool, u128)) -> bool {
        self.v6 == v6 && self.first <= value && value <= self.last
    }

    /// Whether all its addresses lie in the other block.
    pub fn is_within(self, other: Self) -> bool {
        self.v6 == other.v6 && other.first <= self.first && self.last <= other.last
    }
}

/// Reads an address: whether it is of IPv6, and its number.
pub fn parse_address(text: &str) -> Option<(bool, u128)> {
    match text.trim().parse().ok()? {
        IpAddr::V4(four) => Some((false, u128::from(u32::from(four)))),
        IpAddr::V6(six) => Some((true, u128::from(six))),
    }
}

/// The text of an address of a family.
pub fn address_text(v6: bool, value: u128) -> String {
    if v6 {
        return core::net::Ipv6Addr::from(value).to_string();
    }
    core::net::Ipv4Addr::from(u32::try_from(value).unwrap_or(u32::MAX)).to_string()
}

/// Decodes base64 with padding; `None` when a character or the length is wrong.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let data = text.trim_end_matches('=');
    if bytes.len() - data.len() > 2 {
        return None;
    }
    let (mut out, mut buffer, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in data.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = (buffer << 6 | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(buffer >> held & 0xFF).unwrap_or(0));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly() {
        let table = [
            ("300", "300.0", Ordering::Equal),
            ("299.5", "300", Ordering::Less),
            ("-1", "0", Ordering::Less),
            ("-0", "0", Ordering::Equal),
            ("3e2", "300", Ordering::Equal),
            ("0.1", "0.10000000000000000001", Ordering::Less),
            ("1000", "999.999", Ordering::Greater),
            ("-2", "-10", Ordering::Greater),
        ];
        for (left, right, expected) in table {
            let (a, b) = (Decimal::parse(left).unwrap(), Decimal::parse(right).unwrap());
            assert_eq!(a.cmp(&b), expected, "{left} {right}");
        }
        for wrong in ["", ".", "x", "1x", "NaN", "Infinity", "1e", "--1"] {
            assert_eq!(Decimal::parse(wrong), None, "{wrong}");
        }
        let floors = [("299.5", 299), ("-0.5", -1), ("0", 0), ("0.05", 0), ("1200", 1200), ("-3", -3)];
        for (text, floor) in floors {
            assert_eq!(Decimal::parse(text).unwrap().floor(), Some(floor), "{text}");
        }
    }

    #[test]
    fn dates_are_points_in_time() {
        let table = [
            ("2025-01-01T00:00:00Z", Some(1_735_689_600)),
            ("2025-01-01", Some(1_735_689_600)),
            ("2025", Some(1_735_689_600)),
            ("2025-01-01T01:00:00+01:00", Some(1_735_689_600)),
            ("1735689600", Some(1_735_689_600)),
            ("1970-01-01T00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2025-02-29", None),
            ("2024-02-29", Some(1_709_164_800)),
            ("2025-1-1", None),
            ("2025-01T00:00:00Z", None),
            ("2025-01-01T25:00:00Z", None),
            ("2025-01-01T00:00:00", None),
            ("0000", None),
        ];
        for (text, expected) in table {
            assert_eq!(Moment::parse(text).map(|i| i.seconds), expected, "{text}");
        }
        for seconds in [0, -1, 1_735_689_600, 1_709_164_799, 951_782_400, -62_135_596_800] {
            assert_eq!(Moment::parse(&Moment::at(seconds).to_text()), Some(Moment::at(seconds)));
        }
        assert!(Moment::parse("2025-01-01T00:00:00.5Z") > Moment::parse("2025-01-01T00:00:00Z"));
    }

    #[test]
    fn blocks_and_addresses() {
        let table = [
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("10.0.5.17/24", "10.0.5.255", true),
            ("10.0.5.17/24", "10.0.6.0", false),
            ("198.51.100.7", "198.51.100.7", true),
            ("198.51.100.7", "198.51.100.8", false),
            ("2001:db8::/32", "2001:db9::1", false),
            ("10.0.0.0/8", "not an address", false),
        ];
        for (block, address, expected) in table {
            let block = Block::parse(block).unwrap();
            assert_eq!(parse_address(address).is_some_and(|a| block.contains(a)), expected, "{address}");
        }
        for wrong in
            ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/255.0.0.0", "x", "::/129", "1.2.3.4/+8"]
        {
            assert_eq!(Block::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn base64_with_padding() {
        let table =
            [("", Some("")), ("aGk=", Some("hi")), ("aGkh", Some("hi!")), ("aGk", None), ("a===", None)];
        for (text, expected) in table {
            assert_eq!(base64(text), expected.map(|e| e.as_bytes().to_vec()), "{text}");
        }
    }
}
