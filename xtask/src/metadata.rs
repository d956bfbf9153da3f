//! What `cargo metadata` knows about the workspace and its dependencies.

use std::path::PathBuf;

use serde_json::Value;

use crate::shell;

/// All packages of the dependency graph, with every feature of every member.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Members of the workspace and everything they depend on.
    pub(crate) packages: Vec<Package>,
}

impl Metadata {
    /// Asks cargo.
    ///
    /// # Errors
    ///
    /// Fails when cargo does: a broken manifest, a lockfile that is missing or out of date.
    pub(crate) fn load() -> Result<Self, String> {
        let text = shell::output(&mut shell::cargo(ARGUMENTS))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value = serde_json::from_str::<Value>(text)
            .map_err(|error| format!("cannot read the output of cargo metadata: {error}"))?;
        let packages = list(&value["packages"]).map(|package| Package::read(package, &value));
        Ok(Self { packages: packages.collect() })
    }

    /// The packages of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_member)
    }

    /// The package that `id` stands for.
    pub(crate) fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }
}

/// One package of the dependency graph.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// What other packages call it in [`dependencies`](Self::dependencies).
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX expression.
    pub(crate) licence: Option<String>,
    /// Registry or repository; nothing for a package on disk.
    pub(crate) source: Option<String>,
    /// Path of its `Cargo.toml`.
    pub(crate) manifest: PathBuf,
    pub(crate) is_member: bool,
    pub(crate) targets: Vec<Target>,
    /// Ids of what it depends on directly.
    pub(crate) dependencies: Vec<String>,
}

impl Package {
    fn read(value: &Value, metadata: &Value) -> Self {
        Self {
            id: text(&value["id"]),
            name: text(&value["name"]),
            version: text(&value["version"]),
            licence: value["license"].as_str().map(String::from),
            source: value["source"].as_str().map(String::from),
            manifest: text(&value["manifest_path"]).into(),
            is_member: list(&metadata["workspace_members"]).any(|id| *id == value["id"]),
            targets: list(&value["targets"]).map(Target::read).collect(),
            dependencies: list(&metadata["resolve"]["nodes"])
                .filter(|node| node["id"] == value["id"])
                .flat_map(|node| list(&node["deps"]))
                .map(|dependency| text(&dependency["pkg"]))
                .collect(),
        }
    }
}

/// A library, program, example or test of a package.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// `lib`, `bin`, `example`, `test`, …
    pub(crate) kind: String,
    /// Features without which it is not built.
    pub(crate) required_features: Vec<String>,
}

impl Target {
    fn read(value: &Value) -> Self {
        Self {
            name: text(&value["name"]),
            kind: list(&value["kind"]).map(text).next().unwrap_or_default(),
            required_features: list(&value["required-features"]).map(text).collect(),
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

const ARGUMENTS: &str = "metadata --format-version 1 --locked --all-features";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graph_is_read() -> Result<(), String> {
        let metadata = Metadata::parse(
            r#"{
                "packages": [
                    {
                        "id": "path#app@0.1.0", "name": "app", "version": "0.1.0",
                        "license": null, "source": null, "manifest_path": "/w/app/Cargo.toml",
                        "targets": [
                            {"name": "show", "kind": ["example"], "required-features": ["tokio"]}
                        ]
                    },
                    {
                        "id": "registry#dep@2.0.0", "name": "dep", "version": "2.0.0",
                        "license": "MIT", "source": "registry+x", "manifest_path": "/r/Cargo.toml",
                        "targets": []
                    }
                ],
                "workspace_members": ["path#app@0.1.0"],
                "resolve": {"nodes": [
                    {"id": "path#app@0.1.0", "deps": [{"pkg": "registry#dep@2.0.0"}]}
                ]}
            }"#,
        )?;
        let members = metadata.members().collect::<Vec<_>>();
        assert_eq!(members.len(), 1);
        assert_eq!(members[0].name, "app");
        assert_eq!(members[0].targets[0].kind, "example");
        assert_eq!(members[0].targets[0].required_features, ["tokio"]);
        let dependency = metadata.package(&members[0].dependencies[0]).ok_or("dep is missing")?;
        assert_eq!(dependency.licence.as_deref(), Some("MIT"));
        assert!(!dependency.is_member);
        Ok(())
    }

    #[test]
    fn other_output_is_an_error() {
        assert!(Metadata::parse("error: no Cargo.toml").is_err());
    }
}
