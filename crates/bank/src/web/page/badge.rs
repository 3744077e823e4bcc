//! Short words with a color that says how things stand. The word alone says it, too.

use askama::Template;
use askama::filters::HtmlSafe;

/// Says how things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look.
    Warning,
    /// Stopped or failed.
    Bad,
    /// Under way.
    Busy,
    /// Neither.
    #[default]
    Neutral,
}

impl Tone {
    /// Returns the class of the stylesheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Busy => "busy",
            Self::Neutral => "neutral",
        }
    }
}

/// Shows a word as a badge: `{{ badge }}` in a template.
#[derive(Clone, Debug, Template, PartialEq, Eq)]
#[template(source = r#"<span class="badge {{ tone.class() }}">{{ text }}</span>"#, ext = "html")]
pub struct Badge {
    tone: Tone,
    text: String,
}

impl Badge {
    /// Takes a tone and a word or two.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

impl HtmlSafe for Badge {}
