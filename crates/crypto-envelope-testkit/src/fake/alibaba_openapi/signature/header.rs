//! `ACS3-HMAC-SHA256` and `ACS4-HMAC-SHA256`, in a header.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};

use super::{Claim, Refusal, Request, Signed, crypto, parameters};

pub(super) fn claim<'a>(
    request: &'a Request,
    authorization: &'a str,
) -> Result<Claim<'a>, Refusal> {
    let (algorithm, members) = authorization.split_once(' ').ok_or_else(malformed)?;
    let member = |name: &str| {
        let mut members = members.split(',').filter_map(|member| member.trim().split_once('='));
        let found = members.find(|(given, _)| *given == name).map(|(_, value)| value);
        found.ok_or_else(malformed)
    };
    let (credential, names) = (member("Credential")?, member("SignedHeaders")?);
    let text = || Ok::<_, Refusal>(format!("{algorithm}\n{}", hash(&canonical(request, names)?)));
    let (access_key, signed) = match algorithm {
        ACS3 => (credential, Signed::Acs3 { text: text()? }),
        ACS4 => {
            let parts = credential.split('/').collect::<Vec<_>>();
            let [access_key, day, region, PRODUCT, TERM] = parts[..] else {
                return Err(malformed());
            };
            (access_key, Signed::Acs4 { text: text()?, day, region })
        }
        _ => return Err(malformed()),
    };
    let header = |name: &str| request.header(name).ok_or_else(|| Refusal::missing(name));
    let date = header("x-acs-date")?;
    if let Signed::Acs4 { day, .. } = signed
        && day != date.get(..10).unwrap_or_default().replace('-', "")
    {
        return Err(Refusal::incomplete("The date of the credential is not that of x-acs-date."));
    }
    Ok(Claim {
        action: header("x-acs-action")?,
        version: header("x-acs-version")?,
        access_key,
        security_token: request.header("x-acs-security-token"),
        date,
        nonce: header("x-acs-signature-nonce")?,
        signature: member("Signature")?,
        signed,
    })
}

pub(super) fn acs3(secret: &str, text: &str) -> String {
    let key = Key::new(HMAC_SHA256, secret.as_bytes());
    crypto::hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

pub(super) fn acs4(secret: &str, day: &str, region: &str, text: &str) -> String {
    let key = Key::new(HMAC_SHA256, format!("aliyun_v4{secret}").as_bytes());
    let key = [day, region, PRODUCT, TERM]
        .iter()
        .fold(key, |key, part| Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref()));
    crypto::hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// What the signature is over, by the names of the headers that are part of it.
fn canonical(request: &Request, names: &str) -> Result<String, Refusal> {
    check_names(request, names)?;
    let lines = names.split(';').map(|name| {
        let value = request.header(name).ok_or_else(|| Refusal::missing(name))?;
        Ok(format!("{name}:{}\n", value.trim()))
    });
    let lines = lines.collect::<Result<String, Refusal>>()?;
    let query = parameters::canonical_query(request)?;
    let (method, path) = (&request.method, &request.path);
    Ok(format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", body_hash(request)))
}

/// What says where a request goes and what it asks has to be signed, in order.
fn check_names(request: &Request, names: &str) -> Result<(), Refusal> {
    let names = names.split(';').collect::<Vec<_>>();
    if !names.is_sorted() {
        return Err(Refusal::incomplete("The signed headers are to be in order."));
    }
    let sent = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let has_body = !request.body.is_empty();
    let mut wanted = sent.filter(|name| {
        name == "host" || name.starts_with("x-acs-") || has_body && name == "content-type"
    });
    wanted.find(|name| !names.contains(&name.as_str())).map_or(Ok(()), |name| {
        Err(Refusal::incomplete(format!("The header {name} is not signed.")))
    })
}

/// Whatever the request says it is: it is signed as well.
fn body_hash(request: &Request) -> String {
    crypto::hex(&crypto::sha256(&request.body))
}

fn hash(canonical: &str) -> String {
    crypto::hex(&crypto::sha256(canonical.as_bytes()))
}

fn malformed() -> Refusal {
    Refusal::incomplete("The request signature does not conform to Aliyun standards.")
}

const ACS3: &str = "ACS3-HMAC-SHA256";
const ACS4: &str = "ACS4-HMAC-SHA256";
const PRODUCT: &str = "Kms";
const TERM: &str = "aliyun_v4_request";
