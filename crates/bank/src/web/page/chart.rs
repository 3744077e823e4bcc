//! Charts as inline SVG, drawn here, with a list of their numbers for whoever does not see them.

use askama::Template;

use super::Markup;

/// Holds one bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// The same in a few letters, below the bar.
    pub short: String,
    /// How high it is, in any unit that all bars share; below zero is drawn as zero.
    pub size: i64,
    /// How the number is written.
    pub text: String,
    /// The list behind it; may be empty.
    pub href: String,
}

/// Shows numbers as bars side by side.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What the bars show.
    pub caption: String,
    /// The bars from left to right.
    pub bars: Vec<Bar>,
}

const WIDTH: i64 = 600;
const HEIGHT: i64 = 120;
/// The part of a bar's place that it fills, in percent.
const FILLED: i64 = 72;

struct Drawn<'a> {
    x: i64,
    y: i64,
    height: i64,
    bar: &'a Bar,
    /// Where its place begins.
    from: i64,
}

#[derive(Template)]
#[template(path = "web/page/bars.html")]
struct BarsPicture<'a> {
    caption: &'a str,
    width: i64,
    place: i64,
    across: i64,
    bars: Vec<Drawn<'a>>,
}

impl Bars {
    /// Draws the chart.
    pub fn draw(&self) -> Markup {
        let count = i64::try_from(self.bars.len()).unwrap_or(1).max(1);
        let place = WIDTH / count;
        let width = (place * FILLED / 100).max(1);
        let highest = self.bars.iter().map(|bar| bar.size).max().unwrap_or(0).max(1);
        let drawn = self.bars.iter().zip(0..).map(|(bar, index)| {
            let share = i128::from(bar.size.max(0)) * i128::from(HEIGHT) / i128::from(highest);
            // A trace of what is there but too little to be seen.
            let height = i64::try_from(share).unwrap_or(0).max(i64::from(bar.size > 0));
            let from = index * place;
            Drawn { x: from + (place - width) / 2, y: HEIGHT - height, height, bar, from }
        });
        Markup::plain(&BarsPicture {
            caption: &self.caption,
            width,
            place,
            across: place * count,
            bars: drawn.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_to_scale_and_told_in_a_list() {
        let bar = |label: &str, size| Bar {
            label: label.to_owned(),
            short: label[..2].to_owned(),
            size,
            text: format!("{size} pieces"),
            href: "/pieces?of=1&all".to_owned(),
        };
        let chart = Bars { caption: "Pieces".to_owned(), bars: vec![bar("<Mon>", 50), bar("Tue", 100)] };
        let svg = chart.draw();
        for part in [
            r#"y="60""#,
            r#"height="60""#,
            r#"y="0""#,
            r#"height="120""#,
            "50 pieces",
            "&#60;Mon&#62;: 50 pieces",
            "of=1&#38;all",
        ] {
            assert!(svg.as_str().contains(part), "{part}: {svg}");
        }
        assert!(!svg.as_str().contains("style="), "{svg}");
    }
}
