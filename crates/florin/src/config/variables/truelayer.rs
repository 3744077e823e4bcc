//! How TrueLayer is reached.

use bank::settings::{OpenBankingMode, WebhookScheme};
use kernel::Secret;

use super::{Group, PLAIN, Variable};
use crate::config::parse;

pub(super) const TRUELAYER: Group = Group {
    heading: "Open banking, through TrueLayer",
    variables: &[
        Variable {
            name: "TRUELAYER_ENV",
            doc: "production (real banks; what holds as soon as any TRUELAYER_ variable is set) or sandbox (the \
              vendor's; without credentials the simulator in this program). Nothing set: no open banking.",
            set: |config, text| {
                config.truelayer.mode = Some(match text {
                    "production" => OpenBankingMode::Production,
                    "sandbox" => OpenBankingMode::Sandbox,
                    _ => return Err("is neither production nor sandbox"),
                });
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_SANDBOX",
            doc: "Deprecated: true is TRUELAYER_ENV=sandbox. TRUELAYER_ENV prevails.",
            set: |config, text| {
                parse::yes_or_no(text).map(|is_sandbox| config.truelayer.is_sandbox = Some(is_sandbox))
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_CLIENT_ID",
            doc: "The program's name at TrueLayer; the sandbox's begins with sandbox-.",
            set: |config, text| {
                config.truelayer.client_id = Some(text.trim().to_owned());
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_CLIENT_SECRET",
            doc: "Its secret there.",
            secret: true,
            set: |config, text| {
                config.truelayer.client_secret = Some(Secret::new(text.trim().to_owned()));
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_REDIRECT_URI",
            doc: "Where users come back to, as it is registered there to the letter; https in production. In the \
              sandbox FLORIN_PUBLIC_URL with /api/v1/integrations/truelayer/callback when unset.",
            set: |config, text| parse::url(text).map(|url| config.truelayer.redirect_uri = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_WEBHOOK_URL",
            doc: "Where TrueLayer reports changes; https in production. An unguessable query parameter helps.",
            secret: true,
            set: |config, text| parse::url(text).map(|url| config.truelayer.webhook_url = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_WEBHOOK_SCHEME",
            doc: "How what is reported about accounts is signed: hmac (with TRUELAYER_WEBHOOK_SECRET) or tl_signature \
              (by TrueLayer's published keys). hmac when unset.",
            set: |config, text| {
                config.truelayer.webhook_scheme = match text {
                    "hmac" => WebhookScheme::Hmac,
                    "tl_signature" => WebhookScheme::TlSignature,
                    _ => return Err("is neither hmac nor tl_signature"),
                };
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_WEBHOOK_SECRET",
            doc: "Authenticates what is reported (HMAC-SHA256): at least 32 bytes. With commas between several, \
              each counts.",
            secret: true,
            set: |config, text| {
                parse::secret_ring(text).map(|secrets| config.truelayer.webhook_secrets = secrets)
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_ENCRYPTION_KEY",
            doc: "Seals customers' tokens: exactly 32 bytes in base64 or hexadecimal (`openssl rand -base64 32`), \
              never a passphrase.",
            secret: true,
            set: |config, text| parse::key(text).map(|key| config.truelayer.key = Some(key)),
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_ENCRYPTION_KEYS",
            doc: "A ring of such keys with commas between, to change them: the first seals, all open, \
              TRUELAYER_ENCRYPTION_KEY too.",
            secret: true,
            set: |config, text| parse::key_ring(text).map(|keys| config.truelayer.keys = keys),
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_PROVIDERS",
            doc: "Which banks are offered, with commas between: uk-ob-all, de-xs2a-all, at-xs2a-all in production \
              and mock in the sandbox when unset; fr-xs2a-all, es-xs2a-all, it-xs2a-all and single banks likewise.",
            set: |config, text| parse::providers(text).map(|names| config.truelayer.providers = names),
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_SIGNING_KEY",
            doc: "Signs payments from other banks: a private key on P-521 in PEM, lines joined by \\n \
              (`openssl ecparam -genkey -name secp521r1 -noout`). Its public half is registered at TrueLayer. \
              Without it no payments.",
            secret: true,
            set: |config, text| {
                config.truelayer.signing_key = Some(Secret::new(text.trim().replace("\\n", "\n")));
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_SIGNING_KEY_ID",
            doc: "The name that TrueLayer gave the key.",
            set: |config, text| {
                config.truelayer.signing_key_id = Some(text.trim().to_owned());
                Ok(())
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_MERCHANT_ACCOUNTS",
            doc: "The bank's own accounts at TrueLayer, where payments arrive, by currency: GBP:<id>,EUR:<id>.",
            set: |config, text| {
                parse::by_currency(text).map(|accounts| config.truelayer.merchant_accounts = accounts)
            },
            ..PLAIN
        },
        Variable {
            name: "TRUELAYER_PAYMENT_RETURN_URI",
            doc: "Where customers come back to after they have authorized a payment, as it is registered there. \
              FLORIN_PUBLIC_URL with /my when unset.",
            set: |config, text| parse::url(text).map(|url| config.truelayer.payment_return_uri = Some(url)),
            ..PLAIN
        },
        Variable {
            name: "FLORIN_OPENBANKING_RETENTION_DAYS",
            doc: "How many days after a customer took the consent back what was read of their accounts is kept.",
            default: Some("30"),
            set: |config, text| {
                parse::whole(text, 0, 3_650).map(|days| config.truelayer.retention_days = Some(days))
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_BANK_LINK",
            doc: "Requests a minute and caller: linking accounts at other banks, getting new tokens for them.",
            default: Some("10"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.bank_link = rate)
            },
            ..PLAIN
        },
        Variable {
            name: "FLORIN_RATE_BANK_DATA",
            doc: "Requests a minute and caller: reading accounts at other banks.",
            default: Some("60"),
            set: |config, text| {
                parse::whole(text, 1, 1_000_000).map(|rate| config.settings.rate_limits.bank_data = rate)
            },
            ..PLAIN
        },
    ],
};
