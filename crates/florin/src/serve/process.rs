//! What the process uses, by Prometheus's customary names; read from `/proc`, absent elsewhere.

use std::fs;

/// The kernel's clock ticks a second: the same on every Linux that we run on.
const TICKS: f64 = 100.0;
/// The size of a page of memory in `/proc/self/stat`'s resident set.
const PAGE_BYTES: f64 = 4096.0;

/// Sets the gauges of the process.
pub(crate) fn measure() {
    if let Some(stat) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(Stat::parse) {
        metrics::gauge!("process_cpu_seconds_total").set(stat.cpu_seconds);
        metrics::gauge!("process_resident_memory_bytes").set(stat.resident_bytes);
        metrics::gauge!("process_threads").set(stat.threads);
    }
    if let Ok(handles) = fs::read_dir("/proc/self/fd") {
        let count = u32::try_from(handles.count()).unwrap_or(u32::MAX);
        metrics::gauge!("process_open_fds").set(count);
    }
}

struct Stat {
    cpu_seconds: f64,
    resident_bytes: f64,
    threads: f64,
}

impl Stat {
    /// Reads `/proc/self/stat` (proc(5)); the name in parentheses may hold blanks, so counting begins after it.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<f64>().ok();
        Some(Self {
            cpu_seconds: (number(11)? + number(12)?) / TICKS,
            threads: number(17)?,
            resident_bytes: number(21)? * PAGE_BYTES,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Stat;

    #[test]
    fn the_fields_are_counted_after_the_name() {
        let text =
            "42 (a) b) S 1 1 1 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 7 0 100 1000000 256 18446744073709551615";
        let stat = Stat::parse(text).expect("a line of proc(5)");
        assert!((stat.cpu_seconds - 3.0).abs() < 1e-9);
        assert!((stat.threads - 7.0).abs() < 1e-9);
        assert!((stat.resident_bytes - 1_048_576.0).abs() < 1e-9);
    }
}
