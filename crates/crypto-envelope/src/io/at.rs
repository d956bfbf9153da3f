//! Reading and writing at offsets, by several threads at once.

use std::io::{self, Read, Write};

/// Something that can be read at any offset, by several threads at once. A [`File`](std::fs::File) is,
/// on Unix and Windows.
pub trait ReadAt: Sync {
    /// Reads bytes at `offset`, at most as many as `buffer` has room for, and returns how many it
    /// read: zero at the end, and only there.
    ///
    /// # Errors
    ///
    /// What the source says. After [`io::ErrorKind::Interrupted`] it is asked again.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads as many bytes at `offset` as `buffer` has room for.
    ///
    /// # Errors
    ///
    /// What the source says; [`io::ErrorKind::UnexpectedEof`] if it ends before.
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Something that can be written at any offset, by several threads at once. A
/// [`File`](std::fs::File) is, on Unix and Windows.
pub trait WriteAt: Sync {
    /// Refuses if bytes would not land where they belong. Called before the first one is written.
    ///
    /// # Errors
    ///
    /// What is wrong. On Unix, that a [`File`](std::fs::File) was opened to append: the system would
    /// put everything at its end, in any order.
    fn check_offsets(&self) -> io::Result<()> {
        Ok(())
    }

    /// Writes all bytes at `offset`, also beyond what was the end.
    ///
    /// # Errors
    ///
    /// What the sink says.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Ends at `length`, where the last byte was written: removes what was there before beyond that.
    ///
    /// # Errors
    ///
    /// What the sink says.
    fn end_at(&self, length: u64) -> io::Result<()>;
}

/// What holds for files on both systems.
#[cfg(any(unix, windows))]
mod file {
    use std::{fs::File, io};

    pub(super) fn end_at(file: &File, length: u64) -> io::Result<()> {
        // Devices have the length that they have.
        if file.metadata()?.is_file() { file.set_len(length) } else { Ok(()) }
    }
}

#[cfg(unix)]
mod unix {
    use std::{fs::File, io, os::unix::fs::FileExt};

    use super::{ReadAt, WriteAt, file};

    impl ReadAt for File {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            FileExt::read_at(self, buffer, offset)
        }
    }

    impl WriteAt for File {
        fn check_offsets(&self) -> io::Result<()> {
            if rustix::fs::fcntl_getfl(self)?.contains(rustix::fs::OFlags::APPEND) {
                let what = "a file that was opened to append cannot be written at offsets";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            }
            Ok(())
        }

        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            FileExt::write_all_at(self, bytes, offset)
        }

        fn end_at(&self, length: u64) -> io::Result<()> {
            file::end_at(self, length)
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::{fs::File, io, os::windows::fs::FileExt};

    use super::{ReadAt, WriteAt, file};

    /// Moves the position of the file.
    impl ReadAt for File {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            self.seek_read(buffer, offset)
        }
    }

    /// Moves the position of the file.
    impl WriteAt for File {
        /// A handle to append with may not set lengths: [`end_at`](WriteAt::end_at) fails.
        fn end_at(&self, length: u64) -> io::Result<()> {
            file::end_at(self, length)
        }

        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            let mut written = 0;
            while written < bytes.len() {
                match self.seek_write(&bytes[written..], offset + written as u64) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(length) => written += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        rest.unwrap_or_default().read(buffer)
    }
}

/// One place, and what follows it.
pub(crate) struct AtOffset<'s, S: ?Sized> {
    inner: &'s S,
    offset: u64,
}

impl<'s, S: ?Sized> AtOffset<'s, S> {
    pub(crate) fn new(inner: &'s S, offset: u64) -> Self {
        Self { inner, offset }
    }
}

impl<S: ReadAt + ?Sized> Read for AtOffset<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read_at(buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}

impl<S: WriteAt + ?Sized> Write for AtOffset<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write_all_at(bytes, self.offset)?;
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
