//! `keyferry keys`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, key_file::KeyEncoding};
use serde_json::json;

use crate::{
    args::Keys,
    failure::Failure,
    key_file,
    local_keys::{KeyId, Purpose, Store, key_text},
    output::{Audience, Destination, Existing},
    report::{self, Format},
};

pub(super) fn run(command: &Keys) -> Result<(), Failure> {
    let store = Store::of_user()?;
    match command {
        Keys::List { json: true } => list_as_json(&store),
        Keys::List { json: false } => list(&store),
        Keys::Create { purpose } => {
            let key = store.make(purpose.into())?;
            report::new_key(&key.file.display().to_string(), Format::Text);
            say_purpose(&key.id, key.purpose);
            Ok(())
        }
        Keys::Export { id, output } => export(&store, &parse(id)?, output.as_deref()),
        Keys::Import { file, id, purpose } => {
            let id = match id {
                Some(id) => parse(id)?,
                None => KeyId::of_file(file).ok_or_else(|| {
                    Failure::usage(format!("{} is not called ID.key", file.display()))
                        .hint("say with --id under which id messages know the key")
                })?,
            };
            let key = key_file::read(file, Some(KeyEncoding::Base64))?;
            let key = store
                .import(id, &key, purpose.into())
                .map_err(|failure| failure.about(&file.display().to_string()))?;
            report::say(&format!("took in {}", key.file.display()));
            say_purpose(&key.id, key.purpose);
            Ok(())
        }
    }
}

fn list(store: &Store) -> Result<(), Failure> {
    let keys = store.list()?;
    if keys.is_empty() {
        report::say("there are no keys yet: the first encryption makes one");
    }
    for key in keys {
        let mark = if key.purpose == Purpose::Default { '*' } else { ' ' };
        report::print(&format!("{mark} {} {}\n", key.id, key.file.display()))?;
    }
    Ok(())
}

fn list_as_json(store: &Store) -> Result<(), Failure> {
    store.list()?.iter().try_for_each(|key| {
        report::print_json(&json!({
            "id": key.id.to_string(),
            "default": key.purpose == Purpose::Default,
            "key_file": key.file.display().to_string(),
        }))
    })
}

fn export(store: &Store, id: &KeyId, output: Option<&Path>) -> Result<(), Failure> {
    let destination = match output {
        Some(path) => Destination::named(path)?,
        None => Destination::File(PathBuf::from(format!("{id}.key"))),
    };
    if destination.is_screen() {
        return Err(Failure::usage("the key would be shown on the terminal")
            .hint("name a file with --output: it is made so that you alone can read it"));
    }
    let text = key_text(&store.key(id)?).map_err(Error::from)?;
    let decision = destination.decide(Existing::Keep)?;
    let mut output = destination.open(decision, Audience::Owner)?;
    output.write_all(&*text).map_err(Error::from)?;
    output.commit()
}

fn say_purpose(id: &KeyId, purpose: Purpose) {
    report::say(&match purpose {
        Purpose::Default => format!("{id} encrypts from now on"),
        Purpose::Decryption => format!("{id} decrypts; to encrypt with it as well: --default"),
    });
}

fn parse(id: &str) -> Result<KeyId, Failure> {
    KeyId::parse(id).ok_or_else(|| {
        Failure::usage(format!("{id:?} is not the id of a key"))
            .hint("an id has 32 hexadecimal digits: keyferry keys list shows them")
    })
}
