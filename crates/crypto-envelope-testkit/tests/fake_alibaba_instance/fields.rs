//! As much of Protocol Buffers as a test needs. Fields go by their numbers here, so that nothing is
//! shared with the fake.

/// A text or bytes.
pub(crate) fn field(number: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [&[number << 3 | 2], &varint(value.len() as u64)[..], value].concat()
}

/// A number that is not negative.
pub(crate) fn number(number: u8, value: u64) -> Vec<u8> {
    [vec![number << 3], varint(value)].concat()
}

/// What the fields of a message hold, by their numbers; numbers as eight bytes.
pub(crate) fn parse(mut bytes: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = take_varint(&mut bytes)?;
        let value = take_varint(&mut bytes)?;
        match tag & 7 {
            0 => fields.push((tag >> 3, value.to_be_bytes().to_vec())),
            2 => {
                let (block, rest) = bytes.split_at_checked(usize::try_from(value).ok()?)?;
                fields.push((tag >> 3, block.to_vec()));
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(fields)
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
