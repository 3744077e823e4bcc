//! The one table of variables, in groups as they stand in `.env.example`.

mod bank;
mod foundation;
mod serving;
mod truelayer;

use super::Config;

/// Holds variables that belong together.
pub(crate) struct Group {
    /// What they are about.
    pub(crate) heading: &'static str,
    /// The variables, in the order in which an operator meets them.
    pub(crate) variables: &'static [Variable],
}

/// Describes one variable of the environment.
pub(crate) struct Variable {
    /// What it is called.
    pub(crate) name: &'static str,
    /// What it means, in one or two sentences.
    pub(crate) doc: &'static str,
    /// What holds when it is not given; none when nothing or something derived does.
    pub(crate) default: Option<&'static str>,
    /// Whether its value must never be shown.
    pub(crate) secret: bool,
    /// Whether production does not start without it.
    pub(crate) required: bool,
    /// Puts its text into the configuration, or says what is wrong without repeating it.
    pub(crate) set: fn(&mut Config, &str) -> Result<(), &'static str>,
}

/// Fills the columns that most variables share.
const PLAIN: Variable =
    Variable { name: "", doc: "", default: None, secret: false, required: false, set: |_, _| Ok(()) };

/// Every group.
pub(crate) const GROUPS: [Group; 10] = [
    foundation::BASICS,
    foundation::SECRETS,
    foundation::DATABASE,
    bank::BANK,
    serving::HTTP,
    bank::SESSIONS,
    bank::LIMITS,
    serving::MAIL,
    truelayer::TRUELAYER,
    serving::OBSERVING,
];

/// Lists every variable that the program reads.
pub(crate) fn variables() -> impl Iterator<Item = &'static Variable> {
    GROUPS.iter().flat_map(|group| group.variables)
}
