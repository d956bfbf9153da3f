//! Calls of DynamoDB.

use std::{error::Error as StdError, fmt};

use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    primitives::Blob,
    types::{AttributeValue, CancellationReason, Put, TransactWriteItem},
};
use crypto_envelope::{
    Error, Result,
    provider::{ProviderError, ProviderErrorKind},
    service,
};
use crypto_envelope_aws::{Failure, kind_of_status};

use super::item::{ENC, ID, Item, KIND, Kind, Unread};

/// A table with branch keys.
#[derive(Clone)]
pub(super) struct Table {
    client: Client,
    name: String,
}

/// What has to be there before an item is written.
pub(super) enum Condition {
    IsNew,
    /// An item with this key.
    Replaces(Vec<u8>),
}

impl Table {
    pub(super) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Reads an item, as it is after all writes that were answered.
    pub(super) async fn get(&self, id: &str, kind: Kind) -> Result<Item> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .key(ID, AttributeValue::S(id.to_owned()))
            .key(KIND, AttributeValue::S(kind.text()))
            .consistent_read(true);
        let answer = service::run(request.send()).await?;
        let answer = answer.map_err(|error| self.failed("GetItem", id, &error))?;
        let found = answer.item.ok_or_else(|| {
            let message =
                format!("there is no {} of the branch key {id:?} in {}", kind.text(), self.name);
            Error::from(ProviderError::new(ProviderErrorKind::NotFound, message))
        })?;
        Item::read(id, kind, found).map_err(|unread| match unread {
            Unread::Broken(what) => self.broken(id, what),
            Unread::TooNew => {
                let message = format!(
                    "the branch key {id:?} in {} is of another version of hierarchies than 1",
                    self.name
                );
                ProviderError::new(ProviderErrorKind::Unsupported, message).into()
            }
        })
    }

    /// Writes all of these items, or none.
    pub(super) async fn put_all(&self, id: &str, items: Vec<(Item, Condition)>) -> Result<()> {
        let mut request = self.client.transact_write_items();
        for (item, condition) in items {
            let put = Put::builder().table_name(&self.name).set_item(Some(item.to_attributes()));
            let put = put.expression_attribute_names("#id", ID);
            let put = match condition {
                Condition::IsNew => put.condition_expression("attribute_not_exists(#id)"),
                Condition::Replaces(old) => put
                    .condition_expression("attribute_exists(#id) AND #enc = :old")
                    .expression_attribute_names("#enc", ENC)
                    .expression_attribute_values(":old", AttributeValue::B(Blob::new(old))),
            };
            let put = put.build().map_err(|error| Error::invalid_input(error.to_string()))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        let answer = service::run(request.send()).await?;
        answer.map(drop).map_err(|error| match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled))
                if canceled.cancellation_reasons().iter().any(is_other_state) =>
            {
                let message = format!(
                    "the branch key {id:?} in {} is there already, or was changed at the same time",
                    self.name
                );
                ProviderError::new(ProviderErrorKind::Other, message).into()
            }
            _ => self.failed("TransactWriteItems", id, &error),
        })
    }

    /// An item that no store wrote.
    pub(super) fn broken(&self, id: &str, what: &str) -> Error {
        let message =
            format!("the branch key {id:?} in {} has a wrong attribute: {what}", self.name);
        ProviderError::new(ProviderErrorKind::Other, message).into()
    }

    fn failed<E>(&self, operation: &str, id: &str, error: &SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let failure = Failure::of(error);
        let kind = failure.kind(kind_of);
        let message =
            format!("dynamodb:{operation} of branch key {id:?} in {}{failure}", self.name);
        ProviderError::new(kind, message).into()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({})", self.name)
    }
}

/// Whether an item was not as it had to be, and not something else wrong.
fn is_other_state(reason: &CancellationReason) -> bool {
    matches!(reason.code(), Some("ConditionalCheckFailed" | "TransactionConflict"))
}

/// Sorted by what can be done. The codes are those of the DynamoDB API reference.
fn kind_of(code: &str, status: u16) -> ProviderErrorKind {
    match code {
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException" => ProviderErrorKind::Denied,
        "ResourceNotFoundException" => ProviderErrorKind::NotFound,
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "ThrottlingException" => ProviderErrorKind::Throttled,
        "InternalServerError" | "ServiceUnavailable" => ProviderErrorKind::Unavailable,
        _ => kind_of_status(status),
    }
}
