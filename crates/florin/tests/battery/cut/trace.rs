//! Reads what `strace -f -y -xx` wrote: writes, syncs and answers, in their order.

use std::collections::BTreeMap;
use std::path::Path;

use crate::bank::MARK;

/// Names a file of the embedded database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Database,
    Log,
}

/// One thing that the program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It wrote; noted when the call began.
    Wrote { which: Which, offset: usize, bytes: Vec<u8> },
    /// It changed a file's length.
    Cut { which: Which, length: usize },
    /// A sync ended well.
    Synced(Which),
    /// It answered that the payment with this key is booked; noted when the call began.
    Told(String),
}

/// Reads a trace.
pub fn parse(text: &str, database: &Path, log: &Path) -> Vec<Event> {
    let files = [(database, Which::Database), (log, Which::Log)];
    let find = |path: &[u8]| files.iter().find(|(file, _)| file.as_os_str().as_encoded_bytes() == path);
    let mut events = Vec::new();
    // By process: the file whose sync has begun.
    let mut syncing: BTreeMap<&str, Which> = BTreeMap::new();
    for line in text.lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if call.starts_with("<... fsync resumed>") || call.starts_with("<... fdatasync resumed>") {
            let which = syncing.remove(process);
            events.extend(which.filter(|_| call.ends_with("= 0")).map(Event::Synced));
            continue;
        }
        let Some((name, rest)) = call.split_once('(') else { continue };
        let Some((path, rest)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) else {
            continue;
        };
        let path = unescape(path);
        match (name, find(&path).map(|(_, which)| *which)) {
            ("fsync" | "fdatasync", Some(which)) if rest.contains("<unfinished") => {
                syncing.insert(process, which);
            }
            ("fsync" | "fdatasync", Some(which)) if rest.ends_with("= 0") => {
                events.push(Event::Synced(which));
            }
            // One that failed synced nothing.
            ("fsync" | "fdatasync", Some(_)) => {}
            ("ftruncate", Some(which)) => events.push(Event::Cut { which, length: numbers(rest)[0] }),
            ("pwrite64", Some(which)) => {
                let (bytes, after) = quoted(rest);
                events.push(Event::Wrote { which, offset: numbers(after)[1], bytes });
            }
            (other, Some(_)) => panic!("{other} writes to the database, which this harness does not know"),
            ("write" | "writev" | "sendto" | "sendmsg", None) if path.starts_with(b"socket:") => {
                let (bytes, _) = quoted(rest);
                if bytes.starts_with(b"HTTP/1.1 201") {
                    events.extend(keys(&bytes).into_iter().take(1).map(Event::Told));
                }
            }
            _ => {}
        }
    }
    events
}

/// Finds the battery's keys in bytes, wherever they stand.
pub fn keys(bytes: &[u8]) -> Vec<String> {
    let mark = MARK.as_bytes();
    let starts = (0..bytes.len().saturating_sub(mark.len())).filter(|at| bytes[*at] == mark[0]);
    let starts = starts.filter(|at| bytes[*at..].starts_with(mark));
    let key = |at: usize| {
        // A name, a dash, a number, and the letter that ends it: what follows in a row may look like a digit.
        let name = &bytes[at + mark.len()..];
        let name_ends = name.iter().position(|byte| *byte == b'-')?;
        let digits = name[name_ends + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = at + mark.len() + name_ends + 1 + digits + 1;
        bytes[at..].get(..end - at).filter(|key| key.ends_with(b"z"))?;
        String::from_utf8(bytes[at..end].to_vec()).ok()
    };
    starts.filter_map(key).collect()
}

/// Joins everything that is quoted in a call; returns it with what follows the last quote.
fn quoted(call: &str) -> (Vec<u8>, &str) {
    let mut bytes = Vec::new();
    let mut rest = call;
    while let Some((text, after)) = rest.split_once('"').and_then(|(_, open)| open.split_once('"')) {
        bytes.extend(unescape(text));
        rest = after;
    }
    (bytes, rest)
}

/// Reads `\x2f\x74…`.
fn unescape(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).expect("strace -xx writes hexadecimal digits");
    let pairs = text.as_bytes().chunks_exact(4);
    pairs.map(|pair| u8::try_from(digit(pair[2]) * 16 + digit(pair[3])).expect("a byte")).collect()
}

/// Reads the numbers of a call's end, such as `, 4096, 32) = 4096`.
fn numbers(text: &str) -> Vec<usize> {
    let words = text.split(|letter: char| !letter.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn a_trace_is_read_in_the_order_in_which_things_were_done() {
    let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
    let (log, socket, other) = (hex("/d/florin.db-wal"), hex("socket:[7]"), hex("/d/log"));
    let answer = hex("HTTP/1.1 201 Created\r\n\r\n{\"reference\":\"battery-0a-7z\"}");
    let text = format!(
        "11 pwrite64(9<{log}>, \"{}\", 3, 32) = 3\n11 fsync(9<{log}> <unfinished ...>\n\
         12 write(2<{other}>, \"{}\", 1) = 1\n11 <... fsync resumed>) = 0\n\
         12 writev(5<{socket}>, [{{iov_base=\"{answer}\", iov_len=9}}], 1 <unfinished ...>\n\
         11 ftruncate(9<{log}>, 0) = 0\n11 fsync(9<{log}>) = -1 EIO (Input/output error)\n",
        hex("abc"),
        hex("x"),
    );
    let events = parse(&text, Path::new("/d/florin.db"), Path::new("/d/florin.db-wal"));
    let which = Which::Log;
    let told = Event::Told("battery-0a-7z".to_owned());
    let wrote = Event::Wrote { which, offset: 32, bytes: b"abc".to_vec() };
    assert_eq!(events, [wrote, Event::Synced(which), told, Event::Cut { which, length: 0 }]);
}
