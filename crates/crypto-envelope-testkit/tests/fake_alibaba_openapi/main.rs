//! The fake OpenAPI of Alibaba Cloud KMS, over the wire and without any SDK.

mod beside;
mod client;
mod data;
mod faults;
#[path = "../fake_alibaba_instance/fields.rs"]
#[expect(dead_code, reason = "those of the instance need more of it")]
mod fields;
#[path = "../fake_alibaba_instance/client.rs"]
#[expect(dead_code, reason = "those of the instance need more of it")]
mod instance_client;
mod keys;
mod protocol;
mod rsa;
mod state;
