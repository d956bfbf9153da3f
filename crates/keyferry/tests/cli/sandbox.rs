//! An empty folder with a data folder of its own, and the program in it.

use std::{
    env,
    error::Error,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// A place for one test.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let sandbox = Self { folder: tempfile::tempdir()? };
        fs::create_dir(sandbox.path("work"))?;
        Ok(sandbox)
    }

    /// A path beside the work folder.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path in the work folder, where the program runs.
    pub(crate) fn work(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path("work").join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> std::io::Result<()> {
        fs::write(self.work(name), content)
    }

    /// A key file with these permissions.
    pub(crate) fn write_key(
        &self,
        name: &str,
        content: impl AsRef<[u8]>,
        mode: u32,
    ) -> std::io::Result<()> {
        self.write(name, content)?;
        fs::set_permissions(self.work(name), fs::Permissions::from_mode(mode))
    }

    pub(crate) fn read(&self, name: &str) -> std::io::Result<Vec<u8>> {
        fs::read(self.work(name))
    }

    /// The names in the work folder, hidden ones too.
    pub(crate) fn names(&self) -> std::io::Result<Vec<String>> {
        names_in(&self.path("work"))
    }

    /// The folder of the local keys.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("data/keyferry")
    }

    /// The program, not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_keyferry"), arguments)
    }

    /// Another program in the same place. It sees nothing else of the environment in which the
    /// tests run: `COLUMNS`, `CLICOLOR_FORCE` or a language change what is printed.
    pub(crate) fn command_of(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("LC_ALL", "C")
            .env("XDG_DATA_HOME", self.path("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ran, Box<dyn Error>> {
        Ok(self.command(arguments).output()?.into())
    }

    /// Runs the program with this on standard input.
    pub(crate) fn pipe(&self, arguments: &[&str], input: &[u8]) -> Result<Ran, Box<dyn Error>> {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().ok_or("no standard input")?;
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // The program may end before it has read everything.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output()?;
        writer.join().map_err(|_| "the writer panicked")?;
        Ok(output.into())
    }
}

impl Ran {
    /// Fails the test unless the program ended with this code, and shows why.
    pub(crate) fn expect(self, code: i32) -> Result<Self, Box<dyn Error>> {
        if self.code == Some(code) {
            return Ok(self);
        }
        Err(format!("exit code {:?}, not {code}; it said: {}", self.code, self.stderr).into())
    }

    /// Fails the test unless standard error holds this.
    pub(crate) fn says(self, text: &str) -> Result<Self, Box<dyn Error>> {
        if self.stderr.contains(text) {
            return Ok(self);
        }
        Err(format!("it did not say {text:?} but: {}", self.stderr).into())
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

pub(crate) fn names_in(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

pub(crate) fn mode_of(path: &Path) -> std::io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}
