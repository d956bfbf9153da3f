//! Bodies that are stored and read as they are, with all that files and streams of encrypted ones have.

use crypto_envelope::{Result, service};
use tokio::io::AsyncRead;

use super::{
    begun::Begun, download_file::download_stored, downloaded::ReadObject, part_source::OfReader,
    put::WrittenObject, request::StoreObject, storing::Storing, transfer::FileTransfer,
    watched::Watched,
};
use crate::{CosClient, GetObject};

impl CosClient {
    /// Stores what comes out of `body`, up to its end, as it is: in one call if it is short, else in parts, several
    /// of which are on their way at once. Parts have 8 MiB, and COS takes 10 000 of them: of a file, whose length is
    /// known, they are [as long as they have to be](Self::upload_file).
    ///
    /// If it fails, what was stored of it is removed, and an object that was there is still there. A future
    /// that is dropped has it removed as well, in the background.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), and those of reading `body`.
    pub async fn put_stream(
        &self,
        object: StoreObject,
        body: impl AsyncRead + Send + Unpin,
    ) -> Result<WrittenObject> {
        let storing = Storing::as_it_is(self, object);
        storing.put_begun(Begun::AsItIs, OfReader(body), Watched::nothing()).await
    }

    /// Stores a file as it is: in one call if it is short, else in parts, several of which are on their way at
    /// once.
    ///
    /// With a [record](FileTransfer::resumable), it goes on where it was interrupted, as
    /// [`CosEncryptingClient::upload_file`](crate::CosEncryptingClient::upload_file) does.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); [`CosObjectError::FileChanged`](crate::CosObjectError::FileChanged) if the file is
    /// changed during the upload; [`CosObjectError::Record`](crate::CosObjectError::Record) if the record cannot be
    /// used; those of reading the file.
    pub async fn upload_file(
        &self,
        object: StoreObject,
        transfer: FileTransfer,
    ) -> Result<WrittenObject> {
        Storing::as_it_is(self, object).upload_file(transfer).await
    }

    /// Reads an object into a file, as it is stored, which appears when all of it is there. Parts of it come at the
    /// same time.
    ///
    /// With a [record](FileTransfer::resumable), it goes on where it was interrupted, as
    /// [`CosEncryptingClient::download_file`](crate::CosEncryptingClient::download_file) does.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); [`Error::SourceChanged`](crypto_envelope::Error::SourceChanged) if the object is
    /// changed during the download; [`CosObjectError::Differs`](crate::CosObjectError::Differs) if the checksum is
    /// another; [`CosObjectError::Record`](crate::CosObjectError::Record) if the record cannot be used; those of
    /// writing the file; [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if only a range, or other
    /// headers of the answer, are asked for.
    pub async fn download_file(
        &self,
        object: GetObject,
        transfer: FileTransfer,
    ) -> Result<ReadObject> {
        let client = self.clone();
        service::run(async move { download_stored(&client, object, &transfer).await }).await?
    }
}
