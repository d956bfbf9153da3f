//! What the fuzz targets share: keys, genuine messages, and pieces of all lengths.

use std::{io::Read, num::NonZeroUsize, ops::Range, sync::LazyLock};

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, DecryptorBuilder, EncryptionContext, Encryptor,
    Finished, Opener, Result, SecretBytes, blocking, io,
    parallel::Parallel,
    provider::{MultiProvider, RawAesProvider},
    ranges::{RangeOptions, RangeReader},
};

macro_rules! genuine {
    ($message:literal, $plaintext:literal, footer: $footer_length:literal) => {
        Genuine {
            message: include_bytes!(concat!("../../tests/vectors/aws-esdk/ct/", $message)),
            plaintext: include_bytes!(concat!("../../tests/vectors/aws-esdk/pt/", $plaintext)),
            footer_length: $footer_length,
        }
    };
}

/// A message of the vectors, which [`DECRYPTOR`] opens. Nobody can make another one under the same
/// header.
#[derive(Debug)]
pub struct Genuine {
    message: &'static [u8],
    plaintext: &'static [u8],
    footer_length: usize,
}

impl Genuine {
    /// Several frames unsigned and signed, in both versions; and two messages without frames.
    const ALL: [Self; 6] = [
        genuine!("1a546c1d155c988991a62a49", "9650bf12184bb4cbaf174fd5", footer: 0),
        genuine!("a76c8c34c90f1eb0a70256c5", "9650bf12184bb4cbaf174fd5", footer: 105),
        genuine!("2c6e32f35209b2e7af6d0ab7", "9650bf12184bb4cbaf174fd5", footer: 0),
        genuine!("ce2319ab19c4eeaa46d2f30b", "9650bf12184bb4cbaf174fd5", footer: 105),
        genuine!("fbe20277506557440e2cabea", "23e7ab5ed68001b6fd5404e6", footer: 0),
        genuine!("d753e940e0ff55fa027f6658", "0ad3d6d8e455a3f5671f5cc7", footer: 106),
    ];

    /// How many choices there are.
    pub const CHOICES: u8 = 12;

    /// The one that a byte of input chooses, with a decryptor for it.
    pub fn choose(choice: u8) -> (&'static Self, &'static Decryptor) {
        let choice = usize::from(choice % Self::CHOICES);
        let decryptor = if choice < Self::ALL.len() { &DECRYPTOR } else { &EARLY_DECRYPTOR };
        (&Self::ALL[choice % Self::ALL.len()], decryptor)
    }

    /// Body and footer.
    pub fn rest(&self) -> &'static [u8] {
        &self.message[self.header_length()..]
    }

    /// What lies between header and footer.
    pub fn body(&self) -> &'static [u8] {
        &self.rest()[..self.rest().len() - self.footer_length]
    }

    /// The end of a signed message; of others it is empty.
    pub fn footer(&self) -> &'static [u8] {
        &self.rest()[self.body().len()..]
    }

    /// Opens the genuine header with `rest` behind it, in pieces. Nothing but the genuine plaintext
    /// may come out, and to its end only if `rest` is genuine.
    ///
    /// # Panics
    ///
    /// If something else happens.
    pub fn check(&self, rest: &[u8], decryptor: &Decryptor, seed: u8) {
        let mut opener = self.opener(decryptor, seed);
        let mut released = Vec::new();
        let failed = Pieces::new(seed, rest).any(|piece| {
            let mut out = vec![0; opener.push_bound(piece.len())];
            let pushed = opener.push(piece, &mut out);
            released.extend_from_slice(&out[..pushed.as_ref().map_or(0, |length| *length)]);
            pushed.is_err()
        });
        assert!(self.plaintext.starts_with(&released), "something else was released");
        match opener.finish() {
            Ok(finished) => {
                assert!(!failed, "a failure was forgotten");
                released.extend_from_slice(finished.held_plaintext());
                assert_eq!(released, self.plaintext);
                assert_eq!(rest, self.rest());
            }
            Err(error) => assert!(rest != self.rest(), "genuine, but {error}"),
        }
    }

    /// Reads ranges of the genuine header with `rest` behind it, one after the other.
    ///
    /// # Panics
    ///
    /// If something else than the genuine plaintext comes out, or another end is proved.
    pub fn check_ranges(&self, rest: &[u8], ranges: &[Range<u64>]) {
        let header = self.header_length();
        let stored = [&self.message[..header], rest].concat();
        let options = RangeOptions::default().with_first_fetch(header).with_merge_gap(0);
        let nothing = EncryptionContext::new();
        let reader = RangeReader::open_with(&RANGE_DECRYPTOR, stored, &nothing, options)
            .expect("a genuine header");
        let index = |value: u64| usize::try_from(value).map_or(self.plaintext.len(), |value| value);
        for range in ranges {
            let Ok(found) = reader.read_range(range.clone()) else { continue };
            let end = index(range.end).min(self.plaintext.len());
            assert_eq!(found, self.plaintext[index(range.start)..end], "{range:?}");
        }
        if let Ok(length) = reader.length() {
            assert_eq!(length, self.plaintext.len() as u64);
        }
        let is_genuine = rest == self.rest();
        assert!(!is_genuine || reader.read_range(0..u64::MAX).is_ok(), "it is genuine");
    }

    /// Opens the genuine header with `rest` behind it, with one thread and with several, in slices of
    /// about so many bytes. They must agree, and nothing but the genuine plaintext may come out.
    ///
    /// # Panics
    ///
    /// If something else happens.
    pub fn check_parallel(&self, rest: &[u8], decryptor: &Decryptor, slice: u8) {
        let (mut by_one, mut by_several) = (Vec::new(), Vec::new());
        let outcome = |finished: Result<Finished>| {
            finished.map(|finished| finished.plaintext_length()).map_err(|error| error.to_string())
        };
        let one = outcome(io::decrypt(self.opener(decryptor, 0), rest, &mut by_one));
        let threads = NonZeroUsize::new(3).expect("not zero");
        let parallel = Parallel::new().with_threads(threads).with_slice(usize::from(slice) * 16);
        let several = parallel.decrypt(self.opener(decryptor, 0), rest, &mut by_several);
        assert_eq!(one, outcome(several));
        assert!(self.plaintext.starts_with(&by_several), "something else was released");
        assert!(one.is_err() || by_one == by_several, "another plaintext");
    }

    fn opener(&self, decryptor: &Decryptor, seed: u8) -> Opener {
        let mut parser = decryptor.header_parser();
        for piece in Pieces::new(seed, &self.message[..self.header_length()]) {
            parser.push(piece).expect("a genuine header");
        }
        let header = parser.finish().expect("a genuine header");
        blocking::wait(decryptor.open(header, &EncryptionContext::new())).expect("a genuine header")
    }

    fn header_length(&self) -> usize {
        DECRYPTOR.header_parser().push(self.message).expect("a genuine header")
    }
}

/// Has the keys of most raw AES vectors, and that of [`encryptor`].
pub static DECRYPTOR: LazyLock<Decryptor> =
    LazyLock::new(|| builder().build().expect("good options"));

/// The same, but releases plaintext before it has seen the signature.
static EARLY_DECRYPTOR: LazyLock<Decryptor> =
    LazyLock::new(|| builder().release_before_signature().build().expect("good options"));

/// The same for ranges, also of signed messages.
static RANGE_DECRYPTOR: LazyLock<Decryptor> =
    LazyLock::new(|| builder().danger_ignore_signature_in_ranges().build().expect("good options"));

fn builder() -> DecryptorBuilder {
    let add = |all: MultiProvider, (namespace, name, key): (&str, &str, &[u8])| {
        all.with_child(raw_aes(namespace, name, key))
    };
    let providers = VECTOR_KEYS.into_iter().fold(MultiProvider::new(provider()), add);
    Decryptor::builder(providers).commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
}

/// An encryptor for messages of our own.
pub fn encryptor(suite: AlgorithmSuite, frame_length: u32) -> Encryptor {
    let policy = if suite.is_committing() {
        CommitmentPolicy::RequireEncryptRequireDecrypt
    } else {
        CommitmentPolicy::DangerForbidEncryptAllowDecrypt
    };
    let builder = Encryptor::builder(provider()).commitment_policy(policy).suite(suite);
    builder.frame_length(frame_length).build().expect("good options")
}

fn provider() -> RawAesProvider {
    raw_aes("fuzz", "key", &[0; 32])
}

fn raw_aes(namespace: &str, name: &str, key: &[u8]) -> RawAesProvider {
    RawAesProvider::new(namespace, name, &SecretBytes::from(key)).expect("a good key")
}

/// Bytes that come in pieces, whose lengths follow from a seed: all from 1 to 256 come up.
#[derive(Debug)]
pub struct Pieces<'b> {
    seed: u8,
    bytes: &'b [u8],
}

impl<'b> Pieces<'b> {
    /// All of `bytes`.
    pub fn new(seed: u8, bytes: &'b [u8]) -> Self {
        Self { seed, bytes }
    }

    fn next_length(&mut self) -> usize {
        // A linear congruential generator of the full period.
        self.seed = self.seed.wrapping_mul(5).wrapping_add(3);
        usize::from(self.seed) + 1
    }
}

impl<'b> Iterator for Pieces<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (piece, rest) = self.bytes.split_at(self.next_length().min(self.bytes.len()));
        self.bytes = rest;
        (!piece.is_empty()).then_some(piece)
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.next_length().min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

const OFFICIAL_KEY: [u8; 32] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
    0x16, 0x17, 0x18, 0x19, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x30, 0x31,
];
const CRAFTED_KEY: [u8; 32] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
];
/// Namespace, name and key of most raw AES vectors.
const VECTOR_KEYS: [(&str, &str, &[u8]); 9] = [
    ("craft-ns", "craft-key", &CRAFTED_KEY),
    ("aws-raw-vectors-persistant", "aes-256", &OFFICIAL_KEY),
    ("aws-raw-vectors-persistant", "aes-192", OFFICIAL_KEY.first_chunk::<24>().unwrap()),
    ("aws-raw-vectors-persistant", "aes-128", OFFICIAL_KEY.first_chunk::<16>().unwrap()),
    ("aws-raw-vectors-persistent-aes-256", "aes-256", &OFFICIAL_KEY),
    ("js-ns", "aes-256", &OFFICIAL_KEY),
    ("js-ns", "aes-128", OFFICIAL_KEY.first_chunk::<16>().unwrap()),
    ("rs-ns", "aes-256", &OFFICIAL_KEY),
    ("rs-ns", "aes-128", OFFICIAL_KEY.first_chunk::<16>().unwrap()),
];
