//! What other servers do where SSE-C is concerned, and our fake.

/// All tests, on one server that the rows of its module describe.
macro_rules! on {
    ($server:ident) => { on! { $server;
        objects OBJECTS
        copies COPIES
        conditions CONDITIONS
        multipart MULTIPART
        versions VERSIONS
    } };
    ($server:ident; $($test:ident $rows:ident)*) => {
        $(#[test]
        fn $test() -> crypto_envelope_tests::vectors::Result<()> {
            use crypto_envelope_tests::s3_servers::behaviour;
            let server = crate::$server()?;
            let found = behaviour::surprises(server, stringify!($test), behaviour::$rows, $rows)?;
            assert_eq!(found, "", "rows that would be as expected");
            Ok(())
        })*
    };
}

mod fake;
mod ministack;
mod moto;
mod seaweed;
