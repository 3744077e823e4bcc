//! What a command would do, as a section of a page: of the one on which it is asked for, and of the one on which
//! it is approved.

use askama::Template;

use super::words;
use crate::approvals::{Effect, Movement, MovementSide};
use crate::web::Problem;
use crate::web::page::{Look, Markup, place_of};

#[derive(Template)]
#[template(path = "approvals/pages/effect.html")]
struct Drawn<'a> {
    look: &'a Look,
    effect: &'a Effect,
    rows: Vec<Row<'a>>,
    refusal: Option<String>,
}

/// Shows one side of a movement.
struct Row<'a> {
    is_debit: bool,
    /// The customer's account; the bank's own have no page of that sort.
    href: Option<String>,
    movement: &'a Movement,
    side: &'a MovementSide,
}

impl<'a> Row<'a> {
    fn new(is_debit: bool, movement: &'a Movement) -> Self {
        let side = if is_debit { &movement.debit } else { &movement.credit };
        let href = place_of(&side.account_id).filter(|_| side.is_customers());
        Self { is_debit, href, movement, side }
    }
}

/// Shows what a command would do: both accounts of each movement, with the balances before and after.
///
/// # Errors
/// 500 when the template fails, which none of ours can.
pub fn draw_effect(look: &Look, effect: &Effect) -> Result<Markup, Problem> {
    let both = |movement| [Row::new(true, movement), Row::new(false, movement)];
    let rows = effect.movements.iter().flat_map(both).collect();
    Markup::of(&Drawn { look, effect, rows, refusal: effect.refusal.as_ref().map(told) })
}

/// Says why it would be refused, in one sentence.
fn told(problem: &Problem) -> String {
    let title = problem.title();
    let why = problem.explanation().map_or_else(|| title.to_owned(), |more| format!("{title}: {more}"));
    words::sentence(&why)
}
