//! The command-line program. Everything it does lives in the library.

fn main() {}
