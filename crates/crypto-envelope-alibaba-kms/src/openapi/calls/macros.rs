//! How calls are told.

/// Structs of calls: what each needs, then what it can have, then switches, then a method that adds
/// what follows from them, then one that checks the answer. Those that an instance can serve say by which
/// method. Beside a field stand the function of `values` that makes it text, and its name in the API.
macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $call:ident -> $answer:ty $(, about $about:ident)? $(, served by $transfer:ident)? {
            $(needs { $($field:ident: $type:ty = $text:ident $name:literal,)* })?
            $(may { $(
                $(#[$may_doc:meta])*
                $may:ident: $may_type:ty = $may_text:ident $may_name:literal,
            )* })?
            $(switch { $($(#[$switch_doc:meta])* $switch:ident = $switch_name:literal,)* })?
            $(also $also:ident)?
            $(check $check:ident)?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use]
        pub struct $call {
            $($(pub(crate) $field: $type,)*)?
            $($(pub(crate) $may: Option<$may_type>,)*)?
            $($(pub(crate) $switch: bool,)*)?
        }

        impl $call {
            /// The call with what it needs.
            pub fn new($($($field: argument!($text $type)),*)?) -> Self {
                Self {
                    $($($field: $field.into(),)*)?
                    $($($may: None,)*)?
                    $($($switch: false,)*)?
                }
            }

            $($(
                $(#[$may_doc])*
                pub fn $may(mut self, $may: argument!($may_text $may_type)) -> Self {
                    self.$may = Some($may.into());
                    self
                }
            )*)?

            $($(
                $(#[$switch_doc])*
                pub fn $switch(mut self) -> Self {
                    self.$switch = true;
                    self
                }
            )*)?
        }

        impl $crate::openapi::calls::Parts for $call {
            fn parameters(&self) -> crypto_envelope::Result<$crate::openapi::query::Parameters> {
                let mut parameters = $crate::openapi::query::Parameters::default();
                $($(
                    let text = $crate::openapi::values::$text($name, &self.$field)?;
                    parameters.extend($name, text);
                )*)?
                $($(if let Some(value) = &self.$may {
                    let text = $crate::openapi::values::$may_text($may_name, value)?;
                    parameters.extend($may_name, text);
                })*)?
                $($(if self.$switch {
                    parameters.push($switch_name, "true");
                })*)?
                $(self.$also(&mut parameters);)?
                parameters.sort();
                Ok(parameters)
            }

            fn name(&self) -> Option<&str> {
                None$(.or(Some(self.$about.as_str())))?
            }
        }

        impl $crate::openapi::calls::Call for $call {
            type Answer = $answer;

            const ACTION: &'static str = stringify!($call);

            $(fn check(&self, answer: &$answer) -> Result<(), $crate::openapi::json::Unreadable> {
                self.$check(answer)
            })?

            $(fn by_instance<'a>(
                &'a self,
                kms: &'a $crate::AlibabaKmsTransfer,
            ) -> Option<$crate::openapi::calls::Serving<'a, $answer>> {
                Some(Box::pin(async move {
                    $crate::transfer::client::refuse_dry_run(self.dry_run)?;
                    self.$transfer(kms).await
                }))
            })?
        }
    )*};
}

/// The type of an argument: a bare number would not know what to become.
macro_rules! argument {
    (number $type:ty) => { $type };
    (data_key_length $type:ty) => { $type };
    (days $type:ty) => { $type };
    ($text:ident $type:ty) => { impl Into<$type> };
}
