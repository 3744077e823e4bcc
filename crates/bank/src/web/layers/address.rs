//! Where a request comes from, believing only the operator's own proxies.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::Bank;

/// Says where the request comes from; absent when the listener knows no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Returns whom to count: the address, or of IPv6 the /64, which one customer has whole.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            address @ IpAddr::V4(_) => address,
        }
    }
}

/// Says that the peer is one of the operator's proxies, so its forwarding headers count.
#[derive(Clone, Copy, Debug)]
pub struct TrustedPeer;

/// Leaves [`ClientAddress`] and, for a proxy of ours, [`TrustedPeer`] in the extensions.
///
/// The peer comes from `ConnectInfo<SocketAddr>`, which the listener sets.
pub(super) fn find(bank: &Bank, request: &mut Request) {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    if let Some(peer) = peer {
        let trusted = &bank.settings.trusted_proxies;
        let client = client(peer, request.headers(), trusted);
        request.extensions_mut().insert(ClientAddress(client));
        if is_trusted(peer, trusted) {
            request.extensions_mut().insert(TrustedPeer);
        }
    }
}

/// Walks `X-Forwarded-For` from the right, each hop written by a trusted one, to the first that is not ours.
///
/// What stands left of it was written by the client and moves nothing. An entry that is no address ends the
/// walk at the proxy that forwarded it.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
    let mut client = peer;
    while is_trusted(client, trusted) {
        match hops.next().map(parse) {
            Some(Some(hop)) => client = hop,
            Some(None) | None => break,
        }
    }
    client
}

/// Reads `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` and `[2001:db8::1]:443`.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().expect("a net"), "fd00::/8".parse().expect("a net")];
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().expect("a header"));
        }
        client(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_header_from_a_stranger_moves_nothing() {
        assert_eq!(found("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(found("203.0.113.9", &["10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn behind_our_proxies_the_rightmost_hop_that_is_not_ours_is_the_client() {
        assert_eq!(found("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["1.2.3.4", "198.51.100.1, fd00::5"]), "198.51.100.1");
        assert_eq!(found("10.0.0.1", &["1.2.3.4, [2001:db8::1]:443"]), "2001:db8::1");
    }

    #[test]
    fn what_is_no_address_or_missing_leaves_the_last_proxy() {
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["1.2.3.4, unknown"]), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &["1.2.3.4, , 10.0.0.2"]), "10.0.0.2");
    }
}
