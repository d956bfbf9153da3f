//! Rules about links between the documents of the repository.

use std::path::Path;

use super::sources::SourceFile;
use super::{Finding, Workspace};
use crate::shell;

/// Relative links to files or headings that are not there.
pub(super) fn broken(workspace: &Workspace) -> Result<Vec<Finding>, String> {
    if workspace.documents.is_empty() {
        return Err("there are no documents".to_owned());
    }
    let documents = &workspace.documents;
    Ok(documents.iter().flat_map(|document| broken_in(document, documents, exists)).collect())
}

fn broken_in(
    document: &SourceFile,
    documents: &[SourceFile],
    exists: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    prose(&document.text)
        .flat_map(|(line, text)| targets(text).into_iter().map(move |target| (line, target)))
        .filter(|(_, target)| is_ours_to_check(target))
        .filter_map(|(line, target)| {
            let problem = problem(document, target, documents, &exists)?;
            Some(document.finding(line, format!("`{target}` {problem}")))
        })
        .collect()
}

fn problem(
    document: &SourceFile,
    target: &str,
    documents: &[SourceFile],
    exists: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match (file, anchor) {
        ("", "") => return Some("leads nowhere"),
        ("", _) => document.path.clone(),
        _ => match resolve(&document.path, file) {
            Some(path) if exists(&path) => path,
            Some(_) => return Some("does not exist"),
            None => return Some("leads out of the repository"),
        },
    };
    // Of other files, such as sources with line numbers, only their existence is known.
    let linked = documents.iter().find(|document| document.path == path)?;
    let is_there = anchor.is_empty() || anchors(&linked.text).iter().any(|known| known == anchor);
    (!is_there).then_some("is a heading that does not exist")
}

/// The path in the repository that `link` means in the file `from`.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut path: Vec<_> = from.split('/').collect();
    path.pop();
    for step in link.split('/') {
        match step {
            ".." => drop(path.pop()?),
            "." => {}
            _ => path.push(step),
        }
    }
    Some(path.join("/"))
}

fn exists(path: &str) -> bool {
    shell::root().join(Path::new(path)).exists()
}

/// Whether a link is relative: not one to the web, and not one to an item, which rustdoc checks.
fn is_ours_to_check(target: &str) -> bool {
    !target.contains("://") && !target.contains("::") && !target.starts_with("mailto:")
}

/// Where the links of a line lead: `[text](target)`, `[text](target "title")`, `[name]: target`.
fn targets(line: &str) -> Vec<&str> {
    let is_end = |c: char| c == ')' || c.is_whitespace();
    let target = |text| <str>::split(text, is_end).next().unwrap_or_default();
    let definition = line.trim_start().strip_prefix('[').filter(|rest| !rest.starts_with('^'));
    let definition = definition.and_then(|rest| rest.split_once("]: ")).map(|(_, to)| to.trim());
    line.split("](").skip(1).map(target).chain(definition.map(target)).collect()
}

/// The names of the headings, as GitHub makes them for links.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors = Vec::<String>::new();
    for (_, line) in prose(text) {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let name = anchor(heading.trim());
        let again = (1..).map(|number| format!("{name}-{number}"));
        let free = [name.clone()].into_iter().chain(again).find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines outside of blocks of code, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = FENCES.iter().any(|fence| line.trim_start().starts_with(fence));
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

const FENCES: [&str; 2] = ["```", "~~~"];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    /// What is wrong with a line of `docs/a.md`, beside which there are some other files.
    fn problems(line: &str) -> Vec<String> {
        let documents = [
            file("docs/a.md", &format!("# Here\n{line}\n")),
            file(
                "docs/b.md",
                "# One\n\n## Key `providers`, 2nd\n\n```\n# no heading\n```\n# One\n",
            ),
            file("TOP.md", "# Top\n"),
        ];
        let files = ["docs/a.md", "docs/b.md", "TOP.md", "src/a.rs", "docs"];
        let findings = broken_in(&documents[0], &documents, |path| files.contains(&path));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn good_links_are_good() {
        for line in [
            "[b](b.md), [b](./b.md), [top](../TOP.md) and [source](../src/a.rs#L10)",
            "[folder](../docs) ![picture](b.md \"title\")",
            "options](b.md) says",
            "[headings](b.md#one) [two](b.md#one-1) [three](b.md#key-providers-2nd)",
            "[here](#here)",
            "[web](https://example.org/none.md) [mail](mailto:a@example.org)",
            "[`Item`](crate::Item)",
            "[b]: b.md",
            "[^1]: a footnote",
            "```\n[c](c.md)\n```",
            "no link (c.md), [none] either",
        ] {
            assert_eq!(problems(line), [] as [&str; 0], "{line}");
        }
    }

    #[test]
    fn broken_links_are_found() {
        for (line, problem) in [
            ("[c](c.md) and more", "`c.md` does not exist"),
            ("[c](b.md:12)", "`b.md:12` does not exist"),
            ("| table | ([c](c.md)). |", "`c.md` does not exist"),
            ("[`c`](../docs/c.md#one)", "`../docs/c.md#one` does not exist"),
            ("[top](TOP.md)", "`TOP.md` does not exist"),
            ("![picture](c.png \"title\")", "`c.png` does not exist"),
            ("[c]: c.md", "`c.md` does not exist"),
            ("[c](/docs/b.md)", "`/docs/b.md` does not exist"),
            ("[up](../../TOP.md)", "`../../TOP.md` leads out of the repository"),
            ("[b](b.md#two)", "`b.md#two` is a heading that does not exist"),
            ("[b](b.md#One)", "`b.md#One` is a heading that does not exist"),
            ("[b](b.md#one-2)", "`b.md#one-2` is a heading that does not exist"),
            ("[code](b.md#no-heading)", "`b.md#no-heading` is a heading that does not exist"),
            ("[here](#there)", "`#there` is a heading that does not exist"),
            ("[empty]()", "`` leads nowhere"),
            ("[on the next line](", "`` leads nowhere"),
        ] {
            assert_eq!(problems(line), [format!("docs/a.md:2: {problem}")], "{line}");
        }
    }

    #[test]
    fn every_link_of_a_line_counts_and_code_ends() {
        assert_eq!(problems("[c](c.md) [d](d.md) [b](b.md)").len(), 2);
        assert_eq!(
            problems("~~~text\n[c](c.md)\n~~~\n[d](d.md)"),
            ["docs/a.md:5: `d.md` does not exist"]
        );
    }
}
