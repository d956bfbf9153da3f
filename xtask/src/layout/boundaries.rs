//! Rules about what a module of the core may mention.

use super::sources::{self, SourceFile};
use super::{Finding, Workspace};

/// Input, output and waiting in the modules that must only take and give bytes.
pub(super) fn io_in_engines(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    for module in SANS_IO {
        findings.extend(files_of(workspace, module)?.into_iter().flat_map(mentions_of_io));
    }
    Ok(findings)
}

/// Cipher crates that are named outside the module `crypto`.
pub(super) fn ciphers_outside_crypto(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    files_of(workspace, CRYPTO)?;
    let outside = workspace.sources.iter().filter(|file| is_outside_crypto(file));
    Ok(outside.flat_map(mentions_of_ciphers).collect())
}

/// A rule about a module that is not there would hold forever, so its absence is an error.
fn files_of<'a>(workspace: &'a Workspace, module: &str) -> Result<Vec<&'a SourceFile>, String> {
    let files = workspace.sources.iter().filter(|file| file.is_in(CORE, module));
    let files = files.collect::<Vec<_>>();
    if files.is_empty() { Err(format!("{CORE} has no module {module}")) } else { Ok(files) }
}

fn is_outside_crypto(file: &SourceFile) -> bool {
    let is_in_core = file.path.starts_with(&format!("crates/{CORE}/src/"));
    is_in_core && !file.is_in(CORE, CRYPTO)
}

fn mentions_of_io(file: &SourceFile) -> Vec<Finding> {
    file.code()
        .flat_map(|(line, code)| sources::words(code).map(move |word| (line, word)))
        .filter(|(_, word)| IO.contains(word))
        .map(|(line, word)| file.finding(line, format!("`{word}` in a module without I/O")))
        .collect()
}

fn mentions_of_ciphers(file: &SourceFile) -> Vec<Finding> {
    let is_ours = |name: &str| file.code().any(|(_, code)| imports_own(code, name));
    let ciphers: Vec<_> = CIPHERS.into_iter().filter(|cipher| !is_ours(cipher)).collect();
    file.code()
        .flat_map(|(line, code)| ciphers.iter().map(move |cipher| (line, code, *cipher)))
        .filter(|(_, code, cipher)| names_crate(code, cipher))
        .map(|(line, _, cipher)| {
            file.finding(line, format!("`{cipher}` belongs into the module `{CRYPTO}`"))
        })
        .collect()
}

/// Whether a path in `code` starts at the crate `name`, as in `use sha2::Digest`; a module of ours
/// with the same name is not meant by `crypto::sha2::digest`.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(start, _)| {
        let before = &code[..start];
        let before = before.strip_suffix("::").unwrap_or(before);
        let starts_path = !before.ends_with(|c| sources::is_word(c) || c == ':' || c == '>');
        let after = &code[start + name.len()..];
        let is_imported = before.ends_with("use ") || before.ends_with("extern crate ");
        let ends_word = !after.starts_with(sources::is_word);
        starts_path && (after.starts_with("::") || is_imported && ends_word)
    })
}

/// Whether `code` imports a module of another one under its name, as `use crate::der::rsa;` and the
/// line `der::rsa::{self, Numbers},` do: what follows in this file cannot mean the crate.
fn imports_own(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(start, _)| {
        let parent = code[..start].strip_suffix("::");
        let after = &code[start + name.len()..];
        let is_imported = after.starts_with("::{self") || after == ";" && code.starts_with("use ");
        is_imported && parent.is_some_and(|parent| parent.ends_with(sources::is_word))
    })
}

const CORE: &str = "crypto-envelope";
const CRYPTO: &str = "crypto";
const SANS_IO: [&str; 3] = ["engine", "message", "suite"];
const IO: [&str; 10] = [
    "AsyncRead",
    "AsyncSeek",
    "AsyncWrite",
    "async",
    "await",
    "fs",
    "futures",
    "io",
    "net",
    "tokio",
];
const CIPHERS: [&str; 14] = [
    "aes",
    "aes_gcm",
    "aws_lc_rs",
    "ctr",
    "getrandom",
    "hkdf",
    "hmac",
    "md5",
    "p256",
    "p384",
    "p521",
    "rsa",
    "sha1",
    "sha2",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile {
            path: "crates/crypto-envelope/src/engine.rs".to_owned(),
            text: text.to_owned(),
        }
    }

    fn places(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.place.as_str()).collect()
    }

    #[test]
    fn io_is_found() {
        for code in [
            "use std::io::Read;",
            "use std::io;",
            "use std::{fmt, io, mem};",
            "    io,",
            "use crate::io::Reader;",
            "async fn seal() {}",
            "let key = provider.unwrap(request).await?;",
            "use tokio::sync::Mutex;",
            "impl<R: AsyncRead> Engine<R> {",
            "let text = std::fs::read(path);",
        ] {
            let file = file(&format!("//! Docs.\n\n{code}\n"));
            let findings = mentions_of_io(&file);
            assert_eq!(
                places(&findings).first(),
                Some(&"crates/crypto-envelope/src/engine.rs:3"),
                "{code}"
            );
        }
    }

    #[test]
    fn comments_tests_and_similar_words_are_no_io() {
        let file = file(
            "//! No `std::io`, no `async fn`, no tokio.\n\
             /// Never calls `.await`.\n\
             fn ratio() -> Audio { studio.io_free() } // as std::io would\n\
             struct Awaiting(AsyncReader);\n\
             #[cfg(test)]\n\
             mod tests {\n    use std::io;\n}\n",
        );
        assert_eq!(mentions_of_io(&file), []);
    }

    #[test]
    fn cipher_crates_are_found() {
        for code in [
            "use sha2::Sha256;",
            "use sha2 as digest;",
            "pub(crate) use aws_lc_rs::aead;",
            "extern crate hmac;",
            "let hash = sha2::Sha256::digest(data);",
            "fn new(key: &[u8]) -> ::hmac::Mac {",
            "type Kdf = Hkdf<sha2::Sha512>;",
            "for x in [hkdf::extract(salt)] {",
            "use ::rsa::{self, RsaPublicKey};",
            "use aws_lc_rs::rsa;",
            "rsa::{self, RsaPublicKey},",
        ] {
            let findings = mentions_of_ciphers(&file(&format!("\n{code}\n")));
            assert_eq!(places(&findings), ["crates/crypto-envelope/src/engine.rs:2"], "{code}");
        }
    }

    #[test]
    fn names_of_our_own_are_no_cipher_crates() {
        for code in [
            "use crate::crypto::{hkdf, hmac};",
            "let key = crypto::hkdf::expand(secret);",
            "let tag = crypto::hmac(key, data);",
            "let hmac = suite.hmac();",
            "use sha256::digest;",
            "let x = my_sha2::digest();",
            "// use sha2::Sha256;",
            "use shaders;",
            "use crate::der::rsa;\nlet numbers = rsa::of_spki(der);",
            "use crate::{\n    der::rsa::{self, Numbers},\n};\nlet numbers = rsa::of_spki(der);",
        ] {
            assert_eq!(mentions_of_ciphers(&file(code)), [], "{code}");
        }
    }

    #[test]
    fn only_crypto_itself_is_inside() {
        for (path, is_outside) in [
            ("crates/crypto-envelope/src/crypto.rs", false),
            ("crates/crypto-envelope/src/crypto/aws_lc.rs", false),
            ("crates/crypto-envelope-testkit/src/lib.rs", false),
            ("crates/crypto-envelope/src/suite.rs", true),
            ("crates/crypto-envelope/src/provider/crypto.rs", true),
        ] {
            let file = SourceFile { path: path.to_owned(), text: String::new() };
            assert_eq!(is_outside_crypto(&file), is_outside, "{path}");
        }
    }
}
