//! The stylesheet, the scripts and the picture of the console, each at a place that names its bytes.
//!
//! `htmx-4.0.1.min.js` is vendored as it was published (npm `htmx.org` 4.0.1, `dist/htmx.min.js`), under the
//! licence beside it; its checksum is tested below.

use std::sync::LazyLock;

use super::file::File;

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Holds the places of all assets of a page.
#[derive(Debug)]
pub struct Assets {
    /// How everything looks.
    pub style: Asset,
    /// Partial updates.
    pub htmx: Asset,
    /// Keys, the idle warning, copying: what htmx cannot do.
    pub script: Asset,
    /// The mark of the bank.
    pub mark: Asset,
}

/// Holds one asset.
#[derive(Debug)]
pub struct Asset {
    /// Where it is.
    pub place: String,
    file: File,
}

/// The assets of this program.
pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::new("console", "css", File::new("text/css; charset=utf-8", STYLE.concat())),
    htmx: Asset::new("htmx", "js", File::new(SCRIPT, include_str!("htmx-4.0.1.min.js"))),
    script: Asset::new("console", "js", File::new(SCRIPT, include_str!("console.js"))),
    mark: Asset::new("mark", "svg", File::new("image/svg+xml", include_str!("mark.svg"))),
});

/// The parts of the stylesheet in the order of the cascade.
const STYLE: [&str; 8] = [
    include_str!("style/base.css"),
    include_str!("style/frame.css"),
    include_str!("style/content.css"),
    include_str!("style/forms.css"),
    include_str!("style/money.css"),
    include_str!("style/door.css"),
    include_str!("style/oversight.css"),
    include_str!("style/own.css"),
];

impl Asset {
    fn new(name: &str, ending: &str, file: File) -> Self {
        let place = format!("/assets/{name}.{}.{ending}", file.short_tag());
        Self { place, file: file.for_ever() }
    }
}

impl Assets {
    /// Lists every asset with its place.
    pub fn files(&self) -> [(&str, File); 4] {
        [&self.style, &self.htmx, &self.script, &self.mark]
            .map(|asset| (asset.place.as_str(), asset.file.clone()))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};

    #[test]
    fn the_vendored_script_is_what_was_published() {
        let bytes = include_bytes!("htmx-4.0.1.min.js");
        let hash = hex::encode(digest(&SHA256, bytes).as_ref());
        assert_eq!(hash, "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130");
    }
}
