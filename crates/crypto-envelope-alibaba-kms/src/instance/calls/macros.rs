//! How calls are told.

/// Structs of calls, over the messages that they send: what each needs, then what it can have, then what
/// it should not have, then switches, then what goes into a header, then a method that checks what the
/// fields are together. Fields are named as those of the message; beside each stand the function of
/// `values` that checks it, and its name in the API.
macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $call:ident($request:ident) -> $answer:ty
            $(, about $about:ident)? $(, perhaps about $perhaps:ident)? $(, asks for $length:ident)?
        {
            needs { $($field:ident: $type:ty = $value:ident $name:literal,)* }
            $(may { $(
                $(#[$may_doc:meta])*
                $may:ident: $may_type:ty = $may_value:ident $may_name:literal,
            )* })?
            $(danger {
                $(#[$danger_doc:meta])*
                $danger:ident into $member:ident: $danger_type:ty = $danger_value:ident $danger_name:literal,
            })?
            $(switch { $(#[$switch_doc:meta])* $switch:ident, })?
            $(header {
                $(#[$header_doc:meta])*
                $header:ident: $header_type:ty = $header_value:ident $header_name:literal,
            })?
            $(check $check:ident)?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use]
        pub struct $call {
            $($field: $type,)*
            $($($may: Option<$may_type>,)*)?
            $($danger: Option<$danger_type>,)?
            $($switch: bool,)?
            $($header: Option<$header_type>,)?
        }

        impl $call {
            /// The call with what it needs.
            pub fn new($($field: argument!($value $type)),*) -> Self {
                Self {
                    $($field: $field.into(),)*
                    $($($may: None,)*)?
                    $($danger: None,)?
                    $($switch: false,)?
                    $($header: None,)?
                }
            }

            $($(
                $(#[$may_doc])*
                pub fn $may(mut self, $may: argument!($may_value $may_type)) -> Self {
                    self.$may = Some($may.into());
                    self
                }
            )*)?

            $(
                $(#[$danger_doc])*
                pub fn $danger(mut self, $member: argument!($danger_value $danger_type)) -> Self {
                    self.$danger = Some($member.into());
                    self
                }
            )?

            $(
                $(#[$switch_doc])*
                pub fn $switch(mut self) -> Self {
                    self.$switch = true;
                    self
                }
            )?

            $(
                $(#[$header_doc])*
                pub fn $header(mut self, id: argument!($header_value $header_type)) -> Self {
                    self.$header = Some(id.into());
                    self
                }
            )?
        }

        impl $crate::instance::calls::Parts for $call {
            fn body(&self) -> crypto_envelope::Result<$crate::instance::protobuf::Encoded> {
                use $crate::instance::{messages, protobuf::Message as _, values};
                $(self.$check()?;)?
                let mut message = messages::$request::empty();
                $(message.$field = values::$value($name, &self.$field)?;)*
                $($(if let Some(value) = &self.$may {
                    message.$may = values::$may_value($may_name, value)?;
                })*)?
                $(if let Some(value) = &self.$danger {
                    message.$member = values::$danger_value($danger_name, value)?;
                })?
                $(message.$switch = self.$switch;)?
                Ok(message.with_secrets())
            }

            fn key_version(&self) -> crypto_envelope::Result<Option<String>> {
                $(if let Some(value) = &self.$header {
                    return $crate::instance::values::$header_value($header_name, value).map(Some);
                })?
                Ok(None)
            }

            fn name(&self) -> Option<&str> {
                None$(.or(Some(self.$about.as_str())))?$(.or(self.$perhaps.as_deref()))?
            }

            fn length(&self) -> Option<u32> {
                None$(.or(Some(self.$length)))?
            }
        }

        impl $crate::instance::calls::Call for $call {
            type Answer = $answer;

            const API: &'static str = stringify!($call);
        }
    )*};
}

/// The type of an argument: a bare number would not know what to become.
macro_rules! argument {
    (length $type:ty) => { $type };
    (key_format $type:ty) => { $type };
    (message_type $type:ty) => { $type };
    ($value:ident $type:ty) => { impl Into<$type> };
}
