//! Whole messages.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    num::NonZeroUsize,
    ops::Range,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, Limits, Opener, Result, Sealer,
    SecretBytes, UnverifiedHeader, aio, blocking, io, parallel::Parallel, provider::RawAesProvider,
    ranges::RangeReader,
};

/// The suite without a signature.
pub const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
/// The suite with one.
pub const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

/// A key, a suite and a frame length.
pub struct Work {
    encryptor: Encryptor,
    decryptor: Decryptor,
}

impl Work {
    /// Frames of so many bytes of plaintext.
    ///
    /// # Errors
    ///
    /// If the key cannot be made.
    pub fn new(suite: AlgorithmSuite, frame_length: u32) -> Result<Self> {
        let provider = || RawAesProvider::new("benches", "key", &SecretBytes::from(vec![7; 32]));
        Ok(Self {
            encryptor: Encryptor::builder(provider()?)
                .suite(suite)
                .frame_length(frame_length)
                .build()?,
            decryptor: Decryptor::builder(provider()?).release_before_signature().build()?,
        })
    }

    /// Where in a message its frames begin: seldom at a round number, which costs the cipher something
    /// and is to cost the yardstick the same.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn header_length(&self) -> Result<usize> {
        Ok(self.sealer()?.header().length())
    }

    fn sealer(&self) -> Result<Sealer> {
        blocking::wait(self.encryptor.prepare(&EncryptionContext::new()))
    }

    fn opener<'m>(&self, message: &'m [u8]) -> Result<(Opener, &'m [u8])> {
        let (header, body) = UnverifiedHeader::parse(message, &Limits::default())?;
        Ok((blocking::wait(self.decryptor.open(header, &EncryptionContext::new()))?, body))
    }

    /// A message, in memory of its own.
    ///
    /// # Errors
    ///
    /// What the library says; so it is everywhere here.
    pub fn message(&self, plaintext: &[u8]) -> Result<Vec<u8>> {
        self.sealer()?.seal(plaintext)
    }

    /// Seals into a buffer of the caller, with so many threads.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn seal(&self, threads: usize, plaintext: &[u8], out: &mut [u8]) -> Result<()> {
        let sealer = self.sealer()?;
        match threads {
            1 => sealer.finish(plaintext, out)?,
            _ => parallel(threads).seal_last(sealer, plaintext, out)?,
        };
        Ok(())
    }

    /// Opens into a buffer of the caller, with so many threads.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn open(&self, threads: usize, message: &[u8], out: &mut [u8]) -> Result<()> {
        let (mut opener, body) = self.opener(message)?;
        match threads {
            1 => opener.push(body, out)?,
            _ => parallel(threads).open_piece(&mut opener, body, out)?,
        };
        opener.finish()?;
        Ok(())
    }

    /// From a reader to a writer.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn encrypt(
        &self,
        threads: usize,
        reader: impl Read + Send,
        writer: impl Write + Send,
    ) -> Result<()> {
        match threads {
            1 => io::encrypt(self.sealer()?, reader, writer)?,
            _ => parallel(threads).encrypt(self.sealer()?, reader, writer)?,
        };
        Ok(())
    }

    /// From a reader to a writer.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn decrypt(
        &self,
        threads: usize,
        reader: impl Read + Send,
        writer: impl Write + Send,
    ) -> Result<()> {
        let (header, body) = io::read_header(self.decryptor.header_parser(), reader)?;
        let opener = blocking::wait(self.decryptor.open(header, &EncryptionContext::new()))?;
        match threads {
            1 => io::decrypt(opener, body, writer)?,
            _ => parallel(threads).decrypt(opener, body, writer)?,
        };
        Ok(())
    }

    /// From memory to nowhere, by the async adapter.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub async fn encrypt_async(&self, plaintext: &[u8]) -> Result<()> {
        let sealer = self.encryptor.prepare(&EncryptionContext::new()).await?;
        aio::encrypt(sealer, plaintext, tokio::io::sink()).await?;
        Ok(())
    }

    /// Reads ranges, one after the other.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn read_ranges(&self, message: &[u8], ranges: &[Range<u64>]) -> Result<()> {
        let reader = RangeReader::open(&self.decryptor, message, &EncryptionContext::new())?;
        for range in ranges {
            reader.read_range(range.clone())?;
        }
        Ok(())
    }

    /// From file to file, over what the second one holds.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn encrypt_file(&self, threads: usize, from: &mut File, to: &mut File) -> Result<()> {
        from.rewind()?;
        to.rewind()?;
        match threads {
            1 => io::encrypt(self.sealer()?, from, to)?,
            _ => parallel(threads).encrypt_at(self.sealer()?, from, to)?,
        };
        Ok(())
    }

    /// From file to file, over what the second one holds.
    ///
    /// # Errors
    ///
    /// What the library says.
    pub fn decrypt_file(&self, threads: usize, from: &mut File, to: &mut File) -> Result<()> {
        from.rewind()?;
        to.rewind()?;
        let (header, body) = io::read_header(self.decryptor.header_parser(), &mut *from)?;
        let opener = blocking::wait(self.decryptor.open(header, &EncryptionContext::new()))?;
        match threads {
            1 => io::decrypt(opener, body, to)?,
            _ => parallel(threads).decrypt_at(opener, &**body.get_ref(), to)?,
        };
        Ok(())
    }
}

fn parallel(threads: usize) -> Parallel {
    Parallel::new().with_threads(NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN))
}
