//! The vendor's names lead to public addresses, or nowhere.
//!
//! Whoever can make a name of the service resolve to this machine or its network (DNS rebinding) is refused before a
//! connection is made, and not only by the certificate afterwards. Servers of one's own may be anywhere: the operator named
//! them. A proxy's name is left alone as well; where one is used, it resolves the service's.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves names as the system does, and drops what is not public of those that must be.
#[derive(Clone, Debug)]
pub(super) struct PublicOnly {
    hosts: Arc<[String]>,
}

impl PublicOnly {
    pub(super) fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self { hosts: hosts.into_iter().collect() }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let is_guarded = self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name.as_str()));
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> =
                found.filter(|address| !is_guarded || is_public(address.ip())).collect();
            if usable.is_empty() {
                let refused = io::Error::new(io::ErrorKind::PermissionDenied, "no public address");
                return Err(refused.into());
            }
            let addresses: Addrs = Box::new(usable.into_iter());
            Ok(addresses)
        })
    }
}

/// Says whether an address can be reached from anywhere (RFC 6890 and the registries of special addresses that it began).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

const fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        // Shared by providers (RFC 6598), assigned to protocols (RFC 6890), and for measuring (RFC 2544).
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let (bits, first, second) = (ip.to_bits(), ip.segments()[0], ip.segments()[1]);
    // What carries an address of version 4 is as public as that: mapped, translated (RFC 6052), tunnelled (RFC 3056).
    let inner = match bits >> 32 {
        0xffff | 0x0064_ff9b_0000_0000_0000_0000 => Some(bits),
        _ if first == 0x2002 => Some(bits >> 80),
        _ => None,
    };
    if let Some(inner) = inner {
        let low = u32::try_from(inner & u128::from(u32::MAX)).unwrap_or_default();
        return is_public_v4(Ipv4Addr::from_bits(low));
    }
    // Global unicast (RFC 4291 §2.4), without what is for documents and for protocols.
    let is_special = first == 0x2001 && (second == 0xdb8 || second < 0x200);
    first & 0xe000 == 0x2000 && first != 0x3fff && !is_special
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::error::{Error, Failure};

    #[test]
    fn only_what_anybody_can_reach_is_public() {
        for public in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "::ffff:1.1.1.1"]
        {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
        for hidden in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.0.1",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!is_public(hidden.parse().expect(hidden)), "{hidden}");
        }
    }

    /// Asks a server on this machine by its name; returns how that failed, if it did.
    async fn ask(hosts: &[&str]) -> Option<Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (mut socket, mut asked) = (socket, [0; 1024]);
                let _ = socket.read(&mut asked).await;
                let _ = socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        });
        let resolver = PublicOnly::new(hosts.iter().map(|host| (*host).to_owned()));
        let client = reqwest::Client::builder().dns_resolver(Arc::new(resolver)).no_proxy();
        let sent = client.build().expect("a client").get(format!("http://localhost:{port}/")).send().await;
        sent.err().map(Error::from)
    }

    #[tokio::test]
    async fn a_name_of_the_service_that_leads_to_this_machine_is_refused_and_any_other_is_not() {
        assert_eq!(ask(&["other.example"]).await, None);
        assert_eq!(ask(&["LOCALHOST"]).await, Some(Error::Unreachable(Failure::Connect)));
    }
}
