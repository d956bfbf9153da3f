//! Reading DER from its front.

use crypto_envelope::hazmat::der_value;

use super::Refused;

/// What is left of a value that holds others.
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self(rest)
    }

    /// What is in the sequence that `der` consists of.
    pub(super) fn only_sequence(der: &'a [u8]) -> Result<Self, Refused> {
        let mut der = Self(der);
        let sequence = der.sequence()?;
        der.all()?;
        Ok(sequence)
    }

    /// The content of the next value, which must have this tag.
    pub(super) fn value(&mut self, tag: u8) -> Result<&'a [u8], Refused> {
        let (content, rest) = der_value(tag, self.0).ok_or(Refused::Damaged)?;
        self.0 = rest;
        Ok(content)
    }

    pub(super) fn sequence(&mut self) -> Result<Self, Refused> {
        self.value(SEQUENCE).map(Self)
    }

    pub(super) fn oid(&mut self) -> Result<&'a [u8], Refused> {
        self.value(OBJECT_IDENTIFIER)
    }

    /// An algorithm that has no parameters.
    pub(super) fn algorithm(&mut self) -> Result<&'a [u8], Refused> {
        let mut algorithm = self.sequence()?;
        let oid = algorithm.oid()?;
        if matches!(algorithm.0, [] | [NULL, 0]) { Ok(oid) } else { Err(Refused::Damaged) }
    }

    /// An integer that is not negative.
    pub(super) fn number(&mut self) -> Result<u32, Refused> {
        let digits = self.value(INTEGER)?;
        // 32 bits, and the zero that says that they are not negative.
        let fits = (1..=5).contains(&digits.len()) && digits[0] < 0x80;
        let number = digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit));
        u32::try_from(number).ok().filter(|_| fits).ok_or(Refused::Damaged)
    }

    /// As [`number`](Self::number), if an integer is next.
    pub(super) fn optional_number(&mut self) -> Result<Option<u32>, Refused> {
        if self.0.first() == Some(&INTEGER) { self.number().map(Some) } else { Ok(None) }
    }

    /// How often to hash. Bounded, or a file could have us compute for days.
    pub(super) fn iterations(&mut self) -> Result<u32, Refused> {
        match self.number()? {
            0 => Err(Refused::Damaged),
            iterations @ 1..=MAX_ITERATIONS => Ok(iterations),
            _ => Err(Refused::Unsupported("PKCS#12 with more than 2000000 iterations")),
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything must have been read.
    pub(super) fn all(self) -> Result<(), Refused> {
        if self.is_at_end() { Ok(()) } else { Err(Refused::Damaged) }
    }
}

const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]` around one other value.
pub(super) const EXPLICIT: u8 = 0xa0;
const MAX_ITERATIONS: u32 = 2_000_000;
