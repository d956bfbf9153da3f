//! A store that encrypts and the store below it, in turns, against an S3 server that is a process of its own, over
//! HTTP: how fast objects and parts of them come and go, and what that costs whoever does it.
//!
//! `object_store SERVER [OPTION]...`. SERVER is the program `fake-cloud`, which is started, or the URL of an endpoint,
//! whose bucket, region and credentials are taken from the environment (`AWS_BUCKET`, `AWS_REGION`,
//! `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`). `AWS_UNSIGNED_PAYLOAD=true`, with a server of either kind,
//! keeps both stores from hashing what they send.
//!
//! Options: `--quick`, which is over soon and says little; `--only objects`, `ranges` or `scan`; and numbers:
//! `--turns`, `--small` (objects of 1 KiB), `--medium` (of 1 MiB), `--large` (MiB of the large object), `--requests`
//! (of ranges) and `--rows` (of the Parquet file).

mod objects;
mod parquet_file;
mod ranges;
mod scan;
mod server;
mod settings;
mod side;
mod table;

use std::env;

use self::{
    server::Server,
    settings::{Job, Settings},
    side::Stores,
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome {
    let settings = Settings::parse(env::args().skip(1))?;
    let server = Server::at(&settings.server)?;
    let bench = Bench { stores: Stores::over(server.store()?)?, settings };
    let done = bench.run();
    // Also if it failed: the server may be there for others, too.
    bench.stores.empty()?;
    done
}

struct Bench {
    stores: Stores,
    settings: Settings,
}

impl Bench {
    fn run(&self) -> Outcome {
        if self.settings.includes(Job::Objects) {
            self.objects()?;
        }
        if self.settings.includes(Job::Ranges) {
            self.ranges()?;
        }
        if self.settings.includes(Job::Scan) {
            self.scan()?;
        }
        Ok(())
    }
}
