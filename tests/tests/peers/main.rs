//! Software of others on the other side: their clients with our fakes, their messages and objects with ours.
//! `cargo xtask test` sets it up, and has for each module a stage that names it.

mod certify_alibaba_kms;
mod certify_aws_kms;
mod certify_tencent_cos;
mod defects_tencent_cos;
mod interop_alibaba_kms;
mod interop_cli;
mod interop_node;
mod interop_python;
mod interop_python_aws_kms;
mod interop_python_hierarchy;
mod interop_tencent_cos;
