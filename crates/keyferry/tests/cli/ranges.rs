//! Parts of a file.

use crate::sandbox::{Sandbox, TestResult};

/// Whoever stores a signed message can make its signature look longer, and so its plaintext.
#[test]
fn a_range_past_the_end_is_an_error_whatever_the_length_suggests() -> TestResult {
    let sandbox = Sandbox::new()?;
    sandbox.write("file", "0123456789")?;
    sandbox.run(&["encrypt", "--suite", "signed", "file"])?.expect(0)?;
    let genuine = sandbox.read("file.encrypted")?;
    let mut longer = genuine.clone();
    let footer = genuine.len() - 2 - 103;
    longer[footer..footer + 2].copy_from_slice(&153_u16.to_be_bytes());
    longer.extend([0; 50]);
    for message in [genuine, longer] {
        sandbox.write("file.encrypted", message)?;
        let range = ["decrypt", "--danger-ignore-signature", "-o-", "file.encrypted", "--range"];
        let read = |wanted| sandbox.run(&[&range[..], &[wanted]].concat());
        assert!(read("40..50")?.expect(2)?.stdout.is_empty());
        assert_eq!(read("4..50")?.expect(0)?.stdout, b"456789");
        assert_eq!(read("-3")?.expect(0)?.stdout, b"789");
    }
    Ok(())
}
