//! The server.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use object_store::aws::{AmazonS3, AmazonS3Builder};
use serde_json::Value;

use crate::Outcome;

/// One that runs, and how it is reached.
pub(crate) struct Server {
    clients: AmazonS3Builder,
    started: Option<Child>,
}

impl Server {
    /// At a URL, or a program to start.
    pub(crate) fn at(place: &str) -> Outcome<Self> {
        let clients = AmazonS3Builder::from_env().with_allow_http(true);
        if place.contains("://") {
            return Ok(Self { clients: clients.with_endpoint(place), started: None });
        }
        let mut command = Command::new(place);
        command.arg("s3").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{place}: {error}"))?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let text = |name: &str| said[name].as_str().ok_or_else(|| format!("no {name}: {said}"));
        let clients = clients
            .with_endpoint(text("endpoint")?)
            .with_bucket_name(text("bucket")?)
            .with_region(text("region")?)
            .with_access_key_id(text("access_key_id")?)
            .with_secret_access_key(text("secret_access_key")?);
        Ok(Self { clients, started: Some(process) })
    }

    pub(crate) fn store(&self) -> Outcome<AmazonS3> {
        Ok(self.clients.clone().build()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.started {
            // It ends with its input.
            drop(process.stdin.take());
            let _ = process.wait();
        }
    }
}
