//! What is granted to whom.

use std::fmt;

use serde_json::{Value, json};

use super::{arn::Arn, context::Context};

#[derive(Clone)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) key: Arn,
    pub(super) grantee: String,
    pub(super) operations: Vec<String>,
    pub(super) constraint: Option<Constraint>,
    pub(super) name: Option<String>,
    pub(super) created: f64,
}

/// The encryption context that a grant wants.
#[derive(Clone, Debug)]
pub(super) enum Constraint {
    Equals(Context),
    Subset(Context),
}

impl Grant {
    /// Whether `user` may do this by it.
    pub(super) fn permits(
        &self,
        user: &str,
        operation: &str,
        key: &Arn,
        context: &Context,
    ) -> bool {
        let is_wanted = match &self.constraint {
            None => true,
            // Constraints are about what has a context.
            _ if WITHOUT_CONTEXT.contains(&operation) => true,
            Some(Constraint::Equals(wanted)) => context == wanted,
            Some(Constraint::Subset(wanted)) => context.contains(wanted),
        };
        self.grantee == user
            && self.key == *key
            && self.operations.iter().any(|granted| granted == operation)
            && is_wanted
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "KeyId": self.key.to_string(),
            "GrantId": self.id,
            "Name": self.name.clone().unwrap_or_default(),
            "CreationDate": self.created,
            "GranteePrincipal": self.grantee,
            "IssuingAccount": format!("arn:aws:iam::{}:root", self.key.account),
            "Operations": self.operations,
        })
    }
}

/// What a constraint does not touch. To create grants is not among it: they would have to be as strict,
/// and here a constraint forbids it altogether.
const WITHOUT_CONTEXT: [&str; 3] = ["DescribeKey", "GetPublicKey", "RetireGrant"];

/// Without the token.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("id", &self.id).finish_non_exhaustive()
    }
}
