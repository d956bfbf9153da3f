//! What the core makes of messages, as a whole, in ranges and out of a cache, beyond what its ciphers do.

mod aio;
mod aio_errors;
mod aio_streams;
mod api;
mod cache;
mod cache_calls;
mod cache_opening;
mod cache_vectors;
mod client_limits;
mod client_release;
mod outline;
mod plaintext_bound;
mod range_end;
mod range_flight;
mod range_sources;
mod range_streams;
mod several_keys;
mod two_passes;
